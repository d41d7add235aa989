"""Every link by every role: none leads into an error or a dead end, and every page is one of ours."""

from __future__ import annotations

import os
import re

import pytest

from tests.conftest import inside
from tests.e2e import cast
from tests.e2e.crawl import OF_A_KIND, crawl
from tests.e2e.stage import make_app

ALL = 10**6 if os.environ.get("WHOLE_CRAWL") else OF_A_KIND  # how many rows of each page


@pytest.fixture(scope="module")
def staged(tmp_path_factory, artifact):
    """The application with the cast's rows, and no server."""
    from models import db

    app = make_app(tmp_path_factory.mktemp("stage"), 8080, artifact)
    with inside(app):
        cast.set_stage()
    yield app
    with app.app_context():
        db.engine.dispose()


def wrong_with(page) -> str:
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


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("who", "at_least"), [
    ("nobody", 3), ("ada", 80), ("ben", 60), ("uma", 20), ("cid", 25), ("sam", 40), ("root", 90),
])  # fmt: skip
def test_every_link_leads_to_a_page_of_ours(staged, who, at_least):
    wrong, endpoints = [], set()
    for page in crawl(staged, who, of_a_kind=ALL):
        endpoints.add(page.endpoint)
        if said := wrong_with(page):
            wrong.append(f"{page.path} {said}; linked from {page.linked_from}")
    assert wrong == []
    assert len(endpoints) >= at_least
