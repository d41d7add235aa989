"""What a visitor finds again: after a reload in mid-answer, a server that was restarted, a page from the browser's memory."""

from __future__ import annotations

import threading

import pytest

from tests.e2e.widget_page import CHAT, SETTLED, ask, in_chat, open_chat, opened
from tests.widget import stub

pytestmark = pytest.mark.browser

QUESTION = {"id": "q", "type": "client", "text": "Which files?", "at": ""}
STOPPED = {
    "id": "m0",
    "type": "bot",
    "text": "One mo",
    "at": "",
    "state": None,
    "finish": "stopped",
    "feedback": None,
    "sources": [],
}
WHOLE = {**STOPPED, "text": "All of them.", "state": "grounded", "finish": "complete"}


@pytest.fixture
def servers(widget_servers):
    api, site = widget_servers
    api.reset()
    return api, site


def test_a_reload_in_mid_answer_keeps_what_was_said_and_offers_to_try_again(browser, servers):
    api, site = servers
    gate = threading.Event()
    api.stream = [stub.event("meta", message_id="m0"), stub.event("delta", text="One mo"), gate]
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .bot:not(.first) .b:has-text('One mo')")
        api.messages, api.stream = [QUESTION, STOPPED], stub.answer("All of them.")
        page.reload()
        page.wait_for_selector(f"{CHAT} .note.bad")
        gate.set()
        assert page.inner_text(f"{CHAT} .bot:not(.first) .b") == "One mo"
        page.click(f"{CHAT} .note .chip")
        page.wait_for_selector(SETTLED)
        assert page.locator(f"{CHAT} .note.bad").count() == 0
        assert api.calls("POST", "/messages")[-1][3]["text"] == "Which files?"


def test_a_server_that_goes_away_in_mid_answer_is_asked_again_once_it_is_back(browser, servers):
    api, site = servers
    api.stream = [stub.event("meta", message_id="m0"), stub.event("delta", text="One mo")]  # and the connection ends
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .note.bad")
        assert page.inner_text(f"{CHAT} .bot:not(.first) .b") == "One mo"
        api.refusal = (503, {"code": "overloaded", "message": "in the server's words"})
        page.click(f"{CHAT} .note .chip")
        page.wait_for_selector(f"{CHAT} .note.bad >> text=Too many people are asking right now.")
        api.refusal, api.stream = None, stub.answer("All of them.")
        page.click(f"{CHAT} .note .chip")
        page.wait_for_selector(SETTLED)
        keys = {call[3]["idempotency_key"] for call in api.calls("POST", "/messages")}
        assert len(keys) == 1  # one question, counted once
        assert page.locator(f"{CHAT} .client").count() == 1


def test_a_page_from_the_browsers_memory_shows_what_was_said_meanwhile(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        api.messages = [QUESTION, WHOLE, QUESTION, WHOLE]
        page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        page.wait_for_function(
            f"() => document.querySelector('{CHAT}').shadowRoot.querySelectorAll('.client').length === 2"
        )


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_wants_no_motion(browser, servers, motion, moves):
    api, site = servers
    gate = threading.Event()
    api.stream = [stub.event("meta", message_id="m0"), gate]
    with opened(browser, site.put(), reduced_motion=motion) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .dots")
        assert in_chat(page, "root.getAnimations().length > 0") is moves
        gate.set()
