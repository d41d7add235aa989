"""A website that is kept to some workspaces: who sees it, which chatbots answer there, and who may decide that."""

from __future__ import annotations

import dataclasses

import pytest

from models import Chatbot, ChatSession, Domain, Workspace, db
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.widget.conftest import API, make_place, visitor


class Scene:
    """Ada's service with another workspace, Sales, whose chatbot is on her website; Ben is an admin of Sales alone."""

    def __init__(self, app, ada) -> None:
        self.ada = ada
        with inside(app):
            sales = Workspace(service_id=ada.service_id, name="Sales")
            chatbot = Chatbot(service_id=ada.service_id, workspace=sales, owner_id=ada.member_id, name="Seller")
            db.session.add_all([sales, chatbot])
            db.session.commit()
            self.sales, self.chatbot = sales.uuid, chatbot.uuid
            self.main = db.session.get(Workspace, ada.workspace_id).uuid
            self.website = f"/domain/{db.session.get(Domain, ada.domain_id).uuid}"
            ids = sales.id, chatbot.id
        self.owner = sign_in(app, ada)
        self.ben = come_in(app, add_person(app, "ben", place=(ada.service_id, ids[0], "admin")))
        self.own = make_place(app, ada)
        self.seller = make_place(app, dataclasses.replace(ada, chatbot_id=ids[1]))

    def keep(self, client, *workspaces):
        data = {"who": "these", "workspace": [str(uuid) for uuid in workspaces]}
        return client.post(f"{self.website}/workspaces", data=data, follow_redirects=True)

    def open_to_all(self):
        self.owner.post(f"{self.website}/workspaces", data={"who": "all"})


@pytest.fixture(scope="module")
def staged(app, ada):
    return Scene(app, ada)


@pytest.fixture
def scene(staged):
    """Every workspace may use the website."""
    yield staged
    staged.open_to_all()


def config(app, place):
    return visitor(app).get(f"{API}/embeds/{place.embed}/config", headers={"Origin": place.origin})


def test_every_workspace_may_use_a_website_until_it_is_kept_to_some(app, scene):
    assert scene.ben.get(scene.website).status_code == 200
    assert config(app, scene.seller).status_code == 200
    assert "Saved" in scene.keep(scene.owner, scene.main).text
    assert scene.owner.get(scene.website).status_code == 200
    for page in (scene.website, f"/embed/{scene.seller.embed}"):
        assert scene.ben.get(page).status_code == 404, page
    assert scene.ben.post(f"{scene.website}/switch").status_code == 404
    assert scene.ada.canary not in scene.ben.get("/domainview/list/").text
    assert scene.ada.canary not in scene.ben.get(f"/chatbot/{scene.chatbot}/domains").text
    scene.open_to_all()
    assert scene.ben.get(scene.website).status_code == 200
    assert config(app, scene.seller).status_code == 200


def test_chatbots_of_other_workspaces_stop_answering_there_at_once(app, scene):
    scene.keep(scene.owner, scene.main)
    assert config(app, scene.own).status_code == 200
    refused = config(app, scene.seller)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "domain_unverified")
    scene.keep(scene.owner, scene.sales)
    assert config(app, scene.seller).status_code == 200
    assert config(app, scene.own).status_code == 403


def test_a_chatbot_that_moves_to_another_workspace_loses_what_is_kept_to_the_first(app, scene):
    scene.keep(scene.owner, scene.main)
    with inside(app):
        chatbot = db.session.get(Chatbot, scene.seller.chatbot_id)
        before, chatbot.workspace_id = chatbot.workspace_id, scene.ada.workspace_id
        db.session.commit()
    assert config(app, scene.seller).status_code == 200
    with inside(app):
        db.session.get(Chatbot, scene.seller.chatbot_id).workspace_id = before
        db.session.commit()
    assert config(app, scene.seller).status_code == 403


def test_it_can_t_be_ticked_for_a_chatbot_of_another_workspace(app, scene):
    scene.keep(scene.owner, scene.main)
    ticks = scene.owner.get(f"/chatbot/{scene.chatbot}/domains").text.partition("It answers on")[2]
    assert scene.ada.canary not in ticks
    scene.owner.post(f"{scene.website}/chatbots", data={"chatbot": [str(scene.chatbot), str(scene.ada.chatbot_uuid)]})
    assert config(app, scene.seller).status_code == 403


def test_its_chats_are_not_found_there_and_stay_readable(app, scene):
    with inside(app):
        chat = ChatSession(
            service_id=scene.ada.service_id, chatbot_id=scene.seller.chatbot_id, domain_id=scene.ada.domain_id,
            embed_id=scene.seller.embed_id,
        )  # fmt: skip
        db.session.add(chat)
        db.session.commit()
        chat_uuid, domain = chat.uuid, scene.website.rpartition("/")[2]
    chain = f"/history/{scene.ada.service_id}/{domain}/{scene.chatbot}"
    assert scene.ben.get(chain).status_code == 200
    scene.keep(scene.owner, scene.main)
    assert scene.ben.get(chain).status_code == 404
    assert scene.ben.get(f"/history/{scene.ada.service_id}/{chat_uuid}").status_code == 200
    assert str(chat_uuid) in scene.ben.get(f"/history/{scene.ada.service_id}").text
    assert scene.owner.get(chain).status_code == 200


def test_nobody_takes_a_website_from_a_workspace_that_they_don_t_manage(app, scene):
    assert "Ask the holder" in scene.keep(scene.ben, scene.sales).text
    assert config(app, scene.own).status_code == 200
    scene.keep(scene.owner, scene.main, scene.sales)
    assert "Saved" in scene.keep(scene.ben).text  # he gives up what is his own to give up
    assert scene.ben.get(scene.website).status_code == 404
    assert config(app, scene.own).status_code == 200


def test_what_is_kept_goes_to_somebody_and_to_no_stranger(app, cid, scene):
    with inside(app):
        foreign = db.session.get(Workspace, cid.workspace_id).uuid
    for chosen in ((), (foreign,), ("no uuid",)):
        assert "Choose at least one workspace" in scene.keep(scene.owner, *chosen).text
    assert sign_in(app, cid).post(f"{scene.website}/workspaces", data={"who": "all"}).status_code == 404
