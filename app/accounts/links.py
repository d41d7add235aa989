"""Links in mails that prove an address or allow one act: 256 random bits, hashed at rest, used once, for a while.

A link only ever opens a page with a button: what a mail scanner fetches changes nothing.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from app import mail
from app.tokens import digest
from models import Member, Verification, db, tenancy
from models.base import change, now

LINK_HOURS = 24
VERIFY, RESET, EMAIL = "verify", "reset", "email"


def make_link(
    member: Member, purpose: str, *, email: str | None = None, password: str | None = None, hours: int = LINK_HOURS
) -> tuple[str, str]:
    """Return (seed, token) of a new link: the seed is for `mail.post`. The caller commits.

    Earlier ones of the same purpose stop working, but for sign-ups: a stranger's must not end those of the owner.
    `email` is what the link makes true; `password` (a hash) belongs to the sign-up that it was mailed for.
    """
    seed, token = mail.make_link_token()
    with tenancy.everything():
        if purpose != VERIFY:
            revoke_links(member.id, purpose)
        db.session.add(
            Verification(
                member=member, purpose=purpose, verification_link=digest(token), email=email, password=password,
                expired_at=now() + dt.timedelta(hours=hours),
            )
        )  # fmt: skip
        db.session.flush()
    return seed, token


def revoke_links(member_id: int, *purposes: str) -> None:
    """Let a person's open links of some purposes stop working. The caller commits."""
    open_ones = update(Verification).where(
        Verification.user_id == member_id, Verification.purpose.in_(purposes), Verification.used_at.is_(None)
    )
    with tenancy.everything():
        change(open_ones.values(used_at=now()))


def find_link(token: str, purpose: str) -> Verification | None:
    """Return the open link of a purpose that a token belongs to; None when it is used, expired or unknown."""
    with tenancy.everything():
        query = select(Verification).where(
            Verification.verification_link == digest(token), Verification.purpose == purpose,
            Verification.used_at.is_(None), Verification.expired_at > now(),
        )  # fmt: skip
        return db.session.scalar(query.options(joinedload(Verification.member)))  # its page says whose address it is


def use_link(token: str, purpose: str) -> Verification | None:
    """Use a link up and return it; of two clicks in one moment exactly one gets it. The caller commits."""
    found = find_link(token, purpose)
    if found is None:
        return None
    with tenancy.everything():
        using = update(Verification).where(Verification.id == found.id, Verification.used_at.is_(None))
        return found if change(using.values(used_at=now())) else None
