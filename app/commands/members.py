"""`member`: for people who are locked out, on the machine itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.accounts import members, rescue, second_factor
from app.commands.failing import CommandError
from app.commands.opening import installation
from app.commands.saying import say
from app.factory import create_app
from models import Member, db
from models.members import SUPERADMIN

if TYPE_CHECKING:
    from config import Config

_FACTOR = (
    "A second factor is on: signing in asks for its code, or for a recovery code. If those are lost, too, add"
    " --drop-second-factor."
)


def _find(email: str) -> Member:
    member = members.find_by_email(email)
    if member is None or member.status == "deleted":
        raise CommandError(f"There is nobody with the address {email}: check how it is spelled.")
    return member


def reset_password(config: Config, email: str, *, drops_second_factor: bool) -> int:
    """Give somebody a new password, shown once."""
    with installation(config, create_app):
        member = _find(email)
        password = rescue.reset_password(member, drops_second_factor=drops_second_factor)
        db.session.commit()
        say(f"{member.email} is signed out everywhere.")
        say(f"password:   {password}  (shown once: pass it on, for them to choose their own with it)")
        if second_factor.find(member.id) is not None:
            say(_FACTOR, file=sys.stderr)
        if member.status != "enabled":
            say(f"{member.email} can't sign in: staff switched it off, or it was never confirmed.", file=sys.stderr)
    return 0


def make_superadmin(config: Config, email: str) -> int:
    """Let somebody run the installation."""
    with installation(config):
        member = _find(email)
        if member.platform_role == SUPERADMIN:
            say(f"{member.email} is a superadmin already.")
            return 0
        if member.status != "enabled":
            raise CommandError(f"{member.email} can't sign in: staff switched it off, or it was never confirmed.")
        rescue.make_superadmin(member)
        db.session.commit()
        say(f"{member.email} is a superadmin from the next page on.")
        if second_factor.find(member.id) is None:
            say("No second factor is on: let it be switched on, under Profile.", file=sys.stderr)
    return 0
