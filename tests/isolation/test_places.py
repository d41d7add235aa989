"""Who may write past the guard, what the database itself refuses, and that a role that was lost counts no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models import db
from tests.conftest import inside
from tests.isolation.conftest import add_person, come_in
from tests.isolation.planting import owned_tables

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "views", "widget", "jobs", "models")
CALLERS_OF_RAW = {
    "app/answering/search.py", "app/history/fulltext.py", "app/history/pages.py", "app/history/settling.py", "app/insights/tally.py",
    "app/knowledge/drafts.py", "app/knowledge/embedding.py", "app/knowledge/indexing.py",
    "app/privacy/forgetting.py",
}  # fmt: skip
# connections without a scope: the migrations, the one lock of `init`, the check of an address before a start, whether a
# database to restore into is empty, and whether it answers at all
BELOW_THE_SESSION = {"models/raw.py", "models/wall.py", "models/migrations/env.py", "models/migrations/versioning.py",
                     "app/commands/initializing.py", "app/commands/opening.py", "app/commands/restoring.py",
                     "app/care/parts.py", "app/probes/readiness.py"}  # fmt: skip
PAST_THE_GUARD = re.compile(
    r"\.__table__\.(c|select|insert|update|delete|join)\b|\bengine\.(connect|begin)\(|\.connection\(\)\.|from_statement\(|\bbulk_(save|insert|update)_"
)


def sources():
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "versions" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_core_statements_have_known_callers():
    """Whoever adds a caller thinks about its scope, and adds it here."""
    callers = {name for name, text in sources() if re.search(r"\braw\.\w+\(|import raw\b|models\.raw", text)}
    assert callers - {"models/raw.py", "models/wall.py", "models/tenancy.py"} == CALLERS_OF_RAW


def test_nothing_else_goes_past_the_session():
    found = {name for name, text in sources() if PAST_THE_GUARD.search(text)}
    assert found <= BELOW_THE_SESSION, found - BELOW_THE_SESSION


def parents():
    for table in owned_tables():
        for constraint in sorted(table.foreign_key_constraints, key=lambda c: c.referred_table.name):
            if "service_id" in constraint.referred_table.c:
                yield table, constraint


@pytest.mark.parametrize(
    ("table", "constraint"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1].referred_table.name}") for pair in parents()],
)
def test_the_database_itself_refuses_a_strangers_parent(app, planted, table, constraint):
    """Written by SQL, past every guard of ours: a row of Ada's below a row of Cid's."""
    pairs = [(e.parent.name, e.column.name) for e in constraint.elements if e.parent.name != "service_id"]
    theirs = planted["cid"][constraint.referred_table.name]
    moving = table.update().where(table.c.id == planted["ada"][table.name]["id"])
    with inside(app), pytest.raises(IntegrityError):
        db.session.execute(moving.values({name: theirs[column] for name, column in pairs}))
        db.session.commit()
    with inside(app):
        row = (
            db.session.execute(sa.select(table).where(table.c.id == planted["ada"][table.name]["id"])).mappings().one()
        )
        assert all(row[name] == planted["ada"][table.name][name] for name, _ in pairs)


def test_losing_a_role_takes_effect_with_the_next_request(app, ada, planted):
    from models import Member, WorkspaceMember

    member_id = add_person(app, "una", place=(ada.service_id, ada.workspace_id, "admin"))
    client, page = come_in(app, member_id), f"/chatbot/{planted['ada']['chatbots']['uuid']}"
    assert client.post(f"{page}/train").status_code == 302

    def change(**values):
        with inside(app):
            db.session.execute(sa.update(WorkspaceMember).where(WorkspaceMember.user_id == member_id).values(**values))
            db.session.commit()

    change(role="user")
    assert client.post(f"{page}/train").status_code == 403
    assert client.get(page).status_code == 200
    with inside(app):
        db.session.execute(sa.delete(WorkspaceMember).where(WorkspaceMember.user_id == member_id))
        db.session.commit()
    assert client.get(page).status_code == 404
    with inside(app):
        db.session.get(Member, member_id).status = "disabled"
        db.session.commit()
    assert client.get(page).status_code == 302
