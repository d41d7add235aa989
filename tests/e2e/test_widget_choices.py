"""What an owner chose, on a page: pictures, pages, consent, languages; and what a page and its visitor can do with it."""

from __future__ import annotations

import threading

import pytest

from tests.e2e.widget_page import CHAT, SETTLED, ask, in_chat, open_chat, opened
from tests.widget import stub

pytestmark = pytest.mark.browser


@pytest.fixture
def servers(widget_servers):
    api, site = widget_servers
    api.reset()
    return api, site


def test_pages_show_it_or_not_also_when_they_change_without_being_loaded(browser, servers):
    api, site = servers
    api.config = stub.make_config(pages={"show": ["/", "/shop/*"], "hide": ["/shop/cart"]})
    with opened(browser, site.put()) as page:
        open_chat(page)
        for path, is_shown in (
            ("/about", False),
            ("/shop/shoes?size=9", True),
            ("/shop/cart", False),
            ("/shop.x", False),
            ("/", True),
        ):
            page.evaluate("(path) => history.pushState({}, '', path)", path)
            assert page.is_visible(f"{CHAT} .launch") is is_shown, path
            assert page.is_hidden(f"{CHAT} .panel"), path  # it was closed when it had to go
        page.evaluate("() => history.pushState({}, '', '/about')")
        page.evaluate("() => Docent.open()")
        assert page.is_hidden(f"{CHAT} .panel")


def test_it_opens_by_itself_once_for_a_visitor(browser, servers):
    api, site = servers
    api.config = stub.make_config(open_after_s=1)
    with opened(browser, site.put()) as page:
        page.wait_for_selector(f"{CHAT} .panel")
        assert page.evaluate("() => document.activeElement === document.body")
        page.reload()
        page.wait_for_selector(f"{CHAT} .launch")
        assert page.evaluate("() => Object.keys(localStorage)") == [f"docent:{stub.EMBED}:met"]
        page.evaluate("() => new Promise((done) => setTimeout(done, 1200))")
        assert page.is_hidden(f"{CHAT} .panel")


def test_nothing_can_be_said_before_the_visitor_has_agreed(browser, servers):
    api, site = servers
    api.config = stub.make_config(
        consent={"text": "We keep chats. <b>x</b>", "link": "https://acme.example.com/privacy"}
    )
    with opened(browser, site.put()) as page:
        page.evaluate("() => Docent.ask('Which files?')")
        page.wait_for_selector(f"{CHAT} .consent a[href='https://acme.example.com/privacy']")
        assert page.is_hidden(f"{CHAT} textarea")
        assert api.calls("POST", "/session") == []
        page.click(f"{CHAT} .consent .strong")
        assert page.is_hidden(f"{CHAT} .consent")
        assert page.input_value(f"{CHAT} textarea") == "Which files?"
        page.press(f"{CHAT} textarea", "Enter")
        page.wait_for_selector(SETTLED)
        assert api.calls("POST", "/session")[0][3]["consent"] is True
        page.reload()
        page.wait_for_selector(f"{CHAT} textarea")
        assert page.is_hidden(f"{CHAT} .consent")


def test_an_answer_to_a_closed_chat_leaves_a_mark_until_it_is_opened(browser, servers):
    api, site = servers
    gate = threading.Event()
    api.stream = [stub.event("delta", text="One moment"), gate, *stub.answer(" more")]
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, until=f"{CHAT} .bot:not(.first) .b:has-text('One moment')")
        page.keyboard.press("Escape")
        gate.set()
        page.wait_for_selector(f"{CHAT} .launch.unread[aria-label='New answer, Open chat']")
        page.click(f"{CHAT} .launch")
        assert page.locator(f"{CHAT} .unread").count() == 0


def test_an_answer_is_copied_without_its_marks(browser, servers):
    _, site = servers
    with opened(browser, site.put(), permissions=["clipboard-read", "clipboard-write"]) as page:
        open_chat(page)
        ask(page)
        page.click(f"{CHAT} [aria-label='Copy the answer']")
        page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'Hello.'")


def test_a_visitor_says_what_they_think_and_why_and_takes_it_back(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        page.click(f"{CHAT} [aria-label='Good answer']")
        page.wait_for_selector(f"{CHAT} [aria-label='Good answer'][aria-pressed=true]")
        assert page.locator(f"{CHAT} .why").count() == 0
        page.click(f"{CHAT} [aria-label='So-so answer']")
        page.fill(f"{CHAT} .why input", "Too long")
        page.press(f"{CHAT} .why input", "Enter")
        page.wait_for_selector(f"{CHAT} .note >> text=Thank you")
        page.click(f"{CHAT} [aria-label='So-so answer']")
        page.wait_for_selector(f"{CHAT} [aria-label='So-so answer'][aria-pressed=false]")
        said = [call[3] for call in api.calls("POST", "/feedback")]
        assert said == [{"value": 1}, {"value": 0}, {"value": 0, "comment": "Too long"}, {"value": None}]


def test_identify_is_believed_when_signed_and_else_the_console_says_so(browser, servers):
    api, site = servers
    with opened(browser, site.put()) as page:
        told = []
        page.on("console", lambda line: told.append((line.type, line.text)))
        open_chat(page)
        ask(page)
        assert page.evaluate("() => Docent.identify({ id: '7', name: 'Uma', hash: 'bad' })") is False
        assert ("warning", "Docent: identify() was ignored. The signature does not fit.") in told
        assert page.evaluate("() => Docent.identify({ id: '7', name: 'Uma', hash: 'good' })") is True
        ask(page, until=f"{CHAT} .client >> nth=1")
        page.wait_for_function(
            f"() => document.querySelector('{CHAT}').shadowRoot.querySelectorAll('.tools').length === 2"
        )
        opening = [call[3] for call in api.calls("POST", "/session")]
        assert "identity" not in opening[0]
        assert opening[1]["identity"] == {"id": "7", "email": "", "name": "Uma", "hash": "good"}
        assert opening[1]["resume_token"] == "resume-1"


def test_the_page_hears_of_everything_as_events_of_its_window(browser, servers):
    _, site = servers
    heard = "window.heard = []; for (const name of ['open', 'close', 'answer']) addEventListener('docent:' + name, (e) => heard.push([name, e.detail?.state]));"
    with opened(browser, site.put(), init=heard) as page:
        open_chat(page)
        ask(page)
        page.keyboard.press("Escape")
        assert page.evaluate("() => heard") == [["open", None], ["answer", "grounded"], ["close", None]]


def test_it_says_when_there_is_no_network(browser, servers):
    _, site = servers
    with opened(browser, site.put()) as page:
        open_chat(page)
        assert page.is_hidden(f"{CHAT} .offline")
        page.context.set_offline(True)
        page.wait_for_selector(f"{CHAT} .offline")
        page.context.set_offline(False)
        page.wait_for_selector(f"{CHAT} .offline", state="hidden")


def test_it_looks_as_its_owner_wants(browser, servers):
    api, site = servers
    look = {"label": "Ask us", "icon": "spark", "corner": "left", "side": 40, "bottom": 60, "mode": "dark"}
    api.config = stub.make_config(look, "ar", avatar="/widget/pictures/1", subtitle="من الاثنين")
    with opened(browser, site.put(), locale="ar") as page:
        box = page.locator(f"{CHAT} .launch").bounding_box()
        assert (box["x"], 800 - box["y"] - box["height"]) == (40, 60)
        assert page.inner_text(f"{CHAT} .launch") == "Ask us"
        assert page.get_attribute(f"{CHAT} .launch", "aria-label").startswith("Ask us, ")
        open_chat(page)
        page.wait_for_function(
            f"() => document.querySelector('{CHAT}').shadowRoot.querySelector('canvas.avatar').width === 8"
        )
        assert in_chat(page, "getComputedStyle(root.querySelector('.w')).direction") == "rtl"
        assert page.inner_text(f"{CHAT} .name p") == "من الاثنين"
        assert "lang=en%2Car" in api.calls("GET", "/config")[0][1]


def test_a_form_is_filled_in_by_keyboard_and_says_what_is_wrong_where_it_is(browser, servers):
    api, site = servers
    api.config = stub.make_config(forms=stub.FORMS)
    with opened(browser, site.put()) as page:
        open_chat(page)
        page.focus(f"{CHAT} .offers .chip >> nth=0")
        page.keyboard.press("Enter")
        assert in_chat(page, "root.activeElement.type") == "email"
        page.keyboard.type("uma")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{CHAT} .sheet .wrong >> text=This is not an e-mail address.")
        assert (
            in_chat(page, "root.getElementById(root.activeElement.getAttribute('aria-describedby')).textContent")
            == "This is not an e-mail address."
        )
        page.fill(f"{CHAT} .sheet [type=email]", "uma@example.com")
        page.fill(f"{CHAT} .sheet [type=date]", "2027-02-03")
        page.select_option(f"{CHAT} .sheet select >> nth=0", "Garden")
        page.select_option(f"{CHAT} .sheet select >> nth=1", "4")
        page.check(f"{CHAT} .sheet [type=checkbox]")
        page.click(f"{CHAT} .sheet .strong")
        page.wait_for_selector(f"{CHAT} .form .note >> text=We have it.")
        assert api.calls("POST", "/forms/7")[-1][3] == {"lang": "en", "values": {
            "email": "uma@example.com", "date": "2027-02-03", "room": "Garden", "stars": "4", "wishes": "", "yes": "yes"}}  # fmt: skip


def test_a_refusal_offers_a_person_and_words_offer_their_form(browser, servers):
    api, site = servers
    api.config = stub.make_config(forms=stub.FORMS)
    api.stream = stub.answer("I found nothing.", state="refused")
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page, "Where is the moon?", until=f"{CHAT} .extra .chip >> text=Talk to a person")
        api.stream = stub.answer("Yes.")
        ask(page, "Is a Table free?", until=f"{CHAT} .extra .chip >> text=Ask for a date")
        assert page.locator(f"{CHAT} .extra .chip").count() == 2
        page.click(f"{CHAT} .extra .chip >> nth=0")
        page.fill(f"{CHAT} .sheet [type=email]", "uma@example.com")
        page.click(f"{CHAT} .sheet .strong")
        page.wait_for_selector(f"{CHAT} .form .note >> text=We have it.")
        assert len(api.calls("POST", "/chat/handoff")) == 1
        page.click(f"{CHAT} .offers .chip >> nth=0")
        page.click(f"{CHAT} .sheet .chip:not(.strong)")
        assert page.locator(f"{CHAT} .sheet").count() == 0


def test_a_form_that_is_being_filled_in_outlives_a_look_at_another_tab(browser, servers):
    api, site = servers
    api.config = stub.make_config(forms=stub.FORMS)
    with opened(browser, site.put()) as page:
        open_chat(page)
        ask(page)
        page.click(f"{CHAT} .offers .chip >> nth=0")
        page.fill(f"{CHAT} .sheet [type=email]", "uma@example.com")
        with page.expect_event("console", lambda line: line.text == "back"):
            page.evaluate(
                "() => { document.dispatchEvent(new Event('visibilitychange')); setTimeout(() => console.log('back'), 300); }"
            )
        assert page.input_value(f"{CHAT} .sheet [type=email]") == "uma@example.com"
