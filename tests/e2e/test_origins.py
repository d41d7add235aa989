"""Which pages a real browser lets in: the verified one chats, and look-alikes, frames and thieves of the code don't."""

from __future__ import annotations

import uuid

import pytest

from models import Chatbot, Domain, db
from tests.app.webserver import say, serving
from tests.conftest import inside
from tests.e2e.widget_page import CHAT, open_chat

pytestmark = pytest.mark.browser

SHOP, SAFE = "http://shop.example", "https://safe.example"
LOOK_ALIKES = {
    "unverified": "http://other.example",
    "below another domain": "http://shop.example.evil.com",
    "another alphabet": "http://xn--shp-ted.example",  # with a Cyrillic o
    "another port": "http://shop.example:8081",
    "subdomain": "http://www.shop.example",
    "suffix": "http://evilshop.example",
}
CALL = """async ({calls, token}) => {
  const found = {};
  for (const [method, address] of calls) {
    const headers = {"Content-Type": "application/json"};
    if (token) headers.Authorization = "Bearer " + token;
    const body = method === "GET" ? undefined : JSON.stringify({text: "Hello", idempotency_key: "x", value: 1});
    const response = await fetch(address, {method, headers, body});
    let error = {};
    try { ({error} = await response.json()); } catch { /* an answer of another kind */ }
    found[method + " " + address] = [response.status, error?.code ?? ""];
  }
  return found;
}"""


@pytest.fixture(scope="module")
def embeds_of(stage):
    """Ada's chatbot on a website by http and on one by https: their embeds' uuids."""
    from app.domains import embeds

    _, rows, app = stage
    with inside(app):
        chatbot = db.session.query(Chatbot).filter_by(uuid=rows.full).one()
        made = []
        for scheme, host in (address.split("://") for address in (SHOP, SAFE)):
            domain = Domain(service_id=chatbot.service_id, scheme=scheme, domain=host, verified=True)
            db.session.add(domain)
            db.session.flush()
            made.append(str(embeds.add(chatbot, domain).uuid))
        db.session.commit()
        return made


@pytest.fixture(scope="module")
def visitor(chromium, playwright, stage, embeds_of):
    """A browser in which every name but localhost leads to one website that holds the code, copied everywhere."""
    home = stage[0]

    def answer(conn, path, _headers):
        embed = embeds_of["safe" in path]
        code = f'<script async src="{home}/widget/v1/widget.js" data-embed="{embed}"></script>'
        say(conn, "200 OK", f"<!doctype html><title>x</title><body>{code}</body>".encode(), Content_Type="text/html")

    with serving(answer) as site:
        rules = f"MAP * 127.0.0.1:{site.port}, EXCLUDE localhost"
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(visitor):
    context = visitor.new_context()
    yield context.new_page()
    context.close()


def calls_of(stage, embed):
    """Every endpoint of the widget's API, taken from the application: the one that ends the chat comes last."""
    home, _, app = stage
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("widget."):
            values = {name: embed if name == "embed_uuid" else str(uuid.uuid4()) for name in rule.arguments}
            _, path = rule.build(values, append_unknown=False)
            found += [(method, home + path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    assert len(found) >= 10
    return sorted(found, key=lambda call: ("/chat" in call[1], call))


def open_session(page, stage, embed):
    """Open a chat as the verified page does; return its token."""
    with page.expect_response(lambda response: "/config" in response.url):  # so that none of this page comes later
        page.goto(SHOP)
    address = f"{stage[0]}/api/widget/v1/embeds/{embed}/session"
    return page.evaluate(
        "async (address) => (await (await fetch(address, {method: 'POST', body: '{}'})).json()).token", address
    )


def refused(found):
    return {call: result for call, result in found.items() if result[0] != 403}


def test_the_verified_page_chats(page, stage, embeds_of):
    page.goto(SHOP)
    page.wait_for_selector(f"{CHAT} .launch")
    open_chat(page)
    calls = [("GET", f"{stage[0]}/api/widget/v1/embeds/{embeds_of[0]}/config")]
    assert list(page.evaluate(CALL, {"calls": calls, "token": ""}).values()) == [[200, ""]]


@pytest.mark.parametrize("case", LOOK_ALIKES)
def test_a_look_alike_with_the_copied_code_and_a_stolen_token_gets_nothing(page, stage, embeds_of, case):
    token = open_session(page, stage, embeds_of[0])
    with page.expect_response(lambda response: "/config" in response.url) as answer:
        page.goto(LOOK_ALIKES[case])
    assert answer.value.status == 403
    found = page.evaluate(CALL, {"calls": calls_of(stage, embeds_of[0]), "token": token})
    assert refused(found) == {}
    assert {code for _, code in found.values()} == {"origin_not_allowed"}
    assert page.query_selector(f"{CHAT} .launch") is None


def test_http_does_not_stand_for_https(page, stage, embeds_of):
    page.goto("http://safe.example/safe")
    calls = [call for call in calls_of(stage, embeds_of[1]) if embeds_of[1] in call[1]]
    found = page.evaluate(CALL, {"calls": calls, "token": ""})
    assert len(found) >= 3
    assert {tuple(result) for result in found.values()} == {(403, "origin_not_allowed")}


def test_a_sandboxed_frame_of_the_verified_page_has_no_origin_and_gets_nothing(page, stage, embeds_of):
    token = open_session(page, stage, embeds_of[0])
    page.evaluate(
        """() => { const frame = document.createElement("iframe"); frame.sandbox = "allow-scripts";
        frame.srcdoc = "<title>framed</title>"; document.body.append(frame); }"""
    )
    page.wait_for_function("() => document.querySelector('iframe').contentWindow !== null")
    [frame] = [frame for frame in page.frames if frame != page.main_frame]
    frame.wait_for_load_state()
    found = frame.evaluate(CALL, {"calls": calls_of(stage, embeds_of[0]), "token": token})
    assert refused(found) == {}
    assert {code for _, code in found.values()} == {"origin_missing"}


def test_a_paused_domain_ends_the_chat_at_the_next_call(page, stage, embeds_of):
    app = stage[2]
    token = open_session(page, stage, embeds_of[0])
    with inside(app):
        db.session.query(Domain).filter_by(domain="shop.example").update({"status": "inactive"})
        db.session.commit()
    try:
        found = page.evaluate(CALL, {"calls": calls_of(stage, embeds_of[0]), "token": token})
        assert refused(found) == {}
        assert {code for _, code in found.values()} == {"domain_unverified"}
    finally:
        with inside(app):
            db.session.query(Domain).filter_by(domain="shop.example").update({"status": "active"})
            db.session.commit()
