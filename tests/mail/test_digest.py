"""The weekly mail: on Monday morning of each reader's own clock, once, and to nobody who may not read chats."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from sqlalchemy import event

import models.base
from app.accounts import preferences
from app.learning import digest
from models import Notice, OutgoingMail, Service, db
from tests.clock import Clock
from tests.conftest import inside, make_customer, sign_in
from tests.insights.conftest import Visits
from tests.isolation.conftest import add_person
from tests.mail.postbox import text_of

THURSDAY = dt.datetime(2027, 3, 4, 10, tzinfo=dt.UTC)
MONDAY = dt.datetime(2027, 3, 8, 7, 30, tzinfo=dt.UTC)


@pytest.fixture
def clock(monkeypatch):
    made = Clock(MONDAY)
    monkeypatch.setattr(models.base, "_read_clock", made)
    return made


@pytest.fixture
def acme(app, clock):
    """A service with a week of questions behind it; no other one has an end that lies before it."""
    customer = make_customer(app, "ada")
    visits = Visits(app, customer)
    with inside(app):
        for service in db.session.query(Service):
            service.expired_at = None if service.id == customer.service_id else MONDAY - dt.timedelta(days=30)
        db.session.commit()
    visits.chat(("How old is the <b>shop</b>?", "refused"), ("Price?", "grounded"), at=THURSDAY)
    visits.chat(("Price?", "grounded"), at=THURSDAY - dt.timedelta(days=7))
    visits.count()
    with inside(app):
        from app.learning import clustering

        clustering.cluster_due(customer.chatbot_id)
    return customer


def send(app) -> int:
    with inside(app):
        return digest.send_due()


def waiting(app) -> list[str]:
    with inside(app):
        return sorted(mail.recipient for mail in db.session.query(OutgoingMail).filter_by(template="digest"))


def test_it_says_what_changed_and_what_was_asked_in_vain(app, acme, postbox):
    assert send(app) == 1
    postbox.deliver()
    parsed = postbox.mail_to(acme.email)
    text = text_of(parsed)
    assert f"service {acme.canary}: 2 questions last week" in parsed["Subject"]
    assert "1 March 2027 to 7 March 2027" in text
    assert "Questions: 2 (before 1)" in text
    assert "Answered: 50 % (before 100 %)" in text
    assert "- How old is the <b>shop</b>? (1 time)" in text
    assert "http://localhost/insights/service/" in text
    html = parsed.get_body(("html",)).get_content()
    assert "How old is the &lt;b&gt;shop&lt;/b&gt;?" in html
    assert "src=" not in html, "nothing is loaded from anywhere"


def test_it_is_sent_once_however_often_the_clock_looks(app, acme, postbox):
    assert [send(app) for _ in range(3)] == [1, 0, 0]
    with inside(app):
        assert db.session.query(Notice).filter_by(service_id=acme.service_id, kind="digest").count() == 1


@pytest.mark.parametrize("when", [
    ("UTC", "2027-03-08T06:59", "2027-03-08T07:00"),
    ("Asia/Tokyo", "2027-03-07T21:59", "2027-03-07T22:00"),
    ("America/New_York", "2027-03-08T11:59", "2027-03-08T12:00"),
])  # fmt: skip
def test_it_waits_for_monday_morning_on_the_readers_clock(app, acme, postbox, clock, when):
    zone, early, due = when
    with inside(app):
        preferences.keep(acme.member_id, "time_zone", zone)
        db.session.commit()
        assert preferences.read(acme.member_id).zone == zoneinfo.ZoneInfo(zone)
    clock.stand(early)
    assert send(app) == 0
    clock.stand(due)
    assert send(app) == 1
    clock.stand("2027-03-10T12:00")
    assert send(app) == 0


def test_a_week_nobody_was_told_of_until_wednesday_is_let_go(app, acme, postbox, clock):
    clock.stand("2027-03-10T09:00")
    assert send(app) == 0
    clock.stand("2027-03-09T23:00")
    assert send(app) == 1


def test_looking_takes_a_few_queries_however_many_services_there_are(app, acme, postbox, clock):
    def queries() -> int:
        asked: list[str] = []
        with inside(app):
            event.listen(db.engine, "before_cursor_execute", listen := lambda *told: asked.append(told[2]))
            digest.send_due()
            event.remove(db.engine, "before_cursor_execute", listen)
        return len(asked)

    send(app)
    few = queries()
    make_customer(app, "cid")
    add_person(app, "ben", place=(acme.service_id, acme.workspace_id, "admin"))
    send(app)
    assert queries() == few
    clock.stand("2027-03-11T12:00")
    assert queries() == 0, "it is Monday morning nowhere"


def test_those_who_lead_get_it_and_those_who_only_use_do_not(app, acme, cid, postbox):
    place = (acme.service_id, acme.workspace_id)
    people = {name: add_person(app, name, place=(*place, role)) for name, role in (("ben", "admin"), ("uma", "user"))}
    assert send(app) == 2
    with inside(app):
        from models import Member

        ben = db.session.get(Member, people["ben"]).email
    assert waiting(app) == sorted([acme.email, ben])
    with inside(app):
        mails = db.session.query(OutgoingMail).filter_by(template="digest")
        assert cid.canary not in str([mail.words for mail in mails])


def test_it_can_be_switched_off_for_a_service(app, acme, postbox):
    client = sign_in(app, acme)
    assert "Weekly mail" in client.get("/profile/").get_data(as_text=True)
    client.post("/profile/weekly", data={"services": []})
    with inside(app):
        assert not digest.is_wanted(acme.member_id, acme.service_id)
    assert send(app) == 0
    with inside(app):
        service = str(db.session.get(Service, acme.service_id).uuid)
    client.post("/profile/weekly", data={"services": [service, "nonsense"]})
    with inside(app):
        assert digest.is_wanted(acme.member_id, acme.service_id)


def test_of_quiet_weeks_and_stopped_services_nothing_is_sent(app, acme, postbox, clock):
    with inside(app):
        db.session.get(Service, acme.service_id).expired_at = MONDAY - dt.timedelta(hours=1)
        db.session.commit()
    assert send(app) == 0
    with inside(app):
        db.session.get(Service, acme.service_id).expired_at = None
        db.session.commit()
    clock.stand("2027-03-22T08:00")
    assert send(app) == 0
