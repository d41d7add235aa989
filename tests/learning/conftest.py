"""Ada's chatbot, which knows a small handbook, with questions that it could not answer."""

from __future__ import annotations

import datetime as dt

import pytest

from app.insights import counting
from app.learning import asking, clustering, inbox
from models import Chatbot, Message, QuestionCluster, db
from tests.answering.conftest import HANDBOOK, teach
from tests.conftest import inside, make_customer
from tests.insights.conftest import MONDAY, Visits

MIXER = ("Can I rent a concrete mixer?", "Is it possible to rent a concrete mixer?", "rent concrete mixer")


class School(Visits):
    """Visits of a chatbot that learns from them."""

    def ask(self, *questions: str, state: str = "refused", at=MONDAY, **more) -> None:
        """Let visitors ask, each in a chat of their own."""
        for n, question in enumerate(questions):
            self.chat((question, state, more), at=at + dt.timedelta(minutes=n))

    def learn(self) -> None:
        """Do what the scheduler and a worker do."""
        with inside(self.app):
            counting.count_due()
            clustering.cluster_due(self.customer.chatbot_id)
            asking.ask_due(self.customer.chatbot_id)

    def clusters(self, view: str = "open") -> list[tuple[str, int, int]]:
        """Each cluster of a view: its name, how many troubled questions it has, and how many of them are open."""
        with inside(self.app):
            lines = inbox.look(view, [self.customer.chatbot_id])
            return [(line.name, line.cluster.n_troubled, line.cluster.n_open) for line in lines]

    def cluster(self) -> QuestionCluster:
        """The one cluster with trouble, read outside of any session."""
        with inside(self.app):
            rows = db.session.query(QuestionCluster).filter_by(chatbot_id=self.customer.chatbot_id)
            [found] = [row for row in rows if row.n_troubled]
            db.session.expunge(found)
            return found

    def teach(self, **texts: str) -> None:
        teach(self.app, self.customer.chatbot_id, **texts)

    def chatbot(self) -> Chatbot:
        return db.session.get_one(Chatbot, self.customer.chatbot_id)

    def answer_to(self, question: str) -> Message:
        asked = db.session.query(Message).filter_by(chatbot_id=self.customer.chatbot_id, message=question).first()
        return db.session.query(Message).filter_by(question_id=asked.id).one()


@pytest.fixture
def school(app):
    """A chatbot of its own that knows the handbook, and nothing about concrete mixers."""
    made = School(app, make_customer(app, "ada"))
    made.teach(handbook=HANDBOOK)
    return made
