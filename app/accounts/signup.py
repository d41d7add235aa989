"""Sign-up: a member, a mail with a link, and a first service once the address is proven."""

from __future__ import annotations

from sqlalchemy import select

from app import mail
from app.accounts.links import VERIFY, find_link, make_link, use_link
from app.accounts.members import add_member, find_by_email
from app.accounts.passwords import check_strength
from app.plans.catalog import find_plan
from app.plans.services import open_service
from models import Member, Service, Verification, db, tenancy
from models.members import MEMBER


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
    """Mail a link that proves a new member's address."""
    link = mail.link(f"/verify/{make_link(member, VERIFY)}")
    mail.send(mail.compose("verify", member.email, name=member.first_name, link=link))


def find_verification(token: str) -> Verification | None:
    """Return the open verification that a link's token belongs to."""
    return find_link(token, VERIFY)


def verify(token: str) -> Member | None:
    """Prove an address: enable the member and open their free service. None: the link is used, expired or unknown."""
    found = use_link(token, VERIFY)
    if found is None:
        return None
    with tenancy.everything():
        member = found.member
        member.verified, member.status = True, "enabled"
        if db.session.scalar(select(Service.id).where(Service.holder_id == member.id)) is None:
            open_service(member, find_plan("free"), f"{member.first_name or member.email}'s service")
        db.session.flush()
        return member
