"""Sign-up: a member, a mail with a link, and a first service once the address is proven."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update

from app import mail
from app.accounts.members import add_member, find_by_email
from app.accounts.passwords import check_strength
from app.plans.catalog import find_plan
from app.plans.services import open_service
from app.tokens import digest, make_token
from models import Member, Service, Verification, db, tenancy
from models.base import change, now
from models.members import MEMBER

LINK_HOURS = 24


def sign_up(name: str, email: str, password: str) -> None:
    """Begin a sign-up; known and unknown addresses get the same answer, and a mail that tells them apart.

    Raises:
        PasswordError: the password is too weak.
        AddressError: not one well-formed address.
    """
    check_strength(password, name, email)
    with tenancy.everything():
        member = find_by_email(email)
        if member is None:
            send_verification(add_member(name, email, password, platform_role=MEMBER, verified=False))
        elif member.verified:
            mail.send(mail.compose("already_member", member.email, name=member.first_name))
        else:
            send_verification(member)


def send_verification(member: Member) -> None:
    """Mail a link that proves the address: 256 random bits, hashed at rest, once, for 24 hours."""
    token, token_hash = make_token()
    expires = now() + dt.timedelta(hours=LINK_HOURS)
    db.session.add(Verification(member=member, verification_link=token_hash, expired_at=expires))
    db.session.flush()
    mail.send(mail.compose("verify", member.email, name=member.first_name, link=mail.link(f"/verify/{token}")))


def find_verification(token: str) -> Verification | None:
    """Return the open verification that a link's token belongs to."""
    with tenancy.everything():
        return db.session.scalar(
            select(Verification).where(
                Verification.verification_link == digest(token),
                Verification.used_at.is_(None),
                Verification.expired_at > now(),
            )
        )


def _use_up(found: Verification) -> bool:
    """Mark a link as used; of two clicks in one moment exactly one wins."""
    marking = update(Verification).where(Verification.id == found.id, Verification.used_at.is_(None))
    return bool(change(marking.values(used_at=now())))


def verify(token: str) -> Member | None:
    """Prove an address: enable the member and open their free service. None: the link is used, expired or unknown."""
    with tenancy.everything():
        found = find_verification(token)
        if found is None or not _use_up(found):
            return None
        member = found.member
        member.verified, member.status = True, "enabled"
        if db.session.scalar(select(Service.id).where(Service.holder_id == member.id)) is None:
            open_service(member, find_plan("free"), f"{member.first_name or member.email}'s service")
        db.session.flush()
        return member
