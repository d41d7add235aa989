"""Customers take turns in the queue: 500 files of one don't hold up the single file of another."""

from __future__ import annotations

import io

from app.knowledge import reconcile, sources, turns
from models import Chatbot, Source, db
from models.base import now
from tests.conftest import inside, make_customer
from tests.knowledge.conftest import add


def add_many(app, customer, n):
    with inside(app):
        chatbot = db.session.get(Chatbot, customer.chatbot_id)
        files = [(f"{i}.txt", io.BytesIO(f"File number {i}.".encode())) for i in range(n)]
        added = sources.add_files(chatbot, files)
        db.session.commit()
        return [source.id for source in added]


def test_a_customer_has_a_few_in_the_queue_and_the_next_when_one_is_read(app):
    acme, globex = make_customer(app, "ada"), make_customer(app, "cid")
    many, one = add_many(app, acme, 30), add(app, globex.chatbot_id, "one.txt", "A single file.")
    with inside(app):
        queued = turns.allot(many, ())
        assert queued == many[: turns.PER_SERVICE]
        assert turns.allot([one], queued) == [one], "it waits behind four at most"
        assert turns.allot(many, queued) == [], "the rest waits in its rows"
        done = db.session.get(Source, many[0])
        done.state = "ready"
        db.session.commit()
        assert turns.allot(turns.next_of(many[0]), queued[1:]) == [many[4]]


def test_what_is_found_again_is_of_every_customer(app, monkeypatch):
    monkeypatch.setattr(reconcile, "LISTED_PER_SERVICE", 3)
    acme, globex = make_customer(app, "ada"), make_customer(app, "cid")
    many, one = add_many(app, acme, 10), add(app, globex.chatbot_id, "one.txt", "A single file.")
    with inside(app):
        for source_id in (*many, one):
            db.session.get(Source, source_id).heartbeat_at = now().replace(year=2020)
        db.session.commit()
        found = reconcile.unfinished_sources()
    assert [source_id for source_id in found if source_id in many] == many[:3]
    assert one in found
