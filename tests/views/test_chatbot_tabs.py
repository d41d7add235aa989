"""A chatbot's page holds its whole life in tabs, each with an address of its own, and none that leads to a refusal."""

from __future__ import annotations

import re

import pytest

from models import Source, db
from tests.conftest import inside
from tests.isolation.conftest import add_person, come_in

OF_LEADERS = [
    "Overview", "Sources", "Answers", "Look", "Domains", "History", "Insights", "Settings", "Versions",
]  # fmt: skip


def tabs_on(page):
    """Return the labels and addresses of the tabs of a page, and the one that is open."""
    nav = re.search(r'<nav class="tabs" aria-label="Parts of.*?</nav>', page, re.DOTALL)[0]
    links = re.findall(r'<a href="([^"]+)"([^>]*)>([^<]+)</a>', nav)
    current = [label for _, more, label in links if "aria-current" in more]
    return {label: address.replace("&amp;", "&") for address, _, label in links}, current


def parts_on(page):
    nav = re.search(r'<nav class="tabs-inner".*?</nav>', page, re.DOTALL)
    return [address.replace("&amp;", "&") for address in re.findall(r'href="([^"]+)"', nav[0])] if nav else []


def test_its_owner_is_shown_all_of_them_on_each(app, ada, as_ada):
    tabs, current = tabs_on(as_ada.get(f"/chatbot/{ada.chatbot_uuid}").text)
    assert (list(tabs), current) == (OF_LEADERS, ["Overview"])
    for label, address in tabs.items():
        page = as_ada.get(address)
        assert page.status_code == 200, address
        assert tabs_on(page.text) == (tabs, [label]), address
        for part in parts_on(page.text):
            inner = as_ada.get(part)
            assert inner.status_code == 200, part
            assert tabs_on(inner.text) == (tabs, [label]), part


@pytest.mark.parametrize("part", ["sources", "domains", "webhooks"])
def test_the_menu_marks_chatbots_alone_on_a_part_called_as_another_entry(ada, as_ada, part):
    menu = as_ada.get(f"/chatbot/{ada.chatbot_uuid}/{part}").text.partition('<nav aria-label="Main menu">')[2]
    menu = menu.partition("</nav>")[0]
    assert re.findall(r'aria-current="\w+">.*?</svg>\s*(\w+)', menu, re.DOTALL) == ["Chatbots"]


def test_who_only_uses_it_is_shown_no_tab_that_is_closed_to_them(app, ada):
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    tabs, _ = tabs_on(uma.get(f"/chatbot/{ada.chatbot_uuid}").text)
    assert list(tabs) == ["Overview", "Sources", "Answers", "Domains", "Versions"]
    assert {uma.get(address).status_code for address in tabs.values()} == {200}


def test_its_overview_says_what_waits_for_its_owner(app, ada, as_ada):
    own = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id}
    with inside(app):
        db.session.add(Source(**own, kind="file", title="broken.pdf", data_loc="x", state="failed"))
        db.session.commit()
    page = as_ada.get(f"/chatbot/{ada.chatbot_uuid}").text
    waiting = page.partition("What needs you")[2]
    assert "1 source could not be read." in waiting
    assert f"/chatbot/{ada.chatbot_uuid}/sources" in waiting


@pytest.mark.parametrize("asks", ["page", "script"])
def test_its_sources_are_a_page_and_for_a_script_a_part_of_one(ada, as_ada, asks):
    headers = {"X-Part": "sources"} if asks == "script" else {}
    shown = as_ada.get(f"/chatbot/{ada.chatbot_uuid}/sources", headers=headers).text
    assert ("<html" in shown) == (asks == "page")
    assert 'id="sources"' in shown


def test_the_menu_of_a_page_that_does_not_exist_is_the_one_of_all_others(as_ada):
    menus = [
        re.search(r'<nav aria-label="Main menu">.*?</nav>', as_ada.get(path).text, re.DOTALL)
        for path in ("/profile/", "/none")
    ]
    assert re.findall(r'href="([^"]*)"', menus[0][0]) == re.findall(r'href="([^"]*)"', menus[1][0])
