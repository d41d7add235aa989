"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import datetime as dt
import secrets

import pyotp
from sqlalchemy import delete, func, select, update

from app.collaborators import here
from app.languages import gettext as _
from app.refusals import Refusal
from app.tokens import digest
from models import Member, RecoveryCode, SecondFactor, db, tenancy
from models.base import change, now

PURPOSE = "second-factor"
N_RECOVERY_CODES = 10
STEP_S = 30
BEGUN_MINUTES = 15  # so long a secret is shown and can be confirmed: later, who finds the page open may be anybody
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is read as something else


class WrongCode(Refusal):
    """The code is not right, was used before, or is too old."""

    def __init__(self) -> None:
        super().__init__(_("This code is not right or was used already. Wait for the next one and enter that."))


def find(member_id: int) -> SecondFactor | None:
    """Return a person's second factor once it counts."""
    with tenancy.everything():
        query = select(SecondFactor).where(SecondFactor.user_id == member_id, SecondFactor.confirmed_at.is_not(None))
        return db.session.scalar(query)


def begin(member: Member) -> str:
    """Make a new secret, not yet in force; return the address that authenticator apps read (otpauth://).

    The caller asks for the password first, and commits.

    Raises:
        Refusal: a second factor is in force: it has to be switched off first.
    """
    if find(member.id) is not None:
        raise Refusal(_("Your second factor is on already."))
    with tenancy.everything():
        change(delete(SecondFactor).where(SecondFactor.user_id == member.id, SecondFactor.confirmed_at.is_(None)))
        secret = pyotp.random_base32()
        db.session.add(SecondFactor(user_id=member.id, secret=here().sealer.seal(PURPOSE, secret)))
        db.session.flush()
    return _address(secret, member)


def _address(secret: str, member: Member) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=member.email, issuer_name="Docent")


def address_of_begun(member: Member) -> str | None:
    """Return the address of a secret that was begun and not yet confirmed."""
    with tenancy.everything():
        begun = _find_begun(member)
        return _address(here().sealer.open(PURPOSE, begun.secret), member) if begun else None


def _find_begun(member: Member) -> SecondFactor | None:
    youngest = now() - dt.timedelta(minutes=BEGUN_MINUTES)
    query = select(SecondFactor).where(SecondFactor.user_id == member.id, SecondFactor.confirmed_at.is_(None))
    return db.session.scalar(query.where(SecondFactor.created_at > youngest))


def confirm(member: Member, code: str) -> list[str]:
    """Put a begun second factor in force with a first code; return the recovery codes, shown once. Caller commits.

    Raises:
        WrongCode: the code does not belong to the secret.
    """
    with tenancy.everything():
        begun = _find_begun(member)
        if begun is None or not _use_step(begun, code):
            raise WrongCode
        begun.confirmed_at = now()
        return _make_recovery_codes(member.id)


def _use_step(factor: SecondFactor, code: str) -> bool:
    """Accept a code of the present half minute or its neighbors, each once: what was looked on at is worth nothing."""
    totp = pyotp.TOTP(here().sealer.open(PURPOSE, factor.secret))
    digits, present = "".join(code.split()), int(now().timestamp()) // STEP_S
    for step in (present - 1, present, present + 1):
        if secrets.compare_digest(totp.at(step * STEP_S).encode(), digits.encode("utf-8", "replace")):
            using = update(SecondFactor).where(SecondFactor.id == factor.id, SecondFactor.last_step < step)
            return bool(change(using.values(last_step=step)))
    return False


def _make_recovery_codes(member_id: int) -> list[str]:
    change(delete(RecoveryCode).where(RecoveryCode.user_id == member_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(N_RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(user_id=member_id, code_hash=digest(code)) for code in codes)
    db.session.flush()
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def renew_recovery_codes(member_id: int) -> list[str]:
    """Make new recovery codes in place of the old ones; shown once. The caller asks for a code first, and commits."""
    with tenancy.everything():
        return _make_recovery_codes(member_id)


def _use_recovery_code(member_id: int, code: str) -> bool:
    plain = "".join(letter for letter in code.lower() if letter in _ALPHABET)
    using = update(RecoveryCode).where(
        RecoveryCode.user_id == member_id, RecoveryCode.code_hash == digest(plain), RecoveryCode.used_at.is_(None)
    )
    return bool(change(using.values(used_at=now())))


def check(member_id: int, code: str) -> None:
    """Let somebody in with a code of the authenticator or a recovery code; each works once. The caller commits.

    Raises:
        WrongCode: neither fits.
    """
    factor = find(member_id)
    with tenancy.everything():
        if factor is None or not (_use_step(factor, code) or _use_recovery_code(member_id, code)):
            raise WrongCode


def switch_off(member_id: int) -> None:
    """Take a person's second factor and recovery codes away. The caller asks for the password first, and commits."""
    with tenancy.everything():
        change(delete(SecondFactor).where(SecondFactor.user_id == member_id))
        change(delete(RecoveryCode).where(RecoveryCode.user_id == member_id))


def n_recovery_codes_left(member_id: int) -> int:
    with tenancy.everything():
        left = (RecoveryCode.user_id == member_id, RecoveryCode.used_at.is_(None))
        query = select(func.count(RecoveryCode.id)).where(*left)
        return db.session.scalar(query) or 0
