"""Nothing on a page stands outside of the catalogs, whoever opens it, so that none of it stays English elsewhere."""

from __future__ import annotations

import pytest

from tests.languages import pages


@pytest.fixture(scope="module")
def bracketing(artifact):
    with pages.set_stage(artifact) as stage:
        yield stage


@pytest.mark.parametrize("who", pages.PEOPLE)
def test_a_catalog_can_translate_all_that_pages_say_to(bracketing, who):
    assert pages.untranslated(*bracketing, who) == {}


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Sources</h1>",
        '<button aria-label="Delete"></button>',
        "<p>\u27e6What becomes of it?\u27e7 Nothing.</p>",
        '<ul data-label="Waiting"></ul>',
    ],
    ids=["heading", "name of a button", "rest of a sentence", "label of a cell"],
)
def test_what_stands_outside_of_the_catalogs_is_seen(page):
    assert pages.strays(page, data=set())


def test_what_people_have_entered_and_what_is_translated_is_none_of_it():
    page = '<h1>\u27e6Chats of \u27e7Globex</h1><p dir="auto">Hello!</p><code>api_key</code>'
    assert pages.strays(page, data={"Globex"}) == []
