"""The screens of exports: for who may read the chats, at once or prepared, and for nobody else."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import delete, select, update

from app.accounts import acting
from app.exports import schedules, writing
from models import AuditEvent, Export, ExportSchedule, Member, Service, WorkspaceMember, db
from models.base import now
from tests.conftest import forget_tries, inside, sign_in
from tests.exports.conftest import ASKED
from tests.isolation.conftest import add_person, come_in


@pytest.fixture
def address(ada, told):
    forget_tries()
    return f"/exports/for/{ada.service_id}"


@pytest.fixture(scope="module")
def ben(app, ada):
    return add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin"))


def table_of(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def actions(app, customer):
    with inside(app):
        asked = select(AuditEvent.action).where(AuditEvent.service_id == customer.service_id)
        return db.session.scalars(asked.order_by(AuditEvent.id)).all()


def n_chosen(page):
    return len(re.findall(r'name="column"[^>]* checked', page))


def test_the_page_says_how_much_there_is_and_offers_every_column(as_ada, address):
    page = as_ada.get(address).get_data(as_text=True)
    assert re.search(r"\b1 chat\b", page)
    assert re.search(r"\b2 messages\b", page)
    assert page.count('name="column"') > 30
    assert page.count('name="column"') > n_chosen(page) > 10
    chats = as_ada.get(f"{address}?per=session").get_data(as_text=True)
    assert "n_questions" in chats


def test_what_is_wrong_with_a_filter_is_said_in_words(as_ada, address):
    answer = as_ada.get(f"{address}?from=yesterday&state=great")
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert "“From” is no date" in page
    assert "“Answers” can be" in page
    assert as_ada.post(f"{address}/file?from=yesterday", data={"format": "csv"}).status_code == 303
    assert as_ada.get(f"{address}?per=word").status_code == 400
    assert as_ada.post(f"{address}/file", data={"format": "exe"}).status_code == 400


def test_it_is_downloaded_with_the_chosen_columns_which_are_remembered(app, ada, as_ada, address):
    form = {"per": "message", "format": "csv", "column": ["message", "type"]}
    answer = as_ada.post(f"{address}/file", data=form)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="chat-history-')
    head, question, *_ = table_of(answer)
    assert (head, question) == (["type", "message"], ["client", f"{ASKED} {ada.canary}"])
    assert n_chosen(as_ada.get(address).get_data(as_text=True)) == 2
    assert actions(app, ada)[-1] == "history.export"


def test_the_audit_trail_tells_that_words_were_searched_and_not_which(app, ada, as_ada, address):
    """It outlives whoever was searched for, and is read by owners of workspaces whose chats they may not read."""
    asked = f"?q=jane.doe&page=/of-jane&chatbot={ada.chatbot_uuid}"
    for path, form in (
        (f"{address}/file", {}),
        (address, {"how": "prepare"}),
        (address, {"how": "schedule", "every": "daily"}),
    ):
        assert as_ada.post(path + asked, data={"format": "csv", "column": "message", **form}).status_code in (200, 303)
    with inside(app):
        found = select(AuditEvent.changes).where(AuditEvent.service_id == ada.service_id).order_by(AuditEvent.id.desc())
        last = db.session.scalars(found.limit(3)).all()
        for kind in (Export, ExportSchedule):
            db.session.execute(delete(kind))
        db.session.commit()
    assert "jane" not in str(last)
    assert last[1]["filter"] == {"chatbot": str(ada.chatbot_uuid), "page": "…", "q": "…"}


def test_the_filter_of_the_address_narrows_the_file(as_ada, address):
    form = {"format": "csv", "column": "message"}
    assert len(table_of(as_ada.post(f"{address}/file?feedback=negative", data=form))) == 4
    assert len(table_of(as_ada.post(f"{address}/file?feedback=positive", data=form))) == 2


@pytest.mark.parametrize("file_format", ["xlsx", "jsonl"])
def test_other_formats_come_by_the_same_way(as_ada, address, file_format):
    answer = as_ada.post(f"{address}/file", data={"format": file_format, "per": "session"})
    assert answer.status_code == 200
    assert answer.get_data()[:2] == (b"PK" if file_format == "xlsx" else b'{"')


def test_a_workbook_that_takes_long_is_prepared(as_ada, address, monkeypatch):
    monkeypatch.setattr("views.exports.PREPARED_FROM", 1)
    answer = as_ada.post(f"{address}/file", data={"format": "xlsx"}, headers={"Referer": f"http://localhost{address}"})
    assert answer.status_code == 303
    assert "press the other button" in as_ada.get(answer.location).get_data(as_text=True)
    assert table_of(as_ada.post(f"{address}/file", data={"format": "csv"}))


def prepare(app, client, address, **form):
    answer = client.post(address, data={"how": "prepare", "format": "csv", "column": "message", **form})
    assert answer.status_code == 303
    with inside(app):
        export_id = db.session.scalar(select(Export.id).order_by(Export.id.desc()).limit(1))
    return answer.location, export_id


def test_a_prepared_file_shows_its_progress_and_is_fetched(app, ada, as_ada, address):
    page, export_id = prepare(app, as_ada, address)
    assert 'data-moving="yes"' in as_ada.get(page).get_data(as_text=True)
    with inside(app):
        db.session.execute(
            update(Export).where(Export.id == export_id).values(state="writing", n_rows=1, heartbeat_at=now())
        )
        db.session.commit()
    assert "1 of about 2 rows" in as_ada.get(page, headers={"X-Part": "live"}).text
    assert as_ada.get(f"{page}/file").status_code == 404
    with inside(app):
        writing.let_go(export_id)
        writing.write(export_id)
    shown = as_ada.get(page).get_data(as_text=True)
    assert 'data-moving="no"' in shown
    answer = as_ada.get(f"{page}/file")
    assert answer.headers["Content-Length"] == str(len(answer.get_data()))
    assert table_of(answer)[1] == [f"{ASKED} {ada.canary}"]
    with inside(app):
        db.session.execute(update(Export).where(Export.id == export_id).values(expires_at=now()))
        db.session.commit()
    assert as_ada.get(f"{page}/file").status_code == 404
    assert "Its time is over" in as_ada.get(page).get_data(as_text=True)
    assert as_ada.post(f"{page}/remove").status_code == 303
    assert as_ada.get(page).status_code == 404


def test_it_is_there_for_nobody_else(app, cid, ben, as_ada, address):
    page, export_id = prepare(app, as_ada, address)
    with inside(app):
        writing.write(export_id)
    for client in (come_in(app, ben), sign_in(app, cid), come_in(app, 1)):
        for path, method in (
            (page, "GET"),
            (f"{page}/file", "GET"),
            (f"{page}/remove", "POST"),
        ):
            assert client.open(path, method=method).status_code == 404, (path, method)
    assert app.test_client().get(f"{page}/file").status_code == 302
    assert as_ada.get(f"{page}/file").status_code == 200


def test_who_lost_the_right_can_not_fetch_what_was_prepared(app, ada, address):
    olga = add_person(app, "olga", place=(ada.service_id, ada.workspace_id, "admin"))
    client = come_in(app, olga)
    page, export_id = prepare(app, client, address)
    with inside(app):
        writing.write(export_id)
    assert client.get(f"{page}/file").status_code == 200
    with inside(app):
        db.session.execute(update(WorkspaceMember).where(WorkspaceMember.user_id == olga).values(role="user"))
        db.session.commit()
    assert client.get(f"{page}/file").status_code == 404


def test_who_only_uses_exports_nothing_and_to_a_stranger_there_is_nothing(app, ada, cid, address):
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    for path, method in ((address, "GET"), (address, "POST"), (f"{address}/file", "POST")):
        assert uma.open(path, method=method, data={"format": "csv"}).status_code == 403, path
        assert sign_in(app, cid).open(path, method=method, data={"format": "csv"}).status_code == 404, path


def test_support_exports_while_they_look_for_a_reason_and_not_before(app, ada, told, address):
    sam = add_person(app, "sam", platform_role="Support")
    client = come_in(app, sam)
    assert client.get(f"{address}/file?format=csv").status_code == 404
    with inside(app):
        member = db.session.get(Member, sam)
        grant = acting.start(member, db.session.get(Service, ada.service_id), "Ticket 12: answers about returns")
        db.session.commit()
        look = str(grant.uuid)
    with client.session_transaction() as cookie:
        cookie["look"] = look
    page = client.get(address).get_data(as_text=True)
    assert "Prepare it" not in page
    assert 'value="form_fields"' not in page, "what visitors entered in forms is not for support"
    head, question, *_ = table_of(client.get(f"{address}/file?format=csv&column=message&column=form_fields"))
    assert (head, question) == (["message"], [f"{ASKED} {ada.canary}"])
    assert client.post(f"{address}/file", data={"format": "csv"}).status_code == 303, "who looks changes nothing"
    assert actions(app, ada)[-2:] == ["look.page", "look.refused"]


def test_a_schedule_is_made_paused_and_removed_by_its_member_alone(app, ada, ben, as_ada, address):
    assert as_ada.post(address, data={"how": "schedule", "every": "daily", "format": "csv"}).status_code == 303
    assert "A file comes" not in as_ada.get(address).get_data(as_text=True)
    with inside(app):
        [schedule] = schedules.list_of(ada.member_id, ada.service_id)
        place = f"/exports/schedule/{schedule.uuid}"
    other = come_in(app, ben)
    assert [other.post(f"{place}/{what}").status_code for what in ("switch", "remove")] == [404, 404]
    assert as_ada.post(f"{place}/switch").status_code == 303
    assert "Go on" in as_ada.get(address).get_data(as_text=True)
    assert as_ada.post(f"{place}/remove").status_code == 303
    with inside(app):
        assert db.session.scalar(select(ExportSchedule.id)) is None
    assert "history.schedule" in actions(app, ada)


def test_schedules_of_who_lost_the_right_to_them_take_no_room(app, ada, ben, address, monkeypatch):
    as_ada = sign_in(app, ada)
    monkeypatch.setattr(schedules, "MAX_SCHEDULES", 1)
    form = {"how": "schedule", "every": "daily", "format": "csv"}
    assert come_in(app, ben).post(address, data=form).status_code == 303
    with inside(app):
        [of_ben] = schedules.list_of(ben, ada.service_id)
        of_ben.status = "paused"
        db.session.commit()
    assert "at most 1 exports" in as_ada.post(address, data=form, follow_redirects=True).get_data(as_text=True)
    with inside(app):
        db.session.execute(update(ExportSchedule).values(error="You may not read this service's chats any more."))
        db.session.commit()
    assert "at most 1 exports" not in as_ada.post(address, data=form, follow_redirects=True).get_data(as_text=True)
    with inside(app):
        assert len(schedules.list_of(ada.member_id, ada.service_id)) == 1
        db.session.execute(delete(ExportSchedule))
        db.session.commit()


@pytest.mark.parametrize(
    ("query", "form"), [("?from=2026-01-01", {}), ("", {"per": "session"}), ("", {"every": "hourly"})]
)
def test_a_schedule_that_makes_no_sense_is_refused(app, as_ada, address, query, form):
    answer = as_ada.post(address + query, data={"how": "schedule", "every": "daily", "format": "csv", **form})
    assert answer.status_code in (303, 400)
    with inside(app):
        assert db.session.scalar(select(ExportSchedule.id)) is None


def test_of_a_service_that_does_not_run_chats_can_be_exported_and_nothing_begins(app, ada, as_ada, address):
    with inside(app):
        service = db.session.get(Service, ada.service_id)
        ends, service.expired_at = service.expired_at, now()
        db.session.commit()
    try:
        assert len(table_of(as_ada.post(f"{address}/file", data={"format": "csv", "column": "message"}))) == 4
        assert as_ada.post(address, data={"how": "schedule", "every": "daily", "format": "csv"}).status_code == 403
    finally:
        with inside(app):
            db.session.get(Service, ada.service_id).expired_at = ends
            db.session.commit()
