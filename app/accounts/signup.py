"""Sign-up: a member, a mail with a link, and a first service once the address is proven."""

from __future__ import annotations

from sqlalchemy import select

from app import limits, mail
from app.accounts import admission, preferences
from app.accounts.addresses import normalize
from app.accounts.links import VERIFY, find_link, make_link, revoke_links, use_link
from app.accounts.members import add_hashed, add_member, find_by_email, split_name
from app.accounts.passwords import check_strength, hash_password, make_password, set_hash, set_password
from app.languages import gettext as _
from app.languages import present
from app.plans.catalog import find_plan
from app.plans.services import open_service
from app.refusals import Refusal
from app.tokens import digest, is_token
from models import Member, Service, Verification, db, tenancy
from models.members import MEMBER

INVITED_HOURS = 7 * 24  # that the link of an invitation works


class SignUpError(Refusal):
    """Somebody can't be invited to an account; the message says why."""


def sign_up(name: str, email: str, password: str) -> str:
    """Begin a sign-up; known and unknown addresses get the same answer, and a mail that tells them apart.

    Returns:
        The mark of this sign-up, for the browser that made it to keep: `verify` knows it again.

    Raises:
        PasswordError: the password is too weak.
        AddressError: not one well-formed address.
        NotAdmitted: sign-up is closed, or not for this address.
    """
    address = normalize(email)  # of two ways to write one address, both are known or neither is
    admission.check_sign_up(address)
    check_strength(password, name, address)
    hashed = hash_password(password)  # before anything is known: it takes longest, and tells nobody which case this is
    if limits.allow(limits.MAILS_PER_ACCOUNT, "sign-up of", address):
        _begin(name, address, hashed)  # else: nobody's mailbox is filled by strangers; the links before work
    return digest(hashed)


def _begin(name: str, address: str, hashed: str) -> None:
    with tenancy.everything():
        member = find_by_email(address)
        if member is not None and member.verified:
            mail.post("already_member", member.email, page="/login/")
            return
        member = member or add_hashed(name, address, hashed, platform_role=MEMBER, verified=False)
        preferences.keep_language(member.id)
        send_verification(member, hashed)


def invite(name: str, email: str) -> Member:
    """Make a member of somebody who is asked to come, and mail them a link that asks for a password. Caller commits.

    Raises:
        SignUpError: they have an account, or were sent several mails within the hour.
        AddressError: not one well-formed address.
        NotAdmitted: the address is of throw-away mail.
    """
    address = normalize(email)
    admission.check_address(address)
    with tenancy.everything():
        member = find_by_email(address)
        if member is not None and member.verified:
            raise SignUpError(_("%(email)s has an account already.", email=address))
        if not limits.allow(limits.MAILS_PER_ACCOUNT, "sign-up of", address):
            raise SignUpError(_("%(email)s was sent several mails within the hour: the last one works.", email=address))
        member = member or add_hashed(
            name, address, hash_password(make_password()), platform_role=MEMBER, verified=False
        )
        seed, _token = make_link(member, VERIFY, hours=INVITED_HOURS)
        mail.post("invited", address, page="/verify/", seed=seed, name=member.first_name, else_in=present())
        return member


def send_verification(member: Member, hashed: str | None = None) -> None:
    """Mail a link that proves a new member's address. The caller commits.

    It remembers the password of its own sign-up, `hashed`; without one, as when staff send it, it asks for one.
    """
    seed, _token = make_link(member, VERIFY, password=hashed)
    mail.post("verify", member.email, page="/verify/", seed=seed)


def find_verification(token: str) -> Verification | None:
    """Return the open verification that a link's token belongs to."""
    return find_link(token, VERIFY)


def is_own(link: Verification, mark: str) -> bool:
    """Tell whether the browser that keeps this mark made the sign-up that a link was mailed for."""
    return link.password is not None and is_token(link.password, mark)


def verify(token: str, mark: str = "", password: str = "") -> Member | None:
    """Prove an address: enable the member and open their free service. None: the link is used, expired or unknown.

    Whoever confirms in the browser of the sign-up keeps its password. Anywhere else one is chosen: somebody who signed
    up with a foreign address would else hold the password to what its owner confirms. The caller commits.

    Raises:
        PasswordError: the password is missing or too weak; the link stays good.
    """
    found = find_link(token, VERIFY)
    if found is None:
        return None
    with tenancy.everything():
        member, hashed = found.member, found.password
        if not is_own(found, mark):
            hashed = hash_password(check_strength(password, member.name, member.email))
        if use_link(token, VERIFY) is None or member.verified or member.status == "deleted":
            return None
        member.verified, member.status = True, "enabled"
        set_hash(member, hashed or "")
        revoke_links(member.id, VERIFY)
        _open_first_service(member)
        db.session.flush()
        return member


def _open_first_service(member: Member) -> None:
    if db.session.scalar(select(Service.id).where(Service.holder_id == member.id)) is None:
        open_service(member, find_plan("free"), _("%(name)s's service", name=member.first_name or member.email))


def make_proven(name: str, email: str, password: str) -> Member:
    """Return a verified member of an address that was just proven.

    Somebody may have signed up with it before, without proof: neither their name nor their password counts.
    """
    member = find_by_email(email)
    if member is None:
        member = add_member(name, email, password, platform_role=MEMBER, verified=True)
        preferences.keep_language(member.id)
        return member
    member.first_name, member.last_name = split_name(name)
    member.verified, member.status = True, "enabled"
    set_password(member, password)
    revoke_links(member.id, VERIFY)  # each would set the password of the sign-up that it was mailed for
    return member
