"""What is sent twice is done once; what changed nothing may be sent again."""

from __future__ import annotations

import io
import re
import threading

import pytest
from sqlalchemy import select

from app import sent_once
from models import Chatbot, Source, db
from tests.conftest import inside, sign_in


def form_of(client, path):
    """The fields of a page's form as a browser would send them back."""
    page = client.get(path).text
    return {sent_once.FIELD: re.search(rf'name="{sent_once.FIELD}" value="([^"]+)"', page)[1]}


def names(app, ada):
    with inside(app):
        return list(db.session.scalars(select(Chatbot.name).where(Chatbot.service_id == ada.service_id)))


@pytest.fixture
def new_chatbot(as_ada, ada):
    """The filled form of a new chatbot."""
    return {
        **form_of(as_ada, "/chatbotview/add"), "name": "Twice", "type": "support", "workspace": ada.workspace_id,
        "description": "",
    }  # fmt: skip


def test_a_form_that_is_sent_again_leads_to_what_it_made(app, as_ada, ada, new_chatbot):
    first = as_ada.post("/chatbotview/add", data=new_chatbot)
    again = as_ada.post("/chatbotview/add", data=new_chatbot)
    assert (first.status_code, again.status_code) == (302, 303)
    assert again.location == first.location
    assert names(app, ada).count("Twice") == 1
    assert "It was done once." in as_ada.get(again.location).text


def test_two_presses_at_the_same_moment_do_it_once(app, as_ada, ada, new_chatbot):
    sent = {**new_chatbot, "name": "At once"}
    browsers = [sign_in(app, ada) for _ in range(4)]
    presses = [
        threading.Thread(target=browser.post, args=("/chatbotview/add",), kwargs={"data": sent}) for browser in browsers
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert names(app, ada).count("At once") == 1


def test_a_form_that_was_refused_or_changed_is_sent_again(app, as_ada, ada, new_chatbot):
    assert as_ada.post("/chatbotview/add", data={**new_chatbot, "name": ""}).status_code == 400
    assert as_ada.post("/chatbotview/add", data={**new_chatbot, "name": ""}).status_code == 400
    assert as_ada.post("/chatbotview/add", data={**new_chatbot, "name": "Mended"}).status_code == 302
    assert as_ada.post("/chatbotview/add", data={**new_chatbot, "name": "And another"}).status_code == 302
    assert {"Mended", "And another"} <= set(names(app, ada))


def test_the_same_words_of_two_people_are_two_requests(app, as_ada, cid, new_chatbot):
    assert as_ada.post("/chatbotview/add", data={**new_chatbot, "name": "Mine"}).status_code == 302
    theirs = {**new_chatbot, "name": "Mine", "workspace": cid.workspace_id}
    assert sign_in(app, cid).post("/chatbotview/add", data=theirs).status_code == 302


def test_a_file_that_was_taken_home_may_be_taken_again(as_ada, ada):
    sent = {sent_once.FIELD: "x", "format": "csv", "per": "message"}
    files = [as_ada.post(f"/exports/for/{ada.service_id}/file", data=sent) for _ in range(2)]
    assert [file.status_code for file in files] == [200, 200]


def test_who_waits_too_long_is_told_so(as_ada, new_chatbot, monkeypatch):
    monkeypatch.setattr(sent_once, "PATIENCE_S", 0)
    monkeypatch.setattr(sent_once, "_is_first", lambda *_asked: False)
    answer = as_ada.post("/chatbotview/add", data=new_chatbot)
    assert (answer.status_code, answer.location) == (303, "/")


def test_no_crowd_of_the_same_form_holds_the_web_server_up(as_ada, new_chatbot, monkeypatch):
    """Each that waits for the first one holds a thread that somebody else's page could have."""
    monkeypatch.setattr(sent_once, "_is_first", lambda *_asked: False)
    monkeypatch.setattr(sent_once, "_waiting", threading.BoundedSemaphore(1))
    steps = []
    monkeypatch.setattr(sent_once.time, "sleep", steps.append)
    with sent_once._waiting:
        assert as_ada.post("/chatbotview/add", data=new_chatbot).status_code == 303
    assert steps == []


def test_another_file_of_the_same_name_is_another_file(app, as_ada, ada):
    """Mended, and chosen again on the page that somebody went back to: its form has the name that it had."""
    address = f"/chatbot/{ada.chatbot_uuid}/sources"
    once = form_of(as_ada, address)
    for content in (b"Prices of May.", b"Prices of June, at last."):
        as_ada.post(address, data={**once, "files": [(io.BytesIO(content), "prices.txt")]})
    with inside(app):
        sizes = select(Source.filesize).where(Source.chatbot_id == ada.chatbot_id)
        assert list(db.session.scalars(sizes)) == [len(content)]
