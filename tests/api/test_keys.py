"""Keys of the API: what they open, and what ends them with the very next request."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from app import limits
from app.accounts import preferences
from app.accounts.keys import KeyRefused
from app.plans.features import API_RATE
from models import AuditEvent, Member, Service, ServiceKey, ServiceMember, Subscription, WorkspaceMember, db
from models.base import now
from tests.api.conftest import Program, make_key
from tests.conftest import forget_tries, inside, sign_in
from tests.isolation.conftest import add_person


def code_of(answer):
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.fixture(autouse=True)
def _nothing_was_tried(app):
    forget_tries()


def test_a_key_opens_the_api_and_a_cookie_does_not(app, ada, as_ada, program):
    shown = program.get("key")
    assert (shown.status_code, shown.get_json()["rights"]) == (200, "write")
    assert code_of(as_ada.get("/api/v1/key")) == (401, "key_missing")
    assert code_of(Program(app, "docent_guessed").get("key")) == (401, "key_invalid")
    assert "Set-Cookie" not in shown.headers
    assert Program(app).get("key").headers["WWW-Authenticate"] == "Bearer"


def test_only_a_hash_of_it_is_kept(app, ada):
    token = make_key(app, ada)
    with inside(app):
        columns = list(ServiceKey.__table__.c)
        assert token not in str(db.session.execute(sa.select(*columns)).all())


def test_it_shows_its_use_at_most_once_a_minute(app, ada, program):
    program.get("key")
    with inside(app):
        first = db.session.scalars(sa.select(ServiceKey).order_by(ServiceKey.id.desc())).first().last_used_at
    program.get("key")
    with inside(app):
        key = db.session.scalars(sa.select(ServiceKey).order_by(ServiceKey.id.desc())).first()
        assert first is not None
        assert key.last_used_at == first
        key.last_used_at = now() - dt.timedelta(minutes=2)
        db.session.commit()
    program.get("key")
    with inside(app):
        assert db.session.scalars(sa.select(ServiceKey).order_by(ServiceKey.id.desc())).first().last_used_at >= first


def seat(app, ada, role="admin"):
    """Ben, who has made a key."""
    member_id = add_person(app, "ben", place=(ada.service_id, ada.workspace_id, role))
    program = Program(app, make_key(app, ada, maker_id=member_id))
    assert program.get("key").status_code == 200
    return member_id, program


@pytest.mark.parametrize("ending", ["revoked", "expired", "disabled", "left", "degraded", "workspace closed"])
def test_it_ends_with_the_next_request(app, ada, ending):
    member_id, program = seat(app, ada)
    with inside(app):
        key = db.session.scalars(sa.select(ServiceKey).order_by(ServiceKey.id.desc())).first()
        place = db.session.scalars(sa.select(WorkspaceMember).filter_by(user_id=member_id)).one()
        if ending == "revoked":
            key.revoked_at = now()
        elif ending == "expired":
            key.expired_at = now()
        elif ending == "disabled":
            db.session.get(Member, member_id).status = "disabled"
        elif ending == "degraded":
            place.role = "user"
        elif ending == "workspace closed":
            db.session.delete(place)
        else:
            seats = sa.select(ServiceMember).filter_by(user_id=member_id)
            db.session.delete(db.session.scalars(seats).one())
        db.session.commit()
    assert code_of(program.get("key")) == (401, "key_invalid")


def test_a_service_that_is_suspended_is_shut_and_one_that_ended_is_read(app, ada, program):
    def put(**values):
        with inside(app):
            db.session.execute(sa.update(Service).where(Service.id == ada.service_id).values(**values))
            db.session.commit()

    put(status="disabled")
    assert code_of(program.get("key")) == (403, "service_suspended")
    put(status="enabled", expired_at=now() - dt.timedelta(days=1))
    assert program.get("workspaces").status_code == 200
    put(expired_at=now() + dt.timedelta(days=300))


def test_who_guesses_has_ten_tries_a_minute(app, program, monkeypatch):
    assert limits.KEYS_PER_ADDRESS == "10 per minute"
    monkeypatch.setattr(limits, "KEYS_PER_ADDRESS", "10 per year")  # no minute ends while the test runs
    guesser = Program(app, "docent_guess")
    guesser.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    statuses = [guesser.get("key").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert int(guesser.get("key").headers["Retry-After"]) > 0
    assert program.get("key").status_code == 200, "others are elsewhere"


def test_a_key_has_a_rate(app, ada, monkeypatch):
    monkeypatch.setattr(limits, "per_minute", "{} per year".format)  # no minute ends while the test runs
    one, other = Program(app, make_key(app, ada, max_per_minute=3)), Program(app, make_key(app, ada))
    assert [one.get("key").status_code for _ in range(4)] == [200] * 3 + [429]
    assert int(one.get("key").headers["Retry-After"]) > 0
    assert one.get("key").get_json()["error"]["code"] == "rate_limited"
    assert other.get("key").get_json()["requests_per_minute"] == 300


def test_the_plan_says_how_much_a_key_may_send_at_most(app, ada, put_plan):
    key = Program(app, make_key(app, ada, max_per_minute=200))
    assert key.get("key").get_json()["requests_per_minute"] == 200
    put_plan(100)
    assert key.get("key").get_json()["requests_per_minute"] == 100, "what was chosen ends at the plan"
    with pytest.raises(KeyRefused, match="choose 1 to 100"):
        make_key(app, ada, max_per_minute=101)
    with pytest.raises(KeyRefused, match="choose 1 to 100"):
        make_key(app, ada, max_per_minute=0)


def test_all_keys_of_a_service_share_four_times_as_much(app, ada, put_plan, monkeypatch):
    monkeypatch.setattr(limits, "per_minute", "{} per year".format)
    put_plan(2)
    keys_of_ada = [Program(app, make_key(app, ada)) for _ in range(5)]
    statuses = [key.get("key").status_code for key in keys_of_ada for _ in range(2)]
    assert statuses == [200] * 8 + [429] * 2


@pytest.fixture
def put_plan(app, ada):
    """Let Ada's plan allow a key so many requests a minute."""

    def put(n):
        with inside(app):
            period = db.session.scalars(sa.select(Subscription).where(Subscription.service_id == ada.service_id)).one()
            period.terms = {**period.terms, "features": {**period.terms["features"], API_RATE: n}}
            db.session.commit()

    forget_tries()
    yield put
    put(300)
    forget_tries()


def workspace_uuid(app, person):
    from models import Workspace

    with inside(app):
        return str(db.session.get(Workspace, person.workspace_id).uuid)


def test_people_make_a_key_see_it_once_and_revoke_it(app, ada, as_ada):
    form = {
        "name": "Nightly import",
        "rights": "write",
        "workspace": workspace_uuid(app, ada),
        "last_day": "2099-05-01",
        "max_per_minute": "50",
    }
    made = as_ada.post("/keys/new", data=form)
    token = re.search(r"docent_[\w-]{43}", made.text)[0]
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    shown = Program(app, token).get("key").get_json()
    assert (shown["name"], shown["expires_at"][:10]) == ("Nightly import", "2099-05-02")
    listed = as_ada.get("/keys/").text
    assert "Nightly import" in listed
    assert "50 requests a minute" in listed
    assert token not in listed
    address = re.search(r"/keys/[0-9a-f-]{36}/revoke", listed)[0]
    assert "Nightly import" in as_ada.get(address).text
    as_ada.post(address)
    assert Program(app, token).get("key").status_code == 401
    with inside(app):
        acts = db.session.scalars(sa.select(AuditEvent.action).where(AuditEvent.label == "Nightly import")).all()
        assert acts == ["service_key.make", "service_key.revoke"]


def test_the_limit_of_a_key_is_changed_later_and_counts_from_its_next_request_on(app, ada, as_ada):
    program = Program(app, make_key(app, ada, name="Crawler", max_per_minute=200))
    listed = as_ada.get("/keys/").text
    address = re.findall(r"/keys/[0-9a-f-]{36}/limit", listed)[0]
    assert 'value="200"' in as_ada.get(address).text
    refused = as_ada.post(address, data={"max_per_minute": "301"})
    assert refused.status_code == 400
    assert "choose 1 to 300" in refused.text
    assert as_ada.post(address, data={"max_per_minute": "20"}).location.endswith("/keys/")
    assert program.get("key").get_json()["requests_per_minute"] == 20
    as_ada.post(address, data={"max_per_minute": ""})
    assert program.get("key").get_json()["requests_per_minute"] == 300, "as many as the plan allows"
    with inside(app):
        of_key = AuditEvent.label == "Crawler", AuditEvent.action == "service_key.limit"
        changes = db.session.scalars(sa.select(AuditEvent.changes).where(*of_key).order_by(AuditEvent.id)).all()
        assert [change["max_per_minute"] for change in changes] == [["200", "20"], ["20", None]]
    as_ada.post(address.replace("limit", "revoke"))
    assert "works no more" in as_ada.post(address, data={"max_per_minute": "5"}).text


def test_a_keys_last_day_ends_on_its_makers_own_clock(app, ada, as_ada):
    with inside(app):
        preferences.keep(ada.member_id, "time_zone", "America/Los_Angeles")
        db.session.commit()
    form = {"name": "Western", "rights": "read", "workspace": workspace_uuid(app, ada), "last_day": "2099-05-01"}
    token = re.search(r"docent_[\w-]{43}", as_ada.post("/keys/new", data=form).text)[0]
    assert Program(app, token).get("key").get_json()["expires_at"] == "2099-05-02T07:00:00+00:00"
    assert "to the end of 1 May 2099" in as_ada.get("/keys/").text


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"rights": "everything"}, {"workspace": ""}, {"last_day": "2001-01-01"}, {"last_day": "soon"}],
)
def test_a_wrong_wish_is_answered_with_400(app, ada, as_ada, wrong):
    form = {"name": "x", "rights": "read", "workspace": workspace_uuid(app, ada), **wrong}
    assert as_ada.post("/keys/new", data=form).status_code == 400


def test_no_key_is_made_for_a_strangers_workspace(app, ada, cid, as_ada):
    form = {"name": "x", "rights": "read", "workspace": workspace_uuid(app, cid)}
    assert as_ada.post("/keys/new", data=form).status_code == 400


def test_who_only_uses_makes_no_keys_and_sees_none(app, ada):
    from types import SimpleNamespace

    uma = sign_in(
        app, SimpleNamespace(member_id=add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    )
    assert uma.get("/keys/").status_code == 403
    assert uma.get("/keys/new").status_code == 403
    assert "API keys" not in uma.get("/").text


def test_an_admin_sees_no_key_that_opens_more_than_is_theirs(app, ada, as_ada):
    from types import SimpleNamespace

    from app.accounts import keys
    from models import Workspace

    with inside(app):
        second = Workspace(service_id=ada.service_id, name="Second")
        db.session.add(second)
        db.session.commit()
        places = db.session.scalars(sa.select(Workspace).filter_by(service_id=ada.service_id)).all()
        keys.make(keys.Wish("for both", "read", places), db.session.get(Member, ada.member_id))
        db.session.commit()
    ben = sign_in(
        app, SimpleNamespace(member_id=add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin")))
    )
    assert "for both" in as_ada.get("/keys/").text
    assert "for both" not in ben.get("/keys/").text


def test_the_document_names_every_operation_and_needs_no_key(app):
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    rules = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", str(rule))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/")
    }
    assert set(document["paths"]) == rules - {"/api/v1/openapi.json"}


def test_people_read_what_the_api_can_do(as_ada):
    page = as_ada.get("/api/reference")
    assert page.status_code == 200
    assert "Authorization: Bearer $KEY" in page.text
