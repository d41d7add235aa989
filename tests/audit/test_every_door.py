"""Every writing route of the application, posted to by somebody who may: what changes anything is in the trail."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from models import AuditEvent, Member, db
from tests.conftest import inside, sign_in
from tests.isolation.doors import doors, hostile_form
from tests.isolation.planting import plant

VISITORS = "widget."  # visitors are nobody: their chats are no acts of a person
LAST = ("delete", "cancel", "logout", "sign-out")


@pytest.fixture(scope="module")
def planted(app, ada):
    return plant(app, ada)


@pytest.fixture(scope="module")
def root(app):
    """The superadmin, who may do everything."""
    with inside(app):
        member_id = db.session.scalars(sa.select(Member.id).where(Member.roles.any(name="Superadmin"))).one()
    return type("Person", (), {"member_id": member_id})


@pytest.fixture(scope="module")
def questions(app):
    """Table -> SQL that reads all of it, but the trail itself and when a device was seen."""
    with inside(app):
        return {
            table.name: str(sa.select(*(c for c in table.c if c.name != "last_seen_at")).compile(db.engine))
            for table in db.metadata.sorted_tables
            if table.name != "audit_events"
        }


def everything(app, questions):
    """All that is stored, as the driver gives it."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: sorted(str(tuple(row)) for row in connection.exec_driver_sql(question))
            for name, question in questions.items()
        }


def n_events(app):
    with inside(app):
        return db.session.scalar(sa.select(sa.func.count(AuditEvent.id)))


def honest_form(planted, person):
    """A form with the person's own keys, and words that most forms take."""
    words = {
        "password": getattr(person, "password", ""), "old": getattr(person, "password", ""), "code": "000000",
        "new": "four more words for ada", "time_zone": "Europe/Berlin", "language": "de", "url": "https://example.com/a",
        "plan": "gold", f"role-{planted['workspaces']['id']}": "user", "domain": str(planted["domains"]["uuid"]),
    }  # fmt: skip
    return {**hostile_form(planted), **words, "email": "somebody-new@example.com"}


def post_everywhere(app, planted, questions, person):
    """Post to every writing door; return the names of those that changed something."""
    changed = []
    writing = [d for d in doors(app) if d.method != "GET" and not d.rule.endpoint.startswith(VISITORS)]
    for door in sorted(writing, key=lambda d: (any(word in d.name for word in LAST), "profile" in d.name, d.name)):
        client = sign_in(app, person)  # a device of its own: some doors end sessions
        before, told = everything(app, questions), n_events(app)
        answer = client.open(door.own(planted), method=door.method, data=honest_form(planted, person))
        assert answer.status_code < 500, door.name
        if everything(app, questions) != before:
            changed.append(door.name)
            assert n_events(app) > told, f"{door.name} changed something that nobody can read of"
    return changed


def test_whatever_a_holder_changes_is_written_down(app, ada, planted, questions):
    changed = post_everywhere(app, planted, questions, ada)
    assert len(changed) > 15, changed


def test_whatever_a_superadmin_changes_is_written_down(app, root, planted, questions):
    changed = post_everywhere(app, planted, questions, root)
    assert len(changed) > 5, changed
