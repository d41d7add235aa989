"""Who may sign up: everybody, who is invited, or by mail domain; and no throw-away mail where that is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app import mail
from app.accounts import admission, invitations, resets, signup
from app.accounts.admission import NotAdmitted
from app.accounts.invitations import InvitationError
from app.tokens import digest
from config import ConfigError, read_config
from models import Member, Service, Verification, db
from models.base import now
from tests.conftest import forget_tries, inside, make_customer, sign_in
from tests.staff.conftest import add_person, text_of

PASSWORD = "correct-horse-9-battery"


@pytest.fixture
def settings(app, monkeypatch):
    """A function that sets how people may sign up."""
    forget_tries()
    here = app.extensions["docent"]
    return lambda **values: monkeypatch.setattr(here, "config", replace(here.config, **values))


def sign_up(app, email):
    form = {"name": "New Person", "email": email, "password": PASSWORD}
    return app.test_client().post("/sign-up/", data=form)


def is_known(app, email):
    with inside(app):
        return db.session.scalar(select(Member.id).where(Member.email == email)) is not None


def test_by_invitation_nobody_signs_up_and_no_page_offers_it(app, settings):
    settings(sign_up="invited")
    visitor = app.test_client()
    assert sign_up(app, "new@example.com").status_code == 403
    assert not is_known(app, "new@example.com")
    assert "By invitation" in text_of(visitor.get("/sign-up/"))
    for page in ("/", "/login/", "/plans/"):
        assert "/sign-up/" not in visitor.get(page).text
    with inside(app), pytest.raises(NotAdmitted):
        signup.sign_up("New", "new@example.com", PASSWORD)


def test_whom_staff_invite_chooses_a_password_and_has_a_service(app, settings):
    settings(sign_up="invited")
    staff, email = sign_in(app, add_person(app, "Stan", "Staff")), "asked@example.com"
    assert "Invite somebody" in text_of(staff.get("/memberview/list/"))
    assert staff.post("/memberview/add", data={"name": "Asked Person", "email": email}).status_code == 302
    with inside(app):
        member = db.session.scalars(select(Member).where(Member.email == email)).one()
        [link] = db.session.scalars(select(Verification).where(Verification.user_id == member.id))
        assert (link.expired_at - now()).days == 6
        assert "You are invited to Docent" in [kept.subject for kept in mail.kept_mails() if kept.to == email]
        member_id = member.id
        link.verification_link, token = digest("a-token-of-this-test"), "a-token-of-this-test"
        db.session.commit()
    invited = app.test_client()
    assert invited.get(f"/verify/{token}").status_code == 200
    assert invited.post(f"/verify/{token}", data={"password": PASSWORD}).status_code == 302
    assert invited.get("/profile/").status_code == 200
    with inside(app):
        assert db.session.scalar(select(Service.id).where(Service.holder_id == member_id))
    again = staff.post("/memberview/add", data={"name": "Asked Person", "email": email})
    assert again.status_code == 400
    assert "has an account already" in text_of(again)


def test_by_mail_domain_others_read_whose_addresses_count(app, settings):
    settings(sign_up_domains=("acme.example", "globex.example"))
    refused = sign_up(app, "new@mail.acme.example")
    assert "Sign up with an address at acme.example, globex.example." in text_of(refused)
    assert not is_known(app, "new@mail.acme.example")
    assert "on its way" in sign_up(app, "new@ACME.example").text or is_known(app, "new@acme.example")


def test_who_came_by_their_mail_domain_stays_with_it(app, settings):
    settings(sign_up_domains=("example.com",))
    ada = make_customer(app, "ada")
    with inside(app):
        member = db.session.get(Member, ada.member_id)
        with pytest.raises(NotAdmitted, match="Choose an address at"):
            resets.request_new_address(member, "ada@elsewhere.example", ada.password)
        resets.request_new_address(member, "ada-two@example.com", ada.password)
        admission.check_new_address("cid@elsewhere.example", "cid@further.example")  # came by an invitation


@pytest.mark.parametrize("host", ["mailinator.com", "some.mailinator.com", "MAILINATOR.com"])
def test_throw_away_mail_is_refused_with_its_subdomains_where_that_is_wanted(app, settings, host):
    with inside(app):
        admission.check_address(f"x@{host}")
    settings(disposable_mail="refuse")
    assert f"Mail at {host.lower()} is thrown away after a while" in text_of(sign_up(app, f"x@{host}"))
    ada = make_customer(app, "ada")
    with inside(app):
        service, member = db.session.get(Service, ada.service_id), db.session.get(Member, ada.member_id)
        with pytest.raises(InvitationError, match="thrown away"):
            invitations.invite(service, f"x@{host}", {ada.workspace_id: "user"}, ada.member_id)
        with pytest.raises(NotAdmitted):
            resets.request_new_address(member, f"x@{host}", ada.password)
        invitations.invite(service, "x@lasting-mailinator.example", {ada.workspace_id: "user"}, ada.member_id)


def test_an_operator_s_own_list_counts_as_it_stands_and_closes_the_door_where_it_is_gone(app, settings, tmp_path):
    kept = tmp_path / "domains.txt"
    kept.write_text("# throw-away\nTrash.example\n\n", encoding="utf-8")
    settings(disposable_mail=str(kept))
    with inside(app):
        admission.check_address("x@mailinator.com")
        with pytest.raises(NotAdmitted):
            admission.check_address("x@mail.trash.example")
        kept.write_text("other.example\n", encoding="utf-8")
        admission.check_address("x@mail.trash.example")
        kept.unlink()
        with pytest.raises(NotAdmitted, match="can't be checked"):
            admission.check_address("x@example.com")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SIGN_UP", "closed"), ("SIGN_UP_DOMAINS", "acme"), ("SIGN_UP_DOMAINS", "@acme.example"), ("DISPOSABLE_MAIL", "/no/such")],
)  # fmt: skip
def test_a_setting_that_can_t_be_used_is_named(name, value):
    with pytest.raises(ConfigError, match=name):
        read_config({name: value})


def test_settings_are_read_as_they_are_meant():
    config = read_config(
        {"SIGN_UP": "Invited", "SIGN_UP_DOMAINS": "Acme.example, globex.example", "DISPOSABLE_MAIL": "refuse"}
    )
    assert (config.sign_up, config.sign_up_domains) == ("invited", ("acme.example", "globex.example"))
    assert config.disposable_mail == admission.REFUSE
