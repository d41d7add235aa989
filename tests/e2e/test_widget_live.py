"""The widget on the demo customer's page, against the real web process and a chat model that takes its time."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
import uuid

import pytest

from tests.e2e.conftest import whole_run
from tests.e2e.widget_page import CHAT, SETTLED, ask, open_chat, opened
from tests.waiting import PATIENCE_S, SOON_S
from tests.widget.slow_model import slow_model

pytestmark = pytest.mark.browser

QUESTION = "Which file formats can a chatbot learn from?"


@pytest.fixture(scope="module")
def model():
    with slow_model() as server:
        yield server


@pytest.fixture(scope="module")
def run(tmp_path_factory, artifact, model):
    """A one-machine run with that chat model: (address of the web server, of the demo site, what it printed)."""
    address = f"http://127.0.0.1:{model.server_port}/v1"
    with whole_run(tmp_path_factory.mktemp("live"), artifact, OPENAI_BASE_URL=address) as running:
        yield *running.addresses, running.said


@pytest.fixture
def go_on(model):
    model.go_on.set()
    yield model.go_on
    model.go_on.clear()


def post(address: str, origin: str, body: dict, token: str = ""):
    headers = {"Origin": origin, "Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers), timeout=30)


def begin(run) -> tuple[str, str]:
    """Open a chat as the demo page would: (embed, token)."""
    web, site, _ = run
    with urllib.request.urlopen(site) as page:
        embed = page.read().decode().split('data-embed="')[1].split('"')[0]
    with post(f"{web}/api/widget/v1/embeds/{embed}/session", site, {}) as response:
        return embed, json.load(response)["token"]


def put_question(run, token: str):
    web, site, _ = run
    body = {"text": QUESTION, "idempotency_key": uuid.uuid4().hex}
    return post(f"{web}/api/widget/v1/messages", site, body, token)


def test_a_visitor_reloads_and_opens_a_second_tab(browser, run, go_on):
    _, site, _ = run
    with opened(browser, site) as page:
        open_chat(page)
        ask(page, QUESTION)
        assert "PDF" in page.inner_text(f"{CHAT} .bot:not(.first) .b")
        page.reload()
        page.wait_for_selector(SETTLED)
        assert QUESTION in page.inner_text(f"{CHAT} .client")
        tab = page.context.new_page()
        tab.goto(site)
        open_chat(tab)
        tab.wait_for_selector(SETTLED)
        ask(tab, "Which other formats can a chatbot learn from?", until=f"{SETTLED} >> nth=1")
        page.reload()
        page.wait_for_selector(f"{SETTLED} >> nth=1")


def test_a_visitor_who_leaves_stops_the_chat_model(run, model):
    _, token = begin(run)
    response = put_question(run, token)
    assert model.began.acquire(timeout=PATIENCE_S)
    while b"PDF files" not in response.readline():
        pass
    response.close()
    assert model.hung_up.acquire(timeout=PATIENCE_S)
    web, site, _ = run
    request = urllib.request.Request(
        f"{web}/api/widget/v1/chat/messages", headers={"Origin": site, "Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        last = json.load(answer)["messages"][-1]
    assert last["finish"] == "stopped"
    assert "PDF files" in last["text"]


def test_ten_visitors_are_answered_at_once_while_pages_stay_quick(run, model):
    web, _, _ = run
    responses, waiting = [], [begin(run)[1] for _ in range(10)]
    askers = [threading.Thread(target=lambda t=token: responses.append(put_question(run, t))) for token in waiting]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
    for _ in range(10):
        assert model.began.acquire(timeout=PATIENCE_S)
    started = time.monotonic()
    with urllib.request.urlopen(f"{web}/login/") as page:
        assert page.status == 200
    assert time.monotonic() - started < SOON_S
    model.go_on.set()
    bodies = [response.read().decode() for response in responses]
    model.go_on.clear()
    assert len(bodies) == 10
    assert all("event: done" in body for body in bodies)


@pytest.fixture(scope="module")
def owner(run):
    """The demo owner's address and password, as the first start printed them."""
    lines = run[2].splitlines()
    email = next(line.split(": ")[1] for line in lines if line.startswith("demo owner"))
    password = next(line.split()[1] for line in lines[lines.index(f"demo owner: {email}") :] if "password" in line)
    return email, password


def enter(page, home: str, owner: tuple[str, str]) -> None:
    page.goto(f"{home}/login/")
    page.fill("input[name=email]", owner[0])
    page.fill("input[name=password]", owner[1])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def open_preview(page, home: str) -> None:
    chatbot = page.locator(".grid .card a[href*='/chatbot/']").first.get_attribute("href")
    page.goto(f"{home}{chatbot.split('#')[0].rstrip('/')}/preview")
    page.wait_for_selector(f"{CHAT} .panel", state="visible")


def test_an_owner_chats_in_the_preview(browser, run, owner, go_on):
    for home in (run[0], run[0].replace("localhost", "127.0.0.1")):
        profile = browser.new_context()
        try:
            page = profile.new_page()
            enter(page, home, owner)
            open_preview(page, home)
            ask(page, QUESTION)
            with page.expect_download() as download:
                page.click(f"{CHAT} [aria-label='Download this chat']")
            assert QUESTION in download.value.path().read_text(encoding="utf-8")
        finally:
            profile.close()


def test_an_answer_in_the_preview_is_cut_when_its_device_is_signed_out_elsewhere(browser, run, owner, model):
    lost, own = browser.new_context(), browser.new_context()
    try:
        page, elsewhere = lost.new_page(), own.new_page()
        enter(page, run[0], owner)
        enter(elsewhere, run[0], owner)
        open_preview(page, run[0])
        ask(page, QUESTION, until=f"{CHAT} .bot >> text=PDF files")
        elsewhere.goto(f"{run[0]}/profile/")
        elsewhere.click("text=Sign out all other devices")
        page.wait_for_selector(f"{CHAT} >> text=can't be continued here")
        assert model.hung_up.acquire(timeout=PATIENCE_S)
    finally:
        lost.close()
        own.close()
