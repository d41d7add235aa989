"""Making members and finding them by address."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import ColumnElement, or_, select

from app.accounts.addresses import normalize
from app.accounts.passwords import hash_password, set_hash
from models import Member, db
from models.members import PLATFORM_ROLES


def seed_roles() -> None:
    """Add the platform roles that are missing; what they may do stands in app/roles.py."""
    present = set(db.session.scalars(select(Role.name)))
    db.session.add_all(Role(name=name) for name in (*PLATFORM_ROLES, "Public") if name not in present)
    db.session.flush()


def find_by_email(email: str) -> Member | None:
    return db.session.scalar(select(Member).where(Member.email == email.strip().lower()))


def known_as(words: str) -> ColumnElement[bool]:
    """Return the condition that a person's name or e-mail holds some words."""
    columns = (Member.email, Member.first_name, Member.last_name)
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def split_name(name: str) -> tuple[str, str]:
    first, _, last = " ".join(name.replace("\0", "").split()).partition(" ")
    return first[:64], last[:64]


def add_member(name: str, email: str, password: str, *, platform_role: str, verified: bool) -> Member:
    """Add a person; disabled until their address is proven. The caller commits.

    Raises:
        AddressError: not one well-formed address.
    """
    return add_hashed(name, email, hash_password(password), platform_role=platform_role, verified=verified)


def add_hashed(name: str, email: str, hashed: str, *, platform_role: str, verified: bool) -> Member:
    """Add a person whose password was hashed before. The caller commits.

    Raises:
        AddressError: not one well-formed address.
    """
    first, last = split_name(name)
    member = Member(first_name=first, last_name=last, email=normalize(email), verified=verified)
    member.status = "enabled" if verified else "disabled"
    member.session_version = 0
    set_hash(member, hashed)
    member.roles = [db.session.scalars(select(Role).where(Role.name == platform_role)).one()]
    db.session.add(member)
    db.session.flush()
    return member
