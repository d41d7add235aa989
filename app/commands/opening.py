"""Opening the installation for a command: settings, database at this version, scope."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, create_engine, make_url

from app import figures
from app.commands.failing import CommandError
from app.core import create_core
from app.knowledge import chatbots
from models import Chatbot, db, tenancy
from models.engine import engine_options
from models.migrations.versioning import NO_DATABASE, OLDER, check_version

if TYPE_CHECKING:
    from flask import Flask

    from config import Config


@contextmanager
def installation(
    config: Config, create: Callable[[Config], Flask] = create_core, *, may_be_older: bool = False
) -> Iterator[Flask]:
    """Open an initialized installation, with every service in scope: who works on the machine owns it.

    `create` is `create_app` for a command that writes mails or shows pages. With `may_be_older` the database may not
    have been brought up to date: no row of it is to be read.

    Raises:
        CommandError: it was never initialized, or its database is of another version.
    """
    require_database(config, may_be_older=may_be_older)
    app = create(config.prepared())
    with app.app_context(), tenancy.everything():
        try:
            yield app
        finally:
            figures.send()
            db.session.remove()
            db.engine.dispose()  # a database server would keep the connections open


def require_database(config: Config, *, may_be_older: bool = False) -> None:
    """Look whether the database is there and of this version, before anything is made or started.

    Raises:
        CommandError: it was never initialized, or is of another version.
    """
    url = make_url(config.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise CommandError(NO_DATABASE)  # connecting would make an empty file
    engine = create_engine(url, poolclass=NullPool, **engine_options(config.database))
    complaint = check_version(engine)
    if complaint and not (may_be_older and complaint == OLDER):
        raise CommandError(complaint)


def require_chatbot(text: str) -> Chatbot:
    """Return the chatbot that a uuid names.

    Raises:
        CommandError: it is no uuid, or there is no such chatbot.
    """
    try:
        chatbot = chatbots.find(uuid.UUID(text))
    except ValueError:
        chatbot = None
    if chatbot is None:
        raise CommandError(f"There is no chatbot {text}: `run.py chatbot create NAME` makes one and prints its uuid.")
    return chatbot
