"""Opening the installation for a command: settings, database at this version, scope."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.commands.failing import CommandError
from app.factory import create_app
from app.knowledge import chatbots
from models import Chatbot, tenancy
from models.migrations.versioning import check_version

if TYPE_CHECKING:
    from flask import Flask

    from config import Config


@contextmanager
def installation(config: Config) -> Iterator[Flask]:
    """Open an initialized installation, with every service in scope: who works on the machine owns it.

    Raises:
        CommandError: it was never initialized, or its database is of another version.
    """
    app = create_app(config.prepared())
    with app.app_context(), tenancy.everything():
        complaint = check_version()
        if complaint:
            raise CommandError(complaint)
        yield app


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
