"""Without a mail server: mails are files, and a link is shown to its inviter alone."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from app import mail
from models import Member, OutgoingMail, db
from models.members import STAFF
from tests.conftest import inside, make_customer, sign_in


def invite(client, customer, email):
    form = {"email": email, f"role-{customer.workspace_id}": "user"}
    return client.post("/invitationview/add", data=form, follow_redirects=True).text


@pytest.fixture
def somebody():
    return f"new-{uuid.uuid4().hex[:8]}@example.com"


def test_an_inviter_reads_the_link_and_it_works(app, ada, as_ada, somebody):
    [link] = re.findall(r"http://localhost(/invitation/[\w-]{43})", invite(as_ada, ada, somebody))
    visitor = app.test_client()
    answer = visitor.post(link, data={"name": "Ben", "password": "correct-horse-battery-staple"})
    assert answer.status_code == 302


def test_the_file_holds_the_link_for_the_operator_alone(app, ada, as_ada, somebody):
    page = invite(as_ada, ada, somebody)
    folder = app.extensions["docent"].config.data_dir / "mail"
    path = max(folder.glob("*.eml"))
    assert path.stat().st_mode & 0o777 == 0o600
    token = re.search(r"/invitation/([\w-]{43})", page)[1]
    assert token in path.read_bytes().decode().replace("=\r\n", "")
    with inside(app):
        assert db.session.scalars(select(OutgoingMail)).all() == []


def test_staff_see_kept_mails_without_their_secrets(app, ada, as_ada, somebody):
    token = re.search(r"/invitation/([\w-]{43})", invite(as_ada, ada, somebody))[1]
    staff = make_customer(app, "sam")
    with inside(app):
        person = db.session.get(Member, staff.member_id)
        roles = app.appbuilder.sm
        person.roles = [roles.find_role(STAFF)]
        db.session.commit()
        name = mail.kept_mails()[0].name
    client = sign_in(app, staff)
    listed, shown = client.get("/mails/"), client.get(f"/mails/{name}")
    assert (listed.status_code, shown.status_code) == (200, 200)
    assert somebody in shown.text
    assert token not in listed.text + shown.text
    assert as_ada.get("/mails/").status_code in (302, 403, 404)


def test_a_visitor_learns_that_there_is_no_mail_server(app, somebody):
    form = {"name": "Ben", "email": somebody, "password": "correct-horse-battery-staple"}
    page = app.test_client().post("/sign-up/", data=form).text
    assert "no mail server" in page
    assert "/verify/" not in page
