"""An installation with a mail server of the tests' own."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import delete

from app import mail
from tests.conftest import inside, make_app
from tests.mail.postbox import running


@pytest.fixture(scope="module")
def server():
    """The mail server and its port."""
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, server):
    """An installation that sends over that server."""
    settings = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(server[1]), "MAIL_USE_TLS": "0"}
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url, **settings)


@pytest.fixture
def postbox(app, server):
    """The mail server with nothing in it, and nothing left to send."""
    from models import OutgoingMail, db

    def deliver():
        """Send what is due, as the scheduler does."""
        with inside(app):
            return mail.send_due()

    with inside(app):
        db.session.execute(delete(OutgoingMail))
        db.session.commit()
    found = server[0]
    found.answer, found.pause_s = "250 OK", 0
    found.mails.clear()
    found.deliver = deliver
    return found


@pytest.fixture
def somebody():
    """An address that nobody has used."""
    return f"new-{uuid.uuid4().hex[:8]}@example.com"
