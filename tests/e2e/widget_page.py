"""Steps that browser tests of the widget share."""

from __future__ import annotations

from contextlib import contextmanager

CHAT = "docent-chat"
SETTLED = "docent-chat .bot:not(.first) .tools"


@contextmanager
def opened(browser, address: str, *, init: str = "", **context):
    """A page in a profile of its own, closed afterwards; it fails on script errors of the page."""
    profile = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
    errors: list[str] = []
    try:
        if init:
            profile.add_init_script(init)
        page = profile.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector(f"{CHAT} .launch", state="attached")
        yield page
        assert errors == []
    finally:
        profile.close()


def open_chat(page) -> None:
    page.click(f"{CHAT} .launch")
    page.wait_for_selector(f"{CHAT} .panel", state="visible")


def ask(page, text: str = "Which files can I upload?", until: str = SETTLED) -> None:
    page.fill(f"{CHAT} textarea", text)
    page.press(f"{CHAT} textarea", "Enter")
    page.wait_for_selector(until)


def in_chat(page, script: str):
    """The value of an expression in which `root` is the widget's shadow root."""
    return page.evaluate(f"() => {{ const root = document.querySelector('{CHAT}').shadowRoot; return {script}; }}")
