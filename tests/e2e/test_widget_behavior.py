"""How the widget behaves on a page: keyboard, small screens, reloads, failures, and pages that change under it."""

from __future__ import annotations

import itertools
import threading

import pytest

from tests.e2e.widget_page import CHAT, SETTLED, ask, in_chat, open_chat, opened
from tests.waiting import PATIENCE_S
from tests.widget import stub

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}
TURNS = [
    {"id": "q", "type": "client", "text": "Before?", "at": ""},
    {"id": "m0", "type": "bot", "text": "Yes [1].", "at": "", "state": "grounded", "finish": "complete", "feedback": -1,
     "sources": stub.SOURCES[:1]},
]  # fmt: skip


@pytest.fixture
def servers(widget_servers):
    api, site = widget_servers
    api.reset()
    return api, site


def focused(page) -> str:
    return in_chat(page, "root.activeElement ? root.activeElement.className || root.activeElement.tagName : ''")


def stored_keys(page) -> list[str]:
    return page.evaluate("() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]")


def test_the_keyboard_alone_is_enough(browser, servers):
    _, site = servers
    heard = "window.heard = []; addEventListener('keydown', (e) => heard.push(e.key));"
    with opened(browser, site.put(), init=heard) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert focused(page) == "launch"
        page.keyboard.press("Enter")
        assert focused(page) == "TEXTAREA"
        page.evaluate("() => { heard.length = 0; }")
        page.keyboard.type("Which files?")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("All of them?")
        page.keyboard.press("Enter")
        page.wait_for_selector(SETTLED)
        assert "Which files?\nAll of them?" in page.inner_text(f"{CHAT} .client .b")
        in_chat(page, "root.querySelector('.cite').focus()")
        page.keyboard.press("Enter")
        assert in_chat(page, "root.querySelector('details').open && root.activeElement.tagName") == "SUMMARY"
        page.keyboard.press("Escape")
        assert focused(page) == "launch"
        assert page.is_hidden(f"{CHAT} .panel")
        assert page.evaluate("() => heard") == []


def test_on_a_desktop_the_page_stays_usable_beside_the_panel(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        assert in_chat(page, "root.querySelector('[role=dialog]').hasAttribute('aria-modal')") is False
        assert page.evaluate("() => [...document.body.children].some((node) => node.inert)") is False
        page.click("main a")
        assert page.is_visible(f"{CHAT} .panel")


def test_on_a_phone_it_is_modal_and_gives_everything_back(browser, servers):
    _, site = servers
    aside = '<div id="asleep" inert></div>'
    with opened(browser, site.put(code=aside + site.code()), **PHONE) as page:
        open_chat(page)
        assert in_chat(page, "root.querySelector('[role=dialog]').getAttribute('aria-modal')") == "true"
        assert page.evaluate("() => document.querySelector('main').inert")
        assert page.is_hidden(f"{CHAT} .launch")
        assert focused(page) == "panel"
        page.keyboard.press("Escape")
        assert not page.evaluate("() => document.querySelector('main').inert")
        assert page.evaluate("() => document.querySelector('#asleep').inert")
        assert focused(page) == "launch"


def test_turning_the_phone_changes_between_modal_and_not(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        for width, modal in ((390, True), (1280, False), (500, True)):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_function("(modal) => document.querySelector('main').inert === modal", arg=modal)


def test_the_on_screen_keyboard_does_not_hide_the_input(browser, servers):
    _, site = servers
    with opened(browser, site.put(), reduced_motion="reduce", **PHONE) as page:
        open_chat(page)
        page.evaluate("""() => {
          Object.defineProperty(visualViewport, "height", { get: () => 420 });
          Object.defineProperty(visualViewport, "offsetTop", { get: () => 60 });
          visualViewport.dispatchEvent(new Event("resize"));
        }""")
        box = in_chat(page, "JSON.parse(JSON.stringify(root.querySelector('.panel').getBoundingClientRect()))")
        assert (box["top"], box["height"]) == (60, 420)
        assert in_chat(page, "root.querySelector('form').getBoundingClientRect().bottom") <= 480


def test_at_two_hundred_percent_everything_is_reached(browser, servers):
    _, site = servers
    with opened(browser, site.put(), viewport={"width": 640, "height": 360}) as page:
        open_chat(page)
        ask(page)
        for part in (".send", ".head .icon >> nth=2", "textarea"):
            box = page.locator(f"{CHAT} {part}").first.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 640
            assert 0 <= box["y"] <= 360 - box["height"]


def test_nothing_is_stored_before_the_first_message(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        assert stored_keys(page) == []
        assert api.calls("POST", "/session") == []
        ask(page)
        assert stored_keys(page) == [f"docent:{stub.EMBED}"] * 2  # the chat, and that this tab has it open


def test_a_reload_and_a_second_tab_go_on_with_the_chat(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        page.keyboard.press("Escape")
        api.messages = TURNS
        page.reload()
        page.wait_for_selector(f"{CHAT} .launch")
        assert page.locator(f"{CHAT} .panel").count() == 0
        open_chat(page)
        page.wait_for_selector(f"{CHAT} .client >> text=Before?")
        assert page.get_attribute(f"{CHAT} .tools [aria-label='Bad answer']", "aria-pressed") == "true"
        assert api.calls("POST", "/session")[-1][3]["resume_token"] == "resume-1"
        tab = page.context.new_page()
        tab.goto(site.origin + "/")
        tab.wait_for_selector(f"{CHAT} .launch")
        open_chat(tab)
        tab.wait_for_selector(f"{CHAT} .client >> text=Before?")


def test_a_chat_that_was_open_is_open_after_a_reload_and_takes_no_focus(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        api.messages = TURNS
        page.reload()
        page.wait_for_selector(f"{CHAT} .client >> text=Before?")
        assert page.evaluate("() => document.activeElement === document.body")


@pytest.mark.parametrize("broken", ["throws", "full"])
def test_without_storage_a_page_remembers_for_itself(browser, servers, broken):
    _, site = servers
    init = {
        "throws": "for (const s of ['localStorage', 'sessionStorage']) "
                  "Object.defineProperty(window, s, { get() { throw new DOMException('no', 'SecurityError'); } });",
        "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
    }[broken]  # fmt: skip
    with opened(browser, site.put(), init=init) as page:
        open_chat(page)
        ask(page)
        page.keyboard.press("Escape")
        open_chat(page)
        assert page.is_visible(SETTLED)


def test_a_new_chat_asks_first_and_forgets_then(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        assert page.is_hidden(f"{CHAT} [aria-label='New chat'] >> nth=0")
        ask(page)
        page.click(f"{CHAT} button[aria-label='New chat']")
        assert in_chat(page, "root.activeElement.textContent") == "Start a new chat"
        page.keyboard.press("Escape")
        assert page.is_visible(f"{CHAT} .panel")
        assert page.is_hidden(f"{CHAT} .confirm")
        page.click(f"{CHAT} button[aria-label='New chat']")
        page.click(f"{CHAT} .confirm .strong")
        assert page.is_visible(f"{CHAT} .chips.first .chip >> nth=0")
        assert page.locator(f"{CHAT} .client").count() == 0
        assert stored_keys(page) == []
        ask(page)
        assert len(api.calls("POST", "/chat/end")) == 1
        assert [call[3]["resume_token"] for call in api.calls("POST", "/session")] == ["", ""]


@pytest.mark.parametrize("keeps", [False, True])
def test_a_chat_is_deleted_once_that_is_confirmed(browser, servers, keeps):
    api, site = servers
    api.keeps = keeps
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        page.click(f"{CHAT} button[aria-label='Delete this chat']")
        assert in_chat(page, "root.activeElement.textContent") == "Delete this chat"
        page.click(f"{CHAT} .confirm .chip:not(.strong)")
        assert api.calls("DELETE", "/chat") == []
        page.click(f"{CHAT} button[aria-label='Delete this chat']")
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => !document.querySelector('{CHAT}').shadowRoot.querySelector('.client')")
        assert len(api.calls("DELETE", "/chat")) == 1
        assert stored_keys(page) == []
        assert page.is_hidden(f"{CHAT} button[aria-label='Delete this chat']")
        assert ("has to be kept" in page.inner_text(f"{CHAT} .log")) is keeps
        page.wait_for_function(
            f"() => document.querySelector('{CHAT}').shadowRoot.activeElement?.tagName === 'TEXTAREA'"
        )


def test_while_nothing_is_answered_a_visitor_still_reads_keeps_and_deletes_what_was_said(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        api.config, api.messages = stub.make_config(closed="Back in May."), TURNS
        page.reload()
        page.wait_for_selector(f"{CHAT} .client >> text=Before?")
        assert page.inner_text(f"{CHAT} .first .b") == "Back in May."
        assert page.is_hidden(f"{CHAT} textarea")
        assert page.locator(f"{CHAT} .tools [aria-label='Bad answer']").count() == 0
        with page.expect_download():
            page.click(f"{CHAT} .head .icon >> nth=0")
        page.click(f"{CHAT} button[aria-label='Delete this chat']")
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => !document.querySelector('{CHAT}').shadowRoot.querySelector('.client')")
        assert len(api.calls("DELETE", "/chat")) == 1
        assert api.calls("POST", "/messages") == [api.calls("POST", "/messages")[0]]


def test_another_tab_forgets_with_it(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        tab = page.context.new_page()
        tab.goto(site.origin + "/")
        tab.evaluate("(key) => localStorage.removeItem(key)", f"docent:{stub.EMBED}")
        page.wait_for_function(f"() => !document.querySelector('{CHAT}').shadowRoot.querySelector('.client')")


def test_a_source_shows_its_place_its_quote_and_its_page(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        card = page.locator(f"{CHAT} details").nth(1)
        assert not card.evaluate("(card) => card.open")
        card.locator("summary").click()
        assert "slide 7" in card.inner_text()
        assert "Drop a file" in card.locator("blockquote").inner_text()
        assert card.locator("a").get_attribute("href") == "https://docs.example.com/first-steps#upload"
        assert card.locator("a").get_attribute("rel") == "noopener noreferrer nofollow"


def test_a_suggestion_is_a_question(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        page.click(f"{CHAT} .chips.first .chip >> nth=1")
        page.wait_for_selector(SETTLED)
        assert api.calls("POST", "/messages")[0][3]["text"] == "How do I put it on my page?"
        assert page.is_hidden(f"{CHAT} .chips.first")


def test_a_screen_reader_hears_that_it_is_written_and_then_the_answer_once(browser, servers):
    api, site = servers
    gate = threading.Event()
    api.stream = [stub.event("delta", text="One **bold** [1]"), gate, *stub.answer(" end.")[3:]]
    watch = """() => { window.heard = []; const live = document.querySelector('docent-chat').shadowRoot.querySelector('[role=status]');
      new MutationObserver((list) => list.forEach((m) => m.addedNodes.forEach((n) => heard.push(n.textContent)))).observe(live, {childList: true}); }"""
    with opened(browser, site.put()) as page:
        open_chat(page)
        page.evaluate(watch)
        ask(page, until=f"{CHAT} .bot:not(.first) strong")
        assert page.evaluate("() => heard") == ["The answer is being written"]
        gate.set()
        page.wait_for_selector(SETTLED)
        assert page.evaluate("() => heard") == ["The answer is being written", "One bold"]
        assert page.get_attribute(f"{CHAT} [role=log]", "aria-live") == "off"


def test_the_words_of_the_page_move_only_where_they_may(browser, servers):
    api, site = servers
    gate = threading.Event()
    api.stream = [stub.event("meta", message_id="m1"), gate]
    with opened(browser, site.put(), reduced_motion="reduce") as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .dots")
        assert in_chat(page, "root.getAnimations().length") == 0
        gate.set()


def test_a_printed_page_has_no_chat_on_it(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        page.emulate_media(media="print")
        assert page.is_hidden(f"{CHAT} .panel")
        assert page.is_hidden(f"{CHAT} .launch")


# --- failures


def test_a_failed_answer_is_tried_again_under_the_same_key(browser, servers):
    api, site = servers
    api.stream = [stub.event("delta", text="Half"), stub.event("error", code="provider_error", message="No answer.")]
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .note.bad")
        assert "The answer could not be made." in page.inner_text(f"{CHAT} .note")
        api.stream = stub.answer("Whole.")
        page.click(f"{CHAT} .note .chip")
        page.wait_for_selector(SETTLED)
        first, again = (call[3] for call in api.calls("POST", "/messages"))
        assert first == again
        assert page.locator(f"{CHAT} .client").count() == page.locator(f"{CHAT} .bot:not(.first)").count() == 1


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [(429, "quota_exhausted", "The owner's sentence."), (403, "domain_unverified", "The owner's sentence."),
     (429, "rate_limited", "Das war viel in kurzer Zeit."), (503, "overloaded", "Gerade fragen zu viele Menschen")],
)  # fmt: skip
def test_a_refusal_is_said_in_the_owners_words_or_else_in_the_visitors_language(browser, servers, status, code, said):
    api, site = servers
    api.config = stub.make_config(language="de")
    api.refusal = status, {"code": code, "message": "The owner's sentence."}
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .note.bad")
        assert said in page.inner_text(f"{CHAT} .note")
        assert page.locator(f"{CHAT} .note .chip").count() == (code in ("rate_limited", "overloaded"))  # try again


def test_a_busy_chat_is_waited_for(browser, servers):
    api, site = servers
    api.refusal = 409, {"code": "in_progress", "message": "Busy.", "retry_after": 1}
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .dots")
        with page.expect_response("**/messages"):
            api.refusal = None
        page.wait_for_selector(SETTLED)


def test_an_old_token_is_renewed_once(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        api.refusal = 401, {"code": "token_expired", "message": "Too old."}
        ask(page, until=f"{CHAT} .note.bad")
        assert len(api.calls("POST", "/session")) == 2
        assert api.calls("POST", "/session")[1][3]["resume_token"] == "resume-1"


def test_a_visitor_without_a_network_is_told_so(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        page.context.set_offline(True)
        ask(page, until=f"{CHAT} .note.bad")
        assert "You are offline" in page.inner_text(f"{CHAT} .note")
        page.context.set_offline(False)
        page.click(f"{CHAT} .note .chip")
        page.wait_for_selector(SETTLED)


def test_stop_keeps_what_was_said_and_hangs_up(browser, servers):
    api, site = servers
    gate = threading.Event()
    more = itertools.repeat(stub.event("delta", text=" more"))  # without end: some of it the network takes anyway
    api.stream = itertools.chain([stub.event("delta", text="So far"), gate], more)
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .bot:not(.first) .b:has-text('So far')")
        page.click(f"{CHAT} .stop")
        page.wait_for_selector(f"{CHAT} .note >> text=Stopped.")
        gate.set()
        assert api.left.wait(PATIENCE_S)
        assert page.inner_text(f"{CHAT} .bot:not(.first) .b") == "So far"
        assert focused(page) == "TEXTAREA"


# --- pages that change


@pytest.mark.parametrize(
    "change",
    ["document.body = Object.assign(document.createElement('body'), { textContent: 'new' })", "document.body.replaceChildren()",
     "document.querySelector('docent-chat').remove()"],
)  # fmt: skip
def test_it_comes_back_when_a_page_replaces_itself(browser, servers, change):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        page.evaluate(f"() => {{ {change}; }}")
        page.wait_for_selector(SETTLED)
        assert page.locator(CHAT).count() == 1
        page.evaluate("() => { document.body.replaceChildren(); }")
        page.wait_for_selector(SETTLED)


def test_included_twice_it_is_there_once(browser, servers):
    api, site = servers
    code = site.code() + site.code(extra='id="second"') + '<p id="Docent"></p>'
    with opened(browser, site.put(code=code)) as page:
        page.evaluate(
            "(code) => document.body.append(document.createRange().createContextualFragment(code))", site.code()
        )
        page.wait_for_load_state("networkidle")
        assert page.locator(CHAT).count() == 1
        assert len(api.calls("GET", "/config")) == 1


LISTENERS = """
window.alive = new Map();
const add = EventTarget.prototype.addEventListener, drop = EventTarget.prototype.removeEventListener;
EventTarget.prototype.addEventListener = function (name, act, options) {
  const outlives = [window, document, window.visualViewport].includes(this) || this instanceof MediaQueryList;
  if (outlives && !options?.once && new Error().stack.includes("widget.js")) {
    const id = Symbol();
    alive.set(id, name);
    options?.signal?.addEventListener("abort", () => alive.delete(id));
  }
  return add.call(this, name, act, options);
};
"""


def test_destroy_leaves_nothing_behind_and_it_may_come_again(browser, servers):
    _, site = servers
    with opened(browser, site.put(), init=LISTENERS, **PHONE) as page:
        page.evaluate("() => Docent.open()")
        page.wait_for_selector(f"{CHAT} .full .panel")
        assert set(page.evaluate("() => [...alive.values()]")) == {
            "change",
            "resize",
            "scroll",
            "visibilitychange",
            "storage",
            "online",
            "offline",
            "pageshow",
        }
        page.evaluate("() => Docent.destroy()")
        assert page.evaluate("() => [...alive.values()]") == []
        assert page.locator(CHAT).count() == 0
        assert page.evaluate("() => [document.querySelector('main').inert, typeof Docent]") == [False, "undefined"]
        page.evaluate("() => document.body.append(document.createElement('p'))")
        page.evaluate("() => { document.body.replaceChildren(document.createElement('main')); }")
        assert page.locator(CHAT).count() == 0
        page.evaluate(
            "(code) => document.body.append(document.createRange().createContextualFragment(code))", site.code()
        )
        page.wait_for_selector(f"{CHAT} .launch")


def test_a_page_can_open_it_ask_and_listen(browser, servers):
    _, site = servers
    ready = "addEventListener('docent:ready', () => { window.isReady = true; });"
    with opened(browser, site.put(), init=ready) as page:
        assert page.evaluate("() => window.isReady")
        heard = page.evaluate("""async () => {
          const heard = [];
          for (const name of ["open", "close", "answer"]) Docent.on(name, (event) => heard.push([name, event.detail?.state]));
          const gone = () => heard.push("gone");
          Docent.on("open", gone); Docent.off("open", gone);
          await Docent.ask("From the page?");
          Docent.close();
          return heard;
        }""")
        assert heard == [["open", None], ["answer", "grounded"], ["close", None]]


def test_where_the_chatbot_may_not_answer_the_page_goes_on_without_it(browser, servers):
    api, site = servers
    api.config = {"error": "not a configuration"}
    said = []
    profile = browser.new_context()
    page = profile.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.goto(site.put())
    page.wait_for_load_state("networkidle")
    profile.close()
    assert [line for line in said if line.startswith("Docent: ")]
    assert not [line for line in said if line.startswith("error: ")]
