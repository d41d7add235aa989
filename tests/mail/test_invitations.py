"""Invitations by mail, for people with and without an account."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from models import Invitation, Member, Service, Workspace, WorkspaceMember, db
from models.base import now
from tests.conftest import inside, make_customer, sign_in
from tests.mail.postbox import link_in, text_of

PASSWORD = "correct-horse-battery-staple"


def invite(client, ada, email, role="admin"):
    form = {"email": email, f"role-{ada.workspace_id}": role}
    return client.post("/invitationview/add", data=form, follow_redirects=True)


@pytest.fixture
def invited(as_ada, ada, postbox, somebody):
    """The path of the link that Ada's invitation sent to somebody new."""
    assert "on its way" in invite(as_ada, ada, somebody).text
    assert postbox.deliver() == 1
    return link_in(postbox.mail_to(somebody))


def role_of(app, ada, email):
    with inside(app):
        member = select(Member.id).where(Member.email == email).scalar_subquery()
        where = {"workspace_id": ada.workspace_id, "user_id": member}
        return db.session.scalar(select(WorkspaceMember.role).filter_by(**where))


def open_invitation(app, email):
    return db.session.scalars(select(Invitation).where(Invitation.email == email)).one()


def test_somebody_new_chooses_a_password_and_is_in(app, ada, invited, somebody):
    visitor = app.test_client()
    assert visitor.get(invited).status_code == 200
    assert role_of(app, ada, somebody) is None, "opening a link changes nothing"
    assert visitor.post(invited, data={"name": "Ben Baker", "password": PASSWORD}).status_code == 302
    assert role_of(app, ada, somebody) == "admin"
    assert visitor.post("/login/", data={"email": somebody, "password": PASSWORD}).status_code == 302
    again = app.test_client()
    assert again.get(invited).status_code == again.post(invited).status_code == 404


def test_a_member_accepts_once_signed_in(app, ada, as_ada, postbox):
    cid = make_customer(app, "cid")
    invite(as_ada, ada, cid.email.upper(), role="user")
    postbox.deliver()
    link = link_in(postbox.mail_to(cid.email))
    assert "sign in" in app.test_client().post(link, data={"name": "X", "password": PASSWORD}).text
    assert role_of(app, ada, cid.email) is None
    assert sign_in(app, cid).post(link).status_code == 302
    assert role_of(app, ada, cid.email) == "user"


def test_a_stranger_can_not_accept_for_somebody_else(app, ada, as_ada, postbox):
    cid, ben = make_customer(app, "cid"), make_customer(app, "ben")
    invite(as_ada, ada, ben.email)
    postbox.deliver()
    assert sign_in(app, cid).post(link_in(postbox.mail_to(ben.email))).status_code == 200
    assert role_of(app, ada, cid.email) is role_of(app, ada, ben.email) is None


def test_a_planted_sign_up_does_not_outlive_an_invitation(app, ada, invited, somebody):
    visitor = app.test_client()
    visitor.post("/sign-up/", data={"name": "Mallory", "email": somebody, "password": "planted-by-a-stranger-first"})
    visitor.post(invited, data={"name": "Ben Baker", "password": PASSWORD})
    tries = {"planted-by-a-stranger-first": 401, PASSWORD: 302}
    for password, status in tries.items():
        answer = app.test_client().post("/login/", data={"email": somebody, "password": password})
        assert answer.status_code == status


def test_a_revoked_invitation_is_dead(app, invited, somebody):
    with inside(app):
        open_invitation(app, somebody).status = "revoked"
        db.session.commit()
    answer = app.test_client().post(invited, data={"name": "Ben", "password": PASSWORD})
    assert (answer.status_code, "Ask for a new one" in answer.text) == (404, True)


def test_an_expired_invitation_is_dead(app, invited, somebody):
    with inside(app):
        open_invitation(app, somebody).expired_at = now() - dt.timedelta(seconds=1)
        db.session.commit()
    assert app.test_client().get(invited).status_code == 404


def test_one_address_is_invited_once(as_ada, ada, invited, somebody, postbox):
    assert "invited already" in invite(as_ada, ada, somebody).text
    assert postbox.deliver() == 0


def test_two_addresses_in_one_are_refused(as_ada, ada, postbox, somebody):
    invite(as_ada, ada, f"{somebody}, evil@example.com")
    assert postbox.deliver() == 0


def test_line_breaks_in_names_are_no_headers(app, ada, as_ada, postbox, somebody):
    with inside(app):
        db.session.get(Service, ada.service_id).name = "Acme\r\nBcc: evil@example.com\r\n\r\nBuy now"
        db.session.get(Workspace, ada.workspace_id).name = "Main\nhall"
        db.session.commit()
    invite(as_ada, ada, somebody)
    assert postbox.deliver() == 1
    mail = postbox.mail_to(somebody)
    assert mail["Subject"] == "You are invited to Acme Bcc: evil@example.com Buy now"
    assert mail["Bcc"] is None
    assert "Main hall (admin)" in text_of(mail)


def test_the_inviter_reads_what_became_of_the_mail(app, as_ada, ada, postbox, somebody):
    postbox.answer = "550 no such person"
    invite(as_ada, ada, somebody)
    with inside(app):
        page = f"/invitationview/show/{open_invitation(app, somebody).id}"
    assert "on its way" in as_ada.get(page).text
    postbox.deliver()
    assert "not sent: the mail server answered 550 no such person" in as_ada.get(page).text
