"""`init`: database, roles, plans, superadmin, its own service, embedding artifact. Twice is harmless."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from app.accounts import members, passwords
from app.accounts.addresses import AddressError, normalize
from app.commands.failing import CommandError
from app.commands.saying import say
from app.factory import create_app
from app.languages import default, speaking
from app.languages import gettext as _
from app.plans.catalog import find_plan, seed_plans
from app.plans.services import grant
from models import Member, Service, db, tenancy
from models.members import SUPERADMIN
from models.migrations import versioning

if TYPE_CHECKING:
    from config import Config

_LOCK_NUMBER = 0x0D0CE27


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Let one `init` run at a time, on this machine and on this database."""
    with (config.data_dir / "init.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if db.engine.dialect.name != "postgresql":
            yield
            return
        with db.engine.connect() as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK_NUMBER})"))
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK_NUMBER})"))


def init(config: Config, *, demo: bool = False) -> int:
    """Bring an installation up to date, or make it; prints a new superadmin's password, once."""
    _require_address(config)
    config = config.prepared()
    app = create_app(config)
    with app.app_context():
        try:
            with _alone(config), tenancy.everything():
                _migrate()
                _build_artifact(config)
                created = _seed(config)
                if created:
                    say(f"superadmin: {created[0]}")
                    say(f"password:   {created[1]}  (shown once: you choose your own when you sign in)")
                if demo:
                    from app.commands import seeding

                    seeding.seed_demo()
        finally:
            db.session.remove()
            db.engine.dispose()  # a server would see the connections until the process ends
    return 0


def _require_address(config: Config) -> None:
    try:
        normalize(config.superadmin_email)
    except AddressError as error:
        raise CommandError(f"SUPERADMIN_EMAIL can't be used: {error}") from error


def _migrate() -> None:
    """Bring the database up to date, and say how long each step took: the next time it may be a larger one."""
    complaint = versioning.check_version(db.engine)
    if complaint == versioning.NEWER:
        raise CommandError(complaint)
    if complaint == versioning.OLDER:
        versioning.upgrade(_tell_step)
    elif complaint:
        versioning.upgrade()


def _tell_step(revision: str, seconds: float) -> None:
    say(f"the database was brought to {revision} in {seconds:.1f} s", file=sys.stderr)


def _seed(config: Config) -> tuple[str, str] | None:
    """Seed what every installation has; return a new superadmin's address and password."""
    members.seed_roles()
    seed_plans()
    created = None
    if db.session.scalar(select(Member.id).limit(1)) is None:
        admin = members.add_hashed("Super Admin", config.superadmin_email, "!", platform_role=SUPERADMIN, verified=True)
        created = (admin.email, passwords.give(admin))
    if db.session.scalar(select(Service.id).where(Service.is_own)) is None:
        holder = db.session.scalars(select(Member).order_by(Member.id).limit(1)).one()
        with speaking(default()):
            grant(holder, find_plan("premium"), _("This installation"), is_own=True)
    db.session.commit()
    return created


def _build_artifact(config: Config) -> None:
    """Build the embedding artifact (in a process of its own: torch leaves the memory with it)."""
    from indexes.artifact import build_artifact

    build_artifact(config.embedding_model, config.data_dir / "embedder")
