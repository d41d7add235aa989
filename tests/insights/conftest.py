"""Chats of a chatbot, written as visitors would have left them."""

from __future__ import annotations

import datetime as dt

import pytest

from app.insights import counting
from models import ChatbotDay, ChatbotHour, ChatSession, Chunk, Citation, Document, Message, Source, Submission, db
from tests.conftest import inside, make_customer

MONDAY = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


class Visits:
    """Writes chats of one chatbot and reads its rollups."""

    def __init__(self, app, customer) -> None:
        self.app, self.customer = app, customer
        self.owned = {"service_id": customer.service_id, "chatbot_id": customer.chatbot_id}

    def chat(self, *turns, at=MONDAY, page="https://shop.example.com/prices?name=uma", **session) -> int:
        """Add a session; each turn is (question, state) or (question, state, columns of the answer)."""
        with inside(self.app):
            place = {**self.owned, "domain_id": session.pop("domain_id", self.customer.domain_id)}
            chat = ChatSession(**place, page=page, started_at=at, last_message_at=at, **session)
            db.session.add(chat)
            db.session.flush()
            for question, state, *more in turns:
                self._turn({**place, "session_id": chat.id, "timestamp": at}, question, state, dict(*more))
            db.session.commit()
            return chat.id

    def _turn(self, place, question, state, more):
        cited = more.pop("cites", ())
        asked = Message(**place, type="client", message=question)
        db.session.add(asked)
        db.session.flush()
        how = {"finish": "complete", "response_time": 120, "message": more.pop("answer", "An answer."), **more}
        answer = Message(**place, type="bot", state=state, question_id=asked.id, **how)
        db.session.add(answer)
        db.session.flush()
        for n, chunk_id in enumerate(cited, 1):
            row = Citation(**self.owned, message_id=answer.id, n=n, title="t", quote="q", chunk_id=chunk_id)
            db.session.add(row)

    def document(self, name: str) -> int:
        """Add a live document of one chunk; return the chunk's id."""
        with inside(self.app):
            source = Source(**self.owned, kind="file", title=name, data_loc=f"uploads/{name}", state="ready")
            db.session.add(source)
            db.session.flush()
            document = Document(**self.owned, source_id=source.id, title=name, name=name, live=True)
            db.session.add(document)
            db.session.flush()
            chunk = Chunk(
                **self.owned, document_id=document.id, position=0, text=name, text_hash=name, embedding=b"\0\0",
                embedding_name="none",
            )  # fmt: skip
            db.session.add(chunk)
            db.session.commit()
            return chunk.id

    def enter(self, kind: str, at=MONDAY) -> None:
        with inside(self.app):
            db.session.add(Submission(**self.owned, kind=kind, form_name="Contact", created_at=at))
            db.session.commit()

    def count(self) -> int:
        with inside(self.app):
            return counting.count_due()

    def hours(self) -> dict[str, int]:
        """What all hours come to, without what is zero."""
        with inside(self.app):
            rows = db.session.query(ChatbotHour).filter_by(chatbot_id=self.customer.chatbot_id)
            names = [
                column.name for column in ChatbotHour.__table__.c if column.name[:2] == "n_" or column.name == "cost"
            ]
            sums = {name: sum(getattr(row, name) for row in rows) for name in names}
            return {name: value for name, value in sums.items() if value}

    def parts(self, kind: str) -> dict[str, tuple[int, int]]:
        with inside(self.app):
            rows = db.session.query(ChatbotDay).filter_by(chatbot_id=self.customer.chatbot_id, kind=kind)
            return {row.key: (row.n, row.n_answered) for row in rows}


@pytest.fixture
def visits(app):
    """A chatbot that nobody has asked yet."""
    return Visits(app, make_customer(app, "ada"))
