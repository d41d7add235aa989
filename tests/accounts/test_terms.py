"""Terms: without them nobody is asked; with them each member is, once for each version, and nothing typed is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from models import Chatbot, Terms, TermsAcceptance, db
from tests.conftest import inside, sign_in
from tests.staff.conftest import add_person, events, text_of

TEXT = "# What we promise\n\nWe keep <b>your</b> documents.\n\n# What you promise\n\nNo spam."
HERE = {"Origin": "http://localhost", "Referer": "http://localhost/chatbotview/add"}


@pytest.fixture(scope="module")
def as_staff(app):
    return sign_in(app, add_person(app, "Stan", "Staff"))


@pytest.fixture(autouse=True)
def _no_terms(app):
    yield
    with inside(app):
        db.session.execute(delete(TermsAcceptance))
        db.session.execute(delete(Terms))
        db.session.commit()


def publish(as_staff, version="2026-05", text=TEXT):
    assert as_staff.post("/terms/versions/", data={"version": version, "text": text}).status_code == 302


def accept(client, version="2026-05", after="/chatbotview/list/"):
    return client.post("/terms/accept", query_string={"next": after}, data={"version": version})


def test_without_terms_nobody_is_asked_and_there_is_nothing_to_read(app, ada):
    client = sign_in(app, ada)
    assert client.get("/").status_code == client.get("/chatbotview/list/").status_code == 200
    assert client.get("/terms/").status_code == 404
    assert client.get("/terms/accept").location == "/"
    assert "terms" not in client.get("/sign-up/").text


def test_each_member_accepts_at_their_next_page_and_goes_on_where_they_wanted_to(app, ada, cid, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    asked = client.get("/chatbotview/list/?q=shop")
    assert asked.location == "/terms/accept?next=/chatbotview/list/?q%3Dshop"
    page = client.get(asked.location).text
    assert "<h2>What we promise</h2>" in page
    assert "We keep &lt;b&gt;your&lt;/b&gt; documents." in page
    assert accept(client).location == "/chatbotview/list/"
    assert client.get("/chatbotview/list/").status_code == 200
    assert sign_in(app, cid).get("/").status_code == 302, "what one has accepted counts for nobody else"
    assert as_staff.get("/").status_code == 200, "those who run the installation are not asked"
    [event] = [each for each in events(app, "terms.accept") if each.actor_id == ada.member_id]
    assert event.changes == {"version": "2026-05"}


def test_what_was_typed_is_kept_and_nothing_is_done_before(app, ada, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    typed = {"name": "Kept bot", "type": "support", "workspace": ada.workspace_id}
    answer = client.post("/chatbotview/add", data=typed, headers=HERE)
    assert answer.status_code == 409
    assert "Kept bot</textarea>" in answer.text
    assert "/terms/accept?next=/chatbotview/add" in answer.text
    with inside(app):
        assert db.session.query(Chatbot).filter_by(name="Kept bot").count() == 0
    accept(client)
    assert client.post("/chatbotview/add", data=typed, headers=HERE).status_code == 302


def test_a_new_version_asks_again_and_a_page_with_the_old_one_accepts_nothing(app, ada, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    accept(client)
    publish(as_staff, "2026-06")
    assert client.get("/").status_code == 302
    assert accept(client, "2026-05").location.startswith("/terms/accept")
    assert client.get("/").status_code == 302
    accept(client, "2026-06")
    accept(client, "2026-06")
    assert client.get("/").status_code == 200
    with inside(app):
        assert db.session.query(TermsAcceptance).filter_by(user_id=ada.member_id).count() == 2
    listed = text_of(as_staff.get("/terms/versions/"))
    assert "2026-05" in listed
    assert "former" in listed


def test_a_withdrawn_version_is_asked_for_no_more(app, ada, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    with inside(app):
        terms_id = db.session.query(Terms).one().id
    assert as_staff.get(f"/terms/versions/{terms_id}/withdraw").status_code == 200
    assert client.get("/").status_code == 302
    as_staff.post(f"/terms/versions/{terms_id}/withdraw")
    assert client.get("/").status_code == 200
    assert as_staff.post("/terms/versions/", data={"version": "2026-05", "text": "Other words."}).status_code == 400


@pytest.mark.parametrize("terms_id", [4711, 2**63, 10**40])
def test_a_version_that_there_is_not_is_not_found(terms_id, as_staff):
    assert as_staff.get(f"/terms/versions/{terms_id}/withdraw").status_code == 404


def test_who_does_not_accept_can_take_their_data_delete_the_account_and_sign_out(app, ada, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    assert client.get("/profile/delete/").status_code == 200
    assert client.get("/profile/data.json").json["account"]["email"] == ada.email
    assert client.get("/handbook/").status_code == 200
    assert client.get("/profile/").status_code == 302
    assert client.post("/logout/").status_code == 302


def test_pages_that_are_open_go_on_reading_but_send_nothing(app, ada, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    fetched = {"Sec-Fetch-Dest": "empty"}
    assert client.get("/chatbotview/list/", headers=fetched).status_code == 200
    assert client.post("/chatbotview/add", data={"name": "x"}, headers=fetched).status_code == 409


def test_what_one_accepted_and_when_is_among_one_s_own_data(app, ada, as_staff):
    client = sign_in(app, ada)
    publish(as_staff)
    accept(client)
    [kept] = client.get("/profile/data.json").json["accepted_terms"]
    assert kept["version"] == "2026-05"
    assert kept["accepted_at"].startswith("20")
    assert "Terms 2026-05: accepted" in text_of(client.get("/profile/"))


def test_nobody_but_staff_writes_terms(app, ada, as_staff):
    client = sign_in(app, ada)
    for method in ("get", "post"):
        assert getattr(client, method)("/terms/versions/", data={"version": "x", "text": "x"}).status_code == 403
    assert client.get("/terms/").status_code == 404
