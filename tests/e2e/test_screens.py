"""Every screen of every role in a real browser: nothing of FAB's look, no complaint, no barrier, no sideways scroll."""

from __future__ import annotations

import pytest

from tests.e2e.accessibility import TAGS, violations
from tests.e2e.walk import NARROW, NARROWEST, WIDE, pages_of, sign_in

CHANGING = ["color-contrast", "target-size", "scrollable-region-focusable", "aria-hidden-focus"]

MISSING = ("/nothing", "/verify/x", "/invitation/x")
REFUSED = {"slower=x": 400}  # what can't be asked of a list, said at its field

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def _listen(page):
    """Collect what a user never sees: errors in scripts, breaches of the CSP, what was loaded from where."""
    complaints, loaded = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda request: loaded.append(request.url))
    page.on(
        "requestfailed", lambda request: complaints.append(f"not loaded: {request.url}") if _is_lost(request) else None
    )
    return complaints, loaded


def _is_lost(request):
    """Whether something could not be loaded; a live part that is asked for just when the page is left is no loss."""
    return not (request.resource_type in ("fetch", "eventsource") and request.failure == "net::ERR_ABORTED")


def _is_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def _barriers(page, path):
    """What axe finds: all rules once, then those that colors can change, and those that size can."""
    found = []
    for width, scheme, rules in ((WIDE, "light", TAGS), (WIDE, "dark", CHANGING), (NARROW, "dark", CHANGING)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        found += [f"{path} {width} {scheme} {barrier}" for barrier in violations(page, rules)]
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("who", ["nobody", "ada", "ben", "uma", "cid", "sam", "root"])
def test_every_screen_is_ours_and_in_order(browser, stage, who):
    address, rows, _ = stage
    context = browser.new_context(viewport={"width": WIDE, "height": 800}, reduced_motion="reduce")
    if who != "nobody":
        sign_in(context, address, who)
    page = context.new_page()
    complaints, loaded = _listen(page)
    wrong = []
    for path in pages_of(who, rows):
        response = page.goto(address + path)
        expected = REFUSED.get(path.partition("?")[2]) or (404 if path in MISSING else 200)
        if response.status != expected:
            wrong.append(f"{path} answered {response.status}")
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        if _is_wide(page):
            wrong.append(f"{path} scrolls sideways")
        if who not in ("ben", "uma"):  # their pages are among Ada's
            wrong += _barriers(page, path)
    context.close()
    complaints = [said for said in complaints if "404" not in said and "400" not in said]
    assert wrong == []
    assert complaints == []
    assert [url for url in loaded if not url.startswith(address)] == []
    assert [url for url in loaded if "/static/appbuilder" in url or "jquery" in url or "bootstrap" in url] == []
