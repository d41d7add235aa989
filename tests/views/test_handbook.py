"""The handbook is read in the product by everybody, and each screen leads to the place that explains it."""

from __future__ import annotations

import re

import pytest

from app import handbook
from views.handbook import PLACES


@pytest.mark.parametrize(("view", "place"), PLACES.items())
def test_each_screen_leads_to_a_section_that_is_there(app, view, place):
    page, anchor = place
    assert anchor in {section.anchor for section in handbook.read(page).sections}, view
    assert any(rule.endpoint == view or rule.endpoint.startswith(f"{view}.") for rule in app.url_map.iter_rules()), view


def test_strangers_and_members_read_every_page(app, as_ada):
    for client in (app.test_client(), as_ada):
        index = client.get("/handbook/").text
        for name in handbook.PAGES:
            assert f'href="/handbook/{name}"' in index
            page = client.get(f"/handbook/{name}")
            assert page.status_code == 200
            assert handbook.read(name).title in page.text.replace("&#39;", "'")
        assert client.get("/handbook/..%2fsecrets").status_code == client.get("/handbook/nothing").status_code == 404


def test_a_page_where_somebody_may_hesitate_has_a_way_to_the_handbook(ada, as_ada):
    page = as_ada.get(f"/golden/{ada.chatbot_uuid}").text
    address = re.search(r'<nav class="help"[^>]*>\s*<a href="([^"]+)"', page)[1]
    assert address == "/handbook/looking-after#golden-questions"
    assert 'id="golden-questions"' in as_ada.get(address.partition("#")[0]).text


def test_its_texts_are_what_the_demo_chatbot_knows():
    known = {path.stem for path in (handbook.FOLDER.parent / "web").glob("*.html")}
    known |= {path.stem for path in handbook.FOLDER.parent.glob("*.p*")} | {"operations-notes"}
    assert set(handbook.PAGES) <= known
    assert set(handbook.PAGES) == {path.stem for path in handbook.FOLDER.glob("*.md")}


def test_what_strangers_make_up_as_names_takes_no_memory(app):
    for n in range(20):
        assert app.test_client().get(f"/handbook/nothing-{n}").status_code == 404
    caches = [one.cache_info().currsize for one in vars(handbook).values() if hasattr(one, "cache_info")]
    assert sum(caches) <= len(handbook.PAGES)
