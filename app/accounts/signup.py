"""Sign-up: a member, a mail with a link, and a first service once the address is proven."""

from __future__ import annotations

from sqlalchemy import select

from app import limits, mail
from app.accounts.addresses import normalize
from app.accounts.links import VERIFY, find_link, make_link, revoke_links, use_link
from app.accounts.members import add_hashed, find_by_email
from app.accounts.passwords import check_strength, hash_password, set_hash
from app.plans.catalog import find_plan
from app.plans.services import open_service
from app.refusals import Refusal
from models import Member, Service, Verification, db, tenancy
from models.members import MEMBER


class SignUpError(Refusal):
    """A sign-up can't go on; the message says what to do."""


def sign_up(name: str, email: str, password: str) -> None:
    """Begin a sign-up; known and unknown addresses get the same answer, and a mail that tells them apart.

    Raises:
        PasswordError: the password is too weak.
        AddressError: not one well-formed address.
    """
    address = normalize(email)  # of two ways to write one address, both are known or neither is
    check_strength(password, name, address)
    hashed = hash_password(password)  # before anything is known: it takes longest, and tells nobody which case this is
    if not limits.allow(limits.MAILS_PER_ACCOUNT, "sign-up of", address):
        return  # nobody's mailbox is filled by strangers; the mails before hold links that work
    with tenancy.everything():
        member = find_by_email(address)
        if member is not None and member.verified:
            mail.post("already_member", member.email, page="/login/")
            return
        member = member or add_hashed(name, address, hashed, platform_role=MEMBER, verified=False)
        send_verification(member, hashed)


def send_verification(member: Member, hashed: str) -> None:
    """Mail a link that proves a new member's address.

    It confirms the password of its own sign-up: who signed up with a foreign address, before or after, gets nothing.
    """
    seed, _ = make_link(member, VERIFY, password=hashed)
    mail.post("verify", member.email, page="/verify/", seed=seed)


def send_again(member: Member) -> None:
    """Mail the link of a sign-up once more; staff do it. The caller commits.

    Raises:
        SignUpError: there were several sign-ups with the address: whose password it confirms could not be told.
    """
    query = select(Verification.password).where(Verification.user_id == member.id, Verification.purpose == VERIFY)
    with tenancy.everything():
        chosen = set(db.session.scalars(query))
        if len(chosen) != 1 or None in chosen:
            raise SignUpError("There was not exactly one sign-up with this address: ask the person to sign up again.")
        send_verification(member, str(chosen.pop()))


def find_verification(token: str) -> Verification | None:
    """Return the open verification that a link's token belongs to."""
    return find_link(token, VERIFY)


def verify(token: str) -> Member | None:
    """Prove an address: enable the member and open their free service. None: the link is used, expired or unknown.

    An address that was proven otherwise meanwhile is left alone: the link would set the password of its own sign-up.
    """
    found = use_link(token, VERIFY)
    if found is None:
        return None
    with tenancy.everything():
        member = found.member
        if member.verified or member.status == "deleted":
            return None
        member.verified, member.status = True, "enabled"
        if found.password:
            set_hash(member, found.password)
        revoke_links(member.id, VERIFY)
        if db.session.scalar(select(Service.id).where(Service.holder_id == member.id)) is None:
            open_service(member, find_plan("free"), f"{member.first_name or member.email}'s service")
        db.session.flush()
        return member
