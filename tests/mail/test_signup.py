"""From sign-up to sign-in by way of a real mail."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from sqlalchemy import func, select

from models import Member, Service, Verification, db
from models.base import now
from tests.conftest import forget_tries, inside
from tests.mail.postbox import link_in, text_of

PASSWORD = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def _nothing_was_tried(app):
    forget_tries()


@pytest.fixture
def visitor(app):
    return app.test_client()


def sign_up(client, email, password=PASSWORD, **more):
    return client.post("/sign-up/", data={"name": "Ben Baker", "email": email, "password": password}, **more)


def can_sign_in(app, email, password=PASSWORD):
    return app.test_client().post("/login/", data={"email": email, "password": password}).status_code == 302


def member_of(app, email):
    with inside(app):
        return db.session.scalar(select(Member).where(Member.email == email))


def test_sign_up_verify_sign_in(app, visitor, postbox, somebody):
    answer = sign_up(visitor, somebody)
    assert "on its way" in answer.text
    assert not can_sign_in(app, somebody)
    assert postbox.deliver() == 1
    mail = postbox.mail_to(somebody)
    link = link_in(mail)
    assert mail["Subject"] == "Confirm your e-mail address"
    assert visitor.get(link).status_code == 200
    assert not can_sign_in(app, somebody), "opening a link changes nothing"
    assert visitor.post(link).status_code == 302
    assert can_sign_in(app, somebody)
    with inside(app):
        holder = select(Member.id).where(Member.email == somebody).scalar_subquery()
        assert db.session.scalar(select(func.count(Service.id)).where(Service.holder_id == holder)) == 1
    assert visitor.post(link).status_code == visitor.get(link).status_code == 404


def test_a_forged_host_reaches_no_mail(visitor, postbox, somebody):
    sign_up(visitor, somebody, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    postbox.deliver()
    assert "evil.example" not in text_of(postbox.mail_to(somebody))


def test_a_link_is_dead_after_24_hours(app, visitor, postbox, somebody):
    sign_up(visitor, somebody)
    postbox.deliver()
    link = link_in(postbox.mail_to(somebody))
    with inside(app):
        row = db.session.scalars(select(Verification).order_by(Verification.id.desc())).first()
        assert dt.timedelta(hours=23) < row.expired_at - now() <= dt.timedelta(hours=24)
        row.expired_at = now() - dt.timedelta(seconds=1)
        db.session.commit()
    assert visitor.get(link).status_code == visitor.post(link).status_code == 404
    assert not member_of(app, somebody).verified


def links_to(postbox, email):
    postbox.deliver()
    return [link_in(parsed) for recipients, parsed in postbox.mails if recipients == [email]]


def test_a_link_confirms_the_password_of_the_sign_up_of_the_same_browser(app, visitor, postbox, somebody):
    stranger = app.test_client()
    sign_up(stranger, somebody, "planted-by-a-stranger-first")
    sign_up(visitor, somebody)
    sign_up(stranger, somebody, "planted-by-a-stranger-later")
    visitor.post(links_to(postbox, somebody)[1])
    assert can_sign_in(app, somebody)
    assert not can_sign_in(app, somebody, "planted-by-a-stranger-first")
    assert not can_sign_in(app, somebody, "planted-by-a-stranger-later")


def test_what_a_stranger_signed_up_with_opens_nothing_once_the_owner_confirms(app, visitor, postbox, somebody):
    sign_up(app.test_client(), somebody, "planted-by-a-stranger")
    (link,) = links_to(postbox, somebody)
    assert 'name="password"' in visitor.get(link).text
    assert visitor.post(link).status_code == 400, "the button alone is not enough here"
    assert not member_of(app, somebody).verified
    assert visitor.post(link, data={"password": PASSWORD}).status_code == 302
    assert can_sign_in(app, somebody)
    assert not can_sign_in(app, somebody, "planted-by-a-stranger")


def test_a_weak_password_is_refused_on_the_page_of_the_link_too(app, postbox, visitor, somebody):
    sign_up(app.test_client(), somebody)
    (link,) = links_to(postbox, somebody)
    answer = visitor.post(link, data={"password": "passwordpassword"})
    assert "easy to guess" in answer.text
    assert visitor.post(link, data={"password": PASSWORD}).status_code == 302, "the link stays good"


def test_the_mark_that_a_browser_keeps_tells_nobody_whether_an_address_is_known(app, ada, postbox, somebody):
    marks = []
    for email in (ada.email, somebody, somebody):
        client = app.test_client()
        sign_up(client, email)
        with client.session_transaction() as kept:
            marks.append(kept["sign_up"])
    assert len(set(marks)) == 3
    assert {len(mark) for mark in marks} == {64}


def test_known_and_unknown_addresses_get_one_answer(app, ada, visitor, postbox, somebody):
    known, unknown = sign_up(visitor, ada.email), sign_up(visitor, somebody)
    assert known.text.replace(ada.email, "X") == unknown.text.replace(somebody, "X")
    assert known.status_code == unknown.status_code == 200
    postbox.deliver()
    assert postbox.mail_to(ada.email)["Subject"] == "You have an account already"


@pytest.mark.usefixtures("costly_passwords")
def test_known_and_unknown_addresses_take_the_same_time(app, ada, postbox):
    from app.accounts import signup

    def seconds(email):
        started = time.process_time()
        with inside(app):
            signup.sign_up("Ben Baker", email, PASSWORD)
            db.session.rollback()
        return time.process_time() - started

    seconds("warm@example.com")
    known = min(seconds(ada.email) for _ in range(5))
    unknown = min(seconds(f"new-{n}@example.com") for n in range(5))
    assert unknown < 2 * known, "hashing a password takes most of the time, and is done for both"


@pytest.mark.parametrize("email", ["a@example.com, evil@example.com", "a@example.com\r\nBcc: evil@example.com", "a b"])
def test_what_is_not_one_address_is_refused(visitor, postbox, email):
    answer = sign_up(visitor, email)
    assert answer.status_code == 400
    assert "on its way" not in answer.text
    assert postbox.deliver() == 0


def test_a_line_break_in_a_name_is_no_header(app, visitor, postbox, somebody):
    visitor.post("/sign-up/", data={"name": "Ben\r\nBcc: evil@example.com", "email": somebody, "password": PASSWORD})
    assert postbox.deliver() == 1
    assert postbox.mail_to(somebody)["Bcc"] is None
    assert postbox.mails[0][0] == [somebody]


def test_a_weak_password_is_explained(visitor, postbox, somebody):
    assert "easy to guess" in sign_up(visitor, somebody, "passwordpassword").text
    assert postbox.deliver() == 0
