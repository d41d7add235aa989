"""What tests of webhooks share: a receiver on this machine, which remembers what it got, and a visitor's chat."""

from __future__ import annotations

import dataclasses
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from app.history import recording
from models import Embed, db
from tests.conftest import inside, sign_in


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), json.loads(body), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture(scope="module")
def listening():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def receiver(listening):
    listening.got, listening.answers = [], []
    return listening


@pytest.fixture(autouse=True)
def _private_allowed(app, monkeypatch):
    """What is for development alone: addresses of this machine."""
    collaborators = app.extensions["docent"]
    settings = dataclasses.replace(collaborators.fetcher.settings, allow_private=True)
    monkeypatch.setattr(collaborators.fetcher, "settings", settings)
    monkeypatch.setattr(
        collaborators, "config", dataclasses.replace(collaborators.config, allow_private_addresses=True)
    )


@pytest.fixture
def owner(app, ada):
    return sign_in(app, ada)


@pytest.fixture
def chat(app, ada):
    with inside(app):
        embed = db.session.scalar(select(Embed).where(Embed.chatbot_id == ada.chatbot_id))
        if embed is None:
            embed = Embed(service_id=ada.service_id, chatbot_id=ada.chatbot_id, domain_id=ada.domain_id)
            db.session.add(embed)
            db.session.flush()
        found, _ = recording.start_session(embed, "https://shop.example", "https://shop.example/cart")
        db.session.commit()
        return found.id
