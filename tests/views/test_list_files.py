"""Each generated list as a file: all of its rows as it is narrowed and sorted, nothing of a stranger, no formula."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from models import AuditEvent, Chatbot, Member, Service, ServiceKey, ServiceMember, WorkspaceMember, db
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in
from views import list_files
from views.base import Screen


def read_file(client, address, **asked):
    """Return the heading and the rows of a list's file."""
    answer = client.post(address, query_string=asked)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), address
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    return head, rows


def screens(app):
    return [view for view in app.appbuilder.baseviews if isinstance(view, Screen)]


@pytest.fixture(scope="module")
def boss(app):
    with inside(app):
        first = db.session.scalars(select(Member.id).order_by(Member.id).limit(1)).one()
    return come_in(app, first)


@pytest.fixture(scope="module")
def many(app, ada):
    """Thirty chatbots: more than a page."""
    with inside(app):
        owned = {"service_id": ada.service_id, "workspace_id": ada.workspace_id}
        for i in range(30):
            status = "disabled" if i % 2 else "enabled"
            db.session.add(Chatbot(**owned, name=f"=Bot {i:02}", status=status))
        db.session.commit()


def exports_of(app, ada):
    with inside(app):
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action.endswith(".export")))
        return [(event.action, event.service_id, event.changes) for event in events]


@pytest.mark.usefixtures("many", "cid")
def test_every_list_comes_as_a_file_that_holds_all_of_it(app, boss):
    assert len(screens(app)) > 12
    for view in screens(app):
        head, rows = read_file(boss, f"{view.route_base}/export.csv")
        with inside(app):
            filters = view.datamodel.get_filters([]).get_joined_filters(view._base_filters)
            is_whole = view.endpoint == "AuditView"  # which taking files adds to
            assert is_whole or len(rows) == view.datamodel.query(filters)[0], view
        assert {len(row) for row in rows} <= {len(head)}, view
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))], view


@pytest.mark.usefixtures("many")
def test_a_file_is_narrowed_and_sorted_as_the_list_is(as_ada, monkeypatch):
    monkeypatch.setattr(list_files, "BATCH", 4)
    head, rows = read_file(as_ada, "/chatbotview/export.csv", q="Bot", status="disabled", sort="-name")
    assert head[:4] == ["Name", "Type", "Workspace", "Status"]
    assert [row[0] for row in rows] == [f"'=Bot {i:02}" for i in range(29, 0, -2)]
    assert {row[3] for row in rows} == {"disabled"}


@pytest.mark.usefixtures("many")
def test_nothing_is_held_open_while_a_file_is_sent(app, as_ada, monkeypatch):
    monkeypatch.setattr(list_files, "BATCH", 10)
    blocks = list(as_ada.post("/chatbotview/export.csv?q=%3DBot", buffered=False).iter_encoded())
    assert len(blocks) == 1 + 3
    with app.app_context():
        assert db.engine.pool.checkedout() == 0


def test_a_file_holds_what_the_person_may_see_and_no_more(app, as_ada, ada, cid):
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    for view in screens(app):
        address = f"{view.route_base}/export.csv"
        assert cid.canary not in as_ada.post(address).text, view
        assert as_ada.get(address).status_code in (403, 405), view
    for name in ("workspacememberview", "invitationview", "auditview", "submissionview"):
        assert read_file(uma, f"/{name}/export.csv")[1] == [], name
    assert uma.post("/memberview/export.csv").status_code == 403
    assert app.test_client().post("/chatbotview/export.csv").status_code == 302


def test_taking_a_list_of_people_stands_in_the_audit_trail(app, as_ada, ada, boss):
    before = exports_of(app, ada)
    read_file(as_ada, "/workspacememberview/export.csv")
    read_file(as_ada, "/chatbotview/export.csv")
    read_file(boss, "/memberview/export.csv")
    mine, installations = exports_of(app, ada)[len(before) :]
    with inside(app):
        n_members = len(db.session.scalars(select(WorkspaceMember.id)
                        .where(WorkspaceMember.service_id == ada.service_id)).all())  # fmt: skip
        n_people = len(db.session.scalars(select(Member.id)).all())
    assert mine == ("workspace_members.export", ada.service_id, {"rows": n_members})
    assert installations == ("ab_user.export", None, {"rows": n_people})


def test_the_audit_trail_tells_programs_from_people_in_a_file_too(app, as_ada, ada):
    with inside(app):
        key = ServiceKey(service_id=ada.service_id, maker_id=ada.member_id, name="The nightly import", rights="write",
                         token_hash="0" * 64, hint="dk_1234")  # fmt: skip
        db.session.add(key)
        db.session.flush()
        for key_id, label in ((key.id, "by a program"), (None, "by herself")):
            db.session.add(
                AuditEvent(service_id=ada.service_id, actor_id=ada.member_id, key_id=key_id, action="chatbots.edit",
                           label=label)
            )  # fmt: skip
        db.session.commit()
    head, rows = read_file(as_ada, "/auditview/export.csv", q="chatbots.edit")
    told = {
        row[head.index("On what")]: row[head.index("API key")] for row in rows if "by " in row[head.index("On what")]
    }
    assert told == {"by a program": "The nightly import", "by herself": ""}


def test_a_file_that_can_not_be_written_down_is_not_sent_and_takes_no_place(as_ada, monkeypatch):
    def record(*_args, **_how):
        raise OperationalError("INSERT", {}, OSError("the database is away"))

    with monkeypatch.context() as patch:
        patch.setattr(list_files.audit, "record", record)
        for _ in range(5):
            assert as_ada.post("/workspacememberview/export.csv").status_code == 503
    assert as_ada.post("/workspacememberview/export.csv").status_code == 200


def test_who_lost_something_meanwhile_includes_no_more_what_they_were(app, ada):
    from app.accounts.standing import NOBODY, find_standing

    with inside(app):
        before = find_standing(db.session.get_one(Member, ada.member_id))
        assert before.includes(before)
        assert not NOBODY.includes(before)
        seat = select(ServiceMember).where(ServiceMember.user_id == ada.member_id)
        db.session.scalars(seat).one().role = "member"
        db.session.flush()
        assert not find_standing(db.session.get_one(Member, ada.member_id)).includes(before)
        db.session.rollback()


def test_a_look_takes_a_list_by_reading_alone(app, ada):
    with inside(app):
        uuid = str(db.session.get_one(Service, ada.service_id).uuid)
    stan = come_in(app, add_person(app, "stan", platform_role="Staff"))
    stan.post("/look/", data={"service": uuid, "reason": "Ada asked for help today."})
    page = stan.get("/chatbotview/list/").text
    assert 'href="/chatbotview/export.csv"' in page
    assert stan.get("/chatbotview/export.csv").mimetype == "text/csv"
    assert stan.post("/chatbotview/export.csv").status_code == 303, "who looks sends nothing"


def test_an_empty_list_offers_no_file(app, cid):
    page = sign_in(app, cid).get("/auditview/list/?q=nothing-like-it").text
    assert "export.csv" not in page
