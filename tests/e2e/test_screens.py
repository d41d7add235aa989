"""Every link by every role leads to a page of ours, and every distinct page is in order in a real browser.

In order: no complaint, no barrier, no sideways scroll, nothing that jumps. A page that looks like one of somebody else is looked at once. Each is loaded once: colors change by an attribute, and
its size by the window.
"""

from __future__ import annotations

import functools
import os
import re

import pytest

from tests.e2e.accessibility import TAGS, violations
from tests.e2e.crawl import OF_A_KIND, crawl, distinct
from tests.e2e.listener import Listener
from tests.e2e.walk import NARROW, NARROWEST, WIDE, pages_of, sign_in

CHANGING = ["color-contrast", "target-size", "scrollable-region-focusable", "aria-hidden-focus"]  # by color or size
PEOPLE = ("nobody", "ada", "uma", "cid", "sam", "root", "ben", "sue")
N_PARTS = 6
MAX_SHIFT = 0.02
IS_WHOLE = bool(os.environ.get("WHOLE_CRAWL"))
ALL = 10**6 if IS_WHOLE else OF_A_KIND  # how many rows of each page
REFUSED = ("/nothing", "/verify/x", "/invitation/x")  # no link leads there
WATCH = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def crawled(stage):
    """What each of the cast comes to by links alone, opened once."""
    return functools.cache(lambda who: list(crawl(stage[2], who, of_a_kind=ALL)))


def _breach_of(page) -> str:
    """What is wrong with a page; empty where nothing is."""
    if page.status != 200:
        return f"answers {page.status}"
    if not page.html:
        return ""  # a file
    if '<main id="main"' not in page.html or "/static/appbuilder" in page.html:
        return "is not in our frame"
    if page.html.count("<h1") != 1:
        return f"has {page.html.count('<h1')} headings of the first rank"
    title = re.search(r"<title>(.*?)</title>", page.html, re.DOTALL)[1]
    if not re.fullmatch(r"\S.* - Docent", title):
        return f"is called {title!r}"
    main = page.html.partition('<main id="main"')[2].partition("</main>")[0]
    has_way_on = re.search(r"<(a|button|form)\b", main) or '<nav class="crumbs"' in page.html
    return "" if has_way_on else "leads nowhere"


@pytest.mark.parametrize(("who", "at_least"), [
    ("nobody", 3), ("ada", 80), ("ben", 60), ("uma", 20), ("cid", 25), ("sam", 40), ("root", 90), ("sue", 10),
])  # fmt: skip
def test_every_link_leads_to_a_page_of_ours(crawled, who, at_least):
    found = [(page, _breach_of(page)) for page in crawled(who)]
    assert [f"{page.path} {said}; linked from {page.linked_from}" for page, said in found if said] == []
    assert len({page.endpoint for page, _ in found}) >= at_least


@pytest.fixture(scope="module")
def distinct_pages(stage, crawled):
    """Who looks at what: the pages that links lead to, and those that none does."""
    _, rows, app = stage
    found = distinct(
        app, {who: crawled(who) for who in PEOPLE}, **({"of_a_kind": 5, "max_looks": 99} if IS_WHOLE else {})
    )
    linked = {path for _, path in found}
    beside = [("nobody", path) for path in pages_of("nobody", rows) if path not in linked]
    return sorted(found + beside + [("ada", "/nothing"), ("ada", f"/history/{rows.service_id}?slower=x")])


def _resize(page, width, theme):
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)


def _is_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def _looks(page):
    """Show a page wide and narrow, light and dark, and yield what axe finds."""
    looks = [(WIDE, "light", TAGS), (NARROW, "dark", CHANGING)]
    if IS_WHOLE:
        looks = [(width, theme, TAGS) for width in (WIDE, NARROW) for theme in ("light", "dark")]
    for width, theme, rules in looks:
        _resize(page, width, theme)
        yield from (f"at {width}, {theme}: {barrier}" for barrier in violations(page, rules))


def _wrong_with(page, listener, url):
    page.set_viewport_size({"width": WIDE, "height": 800})
    status = page.goto(url).status
    shifted = page.evaluate("window.shifted")
    found = [*_looks(page)]
    _resize(page, NARROWEST, "light")
    if _is_wide(page):
        found.append("scrolls sideways")
    if shifted > MAX_SHIFT:
        found.append(f"jumps by {shifted:.3f}")
    if status not in (200, 400, 404):
        found.append(f"answers {status}")
    return found + listener.said()


@pytest.fixture(scope="module")
def cookies(browser, stage):
    """The cookies of each person by name. Everybody signs in once: an address may try it ten times in a minute."""
    found = {}
    for who in PEOPLE:
        context = browser.new_context()
        if who != "nobody":
            sign_in(context, stage[0], who)
        found[who] = context.cookies()
        context.close()
    return found


@pytest.mark.browser
@pytest.mark.parametrize("part", range(N_PARTS))
def test_every_page_is_in_order(browser, stage, distinct_pages, cookies, part):
    address, wrong = stage[0], []
    mine = distinct_pages[part::N_PARTS]
    for who in dict.fromkeys(who for who, _ in mine):
        context = browser.new_context(viewport={"width": WIDE, "height": 800}, reduced_motion="reduce")
        context.add_cookies(cookies[who])
        context.add_init_script(WATCH)
        page = context.new_page()
        listener = Listener(page, address)
        for path in [path for person, path in mine if person == who]:
            wrong += [f"{who} {path} {what}" for what in _wrong_with(page, listener, address + path)]
        context.close()
    assert wrong == []
    assert mine
