"""The wall between customers: reads, writes, and the side doors of generated screens."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text, update

from models import Chatbot, Domain, Member, Service, db, tenancy
from models.tenancy import ForeignRowError, Scope


def scope_of(customer) -> Scope:
    return Scope(frozenset({customer.service_id}), frozenset({customer.workspace_id}))


@pytest.fixture(autouse=True)
def _inside(app):
    with app.app_context():
        yield
        db.session.rollback()
        db.session.remove()
    tenancy.clear()


def test_without_a_scope_nothing_is_seen(app, ada):
    assert db.session.scalars(select(Chatbot)).all() == []
    assert db.session.scalars(select(Service)).all() == []
    assert db.session.scalars(select(Member)).all() == []


def test_a_scope_shows_its_own_rows_alone(app, ada, cid):
    for one, other in ((ada, cid), (cid, ada), (ada, cid)):
        with tenancy.use(scope_of(one)):
            names = [c.name for c in db.session.scalars(select(Chatbot))]
            assert names == [f"chatbot {one.canary}"]
            assert db.session.get(Chatbot, other.chatbot_id) is None
            assert [s.id for s in db.session.scalars(select(Service))] == [one.service_id]
            assert [d.id for d in db.session.scalars(select(Domain))] == [one.domain_id]
        db.session.remove()


def test_a_foreign_row_can_not_be_written(app, ada, cid):
    with tenancy.use(scope_of(ada)):
        db.session.add(Chatbot(service_id=cid.service_id, workspace_id=cid.workspace_id, name="mine now"))
        with pytest.raises(ForeignRowError):
            db.session.flush()


def test_a_row_can_not_be_moved_to_a_stranger(app, ada, cid):
    with tenancy.use(scope_of(ada)):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        chatbot.workspace_id, chatbot.service_id = cid.workspace_id, cid.service_id
        with pytest.raises(ForeignRowError):
            db.session.flush()


def test_an_update_by_statement_stays_inside(app, ada, cid):
    with tenancy.use(scope_of(ada)):
        done = db.session.execute(
            update(Chatbot).values(description="touched"), execution_options={"synchronize_session": False}
        )
        assert done.rowcount == 1


def test_core_statements_are_refused_outside_the_raw_module(app, ada):
    with tenancy.use(scope_of(ada)), pytest.raises(ForeignRowError):
        db.session.execute(text("SELECT * FROM chatbots"))


def test_threads_do_not_see_each_others_scope(app, ada, cid):
    seen: dict[str, set[str]] = {}

    def look(customer):
        with app.app_context():
            for _ in range(20):
                with tenancy.use(scope_of(customer)):
                    seen.setdefault(customer.canary, set()).update(c.name for c in db.session.scalars(select(Chatbot)))
                db.session.remove()

    threads = [threading.Thread(target=look, args=(customer,)) for customer in (ada, cid) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {c.canary: {f"chatbot {c.canary}"} for c in (ada, cid)}
