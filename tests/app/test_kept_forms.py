"""A session that ends in mid-form: what was typed comes back, for nobody but who typed it."""

from __future__ import annotations

import html
import re

import pytest

from tests.conftest import sign_in

HERE = {"Origin": "http://localhost", "Referer": "http://localhost/chatbotview/add"}
ELSEWHERE = {"Origin": "https://evil.example.com", "Referer": "https://evil.example.com/"}
TYPED = {
    "name": "A name of\nmany lines",
    "description": "<b>typed</b>",
    "api_token": "hush",
    "key": "hush",
    "csrf_token": "stale",
}


@pytest.fixture(autouse=True)
def _with_csrf(app, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


def kept(page):
    found = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in found}


def token_of(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def test_who_was_signed_out_finds_what_they_typed_and_the_way_back(app):
    answer = app.test_client().post("/chatbotview/add", data=TYPED, headers=HERE)
    assert answer.status_code == 400
    assert kept(answer.text) == {name: TYPED[name] for name in ("name", "description")}
    assert "/login/?next=/chatbotview/add" in html.unescape(answer.text)
    assert "hush" not in answer.text


def test_a_device_that_was_signed_out_keeps_its_form_too(app, ada):
    client = sign_in(app, ada)
    token = token_of(client.get("/chatbotview/add").text)
    with client.session_transaction() as cookie:
        cookie["device"] = "00000000-0000-4000-8000-000000000000"
    answer = client.post("/chatbotview/add", data={**TYPED, "csrf_token": token}, headers=HERE)
    assert answer.status_code == 401
    assert kept(answer.text)["name"] == TYPED["name"]


def test_who_signed_in_anew_meanwhile_sends_it_with_one_press(app, ada):
    client = sign_in(app, ada)
    stale = {"name": "Kept bot", "type": "support", "workspace": ada.workspace_id, "csrf_token": "stale"}
    page = client.post("/chatbotview/add", data=stale, headers=HERE).text
    assert "Send it now" in page
    again = client.post("/chatbotview/add", data={**kept(page), "csrf_token": token_of(page)}, headers=HERE)
    assert again.status_code == 302
    assert "Kept bot" in client.get("/chatbotview/list/").text


def test_no_other_website_can_have_a_form_filled_in(app, ada):
    client = sign_in(app, ada)
    for told in (ELSEWHERE, {"Origin": "https://[::1"}, {**HERE, "Sec-Fetch-Site": "cross-site"}, {}):
        answer = client.post("/chatbotview/add", data=TYPED, headers=told)
        assert answer.status_code == 400
        assert kept(answer.text) == {}
        assert "typed" not in answer.text


def test_a_form_with_a_secret_is_filled_in_again_by_hand(app):
    answer = app.test_client().post("/sign-up/", data={"name": "Nora", "password": "hush"}, headers=HERE)
    assert "Back to the form" in answer.text
    assert "Send it now" not in answer.text


def test_the_sign_in_leads_to_a_page_that_can_be_opened(app, ada, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    client = app.test_client()
    train = f"/chatbot/{ada.chatbot_uuid}/train"
    assert client.post(train, headers={"Referer": "http://localhost/plans/"}).location == "/login/?next=/plans/"
    assert client.post(train, headers={"Referer": f"http://localhost{train}"}).location == "/login/?next=/"


def test_nobody_is_told_that_they_are_denied_who_only_is_to_sign_in(app):
    client = app.test_client()
    assert "denied" not in client.get("/chatbotview/list/", follow_redirects=True).text.lower()
