"""People who are locked out, helped by whoever works on the machine: no right is asked for, and all is written down."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app import audit, mail
from app.accounts import devices, second_factor
from app.accounts.passwords import give
from models import Member, db, tenancy
from models.members import SUPERADMIN


def reset_password(member: Member, *, drops_second_factor: bool = False) -> str:
    """Give somebody a password, which is returned, and sign them out everywhere; they are told. The caller commits."""
    with tenancy.everything():
        password = give(member)
        devices.sign_out_all(member.id)
        had_factor = second_factor.find(member.id) is not None
        if drops_second_factor:
            second_factor.switch_off(member.id)
        db.session.flush()
        factor = {"second_factor": ["on", "off"]} if had_factor and drops_second_factor else {}
        audit.record("member.reset-password", member, by=[None, "on the machine"], **factor)
        mail.post("password_changed", member.email, name=member.first_name)
    return password


def make_superadmin(member: Member) -> None:
    """Let somebody run the installation, from their next request on. The caller commits."""
    with tenancy.everything():
        before = member.platform_role
        member.roles = [db.session.scalars(select(Role).where(Role.name == SUPERADMIN)).one()]
        db.session.flush()
        audit.record("member.platform-role", member, platform_role=[before, SUPERADMIN], by=[None, "on the machine"])
