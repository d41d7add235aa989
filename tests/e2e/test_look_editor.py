"""The editor of a widget: what is typed is shown at once by the real widget, and by nothing else until it is saved."""

from __future__ import annotations

import pytest

from tests.e2e.walk import sign_in

pytestmark = pytest.mark.browser


def test_what_is_typed_is_shown_at_once_on_desktop_and_phone(browser, stage):
    address, rows, _ = stage
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    try:
        sign_in(context, address, "ada")
        page = context.new_page()
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(f"{address}/chatbot/{rows.full}/look")
        frame = page.frame_locator("#preview")
        frame.locator("docent-chat .name h2 >> text=Shop helper").wait_for()
        page.fill("#look-title", "Acme helps")
        page.fill("#look-header", "#ffe600")
        page.fill("#look-suggestions", "First?\nSecond?")
        frame.locator("docent-chat .name h2 >> text=Acme helps").wait_for()
        frame.locator("docent-chat .first .chip >> text=Second?").wait_for()
        assert frame.locator("docent-chat .head").evaluate("(head) => getComputedStyle(head).color") == "rgb(0, 0, 0)"
        assert page.evaluate("() => document.activeElement.id") == "look-suggestions"  # typing goes on
        page.click("[data-size=phone]")
        frame.locator("docent-chat .full .panel").wait_for()
        page.fill("#look-header", "#ffe6")  # not yet a color
        page.fill("#look-title", "Still here")
        frame.locator("docent-chat .name h2 >> text=Still here").wait_for()
        page.reload()
        frame.locator("docent-chat .name h2 >> text=Shop helper").wait_for()  # nothing was saved
        assert complaints == []
    finally:
        context.close()


def test_a_form_goes_all_the_way_from_the_chat_to_who_takes_care_of_it(browser, stage):
    address, rows, _ = stage
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    try:
        sign_in(context, address, "ada")
        page = context.new_page()
        page.goto(f"{address}/chatbot/{rows.full}/preview")
        page.click("docent-chat .offers .chip >> text=Report a problem")
        page.click("docent-chat .sheet .strong")
        page.wait_for_selector("docent-chat .sheet .wrong >> text=Please fill this in. >> nth=2")
        page.fill("docent-chat .sheet [type=email]", "zoe@example.com")
        page.fill("docent-chat .sheet textarea", "The lid is missing")
        page.select_option("docent-chat .sheet select", "Soon")
        page.click("docent-chat .sheet .strong")
        page.wait_for_selector("docent-chat .form .note >> text=Thank you. We will get back to you.")
        page.goto(f"{address}/submissionview/list/?q=zoe")
        page.click("main tbody th a")
        assert "The lid is missing" in page.inner_text("main")
        page.select_option("#state", "done")
        page.select_option("#assignee", label="Ada Acme")
        page.click("main form .button")
        page.wait_for_selector(".flash-success")
        page.goto(f"{address}/submissionview/list/?state=done")
        assert "Ada Acme" in page.inner_text("main tbody")
    finally:
        context.close()
