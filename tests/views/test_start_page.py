"""A chatbot is made of the document that somebody drops: its name, workspace and form are not asked for."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from app.knowledge import beginning
from models import AuditEvent, Chatbot, Member, Source, Workspace, db
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in


@pytest.fixture
def owner(app):
    return make_customer(app, "ada")


def youngest(app, owner):
    with inside(app):
        chatbot = db.session.scalars(select(Chatbot).order_by(Chatbot.id.desc()).limit(1)).one()
        assert chatbot.service_id == owner.service_id
        titles = db.session.scalars(select(Source.data_loc).where(Source.chatbot_id == chatbot.id)).all()
        return chatbot.name, chatbot.uuid, titles


def place_of_youngest(app):
    with inside(app):
        return db.session.scalar(select(Chatbot.workspace_id).order_by(Chatbot.id.desc()).limit(1))


def drop(client, name):
    return client.post("/start/", data={"files": [(io.BytesIO(b"Goods may be returned."), name)]})


def test_a_dropped_file_becomes_a_chatbot_and_leads_to_its_preview(app, owner):
    answer = drop(sign_in(app, owner), "terms_of-sale.txt")
    name, uuid, files = youngest(app, owner)
    assert (name, len(files)) == ("Terms of sale", 1)
    assert answer.headers["Location"] == f"/chatbot/{uuid}/preview"
    with inside(app):
        events = select(AuditEvent.action).where(AuditEvent.service_id == owner.service_id)
        assert {"chatbots.add", "source.add"} <= set(db.session.scalars(events))
    page = sign_in(app, owner).get(f"/chatbot/{uuid}/preview").text
    assert "Your chatbot is reading" in page


@pytest.mark.parametrize("typed", ["www.example.com/help", "https://example.com/help"])
def test_an_address_is_taken_as_people_type_it(app, owner, typed):
    assert sign_in(app, owner).post("/start/", data={"url": typed}).status_code == 302
    name, _, pages = youngest(app, owner)
    assert name == "example.com"
    assert pages == [typed if "://" in typed else f"https://{typed}"]


def test_nothing_is_made_of_nothing(app, owner):
    with inside(app):
        before = db.session.query(Chatbot).count()
    assert sign_in(app, owner).post("/start/", data={"url": " "}).status_code < 500
    assert sign_in(app, owner).post("/start/", data={"url": "https://"}).status_code < 500
    with inside(app):
        assert db.session.query(Chatbot).count() == before


def test_who_may_not_make_chatbots_is_refused_and_shown_those_they_may_ask(app, owner):
    uma = come_in(app, add_person(app, "uma", place=(owner.service_id, owner.workspace_id, "user")))
    assert drop(uma, "mine.txt").status_code == 403
    home = uma.get("/").text
    assert "Drop a document" not in home
    assert f'href="/chatbot/{owner.chatbot_uuid}/preview"' in home
    assert "Ask it something" in home


def test_a_chatbot_comes_into_the_workspace_that_is_shown(app, owner):
    with inside(app):
        board = Workspace(service_id=owner.service_id, name="Board")
        db.session.add(board)
        db.session.commit()
        chosen, board_id = str(board.uuid), board.id
    client = sign_in(app, owner)
    client.post("/workplace/", data={"workspace": chosen})
    drop(client, "minutes.txt")
    assert place_of_youngest(app) == board_id


def test_who_runs_the_installation_makes_it_in_a_place_of_their_own(app, owner):
    """They may write everywhere: the first of all workspaces is another customer's."""
    mine = make_customer(app, "ben")
    with inside(app):
        db.session.get(Member, mine.member_id).roles = db.session.get(Member, 1).roles
        db.session.commit()
    drop(sign_in(app, mine), "minutes.txt")
    assert place_of_youngest(app) == mine.workspace_id


@pytest.mark.parametrize(("file", "name"), [
    ("a.pdf", "A"), ("../../etc/passwd", "Passwd"), ("Price list 2026.xlsx", "Price list 2026"), ("___.pdf", "Chatbot"),
])  # fmt: skip
def test_a_name_is_what_people_would_call_it(file, name):
    assert beginning.name_of_file(file) == name


def test_an_address_that_is_none_gives_a_name_all_the_same():
    assert beginning.name_of_page("http://[") == "Chatbot"
