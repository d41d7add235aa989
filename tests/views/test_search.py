"""Quick search: pages by name, rows by what they are called, each person's own and nobody else's."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import event

from app.history import fulltext
from models import ChatSession, Message, Source, db
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person


@pytest.fixture(scope="module")
def acme(app, ada):
    """Ada's source and chat beside her chatbot and domain; Uma, who only uses them."""
    from app.history import summary

    with inside(app):
        below = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id}
        chat = ChatSession(**below, domain_id=ada.domain_id)
        db.session.add_all([Source(**below, kind="file", data_loc="x", title=f"handbook {ada.canary}"), chat])
        db.session.flush()
        db.session.add(Message(**below, session_id=chat.id, type="client", message=f"Where is the {ada.canary} shelf?"))
        db.session.flush()
        summary.renew(chat)
        db.session.commit()
    place = (ada.service_id, ada.workspace_id, "user")
    return SimpleNamespace(member_id=add_person(app, "uma", place=place))


def headings(client, words):
    page = client.get("/search/found", query_string={"q": words})
    assert page.status_code == 200
    return re.findall(r"<h2>([^<]+)</h2>", page.text)


@pytest.mark.usefixtures("acme")
def test_everything_that_is_called_so_is_found_and_opens(as_ada, ada):
    assert headings(as_ada, ada.canary) == ["Chatbots", "Sources", "Domains", "Chats"]
    assert headings(as_ada, "uma-") == ["Members"]
    page = as_ada.get("/search/", query_string={"q": ada.canary}).text
    addresses = re.findall(r'<li><a href="([^"]+)">', page.partition('class="card found"')[2])
    assert len(addresses) >= 4
    for address in addresses:
        assert as_ada.get(address, follow_redirects=True).status_code == 200, address


def test_who_only_uses_finds_no_chats_and_no_people(app, acme, ada):
    assert headings(sign_in(app, acme), ada.canary) == ["Chatbots", "Sources", "Domains"]


@pytest.mark.usefixtures("acme")
def test_a_common_word_is_looked_for_in_ones_own_services_alone(app, as_ada, ada, monkeypatch):
    """Whatever other customers have said: else each letter that somebody types walks through all of it."""
    monkeypatch.setattr(fulltext, "FEW", 0)  # more than that are found: all of a place are walked through
    asked = []
    with inside(app):
        engine = db.engine

    def note(_connection, _cursor, statement, parameters, *_how):
        if "chat_sessions.last_question" in statement and ("MATCH" in statement or "@@" in statement):
            asked.append(str(parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert "Chats" in headings(as_ada, "shelf")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert [f"§{ada.service_id}" in parameters for parameters in asked] == [True]


@pytest.mark.usefixtures("acme")
def test_a_stranger_finds_nothing(app, cid, ada):
    assert headings(sign_in(app, cid), ada.canary) == []


@pytest.mark.usefixtures("acme")
def test_who_runs_the_installation_finds_services_and_people(app, ada):
    boss = sign_in(app, SimpleNamespace(member_id=1))
    assert {"Services", "People", "Chatbots"} <= set(headings(boss, ada.canary))


def test_pages_are_found_by_name_and_only_those_that_are_open(app, acme, as_ada):
    assert headings(as_ada, "") == ["Pages"]
    assert "/unanswered/" in as_ada.get("/search/found?q=unans").text
    assert "/unanswered/" not in sign_in(app, acme).get("/search/found?q=unans").text
    assert "Orders" not in as_ada.get("/search/found").text


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "x" * 5000, "\0\0\0", '"<b>'])
def test_it_bears_whatever_is_typed(as_ada, words):
    assert as_ada.get("/search/", query_string={"q": words}).status_code == 200


def test_a_letter_that_means_anything_to_a_database_is_a_letter(as_ada):
    assert headings(as_ada, "%%") == headings(as_ada, "__") == []
