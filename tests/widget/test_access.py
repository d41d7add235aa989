"""Who gets in: every endpoint from every wrong place, with every wrong token."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from app import limits
from app.collaborators import here
from app.domains import embeds
from app.tokens import Signer
from models import Chatbot, ChatSession, Domain, Embed, Member, Service, WorkspaceMember, db
from models.base import now
from models.workspaces import Workspace
from tests.conftest import forget_tries, inside, make_customer, sign_in
from tests.widget.conftest import API, all_calls, ask, changed, make_place, open_chat, token_calls, visitor
from widget import access

WRONG_ORIGINS = {
    "absent": (None, "origin_missing"),
    "null": ("null", "origin_missing"),
    "foreign": ("https://evil.example", "origin_not_allowed"),
    "look-alike": ("https://{host}.evil.example", "origin_not_allowed"),
    "subdomain": ("https://shop.{host}", "origin_not_allowed"),
    "suffix": ("https://evil{host}", "origin_not_allowed"),
    "other port": ("https://{host}:444", "origin_not_allowed"),
    "http for https": ("http://{host}", "origin_not_allowed"),
    "trailing dot": ("https://{host}.", "origin_not_allowed"),
    "slash": ("https://{host}/", "origin_not_allowed"),
    "upper case": ("HTTPS://{host}", "origin_not_allowed"),
    "user": ("https://{host}@evil.example", "origin_not_allowed"),
    "two": ("https://{host}, https://evil.example", "origin_not_allowed"),
}


def expect(responses, status: int, code: str) -> None:
    for name, response in responses.items():
        found = (name, response.status_code, response.json["error"]["code"])
        assert found == (name, status, code)
        assert response.json["error"]["message"]


@pytest.mark.parametrize("case", WRONG_ORIGINS)
def test_every_call_from_a_wrong_place_is_refused(app, client, place, case):
    origin, code = WRONG_ORIGINS[case]
    headers = {"Authorization": open_chat(client, place)["Authorization"]}
    if origin is not None:
        headers["Origin"] = origin.format(host=place.origin.removeprefix("https://"))
    responses = all_calls(client, place.embed, headers)
    expect(responses, 403, code)
    for response in responses.values():
        assert response.headers.get("Access-Control-Allow-Origin") == headers.get("Origin")
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "Origin" in response.vary


def test_a_referer_or_a_claim_of_the_same_origin_stands_in_for_nothing(client, place):
    headers = {
        "Authorization": open_chat(client, place)["Authorization"], "Referer": place.origin + "/",
        "Sec-Fetch-Site": "same-origin", "Host": place.origin.removeprefix("https://"),
    }  # fmt: skip
    expect(all_calls(client, place.embed, headers), 403, "origin_missing")


SWITCHES = {
    "unverified domain": (Domain, "domain_id", {"verified": False}, "domain_unverified"),
    "paused domain": (Domain, "domain_id", {"status": "inactive"}, "domain_unverified"),
    "disabled chatbot": (Chatbot, "chatbot_id", {"status": "disabled"}, "chatbot_disabled"),
    "deleted chatbot": (Chatbot, "chatbot_id", {"status": "deleted"}, "chatbot_disabled"),
    "internal chatbot": (Chatbot, "chatbot_id", {"type": "internal_assistant"}, "chatbot_disabled"),
    "switched-off embed": (Embed, "embed_id", {"status": "inactive"}, "chatbot_disabled"),
}


@pytest.mark.parametrize("case", SWITCHES)
def test_what_is_switched_off_stops_at_the_next_call(app, client, place, case):
    kind, row, values, code = SWITCHES[case]
    headers = open_chat(client, place)
    with changed(app, kind, getattr(place, row), **values):
        expect(all_calls(client, place.embed, headers), 403, code)
    assert client.get(f"{API}/chat/messages", headers=headers).status_code == 200


def answering_calls(client, embed, headers):
    """All calls but those about what the visitor has said before."""
    calls = all_calls(client, embed, headers, but=("messages", "download", "end", "erase"))
    return calls | {"identity": client.post(f"{API}/embeds/{embed}/identity", json={}, headers=headers)}


STOPPED = {"disabled": {"status": "disabled"}, "expired": {"expired_at": now() - dt.timedelta(seconds=1)}}


@pytest.mark.parametrize("case", STOPPED)
def test_a_service_that_does_not_run_is_told_in_the_owners_words_alone(app, client, place, case):
    headers = open_chat(client, place)
    words = {"closed_words": "We are moving. <b>Back</b> in May."}
    with changed(app, Service, place.service_id, **STOPPED[case]):
        with changed(app, Chatbot, place.chatbot_id, settings=words):
            answers = answering_calls(client, place.embed, headers)
            assert answers.pop("config").json["closed"] == words["closed_words"]
            expect(answers, 403, "service_closed")
            assert answers["ask"].json["error"]["message"] == words["closed_words"]
        with changed(app, Chatbot, place.chatbot_id, settings={"hides_when_closed": True}):
            expect(answering_calls(client, place.embed, headers), 403, "chatbot_disabled")
        assert "break" in client.get(f"{API}/embeds/{place.embed}/config", headers=headers).json["closed"]
    assert client.get(f"{API}/embeds/{place.embed}/config", headers=headers).json["closed"] == ""


@pytest.mark.parametrize("settings", [{}, {"hides_when_closed": True}])
@pytest.mark.parametrize("case", STOPPED)
def test_while_the_service_does_not_run_a_chat_is_still_the_visitors_to_read_keep_and_erase(
    app, client, place, case, settings
):
    opened = client.post(f"{API}/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin}).json
    headers = {"Origin": place.origin, "Authorization": f"Bearer {opened['token']}"}
    ask(client, headers).get_data()
    with (
        changed(app, Service, place.service_id, **STOPPED[case]),
        changed(app, Chatbot, place.chatbot_id, settings=settings),
    ):
        again = client.post(
            f"{API}/embeds/{place.embed}/session", json={"resume_token": opened["resume_token"]}, headers=headers
        )  # as somebody who comes back weeks later
        assert len(again.json["messages"]) == 2
        headers["Authorization"] = f"Bearer {again.json['token']}"
        assert len(client.get(f"{API}/chat/messages", headers=headers).json["messages"]) == 2
        assert "forty-five days" in client.post(f"{API}/chat/download", headers=headers).text
        assert client.delete(f"{API}/chat", headers=headers).json == {"ok": True}
        assert client.get(f"{API}/chat/messages", headers=headers).status_code == 401
    with inside(app):
        assert db.session.query(ChatSession).filter_by(uuid=uuid.UUID(opened["session_id"])).count() == 0


OFF = ("paused domain", "disabled chatbot", "deleted chatbot", "switched-off embed")


@pytest.mark.parametrize("case", OFF)
def test_what_is_switched_off_says_so_where_the_owner_wants_it(app, client, place, case):
    kind, row, values, code = SWITCHES[case]
    headers, words = open_chat(client, place), "Back in May."
    settings = {"closed_words": words, "says_when_off": True}
    with changed(app, Chatbot, place.chatbot_id, settings=settings), changed(app, kind, getattr(place, row), **values):
        answers = all_calls(client, place.embed, headers)
        assert answers.pop("config").json["closed"] == words
        expect(answers, 403, code)
        assert answers["session"].json["error"]["message"] == words


def test_an_internal_chatbot_says_nothing_on_a_website_whatever_was_chosen(app, client, place):
    headers = {"Origin": place.origin}
    values = {"type": "internal_assistant", "settings": {"says_when_off": True, "closed_words": "A secret."}}
    with changed(app, Chatbot, place.chatbot_id, **values):
        answer = client.get(f"{API}/embeds/{place.embed}/config", headers=headers)
        assert (answer.status_code, "secret" in answer.get_data(as_text=True)) == (403, False)


def test_a_domain_with_subdomains_lets_their_pages_in_each_with_tokens_of_its_own(app, client, place):
    www = place.origin.replace("https://", "https://www.")
    with changed(app, Domain, place.domain_id, with_subdomains=True):
        response = client.post(f"{API}/embeds/{place.embed}/session", json={}, headers={"Origin": www})
        assert response.status_code == 200
        bearer = {"Authorization": "Bearer " + response.json["token"]}
        expect(token_calls(client, {**bearer, "Origin": place.origin}), 403, "origin_not_allowed")
        for case in ("look-alike", "other port", "http for https", "trailing dot", "two", "user"):
            origin = WRONG_ORIGINS[case][0].format(host=www.removeprefix("https://"))
            expect(all_calls(client, place.embed, {**bearer, "Origin": origin}), 403, "origin_not_allowed")
        assert client.get(f"{API}/chat/messages", headers={**bearer, "Origin": www}).status_code == 200
    expect(token_calls(client, {**bearer, "Origin": www}), 403, "origin_not_allowed")


def payload_of(place, **changes) -> dict:
    return {"embed": place.embed, "origin": place.origin, "chat": str(uuid.uuid4()), "id": "x", "member": "", **changes}


def test_a_token_that_is_missing_or_no_token_is_refused(app, client, place):
    origin = {"Origin": place.origin}
    expect(token_calls(client, origin), 401, "token_missing")
    expect(token_calls(client, {**origin, "Authorization": "Basic abc"}), 401, "token_missing")
    with app.app_context():
        signer = here().signer
    forged = {
        "junk": "a.b.c",
        "long": "x" * 10_000,
        "other secret": Signer("another-secret-of-somebody").sign(access.PURPOSE, payload_of(place)),
        "other purpose": signer.sign("preview", payload_of(place)),
        "no chat": signer.sign(access.PURPOSE, {"embed": place.embed, "origin": place.origin}),
        "no uuid": signer.sign(access.PURPOSE, payload_of(place, chat="1")),
        "a number": signer.sign(access.PURPOSE, payload_of(place, chat=7)),
        "unknown chat": signer.sign(access.PURPOSE, payload_of(place)),
    }
    for token in forged.values():
        expect(token_calls(client, {**origin, "Authorization": f"Bearer {token}"}), 401, "token_invalid")


def test_a_token_ends_after_fifteen_minutes(app, client, place, monkeypatch):
    headers = open_chat(client, place)
    monkeypatch.setattr(access, "TOKEN_S", -1)
    expect(token_calls(client, headers), 401, "token_expired")


def test_a_token_is_worth_nothing_elsewhere(app, client, place, ada, cid):
    mine = open_chat(client, place)
    other = make_place(app, ada, host=f"{uuid.uuid4().hex}.example.net")
    theirs = make_place(app, cid)
    for elsewhere in (other, theirs):
        expect(token_calls(client, {**mine, "Origin": elsewhere.origin}), 403, "origin_not_allowed")
    with app.app_context():
        signer = here().signer
    chat = signer.read(access.PURPOSE, mine["Authorization"].removeprefix("Bearer "), max_age_s=60)["chat"]
    moved = signer.sign(access.PURPOSE, payload_of(other, chat=chat))
    headers = {"Origin": other.origin, "Authorization": f"Bearer {moved}"}
    expect(token_calls(client, headers), 401, "token_invalid")
    assert client.get(f"{API}/chat/messages", headers=mine).status_code == 200


def test_a_token_of_an_address_that_the_domain_had_before_is_refused(app, client, place):
    mine = open_chat(client, place)
    with app.app_context():
        signer = here().signer
    chat = signer.read(access.PURPOSE, mine["Authorization"].removeprefix("Bearer "), max_age_s=60)["chat"]
    old = signer.sign(access.PURPOSE, payload_of(place, chat=chat, origin="https://before.example"))
    headers = {"Origin": place.origin, "Authorization": f"Bearer {old}"}
    expect(token_calls(client, headers), 403, "origin_not_allowed")


def test_a_chat_that_was_ended_or_erased_is_over(client, place):
    for method, path in (("POST", "/chat/end"), ("DELETE", "/chat")):
        headers = open_chat(client, place)
        assert client.open(API + path, method=method, headers=headers).status_code == 200
        expect(token_calls(client, headers), 401, "token_invalid")


def test_an_unknown_embed_is_a_404_and_a_stranger_learns_nothing_more(client, place):
    headers = {"Origin": place.origin}
    nobody = uuid.uuid4()
    for call in (client.get, client.post):
        response = call(f"{API}/embeds/{nobody}/config", headers=headers)
        assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")
    assert client.get(f"{API}/embeds/1/config", headers=headers).status_code == 404


def test_the_preflight_of_a_browser_is_answered_without_credentials(client, place):
    headers = {"Origin": place.origin, "Access-Control-Request-Method": "POST",
               "Access-Control-Request-Headers": "authorization, content-type"}  # fmt: skip
    response = client.options(f"{API}/messages", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == place.origin
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


# --- the preview

HOME = "http://localhost"


@pytest.fixture
def preview(app, ada):
    """Ada's preview of her chatbot: (embed, the token that her page was given)."""
    client = sign_in(app, ada)
    page = client.get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    embed = page.split('data-embed="')[1].split('"')[0]
    return client, embed, page.split('data-preview-token="')[1].split('"')[0]


def open_preview(client, embed, token, origin=HOME):
    return client.post(f"{API}/embeds/{embed}/session", json={"preview_token": token}, headers={"Origin": origin})


def test_a_member_chats_in_the_preview_where_a_get_carries_no_origin(preview):
    client, embed, token = preview
    response = open_preview(client, embed, token)
    assert response.status_code == 200
    bearer = {"Authorization": "Bearer " + response.json["token"]}
    assert client.get(f"{API}/chat/messages", headers={**bearer, "Sec-Fetch-Site": "same-origin"}).status_code == 200
    for site in ("cross-site", "same-site", "none"):
        refused = client.get(f"{API}/chat/messages", headers={**bearer, "Sec-Fetch-Site": site})
        assert refused.json["error"]["code"] == "origin_missing"
    shown = client.post(f"{API}/embeds/{embed}/config", json={"preview_token": token}, headers={"Origin": HOME})
    assert shown.json["title"].startswith("chatbot ")


def test_a_member_asks_in_all_previews_together_only_so_often(preview, monkeypatch):
    client, embed, token = preview
    monkeypatch.setattr(limits, "PREVIEWS_PER_MEMBER", "2 per minute")
    forget_tries()
    statuses = []
    for _ in range(3):
        headers = {"Origin": HOME, "Authorization": "Bearer " + open_preview(client, embed, token).json["token"]}
        statuses.append(ask(client, headers).status_code)
    assert statuses == [200, 200, 429]
    forget_tries()


def test_the_preview_is_closed_without_its_token(app, preview, ada, cid, place):
    client, embed, token = preview
    assert open_preview(client, embed, "").json["error"]["code"] == "token_missing"
    assert client.get(f"{API}/embeds/{embed}/config", headers={"Origin": HOME}).json["error"]["code"] == "token_missing"
    with app.app_context():
        elsewhere = here().signer.sign(embeds.PREVIEW, {"embed": place.embed, "member": f"{ada.member_id}.1"})
    for forged in ("x", elsewhere):
        assert open_preview(client, embed, forged).json["error"]["code"] == "token_invalid"
    stranger = sign_in(app, cid)
    for thief in (stranger, visitor(app)):
        assert open_preview(thief, embed, token).json["error"]["code"] == "token_invalid"


def test_the_preview_answers_on_our_own_pages_alone(preview, place):
    client, embed, token = preview
    for origin in (place.origin, "http://localhost:99", "https://localhost", "http://localhost.evil.example"):
        assert open_preview(client, embed, token, origin).json["error"]["code"] == "origin_not_allowed"


def test_a_forged_host_makes_no_origin_ours(preview):
    client, embed, token = preview
    headers = {"Origin": "http://evil.example", "Host": "evil.example"}
    response = client.post(f"{API}/embeds/{embed}/session", json={"preview_token": token}, headers=headers)
    assert response.status_code in (401, 403)
    assert response.json["error"]["code"] == "origin_not_allowed"


@pytest.mark.parametrize(
    ("base_url", "host", "origin"),
    [
        ("", "localhost:8080", "http://localhost:8080"),
        ("", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("", "192.168.1.5:8080", "http://192.168.1.5:8080"),
        ("", "[::1]:8080", "http://[::1]:8080"),
        ("", "evil.example:8080", "http://localhost:8080"),
        ("https://docent.example.com", "127.0.0.1:8080", "https://docent.example.com"),
        ("https://docent.example.com/", "evil.example", "https://docent.example.com"),
    ],
)
def test_our_own_origin_comes_from_the_settings(app, base_url, host, origin, monkeypatch):
    import dataclasses

    from widget.preview import own_origin

    collaborators = app.extensions["docent"]
    config = dataclasses.replace(collaborators.config, base_url=base_url, host="127.0.0.1", port=8080)
    monkeypatch.setattr(collaborators, "config", config)
    with app.test_request_context("/", headers={"Host": host}):
        assert own_origin() == origin


def add_ben(app, ada):
    """Ben edits in Ada's workspace."""
    from models import ServiceMember

    ben = make_customer(app, "ben")
    with inside(app):
        db.session.add(ServiceMember(service_id=ada.service_id, user_id=ben.member_id))
        seat = WorkspaceMember(
            service_id=ada.service_id, workspace=db.session.get(Workspace, ada.workspace_id), user_id=ben.member_id,
            role="admin",
        )  # fmt: skip
        db.session.add(seat)
        db.session.commit()
        return ben, seat.id


def test_the_preview_of_a_removed_member_stops_at_the_next_call(app, ada):
    ben, seat_id = add_ben(app, ada)
    client = sign_in(app, ben)
    page = client.get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    embed, token = (page.split(f'data-{name}="')[1].split('"')[0] for name in ("embed", "preview-token"))
    bearer = {"Origin": HOME, "Authorization": "Bearer " + open_preview(client, embed, token).json["token"]}
    assert client.get(f"{API}/chat/messages", headers=bearer).status_code == 200
    with inside(app):
        db.session.delete(db.session.get(WorkspaceMember, seat_id))
        db.session.commit()
    assert client.get(f"{API}/chat/messages", headers=bearer).json["error"]["code"] == "token_invalid"
    assert open_preview(client, embed, token).json["error"]["code"] == "token_invalid"


@pytest.mark.parametrize("how", ["signed out", "session version raised", "member disabled"])
def test_the_preview_ends_with_its_members_session(app, ada, how):
    ben, _ = add_ben(app, ada)
    client = sign_in(app, ben)
    page = client.get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    embed, token = (page.split(f'data-{name}="')[1].split('"')[0] for name in ("embed", "preview-token"))
    assert open_preview(client, embed, token).status_code == 200
    if how == "signed out":
        client.post("/logout/")
    else:
        values = {"status": "disabled"} if how == "member disabled" else {"session_version": 7}
        with inside(app):
            member = db.session.get(Member, ben.member_id)
            for name, value in values.items():
                setattr(member, name, value)
            db.session.commit()
    assert open_preview(client, embed, token).json["error"]["code"] == "token_invalid"
