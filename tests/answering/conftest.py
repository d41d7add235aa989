"""A chatbot of Ada's that knows a small handbook; a module changes how it behaves, and puts it back."""

from __future__ import annotations

import io
from contextlib import contextmanager

import pytest

from app import answering
from app.knowledge import ingest, publish, sources
from models import Chatbot, db
from tests.conftest import inside

HANDBOOK = """# Shop handbook

## Delivery

Parcels are delivered within three working days. Deliveries to islands take up to a week. Delivery costs five euros;
orders above sixty euros are delivered free of charge.

## Returns

Unused goods may be returned within forty-five days. The refund is paid to the card that was used for the order, at the
latest ten days after the goods have arrived.

## Warranty

The warranty on electric tools lasts two years. It does not cover batteries and damage from water.

## Opening hours

The shop in Harbor Street is open from nine to six, Monday to Saturday. On Sundays it is closed.
"""


def teach(app, chatbot_id: int, **texts: str) -> None:
    """Let a chatbot learn texts, each under its name."""
    with inside(app):
        for name, text in texts.items():
            chatbot = db.session.get(Chatbot, chatbot_id)
            source = sources.add_file(chatbot, f"{name}.md", io.BytesIO(text.encode()))
            db.session.commit()
            assert ingest.ingest(source.id).status == "ready"
        publish.publish(chatbot_id)


class Bot:
    """Ada's chatbot, as a test talks to it."""

    def __init__(self, app, chatbot_id: int) -> None:
        self.app, self.chatbot_id = app, chatbot_id

    def stream(self, question: str, *turns: str, trace=None):
        with inside(self.app):
            chatbot = db.session.get(Chatbot, self.chatbot_id)
            before = [answering.Turn(turn) for turn in turns]
            return list(answering.stream(chatbot, question, before, trace))

    def ask(self, question: str, *turns: str):
        return self.stream(question, *turns)[-1][1]

    @contextmanager
    def behaving(self, kind: str | None = None, **settings):
        """Be of another type, with other settings, for a while."""
        before = self._become(kind, settings)
        try:
            yield self
        finally:
            self._become(*before)

    def _become(self, kind, settings):
        with inside(self.app):
            chatbot = db.session.get(Chatbot, self.chatbot_id)
            before = (chatbot.type, chatbot.settings)
            chatbot.type, chatbot.settings = kind or chatbot.type, settings
            db.session.commit()
            return before


@pytest.fixture(scope="module")
def bot(app, ada) -> Bot:
    teach(app, ada.chatbot_id, handbook=HANDBOOK)
    return Bot(app, ada.chatbot_id)
