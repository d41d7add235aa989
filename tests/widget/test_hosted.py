"""A chatbot's page on our own host: off by default, found by its address alone, and answering there alone."""

from __future__ import annotations

import re
import uuid

import pytest

from app.domains import embeds
from models import Chatbot, ChatSession, Embed, Member, Service, db
from tests.conftest import inside, sign_in
from tests.widget.conftest import API, ask, changed, events_of, visitor
from tests.widget.test_turns import used

HOME = {"Origin": "http://localhost"}
READING = {"Sec-Fetch-Site": "same-origin"}


def find_embed(app, place) -> Embed | None:
    with inside(app):
        return embeds.hosted_embed(db.session.get(Chatbot, place.chatbot_id))


@pytest.fixture
def hosted(app, ada, place):
    """The uuid of a hosted page that Ada has switched on."""
    found = find_embed(app, place)
    if found is None or found.status != "active":
        sign_in(app, ada).post(f"/chatbot/{ada.chatbot_uuid}/hosted")
    return find_embed(app, place).uuid


def open_chat(client, embed):
    response = client.post(f"{API}/embeds/{embed}/session", json={}, headers=HOME)
    assert response.status_code == 200, response.json
    return {**HOME, "Authorization": "Bearer " + response.json["token"]}


def test_no_chatbot_has_a_page_until_its_owner_wants_one(app, ada, place):
    assert find_embed(app, place) is None
    assert "A page of its own" in sign_in(app, ada).get(f"/chatbot/{ada.chatbot_uuid}/domains").get_data(as_text=True)


def test_whoever_has_the_address_chats_there_and_search_engines_are_kept_out(app, client, hosted, place):
    page = client.get(f"/chat/{hosted}")
    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    text = page.get_data(as_text=True)
    assert '<meta name="robots" content="noindex, nofollow">' in text
    assert f'data-embed="{hosted}"' in text
    assert client.get(f"{API}/embeds/{hosted}/config", headers=READING).json["title"].startswith("chatbot ")
    events = dict(events_of(ask(client, open_chat(client, hosted))))
    assert events["done"]["state"] == "grounded"


def test_its_questions_count_against_the_quota_of_the_plan(app, client, hosted, place):
    before = used(app, place)
    ask(client, open_chat(client, hosted)).get_data()
    assert used(app, place) == before + 1


def test_it_answers_on_no_other_page(client, hosted, place):
    for origin in (place.origin, "https://localhost", "http://localhost:99", "null", "http://localhost.evil.example"):
        refused = client.post(f"{API}/embeds/{hosted}/session", json={}, headers={"Origin": origin})
        assert refused.status_code == 403
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.get(f"{API}/embeds/{hosted}/config", headers=headers).status_code == 403


@pytest.mark.parametrize("values", [{"status": "disabled"}, {"status": "deleted"}, {"type": "internal_assistant"}])
def test_what_is_off_looks_as_if_it_had_never_been(app, client, hosted, place, values):
    missing = client.get(f"/chat/{uuid.uuid4()}")
    with changed(app, Chatbot, place.chatbot_id, **values):
        answer = client.get(f"/chat/{hosted}")
        assert answer.status_code == missing.status_code == 404
        assert client.post(f"{API}/embeds/{hosted}/session", json={}, headers=HOME).status_code == 403
    assert client.get(f"/chat/{hosted}").status_code == 200


def test_the_page_of_a_website_or_preview_is_no_hosted_page(app, ada, client, hosted, place):
    preview = sign_in(app, ada).get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    for embed in (place.embed, preview.split('data-embed="')[1].split('"')[0]):
        assert client.get(f"/chat/{embed}").status_code == 404


def test_a_new_address_ends_the_old_one_and_switching_off_ends_both(app, ada, client, hosted, place):
    bearer = open_chat(client, hosted)
    owner = sign_in(app, ada)
    owner.post(f"/chatbot/{ada.chatbot_uuid}/hosted/renew")
    new = find_embed(app, place).uuid
    assert (client.get(f"/chat/{hosted}").status_code, client.get(f"/chat/{new}").status_code) == (404, 200)
    assert client.get(f"{API}/chat/messages", headers=bearer).json["error"]["code"] == "not_found"
    owner.post(f"/chatbot/{ada.chatbot_uuid}/hosted")
    assert client.get(f"/chat/{new}").status_code == 404
    assert visitor(app).post(f"{API}/embeds/{new}/session", json={}, headers=HOME).status_code == 403


def test_a_service_that_takes_a_break_says_so_there(app, client, hosted, place):
    with changed(app, Service, place.service_id, status="disabled"):
        assert client.get(f"/chat/{hosted}").status_code == 200
        assert client.get(f"{API}/embeds/{hosted}/config", headers=READING).json["closed"]
    values = {"settings": {"hides_when_closed": True}}
    with changed(app, Service, place.service_id, status="disabled"), changed(app, Chatbot, place.chatbot_id, **values):
        assert client.get(f"/chat/{hosted}").status_code == 404


# --- a test page for a phone, by a link


@pytest.fixture
def link(app, ada, place):
    """The path of a test link that Ada sees on her embed's page."""
    page = sign_in(app, ada).get(f"/embed/{place.embed}").text
    return re.search(r'href="http://localhost(/test/[^"]+)"', page).group(1)


def open_test(client, link) -> tuple[str, dict]:
    """Load a test page as a phone does: (its embed, what it sends along)."""
    page = client.get(link)
    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    embed, token = (re.search(rf'data-{name}="([^"]+)"', page.text).group(1) for name in ("embed", "preview-token"))
    return embed, {"preview_token": token}


def test_a_phone_tries_an_embed_without_signing_in_and_nothing_is_counted(app, client, link, place):
    settings = {"look": {"show_on": ["/shop/*"]}}  # pages of the website, which this one is none of
    with changed(app, Chatbot, place.chatbot_id, settings=settings):
        embed, sent = open_test(client, link)
        config = client.post(f"{API}/embeds/{embed}/config", json=sent, headers=HOME).json
    assert config["pages"] == {"show": [], "hide": []}
    assert place.origin in client.get(link).text
    before = used(app, place)
    opened = client.post(f"{API}/embeds/{embed}/session", json=sent, headers=HOME).json
    headers = {**HOME, "Authorization": "Bearer " + opened["token"]}
    assert dict(events_of(ask(client, headers)))["done"]["state"] == "grounded"
    assert used(app, place) == before
    with inside(app):
        chat = db.session.query(ChatSession).filter_by(uuid=uuid.UUID(opened["session_id"])).one()
        assert chat.domain.is_preview


def test_a_test_link_is_good_for_its_own_page_alone_and_not_for_ever(app, client, link, place, monkeypatch):
    embed, sent = open_test(client, link)
    token = link.rpartition("/")[2]
    for wrong in (token[:-2], "x" + token, sent["preview_token"], "x"):  # else the page could be renewed for ever
        assert client.get(f"/test/{wrong}").status_code == 404
    assert client.post(f"{API}/embeds/{embed}/config", json={"preview_token": token}, headers=HOME).status_code == 401
    for origin in ("https://evil.example", place.origin):
        refused = client.post(f"{API}/embeds/{embed}/config", json=sent, headers={"Origin": origin})
        assert refused.status_code == 403
    monkeypatch.setattr(embeds, "TEST_LINK_S", -1)
    assert client.get(link).status_code == 404
    assert client.post(f"{API}/embeds/{embed}/session", json=sent, headers=HOME).status_code == 401


@pytest.mark.parametrize(
    "ended", [(Member, "member_id", {"status": "disabled"}), (Service, "service_id", {"status": "disabled"})]
)
def test_a_test_link_ends_with_the_right_of_whoever_made_it(app, ada, client, link, ended):
    kind, row, values = ended
    embed, sent = open_test(client, link)
    opened = client.post(f"{API}/embeds/{embed}/session", json=sent, headers=HOME).json
    headers = {**HOME, "Authorization": "Bearer " + opened["token"]}
    with changed(app, kind, getattr(ada, row), **values):
        assert client.get(link).status_code == 404
        assert client.post(f"{API}/embeds/{embed}/session", json=sent, headers=HOME).status_code == 401
        assert ask(client, headers).status_code == 401
    assert client.get(f"{API}/chat/messages", headers=headers).status_code == 200


def test_who_only_looks_at_an_embed_and_may_not_ask_gets_no_link(app, ada, place):
    with changed(app, Service, ada.service_id, status="disabled"):
        assert "/test/" not in sign_in(app, ada).get(f"/embed/{place.embed}").text
