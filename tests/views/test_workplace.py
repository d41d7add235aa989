"""The workspace that somebody works in: lists show what is in it, links of colleagues open as ever."""

from __future__ import annotations

import pytest

from models import Chatbot, Workspace, db
from tests.conftest import inside, sign_in


@pytest.fixture(scope="module")
def other(app, ada):
    """Ada's second workspace with a chatbot in it: (uuid of the workspace, uuid of the chatbot)."""
    with inside(app):
        workspace = Workspace(service_id=ada.service_id, name="Second room")
        db.session.add(workspace)
        db.session.flush()
        chatbot = Chatbot(service_id=ada.service_id, workspace_id=workspace.id, name="In the second", owner_id=None)
        db.session.add(chatbot)
        db.session.commit()
        return workspace.uuid, chatbot.uuid


def choose(client, workspace):
    return client.post(
        "/workplace/",
        data={"workspace": str(workspace)},
        headers={"Referer": "http://localhost/chatbotview/list/?page=2"},
    )


def test_lists_show_the_chosen_workspace_and_then_all_again(as_ada, ada, other):
    answer = choose(as_ada, other[0])
    assert (answer.status_code, answer.location) == (303, "/chatbotview/list/")
    for path in ("/chatbotview/list/", "/"):
        page = as_ada.get(path).text
        assert "In the second" in page
        assert f"chatbot {ada.canary}" not in page
        assert "Only what is in Second room is shown." in page
    assert "Second room - Docent</title>" in as_ada.get("/chatbotview/list/").text
    choose(as_ada, "")
    page = as_ada.get("/chatbotview/list/").text
    assert f"chatbot {ada.canary}" in page
    assert "In the second" in page


def test_a_link_into_another_workspace_opens_as_ever(as_ada, ada, other):
    choose(as_ada, other[0])
    assert as_ada.get(f"/chatbot/{ada.chatbot_uuid}").status_code == 200
    assert ada.canary in as_ada.get("/search/found", query_string={"q": ada.canary}).text


def test_it_opens_nothing_that_was_shut(app, cid, other):
    client = sign_in(app, cid)
    assert choose(client, other[0]).status_code == 404
    with client.session_transaction() as cookie:
        cookie["workspace"] = str(other[0])
    page = client.get("/chatbotview/list/").text
    assert "In the second" not in page
    assert f"chatbot {cid.canary}" in page


def test_who_is_in_one_workspace_is_asked_nothing(app, cid):
    assert 'action="/workplace/"' not in sign_in(app, cid).get("/").text
