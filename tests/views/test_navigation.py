"""The menu of somebody who begins: what leads to an empty list comes with what fills it, all else offers a next step."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace

import lxml.html
import pytest

from app.accounts import members
from app.plans.catalog import find_plan
from app.plans.services import grant
from models import Chatbot, ChatSession, db
from models.members import MEMBER
from tests.conftest import inside, sign_in

LATER = ["Sources", "Chat history", "Unanswered", "Insights", "Submissions"]


def add_beginner(app):
    """Ada, who has just signed up: a plan, and nothing else."""
    with inside(app):
        person = members.add_member(
            "Ada", f"ada-{uuid.uuid4().hex}@example.com", "x" * 30, platform_role=MEMBER, verified=True
        )
        service, workspace = grant(person, find_plan("free"), "Acme")
        db.session.commit()
        return SimpleNamespace(member_id=person.id, service_id=service.id, workspace_id=workspace.id)


@pytest.fixture
def beginner(app):
    return add_beginner(app)


def menu_of(client):
    """The entries of the menu with their addresses."""
    page = lxml.html.document_fromstring(client.get("/profile/").text)
    entries = page.xpath('//div[@id="menu"]//nav//a')
    return {entry.text_content().strip(): entry.get("href") for entry in entries}


def test_what_leads_to_empty_lists_comes_with_what_fills_them(app, beginner):
    client = sign_in(app, beginner)
    at_first = menu_of(client)
    assert set(LATER).isdisjoint(at_first)
    assert {"Home", "Chatbots", "Domains", "Workspaces", "Members", "API keys"} <= set(at_first)
    with inside(app):
        owned = {"service_id": beginner.service_id, "workspace_id": beginner.workspace_id}
        chatbot = Chatbot(**owned, name="Shop helper", owner_id=beginner.member_id)
        db.session.add(chatbot)
        db.session.commit()
        chatbot_id = chatbot.id
    assert set(menu_of(client)) & set(LATER) == {"Sources", "Chat history"}
    with inside(app):
        db.session.add(ChatSession(service_id=beginner.service_id, chatbot_id=chatbot_id))
        db.session.commit()
    assert set(LATER) <= set(menu_of(client))


def test_each_entry_of_a_beginner_leads_to_something_or_says_what_comes_next(app, beginner):
    client = sign_in(app, beginner)
    for name, url in menu_of(client).items():
        page = client.get(url, follow_redirects=True).text
        main = page[page.index('<main id="main"') : page.index("</main>")]
        empty = main.partition('class="empty"')[2]
        assert not empty or re.search(r"<(a|button)\b", empty), name


def test_a_beginner_opens_all_of_it_by_its_address_as_ever(app, beginner):
    client = sign_in(app, beginner)
    for url in (
        "/sourceview/list/",
        "/unanswered/",
        "/insights/",
        "/submissionview/list/",
        f"/history/{beginner.service_id}",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert re.search(r"<(a|button)\b[^>]*class=\"button", answer.text.partition('<main id="main"')[2]), url


def test_who_runs_the_installation_is_shown_all_of_it(app):
    with inside(app):
        root = members.add_member(
            "Root", f"root-{uuid.uuid4().hex}@example.com", "x" * 30, platform_role="Superadmin", verified=True
        )
        db.session.commit()
        root = SimpleNamespace(member_id=root.id)
    assert set(LATER) <= set(menu_of(sign_in(app, root)))
