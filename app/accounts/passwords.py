"""Passwords: how strong they must be, how they are kept, how they are changed."""

from __future__ import annotations

import secrets
from functools import lru_cache

from werkzeug.security import check_password_hash, generate_password_hash

from app.accounts.links import EMAIL, RESET, revoke_links
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from models import Member, db

MIN_LENGTH, MIN_LENGTH_IF_STRONG = 12, 8
FAIR, STRONG = 2, 3  # zxcvbn's own scale: below 2 is guessed in minutes, 3 takes millions of tries a second for days
N_COMMON = 10_000
METHOD = "scrypt"  # with what werkzeug holds to be costly enough: 32 MB and about a tenth of a second
_HINT = _l("Use 12 characters or more; three or four words that don't belong together are good.")


class PasswordError(Refusal):
    """A password was refused; the message says why and what to do."""


def check_strength(password: str, *personal: str) -> str:
    """Return the password if it may be used.

    Raises:
        PasswordError: too short, too simple, too common, or made of the person's own name or address.
    """
    if len(password) < MIN_LENGTH_IF_STRONG:
        raise PasswordError(_("This password is too short. %(hint)s", hint=_HINT))
    if password.lower() in _most_common():
        raise PasswordError(_("This password is one of the most common. %(hint)s", hint=_HINT))
    from zxcvbn import zxcvbn  # loads 1 MB of word lists

    score = zxcvbn(password[:72], user_inputs=[word for word in personal if word])["score"]
    if len(password) < MIN_LENGTH and score < STRONG:
        raise PasswordError(_("This password is too short. %(hint)s", hint=_HINT))
    if score < FAIR:
        raise PasswordError(_("This password is easy to guess. %(hint)s", hint=_HINT))
    return password


@lru_cache(maxsize=1)
def _most_common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # by rank

    return frozenset(FREQUENCY_LISTS["passwords"][:N_COMMON])


def make_password() -> str:
    """Return a random password that can be typed: 20 characters, about 100 bits."""
    return "-".join(secrets.token_hex(2) + secrets.token_urlsafe(1)[:1] for _ in range(4))


def hash_password(password: str) -> str:
    return generate_password_hash(password, method=METHOD)


def set_password(member: Member, password: str) -> None:
    """Store a password's hash and sign every device out; links that were asked for before stop working.

    Else who knew the old one could still take the account to an address of their own.
    """
    set_hash(member, hash_password(password))
    revoke_links(member.id, RESET, EMAIL)


def give(member: Member) -> str:
    """Give somebody a random password, which is returned; it opens nothing until they have chosen one of their own."""
    password = make_password()
    set_password(member, password)
    member.password_is_given = True
    return password


def set_hash(member: Member, hashed: str) -> None:
    """Store what `hash_password` gave before."""
    member.password = hashed
    member.password_is_given = False
    member.session_version = (member.session_version or 0) + 1


def is_right(member: Member, password: str) -> bool:
    """Tell whether this is a member's password."""
    return check_password_hash(member.password or "", password)


def change(member: Member, old: str, new: str) -> None:
    """Change one's own password and commit.

    Raises:
        PasswordError: the old one is wrong or the new one too weak.
    """
    if not is_right(member, old):
        raise PasswordError(_("The present password is not right."))
    set_password(member, check_strength(new, member.first_name, member.last_name, member.email))
    db.session.commit()


def replace_given(member: Member, given: str, new: str) -> None:
    """Change a password that was given to one of the person's own, and commit.

    Raises:
        PasswordError: the given one is wrong, or the new one is the same or too weak.
    """
    if given == new:
        raise PasswordError(_("Choose another one than the one that you were given."))
    change(member, given, new)
