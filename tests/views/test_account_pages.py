"""One's own account on its pages: details, password, address, devices, second factor, and the end."""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid

import pyotp
import pytest
from sqlalchemy import func, select

from app import mail
from app.accounts import devices, links, members, ownership, preferences, resets, second_factor
from app.accounts.preferences import Preferences
from models import AuditEvent, Device, Member, Profile, Service, ServiceMember, WorkspaceMember, db
from tests.clock import clock, standing  # noqa: F401 - a fixture
from tests.conftest import forget_tries, inside, sign_in

PASSWORD = "four words that do not belong"


class Person:
    def __init__(self, member_id, email):
        self.member_id, self.email = member_id, email


@pytest.fixture(autouse=True)
def _fresh_limits():
    forget_tries()


def make_person(app, name="Uma"):
    with inside(app):
        email = f"{name.lower()}-{uuid.uuid4().hex[:8]}@example.com"
        member = members.add_member(name, email, PASSWORD, platform_role="Member", verified=True)
        db.session.commit()
        return Person(member.id, email)


def make_service(app, holder, *colleagues):
    """A free service of the holder's, with colleagues as plain users of its workspace: (its id, its uuid)."""
    from app.plans.catalog import find_plan
    from app.plans.services import open_service

    with inside(app):
        service, workspace = open_service(db.session.get(Member, holder.member_id), find_plan("free"), "Acme")
        for colleague in colleagues:
            place = {"service_id": service.id, "user_id": colleague.member_id}
            db.session.add_all([
                ServiceMember(**place), WorkspaceMember(**place, workspace_id=workspace.id, role="user"),
            ])  # fmt: skip
        db.session.commit()
        return service.id, service.uuid


@pytest.fixture
def uma(app):
    return make_person(app)


@pytest.fixture
def as_uma(app, uma):
    return sign_in(app, uma)


def member_of(app, person):
    with inside(app):
        return db.session.get(Member, person.member_id)


def can_sign_in(app, email, password):
    answer = app.test_client().post("/login/", data={"email": email, "password": password})
    return answer.status_code == 302


def actions_of(app, person):
    with inside(app):
        return db.session.scalars(select(AuditEvent.action).where(AuditEvent.actor_id == person.member_id)).all()


def test_name_time_zone_and_language_are_kept_and_used(app, uma, as_uma):
    form = {"name": "Uma Thorn", "time_zone": "Europe/Berlin", "language": "de"}
    assert as_uma.post("/profile/details", data=form).status_code == 302
    with inside(app):
        assert db.session.get(Member, uma.member_id).name == "Uma Thorn"
        kept = preferences.read(uma.member_id)
    assert kept.exactly(dt.datetime(2026, 1, 5, 23, 30, tzinfo=dt.UTC)) == "6. Jan. 2026, 00:30 MEZ"
    assert '<option selected value="Europe/Berlin">' in as_uma.get("/profile/").text
    assert "profile.edit" in actions_of(app, uma)


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Mars/Olympus"}, {"language": "tlh"}, {"name": ""}, {"name": "x" * 121}]
)
def test_nonsense_about_oneself_is_refused_in_the_form(as_uma, app, uma, wrong):
    form = {"name": "Uma", "time_zone": "UTC", "language": "en", **wrong}
    assert as_uma.post("/profile/details", data=form).status_code == 400
    with inside(app):
        assert db.session.scalar(select(Profile.id).where(Profile.user_id == uma.member_id)) is None


def test_what_is_kept_of_a_person_can_t_break_their_pages(app, uma, as_uma):
    with inside(app):
        db.session.add(Profile(user_id=uma.member_id, meta_data={"time_zone": "Gone/Away", "language": "xx", "x": 1}))
        db.session.commit()
    assert as_uma.get("/profile/").status_code == 200
    assert Preferences("Gone/Away", "xx").exactly(dt.datetime(2026, 1, 5, tzinfo=dt.UTC)) == "5 Jan 2026, 00:00 UTC"


def test_a_password_changes_with_the_old_one_alone_and_signs_other_devices_out(app, uma, as_uma):
    other = sign_in(app, uma)
    fields = {"old": "wrong", "new": "another phrase of five words"}
    assert "not right" in as_uma.post("/profile/password", data=fields).text
    assert as_uma.post("/profile/password", data={**fields, "old": PASSWORD}).status_code == 302
    assert can_sign_in(app, uma.email, fields["new"])
    assert not can_sign_in(app, uma.email, PASSWORD)
    assert as_uma.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_the_present_password_can_t_be_guessed_on_and_on(as_uma):
    fields = {"old": "wrong", "new": "another phrase of five words"}
    tries = [as_uma.post("/profile/password", data=fields).status_code for _ in range(12)]
    assert tries[0] == 400
    assert tries[-1] == 429


def made_links(monkeypatch):
    made, original = [], resets.make_link
    monkeypatch.setattr(resets, "make_link", lambda *args, **more: made.append(original(*args, **more)) or made[-1])
    return made


def test_a_new_address_counts_once_its_button_is_pressed(app, uma, as_uma, monkeypatch):
    made, new = made_links(monkeypatch), f"new-{uuid.uuid4().hex[:6]}@example.com"
    assert as_uma.post("/profile/address", data={"email": new, "password": "wrong"}).status_code == 400
    assert as_uma.post("/profile/address", data={"email": new, "password": PASSWORD}).status_code == 302
    page, visitor = f"/new-address/{made[0][1]}", app.test_client()
    assert new in visitor.get(page).text
    assert member_of(app, uma).email == uma.email, "opening a link changes nothing"
    assert visitor.post(page).status_code == 302
    assert can_sign_in(app, new, PASSWORD)
    assert as_uma.get("/profile/").status_code == 302
    assert visitor.get(page).status_code == visitor.post(page).status_code == 404
    assert "address.change" in actions_of(app, uma)


def test_a_forgotten_password_is_replaced_by_a_link(app, uma, as_uma, monkeypatch):
    made, visitor = made_links(monkeypatch), app.test_client()
    visitor.post("/reset/", data={"email": uma.email.upper()})
    page = f"/reset/{made[0][1]}"
    assert visitor.get(page).status_code == 200
    assert "too short" in visitor.post(page, data={"password": "short"}).text
    assert visitor.post(page, data={"password": "a wholly new phrase of words"}).status_code == 302
    assert can_sign_in(app, uma.email, "a wholly new phrase of words")
    assert as_uma.get("/profile/").status_code == 302
    assert visitor.get(page).status_code == 404
    assert "password.reset" in actions_of(app, uma)


def test_a_reset_answers_the_same_for_known_and_unknown_addresses(app, uma):
    visitor, unknown = app.test_client(), f"nobody-{uuid.uuid4().hex[:6]}@example.com"
    answers = [visitor.post("/reset/", data={"email": email}) for email in (uma.email, unknown)]
    assert answers[0].text.replace(uma.email, "") == answers[1].text.replace(unknown, "")
    assert answers[0].status_code == answers[1].status_code == 200


@pytest.mark.usefixtures("costly_passwords")
def test_a_reset_takes_the_same_time_for_known_and_unknown_addresses(app, uma):
    def seconds(email):
        started = time.process_time()
        with inside(app):
            resets.request_reset(email)
            db.session.commit()
        return time.process_time() - started

    seconds("warm@example.com")
    known = min(seconds(uma.email) for _ in range(4))
    unknown = min(seconds(f"new-{n}@example.com") for n in range(4))
    assert 0.5 < known / unknown < 2, "hashing takes most of the time, and is done for both"


def test_resets_of_one_address_are_mailed_a_few_times_an_hour(app, uma):
    visitor = app.test_client()
    assert {visitor.post("/reset/", data={"email": uma.email}).status_code for _ in range(8)} == {200}
    with inside(app):
        n_mails = len([kept for kept in mail.kept_mails() if kept.to == uma.email])
    assert n_mails == 5


def test_devices_are_listed_and_signed_out_one_by_one_and_all_at_once(app, uma, as_uma):
    first, second = sign_in(app, uma), sign_in(app, uma)
    with first.session_transaction() as session:
        device = session["device"]
    assert as_uma.get("/profile/").text.count("/sign-out") == 3
    assert as_uma.post(f"/profile/devices/{device}/sign-out").status_code == 302
    assert (first.get("/profile/").status_code, second.get("/profile/").status_code) == (302, 200)
    assert as_uma.post("/profile/devices/sign-out").status_code == 302
    assert (second.get("/profile/").status_code, as_uma.get("/profile/").status_code) == (302, 200)


def test_nobody_signs_a_stranger_s_device_out(app, uma, as_uma):
    stranger = make_person(app, "Cid")
    with inside(app):
        device = devices.add(stranger.member_id, "tests", "192.0.2.1")
        db.session.commit()
    assert as_uma.post(f"/profile/devices/{device}/sign-out").status_code == 404
    with inside(app):
        assert db.session.scalar(select(Device.id).where(Device.uuid == device)) is not None


# --- second factor


def secret_on(page):
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")


def switch_on(client):
    client.post("/profile/second-factor/begin", data={"password": PASSWORD})
    secret = secret_on(client.get("/profile/second-factor/").text)
    with standing() as moment:
        code = pyotp.TOTP(secret).at(moment.timestamp() - 30)
        return secret, client.post("/profile/second-factor/confirm", data={"code": code})


def test_a_second_factor_is_shown_confirmed_and_asked_for(app, uma, as_uma):
    as_uma.post("/profile/second-factor/begin", data={"password": PASSWORD})
    page = as_uma.get("/profile/second-factor/")
    assert 'src="data:image/svg+xml' in page.text
    assert "data:" in page.headers["Content-Security-Policy"]
    assert as_uma.post("/profile/second-factor/confirm", data={"code": "000000"}).status_code == 400
    secret, answer = switch_on(as_uma)
    codes = re.findall(r"<code>([a-z0-9-]{14})</code>", answer.text)
    assert len(codes) == 10
    assert codes[0] not in as_uma.get("/profile/second-factor/").text, "recovery codes are shown once"
    visitor = app.test_client()
    assert "/login/code" in visitor.post("/login/", data={"email": uma.email, "password": PASSWORD}).location
    assert visitor.post("/login/code", data={"code": codes[0]}).status_code == 302
    assert visitor.get("/profile/").status_code == 200
    assert secret not in as_uma.get("/profile/second-factor/").text


@pytest.mark.parametrize("form", [{}, {"password": "not the password"}])
def test_who_finds_a_device_open_locks_nobody_out(app, uma, as_uma, form):
    assert as_uma.post("/profile/second-factor/begin", data=form).status_code == 400
    assert "<img" not in as_uma.get("/profile/second-factor/").text
    assert as_uma.post("/profile/second-factor/confirm", data={"code": "000000"}).status_code == 400
    statuses = [as_uma.post("/profile/second-factor/begin", data=form).status_code for _ in range(11)]
    assert statuses[-1] == 429


def test_a_secret_that_was_begun_long_ago_is_neither_shown_nor_confirmed(app, uma, as_uma, clock):  # noqa: F811
    clock.moment = dt.datetime.now(dt.UTC)
    as_uma.post("/profile/second-factor/begin", data={"password": PASSWORD})
    secret = secret_on(as_uma.get("/profile/second-factor/").text)
    clock.go(minutes=15)
    assert secret not in as_uma.get("/profile/second-factor/").text.replace(" ", "")
    code = pyotp.TOTP(secret).at(clock.moment.timestamp())
    assert as_uma.post("/profile/second-factor/confirm", data={"code": code}).status_code == 400


def test_switching_off_asks_for_password_and_code(app, uma, as_uma):
    secret, _ = switch_on(as_uma)
    code = pyotp.TOTP(secret).now()
    for wrong in ({"password": "wrong", "code": code}, {"password": PASSWORD, "code": "000000"}, {"code": code}):
        assert as_uma.post("/profile/second-factor/off", data=wrong).status_code == 400
    with inside(app):
        assert second_factor.find(uma.member_id) is not None
    assert as_uma.post("/profile/second-factor/off", data={"password": PASSWORD, "code": code}).status_code == 302
    with inside(app):
        assert second_factor.find(uma.member_id) is None
    assert {"second-factor.on", "second-factor.off"} <= set(actions_of(app, uma))


def test_new_recovery_codes_end_the_old_ones(app, uma, as_uma):
    _, answer = switch_on(as_uma)
    old = re.findall(r"<code>([a-z0-9-]{14})</code>", answer.text)
    fields = {"password": PASSWORD, "code": old[0]}
    new = re.findall(
        r"<code>([a-z0-9-]{14})</code>", as_uma.post("/profile/second-factor/recovery-codes", data=fields).text
    )
    assert len(new) == 10
    assert not set(new) & set(old)
    with inside(app), pytest.raises(second_factor.WrongCode):
        second_factor.check(uma.member_id, old[1])


# --- the end


def delete_account(client, **fields):
    return client.post("/profile/delete/", data={"password": PASSWORD, **fields})


def test_a_deleted_account_leaves_nothing_that_names_the_person(app, uma, as_uma):
    switch_on(as_uma)
    as_uma.post("/profile/details", data={"name": "Uma Thorn", "time_zone": "UTC", "language": "en"})
    other = sign_in(app, uma)
    assert delete_account(as_uma, password="wrong").status_code == 400
    assert delete_account(as_uma).status_code == 302
    assert other.get("/profile/").status_code == 302
    assert not can_sign_in(app, uma.email, PASSWORD)
    with inside(app):
        gone = db.session.get(Member, uma.member_id)
        assert (gone.status, gone.name, gone.email.partition("@")[2]) == (
            "deleted",
            "Deleted person",
            "example.invalid",
        )
        assert gone.deleted_at is not None
        for model in (Device, Profile, ServiceMember, WorkspaceMember):
            assert db.session.scalar(select(func.count(model.id)).where(model.user_id == uma.member_id)) == 0
        assert second_factor.find(uma.member_id) is None
        trail = db.session.scalars(select(AuditEvent).where(AuditEvent.actor_id == uma.member_id)).all()
    assert "account.delete" in [event.action for event in trail]
    assert not any(word in str([(event.label, event.changes) for event in trail]) for word in ("Thorn", uma.email))


def test_a_service_can_t_vanish_undecided(app, uma, as_uma):
    service_id, _ = make_service(app, uma, make_person(app, "Ben"))
    assert "What becomes of Acme?" in as_uma.get("/profile/delete/").text
    for choice in ({}, {f"service-{service_id}": ""}, {f"service-{service_id}": "999999"}):
        answer = delete_account(as_uma, **choice)
        assert (answer.status_code, "Choose what becomes of Acme" in answer.text) == (400, True)
    assert member_of(app, uma).status == "enabled"


def test_a_service_is_handed_to_the_one_who_was_named(app, uma, as_uma):
    ben = make_person(app, "Ben")
    service_id, service_uuid = make_service(app, uma, ben)
    assert delete_account(as_uma, **{f"service-{service_id}": str(ben.member_id)}).status_code == 302
    with inside(app):
        service = db.session.get(Service, service_id)
        assert (service.holder_id, service.status) == (ben.member_id, "enabled")
        assert any("You hold Acme now" in kept.subject for kept in mail.kept_mails() if kept.to == ben.email)
    assert sign_in(app, ben).get(f"/service/{service_uuid}").status_code == 200


def test_a_closed_service_ends_for_everybody_and_they_are_told(app, uma, as_uma):
    ben = make_person(app, "Ben")
    service_id, service_uuid = make_service(app, uma, ben)
    as_ben = sign_in(app, ben)
    assert as_ben.get("/workspaceview/list/").text.count("Acme") > 0
    assert delete_account(as_uma, **{f"service-{service_id}": "close"}).status_code == 302
    with inside(app):
        service = db.session.get(Service, service_id)
        assert (service.status, service.is_live) == ("deleted", False)
        assert any("Acme is closed" in kept.subject for kept in mail.kept_mails() if kept.to == ben.email)
    assert "Acme" not in as_ben.get("/workspaceview/list/").text
    assert as_ben.get(f"/service/{service_uuid}").status_code == 404


def test_the_only_superadmin_stays(app):
    with inside(app):
        admin = db.session.scalars(select(Member).where(Member.roles.any(name="Superadmin"))).one()
        from app.accounts.passwords import set_password

        set_password(admin, PASSWORD)
        db.session.commit()
        person = Person(admin.id, admin.email)
    assert "needs a superadmin" in delete_account(sign_in(app, person)).text
    assert member_of(app, person).status == "enabled"


# --- handing a service over


def test_a_service_changes_hands_when_the_successor_agrees(app, uma, as_uma):
    ben = make_person(app, "Ben")
    service_id, service_uuid = make_service(app, uma, ben)
    page, as_ben = f"/service/{service_uuid}/handover", sign_in(app, ben)
    assert as_ben.get(page).status_code == 403
    assert as_uma.post(page, data={"successor": ben.member_id}).status_code == 302
    assert "Uma offers you this service" in as_ben.get(page).text
    assert as_ben.post(f"{page}/accept").status_code == 302
    with inside(app):
        assert db.session.get(Service, service_id).holder_id == ben.member_id
        roles = select(WorkspaceMember.role).where(WorkspaceMember.user_id == uma.member_id)
        assert db.session.scalars(roles).all() == ["owner"]
        seats = select(ServiceMember.user_id, ServiceMember.role).where(ServiceMember.service_id == service_id)
        assert dict(db.session.execute(seats).all()) == {uma.member_id: "member", ben.member_id: "holder"}
    assert as_ben.post(f"{page}/accept").status_code == 403
    assert as_uma.post(page, data={"successor": ben.member_id}).status_code == 403
    assert "service.hand-over" in actions_of(app, ben)


@pytest.mark.parametrize("successor", ["", "0", "x", "9" * 30, "-1"])
def test_a_service_is_offered_only_to_somebody_in_it(app, uma, as_uma, successor):
    _, service_uuid = make_service(app, uma, make_person(app, "Ben"))
    page = f"/service/{service_uuid}/handover"
    as_uma.post(page, data={"successor": successor})
    with inside(app):
        service = db.session.scalars(select(Service).where(Service.uuid == service_uuid)).one()
        assert ownership.find_offer(service) is None


def test_an_offer_is_taken_back_or_declined(app, uma, as_uma):
    ben = make_person(app, "Ben")
    _, service_uuid = make_service(app, uma, ben)
    page, as_ben = f"/service/{service_uuid}/handover", sign_in(app, ben)
    for answer in (as_uma, f"{page}/withdraw"), (as_ben, f"{page}/decline"):
        as_uma.post(page, data={"successor": ben.member_id})
        assert answer[0].post(answer[1]).status_code == 302
        assert as_ben.post(f"{page}/accept").status_code == 403
    assert sign_in(app, make_person(app, "Cid")).get(page).status_code == 404


def test_one_free_service_each_holds_for_handing_over_too(app, uma, as_uma):
    ben = make_person(app, "Ben")
    make_service(app, ben)
    service_id, service_uuid = make_service(app, uma, ben)
    page, as_ben = f"/service/{service_uuid}/handover", sign_in(app, ben)
    as_uma.post(page, data={"successor": ben.member_id})
    answer = as_ben.post(f"{page}/accept", headers={"Referer": f"http://localhost{page}"}, follow_redirects=True)
    assert "holds a free or trial service already" in answer.text
    with inside(app):
        assert db.session.get(Service, service_id).holder_id == uma.member_id


@pytest.mark.parametrize(
    ("password", "words"),
    [("iloveyou", "most common"), ("short1", "too short"), ("mmmmmmmmmmmm", "easy to guess"),
     ("passwordpassword", "easy to guess"), ("football99", "too short"), ("qK7#vT!9z", None)],
)  # fmt: skip
def test_passwords_are_long_or_strong_and_never_common(password, words):
    from app.accounts.passwords import PasswordError, check_strength

    if words is None:
        assert check_strength(password) == password
    else:
        with pytest.raises(PasswordError, match=words):
            check_strength(password)


def test_links_have_their_own_pages_for_what_is_unknown(app):
    visitor = app.test_client()
    for page in ("/reset/unknown", "/new-address/unknown", "/reset/" + "x" * 3000):
        assert visitor.get(page).status_code == visitor.post(page).status_code == 404
    assert links.LINK_HOURS == 24
