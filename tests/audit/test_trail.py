"""What people change is written down: by name where the screen gives one, by its table where it does not."""

from __future__ import annotations

import ast
import re
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from app import audit
from app.networks import shorten_address
from models import AuditEvent, Chatbot, Member, Workspace, WorkspaceMember, db
from tests.conftest import inside, make_customer, sign_in
from views.audit_words import NOUNS, VERBS

ROOT = Path(__file__).parents[2]
CODE = [path for room in ("app", "views", "jobs") for path in (ROOT / room).rglob("*.py")]
ACT = re.compile(r"[a-z_-]+\.[a-z_.-]+")
COUNTED = {"chatbot_days", "chatbot_hours", "embed_days", "embed_refusals"}  # by the clock and by visitors alone


def events(app, **where):
    with inside(app):
        return list(db.session.scalars(select(AuditEvent).filter_by(**where).order_by(AuditEvent.id)))


@pytest.fixture
def acting(app, ada):
    """A request of Ada's, all open."""
    from models import tenancy

    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.77"}), tenancy.everything():
        audit.set_actor(ada.member_id, acting_as_id=ada.member_id)
        yield
        db.session.rollback()
        db.session.remove()


def test_a_named_act_tells_before_and_after(app, ada, as_ada):
    form = {"name": "Renamed", "type": "sales", "workspace": ada.workspace_id, "description": "", "status": "enabled"}
    assert as_ada.post(f"/chatbotview/edit/{ada.chatbot_id}", data=form).status_code == 302
    [found] = events(app, action="chatbots.edit", actor_id=ada.member_id)
    assert found.changes["name"] == [f"chatbot {ada.canary}", "Renamed"]
    assert (found.service_id, found.workspace_id, found.label) == (ada.service_id, ada.workspace_id, "Renamed")
    assert found.network == "127.0.0.0/24"


def test_a_change_that_nobody_named_is_written_down_all_the_same(app, ada, acting):
    chatbot = db.session.get(Chatbot, ada.chatbot_id)
    before = chatbot.description
    chatbot.description = "quietly"
    db.session.commit()
    found = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (found.action, found.changes) == ("chatbots.edit", {"description": [before, "quietly"]})
    assert (found.actor_id, found.acting_as_id, found.network) == (ada.member_id, ada.member_id, "203.0.113.0/24")


def test_several_flushes_are_one_event_from_the_first_value_to_the_last(app, ada, acting):
    chatbot = db.session.get(Chatbot, ada.chatbot_id)
    chatbot.description = "start"
    db.session.commit()
    n_before = len(db.session.scalars(select(AuditEvent.id)).all())
    for text in ("one", "two"):
        chatbot.description = text
        db.session.flush()
    db.session.commit()
    found = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert len(found) == n_before + 1
    assert found[-1].changes == {"description": ["start", "two"]}


def test_what_is_rolled_back_leaves_no_trace(app, ada, acting):
    n_before = len(db.session.scalars(select(AuditEvent.id)).all())
    db.session.get(Chatbot, ada.chatbot_id).description = "never"
    db.session.flush()
    db.session.rollback()
    db.session.commit()
    assert len(db.session.scalars(select(AuditEvent.id)).all()) == n_before


def test_rows_made_and_deleted_tell_what_they_were(app, ada, acting):
    workspace = Workspace(service_id=ada.service_id, name="Attic")
    db.session.add(workspace)
    db.session.commit()
    db.session.delete(workspace)
    db.session.commit()
    made, gone = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(2)).all()[::-1]
    assert (made.action, gone.action) == ("workspaces.add", "workspaces.delete")
    assert made.changes["name"] == gone.changes["name"] == gone.label == "Attic"


def test_neither_secrets_nor_names_of_people_are_kept(app, ada, acting):
    member = db.session.get(Member, ada.member_id)
    member.password, member.first_name = "scrypt:1", "Augusta"
    member.email = f"new-{uuid.uuid4().hex[:6]}@example.com"
    db.session.commit()
    found = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert found.changes["first_name"] == ["…", "…"]
    assert found.changes["email"] == ["a…@example.com", "n…@example.com"]
    assert "password" not in found.changes
    assert "scrypt" not in str(found.changes)


def test_what_a_program_does_without_a_person_is_not_the_trail_of_one(app, ada):
    n_before = len(events(app))
    with inside(app):
        db.session.get(Chatbot, ada.chatbot_id).description = "by a job"
        db.session.commit()
    assert len(events(app)) == n_before


@pytest.mark.parametrize(
    ("address", "kept"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("nonsense", ""), (None, "")],
)
def test_addresses_are_kept_shortened(address, kept):
    assert shorten_address(address) == kept


# --- who sees it


def add_colleague(app, ada, name, role, workspace_id=None):
    from app.accounts import members
    from models import ServiceMember

    with inside(app):
        email = f"{name}-{uuid.uuid4().hex[:6]}@example.com"
        person = members.add_member(name, email, "x" * 30, platform_role="Member", verified=True)
        place = {"service_id": ada.service_id, "user_id": person.id}
        db.session.add_all([
            ServiceMember(**place),
            WorkspaceMember(**place, workspace_id=workspace_id or ada.workspace_id, role=role),
        ])  # fmt: skip
        db.session.commit()
        return type("Person", (), {"member_id": person.id})


@pytest.fixture(scope="module")
def told(app, ada):
    """Events in Ada's first workspace, in another one, and about the service as a whole."""
    with inside(app):
        other = Workspace(service_id=ada.service_id, name="Other")
        db.session.add(other)
        db.session.flush()
        place = {"service_id": ada.service_id, "actor_id": ada.member_id}
        db.session.add_all([
            AuditEvent(**place, workspace_id=ada.workspace_id, action="told.main", label="told"),
            AuditEvent(**place, workspace_id=other.id, action="told.other", label="told"),
            AuditEvent(**place, action="told.service", label="told"),
        ])  # fmt: skip
        db.session.commit()
        return other.id


@pytest.mark.parametrize(
    ("role", "seen"),
    [("owner", {"told.main"}), ("admin", set()), ("user", set())],
)
def test_an_owner_sees_what_happened_in_the_own_workspace_alone(app, ada, told, role, seen):
    page = sign_in(app, add_colleague(app, ada, "ben", role)).get("/auditview/list/").text
    assert {word for word in ("told.main", "told.other", "told.service") if word in page} == seen


def test_the_holder_sees_the_whole_service_and_a_stranger_nothing(app, ada, as_ada, told):
    page = as_ada.get("/auditview/list/?psize_AuditView=100").text
    assert all(word in page for word in ("told.main", "told.other", "told.service"))
    cid = make_customer(app, "cid")
    assert "told." not in sign_in(app, cid).get("/auditview/list/?psize_AuditView=100").text
    [event] = events(app, action="told.main")
    assert sign_in(app, cid).get(f"/auditview/show/{event.id}").status_code == 404


def test_staff_see_everything_and_support_nothing_of_it(app, told):
    for role, sees in (("Staff", True), ("Support", False)):
        with inside(app):
            from app.accounts import members

            person = members.add_member(
                "Sam", f"sam-{uuid.uuid4().hex[:6]}@example.com", "x" * 30, platform_role=role, verified=True
            )
            db.session.commit()
            sam = type("Person", (), {"member_id": person.id})
        assert ("told.other" in sign_in(app, sam).get("/auditview/list/?psize_AuditView=100").text) == sees


def test_what_changed_is_shown_field_by_field_and_escaped(app, ada, as_ada, acting):
    db.session.get(Chatbot, ada.chatbot_id).description = "<script>alert(1)</script>"
    db.session.commit()
    event_id = db.session.scalars(select(AuditEvent.id).order_by(AuditEvent.id.desc())).first()
    page = as_ada.get(f"/auditview/show/{event_id}").text
    assert '<ins><span translate="no">&lt;script&gt;' in page
    assert "<script>alert" not in page


def test_an_act_is_told_in_words_and_a_state_with_it_in_the_reader_s_language(app, ada, as_ada):
    form = {"name": "Shown", "type": "sales", "workspace": ada.workspace_id, "description": "", "status": "disabled"}
    assert as_ada.post(f"/chatbotview/edit/{ada.chatbot_id}", data=form).status_code == 302
    found = events(app, action="chatbots.edit", actor_id=ada.member_id)[-1]
    german = {"Accept-Language": "de"}
    assert "Chatbot: geändert" in as_ada.get("/auditview/list/", headers=german).text
    shown = as_ada.get(f"/auditview/show/{found.id}", headers=german).text
    assert "<del>eingeschaltet</del> → <ins>ausgeschaltet</ins>" in shown


def test_every_act_that_the_code_names_has_words():
    """Of acts, and of what is written down of each table that nobody named."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in CODE]
    recorders = recorders_in(trees)
    named = {action for tree in trees for action in acts_in(tree, recorders)}
    tables = {name for name in db.metadata.tables if not name.startswith("ab_")} | {"ab_user"}
    tables -= audit._UNWATCHED | COUNTED
    watched = {f"{table}.{verb}" for table in tables for verb in ("add", "edit", "delete")}
    assert len(named) > 60
    without = {a for a in named | watched if (parts := a.partition("."))[0] not in NOUNS or parts[2] not in VERBS}
    assert without == set()


def recorders_in(trees):
    """Return what functions are called that write an act down, or hand the one that they are given on to such a one."""
    functions = [part for tree in trees for part in ast.walk(tree) if isinstance(part, ast.FunctionDef)]
    takers = [part for part in functions if any(arg.arg == "action" for arg in part.args.args)]
    found, before = {"record"}, set()
    while found != before:
        before = set(found)
        found |= {part.name for part in takers if any(hands_on(call, found) for call in ast.walk(part))}
    return found


def hands_on(call, recorders):
    return called(call) in recorders and any(getattr(arg, "id", "") == "action" for arg in call.args)


def called(call):
    function = getattr(call, "func", None)
    return getattr(function, "attr", None) or getattr(function, "id", "")


def acts_in(tree, recorders):
    """Yield the acts that a module records: what is first given to a recorder."""
    for call in ast.walk(tree):
        if called(call) in recorders:
            first = [arg for arg in call.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            yield from (arg.value for arg in first if ACT.fullmatch(arg.value))
