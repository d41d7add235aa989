"""Sessions of an installation that is upgraded are summed up as if they had been all along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app.history import recording, summary
from models import ChatSession, db
from models.migrations import versioning
from tests.conftest import inside
from tests.history.chats import say, start

KEPT = (
    "n_questions", "last_question", "n_grounded", "n_refused", "n_positive", "n_negative", "n_submissions",
    "slowest_ms", "cost",
)  # fmt: skip


def figures(chat_id: int) -> dict:
    table = ChatSession.__table__
    return dict(db.session.execute(sa.select(table).where(table.c.id == chat_id)).mappings().one())


def test_sessions_from_before_are_counted_and_their_words_made_later(app, ada):
    with inside(app):
        chat = start(ada)
        recording.give_feedback(chat, say(chat, "Wo ist mein Paket?", response_ms=1500).uuid, -1)
        say(chat, "Und wann kommt es?", "Das weiß ich nicht.", "refused", response_ms=300)
        chat_id, before = chat.id, figures(chat.id)
        db.session.remove()
        command.downgrade(versioning._config(), "0022_privacy")
        command.upgrade(versioning._config(), "head")
        after = figures(chat_id)
        assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
        assert (after["language"], after["summary_due_at"]) == ("", after["last_message_at"])
        db.session.get(ChatSession, chat_id).summary_due_at = before["started_at"]
        db.session.commit()
        assert summary.catch_up() >= 1
        assert figures(chat_id) == before
