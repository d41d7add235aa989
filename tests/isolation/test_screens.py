"""Generated screens and pages: a stranger's rows do not exist there, by whatever door."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from app.values import MAX_ID
from models import Chatbot, Workspace, db
from tests.conftest import inside


def test_no_screen_shows_a_word_of_a_stranger(app, as_ada, cid):
    pages = ["/", "/profile/"] + [
        str(rule) for rule in app.url_map.iter_rules() if rule.endpoint.endswith(".list") and not rule.arguments
    ]
    assert len(pages) > 10
    for page in pages:
        response = as_ada.get(page)
        assert response.status_code in (200, 403), (page, response.status_code)
        assert cid.canary not in response.get_data(as_text=True), page


def test_no_address_takes_a_number_that_no_row_can_have(app):
    numbers = [
        (str(rule), number) for rule in app.url_map.iter_rules() for number in rule._converters.values()
        if isinstance(number, IntegerConverter)
    ]  # fmt: skip
    assert len(numbers) > 10
    assert {address for address, number in numbers if number.max is None or number.max > MAX_ID} == set()


@pytest.mark.parametrize(
    "path",
    ["/chatbotview/edit/{chatbot_id}", "/workspaceview/show/{workspace_id}", "/domainview/show/{domain_id}",
     "/serviceview/show/{service_id}", "/chatbot/{chatbot_uuid}", "/chatbot/{chatbot_uuid}/sources", "/chatbot/{chatbot_uuid}/domains",
     "/chatbot/{chatbot_uuid}/preview"],
)  # fmt: skip
def test_a_strangers_row_does_not_exist(app, as_ada, cid, path):
    response = as_ada.get(path.format(**vars(cid)))
    assert response.status_code == 404
    assert cid.canary not in response.get_data(as_text=True)


def test_a_posted_foreign_key_changes_nothing(app, as_ada, ada, cid):
    form = {"name": "smuggled", "type": "support", "workspace": cid.workspace_id, "description": ""}
    moving = {**form, "service_id": cid.service_id, "status": "enabled"}
    assert as_ada.post("/chatbotview/add", data=form).status_code == 400  # the form again: no such workspace
    assert as_ada.post(f"/chatbotview/edit/{ada.chatbot_id}", data=moving).status_code == 302
    assert as_ada.post(f"/chatbotview/delete/{cid.chatbot_id}").status_code == 404
    with inside(app):
        rows = {c.id: c for c in db.session.scalars(select(Chatbot).where(Chatbot.service_id == cid.service_id))}
        assert list(rows) == [cid.chatbot_id]
        assert rows[cid.chatbot_id].status == "enabled"
        assert db.session.get(Chatbot, ada.chatbot_id).service_id == ada.service_id
        assert db.session.get(Workspace, cid.workspace_id) is not None


def test_strangers_without_an_account_are_sent_to_sign_in(app, ada):
    client = app.test_client()
    for path in ("/chatbotview/list/", f"/chatbot/{ada.chatbot_uuid}", f"/history/{ada.service_id}"):
        response = client.get(path)
        assert response.status_code == 302
        assert "/login/" in response.headers["Location"]
