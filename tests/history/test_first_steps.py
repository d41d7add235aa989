"""The first steps of a chatbot are read from what is there, and go once all are done or nobody wants to see them."""

from __future__ import annotations

import re

import pytest

from app.domains import embeds
from app.history import first_steps
from models import Chatbot, ChatSession, Domain, Message, Source, db
from models.base import now
from tests.conftest import inside, make_customer, sign_in


@pytest.fixture
def place(app):
    return make_customer(app, "ada")


@pytest.fixture
def change(app, place):
    """Change rows of ada's chatbot as her screens and visitors would."""

    def change(act):
        with inside(app):
            act(db.session.get(Chatbot, place.chatbot_id))
            db.session.commit()

    return change


def add_source(chatbot):
    own = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    db.session.add(Source(**own, kind="file", title="a.pdf", data_loc="x", state="ready"))


def ask(chatbot, domain_id=None):
    own = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    chat = ChatSession(**own, domain_id=domain_id, n_questions=1)
    db.session.add(chat)
    db.session.flush()
    db.session.add(Message(**own, session_id=chat.id, type="client", message="Why?"))


def choose_look(chatbot):
    chatbot.settings = {**(chatbot.settings or {}), "look": {"accent": "#112233"}}


def show_on_website(chatbot, domain_id):
    embeds.add(chatbot, db.session.get(Domain, domain_id)).last_seen_at = now()


def done(app, place):
    """Return the steps that are done, and the next one; None where nothing is shown."""
    with inside(app):
        way = first_steps.read(db.session.get(Chatbot, place.chatbot_id))
        return way and ({step for step, is_done in way.done.items() if is_done}, way.next_step)


def test_each_step_is_done_by_what_it_asks_for(app, place, change):
    assert done(app, place) == ({"domain"}, "document")
    change(add_source)
    assert done(app, place) == ({"domain", "document"}, "question")
    change(ask)
    assert done(app, place) == ({"domain", "document", "question"}, "look")
    change(choose_look)
    assert done(app, place) == ({"domain", "document", "question", "look"}, "code")
    change(lambda chatbot: show_on_website(chatbot, place.domain_id))
    assert done(app, place)[1] == "visitor"
    change(lambda chatbot: ask(chatbot, place.domain_id))
    assert done(app, place) is None


def test_a_visitor_on_the_website_shows_that_the_code_is_there_before_its_loads_are_counted(app, place, change):
    change(lambda chatbot: embeds.add(chatbot, db.session.get(Domain, place.domain_id)))
    change(lambda chatbot: ask(chatbot, place.domain_id))
    assert {"code", "visitor"} <= done(app, place)[0]


def test_the_page_of_a_chatbot_names_them_and_the_next_leads_to_its_screen(app, place):
    page = sign_in(app, place).get(f"/chatbot/{place.chatbot_uuid}").text
    assert "1 of 6 done" in page
    assert re.search(
        rf'class="button button-small" href="/chatbot/{place.chatbot_uuid}/sources">\s*Add a document', page
    )


def test_a_website_that_is_not_proven_is_where_the_step_leads(app, place):
    with inside(app):
        domain = db.session.get(Domain, place.domain_id)
        domain.verified = False
        db.session.commit()
        uuid = domain.uuid
    assert done(app, place)[0] == set()
    assert f'href="/domain/{uuid}"' in sign_in(app, place).get(f"/chatbot/{place.chatbot_uuid}").text


def test_they_can_be_put_away_for_good(app, place):
    client, page = sign_in(app, place), f"/chatbot/{place.chatbot_uuid}"
    assert client.post(f"{page}/steps/hide").status_code == 302
    assert "First steps" not in client.get(page).text
    edit = {"name": "Helper", "type": "support", "status": "enabled", "description": ""}
    assert client.post(f"/chatbotview/edit/{place.chatbot_id}", data=edit).status_code == 302
    assert "First steps" not in client.get(page).text
