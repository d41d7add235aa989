"""What a customer's page may expect of a script that it includes: small, quiet, fast, accessible, and strict."""

from __future__ import annotations

import sys
import threading

import pytest

from tests.e2e.accessibility import violations
from tests.e2e.widget_page import CHAT, ask, in_chat, open_chat, opened
from tests.widget import stub

pytestmark = pytest.mark.browser

LONG = "<p>" + "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 200 + "</p>"
STRICT = (
    "default-src 'none'; script-src {api}; connect-src {api}; style-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
WATCH = """
window.refused = []; window.shift = 0;
addEventListener("securitypolicyviolation", (e) => refused.push(e.effectiveDirective + " " + e.blockedURI));
new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def servers(widget_servers):
    api, site = widget_servers
    api.reset()
    return api, site


def test_at_load_it_is_one_script_and_one_plain_get(browser, servers):
    api, site = servers
    with opened(browser, site.put(), init=WATCH) as page:
        assert [(method, path.partition("?")[0]) for method, path, *_ in api.seen] == [
            ("GET", "/widget/v1/widget.js"), ("GET", f"/api/widget/v1/embeds/{stub.EMBED}/config"),
        ]  # fmt: skip
        assert "Authorization" not in api.seen[1][2]
        assert "Cookie" not in api.seen[1][2]
        hosts = page.evaluate("() => performance.getEntriesByType('resource').map((e) => new URL(e.name).origin)")
        assert set(hosts) <= {api.origin, site.origin}
        assert page.context.cookies() == []
        assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0
        assert page.evaluate("() => shift") == 0


def test_a_strict_page_has_nothing_to_complain_about(browser, servers):
    api, site = servers
    policy = STRICT.format(api=api.origin)
    api.config = stub.make_config(
        avatar="/widget/pictures/1", logo="/widget/pictures/2", consent={"text": "Yes?", "link": ""}
    )
    with opened(browser, site.put(headers={"Content-Security-Policy": policy}), init=WATCH) as page:
        open_chat(page)
        page.click(f"{CHAT} .consent .strong")
        ask(page)
        page.click(f"{CHAT} .cite")
        page.click(f"{CHAT} .tools [aria-label='Bad answer']")
        page.wait_for_selector(f"{CHAT} .tools [aria-pressed=true]")
        page.wait_for_function(f"() => document.querySelector('{CHAT}').shadowRoot.querySelector('.face').width === 8")
        with page.expect_download() as download:
            page.click(f"{CHAT} .head .icon >> nth=0")
        assert download.value.suggested_filename == "chat.txt"
        page.click(f"{CHAT} .head .icon >> nth=1")
        page.click(f"{CHAT} .confirm .strong")
        page.set_viewport_size({"width": 390, "height": 700})
        page.wait_for_selector(f"{CHAT} .full .panel")
        assert in_chat(page, "getComputedStyle(root.querySelector('.panel')).position") == "fixed"
        assert [line for line in page.evaluate("() => refused") if "favicon" not in line] == []


SETTLE = """new Promise((done) => {
  const look = () => (document.querySelector(SELECTOR) ? requestAnimationFrame(() => setTimeout(done, 200)) : setTimeout(look, 20));
  look();
})"""


SLOWER = 4  # a phone's processor takes so many times as long
MAX_ADDED_MS = 50


def work_of_page(browser, address: str, selector: str) -> float:
    """Milliseconds of processor time that the main thread took to load a page.

    Chromium's own throttling waits by the clock, so other work on the machine counts several times; the thread's own
    time hardly feels it. What the measuring itself takes is left out: only plain DevTools commands are sent, and theirs
    is subtracted.
    """
    profile = browser.new_context()
    try:
        page = profile.new_page()
        devtools = profile.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(address)
        settle = SETTLE.replace("SELECTOR", f"'{selector}'")
        devtools.send("Runtime.evaluate", {"expression": settle, "awaitPromise": True})
        metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
        return (metrics["TaskDuration"] - metrics["DevToolsCommandDuration"]) * 1000
    finally:
        profile.close()


def test_it_adds_fifty_milliseconds_to_the_main_thread_of_a_slow_phone_at_most(browser, servers, capsys):
    _, site = servers
    pages = {"bare": (site.put("/bare", code="", body=LONG), "main"), "widget": (site.put("/full", body=LONG), CHAT)}
    rounds, added = [], float("inf")
    while len(rounds) < 5 or (added > MAX_ADDED_MS and len(rounds) < 25):
        rounds.append({name: work_of_page(browser, *page) for name, page in pages.items()})
        bare, widget = (min(took[name] for took in rounds) for name in pages)  # other work can only have made it longer
        added = (widget - bare) * SLOWER
    with capsys.disabled():
        sys.stdout.write(f"\nwidget: {added:.0f} ms of main thread added at load, {SLOWER} times as slow;")
        sys.stdout.write(f" best of {len(rounds)}\n")
    assert added <= MAX_ADDED_MS


OPENED_IN_MS = """(() => {
  const start = performance.now();
  root.querySelector(".launch").click();
  return root.activeElement?.tagName === "TEXTAREA" ? performance.now() - start : Infinity;
})()"""


def test_the_input_is_ready_when_the_chat_opens_and_nothing_on_the_page_moves(browser, servers, capsys):
    _, site = servers
    with opened(browser, site.put(body=LONG), init=WATCH) as page:
        took = [in_chat(page, OPENED_IN_MS)]
        while took[-1] > 100 and len(took) < 10:  # best of ten: the first may have met with other work
            page.keyboard.press("Escape")
            took.append(in_chat(page, OPENED_IN_MS))
        with capsys.disabled():
            sys.stdout.write(f"\nwidget: {took[-1]:.0f} ms from opening to a focused input\n")
        assert took[-1] <= 100
        ask(page)
        assert page.evaluate("() => shift") == 0


RTL = stub.make_config(dir="rtl", lang="ar", title="مساعد أكمي", greeting="مرحبا! كيف يمكنني مساعدتك؟")
MOBILE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}


FAILING = [stub.event("error", code="provider_error", message="The answer could not be made.")]


def answered(page) -> None:
    """An answer with an open source and a thumb given."""
    open_chat(page)
    ask(page)
    page.click(f"{CHAT} summary >> nth=1")
    page.click(f"{CHAT} .tools [aria-label='Bad answer']")
    page.wait_for_selector(f"{CHAT} .why")


def confirming(page) -> None:
    answered(page)
    page.click(f"{CHAT} .head .icon >> nth=1")


def failed(page) -> None:
    open_chat(page)
    ask(page, until=f"{CHAT} .note.bad")


def streaming(page) -> None:
    open_chat(page)
    ask(page, until=f"{CHAT} .bot:not(.first) .b:has-text('One moment')")


def stopped(page) -> None:
    streaming(page)
    page.click(f"{CHAT} .stop")
    page.wait_for_selector(f"{CHAT} .note")


def filling(page) -> None:
    open_chat(page)
    page.click(f"{CHAT} .offers .chip >> nth=0")
    page.click(f"{CHAT} .sheet .strong")
    page.wait_for_selector(f"{CHAT} .sheet [aria-invalid]")


def agreeing(page) -> None:
    open_chat(page)
    page.wait_for_selector(f"{CHAT} .consent")


OWN = stub.make_config(
    {"accent": "#7a7a7a", "header": "#ffe600", "label": "Ask us", "icon": "spark", "corner": "left"},
    avatar="/widget/pictures/1", logo="/widget/pictures/2",
    consent={"text": "We **keep** chats.", "link": "https://acme.example.com/privacy"},
)  # fmt: skip

STATES = {
    "agreeing": (agreeing, {}),
    "filling a form": (filling, {}),
    "filling a form, mobile rtl in the dark": (filling, {**MOBILE, "color_scheme": "dark"}),
    "agreeing in the dark": (agreeing, {"color_scheme": "dark"}),
    "closed": (lambda _page: None, {}),
    "open": (open_chat, {}),
    "answered": (answered, {}),
    "streaming": (streaming, {}),
    "stopped": (stopped, {}),
    "error": (failed, {}),
    "error in the dark": (failed, {"color_scheme": "dark"}),
    "dark": (answered, {"color_scheme": "dark"}),
    "mobile rtl": (answered, MOBILE),
    "confirm": (confirming, {}),
    "confirm in the dark": (confirming, {"color_scheme": "dark"}),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_wrong(browser, servers, state):
    api, site = servers
    gate = threading.Event()
    step, context = STATES[state]
    if step in (streaming, stopped):
        api.stream = [stub.event("meta", message_id="m1"), stub.event("delta", text="One moment"), gate]
    api.stream = FAILING if step is failed else api.stream
    api.config = RTL if "rtl" in state else OWN if step is agreeing else api.config
    api.config["forms"] = stub.FORMS if step is filling else []
    with opened(browser, site.put(), reduced_motion="reduce", **context) as page:
        step(page)
        found = violations(page)
        gate.set()
        assert found == []
