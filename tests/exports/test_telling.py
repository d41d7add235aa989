"""Files by the clock that a webhook is told of: the link opens with a key alone, for a day, and for who may read it all."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import delete, select, update

from app.accounts import keys
from app.exports import schedules, writing
from app.webhooks import payloads, sending
from models import Delivery, Export, ExportSchedule, Member, Webhook, Workspace, db
from models.base import now
from tests.api.conftest import Program, make_key
from tests.conftest import forget_tries, inside, make_customer, sign_in
from tests.history.chats import say, start

ADDRESS = "https://crm.example.com/docent"


@pytest.fixture(scope="module")
def gil(app):
    """A customer of his own, with two workspaces and a webhook of the whole service."""
    forget_tries()
    gil = make_customer(app, "gil")
    with inside(app):
        db.session.add(Workspace(service_id=gil.service_id, name="Sales"))
        db.session.commit()
    return gil


def mails(app):
    return list((app.extensions["docent"].config.data_dir / "mail").glob("*.eml"))


@pytest.fixture
def told(app, gil):
    """What the webhook was told of a file that has just come by the clock."""
    with inside(app):
        db.session.execute(delete(ExportSchedule))
        db.session.execute(delete(Webhook))
        hook = Webhook(service_id=gil.service_id, reach="service", url=ADDRESS, events=["form"], sealed_secret="x")
        db.session.add(hook)
        db.session.commit()
        webhook = str(hook.uuid)
    for file in mails(app):
        file.unlink()
    client, page = sign_in(app, gil), f"/exports/for/{gil.service_id}"
    assert ADDRESS in client.get(page).text
    form = {"per": "message", "format": "csv", "how": "schedule", "every": "daily", "tell": webhook}
    assert client.post(page, data=form).status_code == 303
    with inside(app):
        say(start(gil), "Do you ship?", "We do.")
        return come()


def come():
    """Let the time of the schedule come; return what the webhook is told, None where it is not."""
    db.session.execute(update(ExportSchedule).values(due_at=now()))
    db.session.commit()
    for export_id in schedules.take_due():
        writing.write(export_id)
    delivery = db.session.scalar(select(Delivery).where(Delivery.event == "exported").order_by(Delivery.id.desc()))
    return None if delivery is None else {"delivery": delivery.id, **payloads._exported(delivery)}


def path_of(told):
    return told["link"].partition("/api/v1/")[2]


def key(app, gil, rights="read", **how):
    return Program(app, make_key(app, gil, rights, **how))


def whole_key(app, gil, rights="read"):
    """A key for both workspaces."""
    with inside(app):
        places = list(db.session.scalars(select(Workspace).where(Workspace.service_id == gil.service_id)))
        _, token = keys.make(keys.Wish("all", rights, places), db.session.get(Member, gil.member_id))
        db.session.commit()
    return Program(app, token)


def test_it_is_told_where_the_file_is_and_a_key_fetches_it(app, gil, told):
    assert told["rows"] == 2
    assert dt.datetime.fromisoformat(told["valid_until"]) - now() > dt.timedelta(hours=23)
    program = whole_key(app, gil)
    shown = program.get(f"exports/{told['id']}").json
    assert (shown["rows"], shown["file"], shown["size_bytes"]) == (2, told["file"], told["size_bytes"])
    answer = program.get(path_of(told))
    assert answer.status_code == 200
    assert "Do you ship?" in answer.text
    assert "end of export, rows: 2" in answer.text
    assert int(answer.headers["Content-Length"]) == told["size_bytes"] == len(answer.data)
    assert mails(app) == [], "its member is not mailed beside it"


def test_the_link_alone_opens_nothing(app, gil, told, cid):
    path = path_of(told)
    assert Program(app).get(path).status_code == 401
    assert sign_in(app, gil).get(f"/api/v1/{path}").status_code == 401, "nor does a cookie"
    assert whole_key(app, gil, "basics").get(path).status_code == 403
    assert key(app, gil).get(path).status_code == 404, "a key for one of two workspaces"
    assert key(app, cid).get(path).status_code == 404
    assert whole_key(app, gil).get(f"exports/{uuid.uuid4()}/file").status_code == 404


def test_the_link_ends_after_a_day_and_the_member_has_the_file_for_a_week(app, gil, told):
    with inside(app):
        db.session.execute(update(Delivery).values(created_at=now() - payloads.LINK_LASTS))
        db.session.commit()
    assert whole_key(app, gil).get(path_of(told)).status_code == 404
    assert sign_in(app, gil).get(f"/exports/{told['id']}/file").status_code == 200
    with app.app_context():
        sending.deliver(told["delivery"])
    with inside(app):
        delivery = db.session.get_one(Delivery, told["delivery"])
        assert (delivery.state, "time of its link is over" in delivery.error) == ("failed", True)


def test_a_file_that_nobody_was_told_of_is_its_members_alone(app, gil, told):
    with inside(app):
        db.session.execute(delete(Delivery))
        db.session.commit()
    assert whole_key(app, gil).get(path_of(told)).status_code == 404


@pytest.mark.parametrize("gone", [update(Webhook).values(status="inactive"), delete(Webhook)])
def test_without_its_webhook_a_schedule_mails_its_member(app, gil, told, gone):
    with inside(app):
        db.session.execute(gone)
        db.session.execute(delete(Delivery))
        db.session.commit()
        say(start(gil), "And now?", "Too.")
        assert come() is None
    [mail] = mails(app)
    assert gil.email in mail.read_text()


def test_nobody_is_told_of_a_file_with_nothing_in_it(app, gil, told):
    with inside(app):
        db.session.execute(delete(Delivery))
        db.session.commit()
        assert come() is None
        assert db.session.scalars(select(Export).where(Export.state == "ready", Export.n_rows == 0)).all() == []


def test_a_strangers_webhook_can_not_be_named(app, gil, ada, told):
    with inside(app):
        theirs = Webhook(service_id=ada.service_id, reach="service", url=ADDRESS, events=["form"], sealed_secret="x")
        db.session.add(theirs)
        db.session.commit()
        name = str(theirs.uuid)
    form = {"per": "message", "format": "csv", "how": "schedule", "every": "daily", "tell": name}
    assert sign_in(app, gil).post(f"/exports/for/{gil.service_id}", data=form).status_code == 400
