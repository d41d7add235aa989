"""A website that is kept to some workspaces: who sees it, which chatbots answer there, and who may decide that."""

from __future__ import annotations

import pytest

from models import Chatbot, ChatSession, Domain, Workspace, db
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.widget.conftest import API, make_place, visitor


@pytest.fixture(scope="module")
def sales(app, ada):
    """Another workspace of Ada's service: (its id, its uuid, the uuid of its chatbot)."""
    with inside(app):
        workspace = Workspace(service_id=ada.service_id, name="Sales")
        chatbot = Chatbot(service_id=ada.service_id, workspace=workspace, owner_id=ada.member_id, name="Seller")
        db.session.add_all([workspace, chatbot])
        db.session.commit()
        return workspace.id, workspace.uuid, chatbot.uuid


@pytest.fixture(scope="module")
def owner(app, ada):
    return sign_in(app, ada)


@pytest.fixture(scope="module")
def ben(app, ada, sales):
    """The browser of Ben, who is an admin of Sales alone."""
    return come_in(app, add_person(app, "ben", place=(ada.service_id, sales[0], "admin")))


@pytest.fixture
def website(app, ada):
    """The address of Ada's website's page; every workspace may use it."""
    with inside(app):
        domain = db.session.get(Domain, ada.domain_id)
        address = f"/domain/{domain.uuid}"
    yield address
    sign_in(app, ada).post(f"{address}/workspaces", data={"who": "all"})


def keep(client, website, *workspaces):
    data = {"who": "these", "workspace": [str(uuid) for uuid in workspaces]}
    return client.post(f"{website}/workspaces", data=data, follow_redirects=True)


def uuid_of(app, workspace_id):
    with inside(app):
        return db.session.get(Workspace, workspace_id).uuid


@pytest.fixture(scope="module")
def seller(app, ada, sales):
    """Where the chatbot of Sales answers: on Ada's website."""
    with inside(app):
        chatbot_id = db.session.query(Chatbot).filter_by(uuid=sales[2]).one().id
    return make_place(app, type("Sales", (), {**vars(ada), "chatbot_id": chatbot_id}))


def config(app, place):
    return visitor(app).get(f"{API}/embeds/{place.embed}/config", headers={"Origin": place.origin})


def test_every_workspace_may_use_a_website_until_it_is_kept_to_some(app, ada, owner, ben, website, sales, seller):
    assert ben.get(website).status_code == 200
    assert config(app, seller).status_code == 200
    assert "Saved" in keep(owner, website, uuid_of(app, ada.workspace_id)).text
    assert owner.get(website).status_code == 200
    for page in (website, f"/embed/{seller.embed}"):
        assert ben.get(page).status_code == 404, page
    assert ben.post(f"{website}/switch").status_code == 404
    assert ada.canary not in ben.get("/domainview/list/").text
    assert ada.canary not in ben.get(f"/chatbot/{sales[2]}").text
    owner.post(f"{website}/workspaces", data={"who": "all"})
    assert ben.get(website).status_code == 200
    assert config(app, seller).status_code == 200


def test_chatbots_of_other_workspaces_stop_answering_there_at_once(app, ada, owner, website, sales, seller):
    own = make_place(app, ada)
    keep(owner, website, uuid_of(app, ada.workspace_id))
    assert config(app, own).status_code == 200
    refused = config(app, seller)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "domain_unverified")
    keep(owner, website, sales[1])
    assert config(app, seller).status_code == 200
    assert config(app, own).status_code == 403


def test_a_chatbot_that_moves_to_another_workspace_loses_what_is_kept_to_the_first(app, ada, owner, website, seller):
    keep(owner, website, uuid_of(app, ada.workspace_id))
    with inside(app):
        chatbot = db.session.get(Chatbot, seller.chatbot_id)
        before, chatbot.workspace_id = chatbot.workspace_id, ada.workspace_id
        db.session.commit()
    assert config(app, seller).status_code == 200
    with inside(app):
        db.session.get(Chatbot, seller.chatbot_id).workspace_id = before
        db.session.commit()
    assert config(app, seller).status_code == 403


def test_it_can_t_be_ticked_for_a_chatbot_of_another_workspace(app, ada, owner, website, sales, seller):
    keep(owner, website, uuid_of(app, ada.workspace_id))
    assert (
        ada.canary
        not in owner.get(f"/chatbot/{sales[2]}").text.partition('id="embed"')[2].partition("It answers on")[2]
    )
    owner.post(f"{website}/chatbots", data={"chatbot": [str(sales[2]), str(ada.chatbot_uuid)]})
    assert config(app, seller).status_code == 403


def test_its_chats_are_not_found_there_and_stay_readable(app, ada, owner, ben, website, sales, seller):
    with inside(app):
        chat = ChatSession(
            service_id=ada.service_id, chatbot_id=seller.chatbot_id, domain_id=ada.domain_id, embed_id=seller.embed_id
        )
        db.session.add(chat)
        db.session.commit()
        chat_id, chain = chat.id, f"/history/{ada.service_id}/{website.rpartition('/')[2]}/{sales[2]}"
    assert ben.get(chain).status_code == 200
    keep(owner, website, uuid_of(app, ada.workspace_id))
    assert ben.get(chain).status_code == 404
    assert ben.get(f"/historyview/show/{chat_id}").status_code == 200
    assert ben.get("/historyview/list/").status_code == 200
    assert owner.get(chain).status_code == 200


def test_nobody_takes_a_website_from_a_workspace_that_they_don_t_manage(app, ada, owner, ben, website, sales, seller):
    assert "Ask the holder" in keep(ben, website, sales[1]).text
    assert config(app, make_place(app, ada)).status_code == 200
    main = uuid_of(app, ada.workspace_id)
    keep(owner, website, main, sales[1])
    assert "Saved" in keep(ben, website).text  # he gives up what is his own to give up
    assert ben.get(website).status_code == 404
    assert config(app, make_place(app, ada)).status_code == 200


def test_what_is_kept_goes_to_somebody_and_to_no_stranger(app, cid, owner, website):
    foreign = uuid_of(app, cid.workspace_id)
    for chosen in ((), (foreign,), ("no uuid",)):
        assert "Choose at least one workspace" in keep(owner, website, *chosen).text
    assert sign_in(app, cid).post(f"{website}/workspaces", data={"who": "all"}).status_code == 404
