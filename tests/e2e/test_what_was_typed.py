"""What somebody typed outlives session, network and a look elsewhere, nothing is done twice, and the keyboard leads on."""

from __future__ import annotations

import pytest

from tests.conftest import inside
from tests.e2e.cast import PASSWORD, email_of
from tests.e2e.walk import WIDE, sign_in

pytestmark = pytest.mark.browser
FORM = "/chatbotview/add"


@pytest.fixture(scope="module")
def signed_in(browser, stage):
    """Ada's cookies: one sign-in for all tests, each with a context of its own."""
    context = browser.new_context()
    sign_in(context, stage[0], "ada")
    yield context.storage_state()
    context.close()


@pytest.fixture
def context(browser, signed_in):
    context = browser.new_context(storage_state=signed_in, viewport={"width": WIDE, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(context, stage):
    page = context.new_page()
    page.goto(stage[0] + FORM)
    return page


def type_chatbot(page, name):
    page.locator("#name").press_sequentially(name)  # by keys: a page may ask before it is left only if it was touched
    page.fill("#description", "What was typed,\nin two lines")
    page.select_option("#type", "sales")


def typed(page):
    return [page.input_value(f"#{field}") for field in ("name", "description", "type")]


def save(page):
    page.get_by_role("button", name="Save").click()


def count(app, name):
    from models import Chatbot, db

    with inside(app):
        return db.session.query(Chatbot).filter_by(name=name).count()


def sign_in_again(page, who):
    page.get_by_role("link", name="Sign in").click()
    page.fill("#email", email_of(who))
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(f"**{FORM}")


def test_a_session_that_ends_in_mid_form_loses_nothing(context, page, stage):
    type_chatbot(page, "Typed for an hour")
    context.clear_cookies()
    save(page)
    page.get_by_role("heading", name="Not sent yet").wait_for()
    sign_in_again(page, "ada")
    page.get_by_text("What you typed is back. It has not been sent yet.").first.wait_for()
    assert typed(page) == ["Typed for an hour", "What was typed,\nin two lines", "sales"]
    assert count(stage[2], "Typed for an hour") == 0
    save(page)
    page.wait_for_url("**/chatbot/*")
    assert count(stage[2], "Typed for an hour") == 1


def test_what_was_changed_while_a_session_had_ended_is_told_before_it_is_taken_over(context, page, stage):
    """The form is filled in again over what stands there now, and still knows what its writer saw."""
    from models import Chatbot, db

    address, _, app = stage
    page.goto(f"{address}/chatbotview/edit/1")
    page.locator("#description").fill("Mine, written for an hour")
    cookies = context.cookies()
    context.clear_cookies()
    save(page)
    page.get_by_role("heading", name="Not sent yet").wait_for()
    with inside(app):
        db.session.get_one(Chatbot, 1).description = "Of somebody else, meanwhile"
        db.session.commit()
    context.add_cookies(cookies)
    page.goto(f"{address}/chatbotview/edit/1")
    page.get_by_text("What you typed is back.").first.wait_for()
    save(page)
    page.get_by_text("Meanwhile this was changed: Description (“Of somebody else, meanwhile”)").wait_for()
    assert page.input_value("#description") == "Mine, written for an hour"
    save(page)
    page.wait_for_url("**/chatbot/*")
    with inside(app):
        assert db.session.get_one(Chatbot, 1).description == "Mine, written for an hour"


def test_what_somebody_typed_is_not_shown_to_who_signs_in_next(context, page):
    type_chatbot(page, "For nobody else")
    context.clear_cookies()
    save(page)
    sign_in_again(page, "ben")
    assert typed(page)[:2] == ["", ""]
    assert "For nobody else" not in page.content()


def test_leaving_a_form_that_was_touched_asks_and_staying_keeps_it(page):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Home").focus()
    type_chatbot(page, "Half a thought")
    page.get_by_role("link", name="Chatbots").first.click(no_wait_after=True)
    page.wait_for_function("() => document.querySelector('#name').value === 'Half a thought'")
    assert asked == ["beforeunload"]
    assert page.url.endswith(FORM)


def test_back_and_sent_again_is_done_once(page, stage):
    type_chatbot(page, "Only one of me")
    save(page)
    page.wait_for_url("**/chatbot/*")
    page.go_back()
    page.wait_for_url(f"**{FORM}")
    assert typed(page)[0] == "Only one of me"
    save(page)
    page.get_by_text("That was sent twice. It was done once.").first.wait_for()
    assert count(stage[2], "Only one of me") == 1
    known = page.evaluate("() => sessionStorage.getItem('docent-forms-sent')")
    assert "/chatbot" in known
    assert "Only one" not in known, "words stay with who typed them"


def test_back_and_something_else_is_done_as_well(page, stage):
    for name in ("One of two", "Two of two", "One of two"):
        page.locator("#name").fill(name)
        save(page)
        page.wait_for_url("**/chatbot/*")
        page.go_back()
        page.wait_for_url(f"**{FORM}")
    assert (count(stage[2], "One of two"), count(stage[2], "Two of two")) == (2, 1)


def test_who_is_offline_is_told_and_what_was_typed_stays_until_it_can_be_sent(context, page, stage):
    banner = page.locator("#offline")
    assert not banner.is_visible()
    type_chatbot(page, "Written in a tunnel")
    context.set_offline(True)
    banner.wait_for()
    save(page)
    assert page.url.endswith(FORM)
    assert typed(page)[0] == "Written in a tunnel"
    context.set_offline(False)
    banner.wait_for(state="hidden")
    save(page)
    page.wait_for_url("**/chatbot/*")
    assert count(stage[2], "Written in a tunnel") == 1


def test_single_keys_lead_on_and_can_be_switched_off(page, stage):
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.locator("#name").press("?")
    assert not shortcuts.is_visible()  # it was typed
    page.goto(f"{stage[0]}/chatbotview/list/")
    page.keyboard.press("?")
    shortcuts.wait_for()
    page.keyboard.press("Escape")
    shortcuts.wait_for(state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    page.wait_for_url(f"**{FORM}")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(f"{stage[0]}/")
    page.keyboard.press("?")
    page.get_by_label("Listen to single keys").uncheck()
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("h")
    assert not shortcuts.is_visible()
