"""Webhooks of workspaces and of whole services: told of what lies there, and seen by who leads everywhere there."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from app.history import recording
from app.webhooks import owning
from models import Chatbot, Delivery, Embed, Webhook, Workspace, db
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.webhooks.happening import ask_and_answer, deliver_all, told


def make_chatbot(app, ada, workspace_name):
    """A chatbot of Ada's in another workspace, on a website: (workspace, chatbot, one of its chats), by id."""
    with inside(app):
        place = Workspace(service_id=ada.service_id, name=workspace_name)
        db.session.add(place)
        db.session.flush()
        chatbot = Chatbot(service_id=ada.service_id, workspace=place, owner_id=ada.member_id, name=workspace_name)
        db.session.add(chatbot)
        db.session.flush()
        embed = Embed(service_id=ada.service_id, chatbot_id=chatbot.id, domain_id=ada.domain_id)
        db.session.add(embed)
        db.session.flush()
        chat, _ = recording.start_session(embed, "https://shop.example", "https://shop.example/")
        db.session.commit()
        return place.id, chatbot.id, chat.id


@pytest.fixture(scope="module")
def sales(app, ada):
    return make_chatbot(app, ada, "Sales")


@pytest.fixture
def add(app, ada, owner, receiver):
    """Add a webhook of Ada's by the form; return its uuid."""
    with inside(app):
        db.session.execute(delete(Webhook))
        db.session.commit()

    def post(*, workspaces=(), whole=False, client=owner, path="hook"):
        with inside(app):
            names = [str(db.session.get_one(Workspace, place).uuid) for place in workspaces]
            service = str(db.session.get_one(Workspace, ada.workspace_id).service.uuid)
        form = {"url": f"http://127.0.0.1:{receiver.server_port}/{path}", "event": ["session", "refused"]}
        answer = client.post("/webhooks/", data={**form, "workspace": names, **({"service": service} if whole else {})})
        with inside(app):
            return answer, db.session.scalars(select(Webhook.uuid).order_by(Webhook.id.desc())).first()

    return post


def test_a_webhook_of_a_workspace_is_told_of_its_chatbots_alone(app, add, receiver, chat, sales):
    add(workspaces=[sales[0]])
    ask_and_answer(app, chat, "Of Main?")
    ask_and_answer(app, sales[2], "Of Sales?")
    assert [(row["chatbot"]["name"], row["question"]) for row in told(app, receiver)] == [("Sales", "Of Sales?")] * 2


def test_one_of_the_whole_service_is_told_of_what_comes_later_too(app, ada, add, receiver):
    add(whole=True)
    _, _, later = make_chatbot(app, ada, "Later")
    ask_and_answer(app, later, "Of Later?")
    first, _ = told(app, receiver)
    assert (first["service"]["name"], first["chatbot"]["name"]) == (f"service {ada.canary}", "Later")


def test_a_chatbot_that_moves_is_told_to_whom_its_new_workspace_has(app, ada, add, receiver, sales):
    place, _, _ = sales
    _, chatbot_id, chat_id = make_chatbot(app, ada, "Moving")
    add(workspaces=[place])
    ask_and_answer(app, chat_id, "Not yet?")
    with inside(app):
        db.session.get_one(Chatbot, chatbot_id).workspace_id = place
        db.session.commit()
    ask_and_answer(app, chat_id, "And now?")
    assert [row["question"] for row in told(app, receiver)] == ["And now?"]


def test_a_strangers_webhooks_are_told_of_nothing(app, cid, add, receiver, chat):
    with inside(app):
        theirs = Webhook(service_id=cid.service_id, reach="service", url="https://globex.example.com/", events=["session"], sealed_secret="x")  # fmt: skip
        db.session.add(theirs)
        db.session.commit()
        ours = db.session.scalars(select(Delivery.id).where(Delivery.webhook_id == theirs.id))
    ask_and_answer(app, chat, "Is it there?")
    with inside(app):
        assert list(ours) == []


def test_who_leads_in_one_workspace_sees_no_webhook_that_reaches_another(app, ada, add, owner, sales):
    ben = come_in(app, add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin")))
    _, both = add(workspaces=[ada.workspace_id, sales[0]], path="both")
    _, whole = add(whole=True, path="whole")
    _, main = add(workspaces=[ada.workspace_id], client=ben, path="main")
    page, holders = ben.get("/webhooks/").text, owner.get("/webhooks/").text
    assert ["/both" in page, "/whole" in page, "/main" in page] == [False, False, True]
    assert ["/both" in holders, "/whole" in holders, "/main" in holders] == [True, True, True]
    assert "also later ones" not in page.partition("Add a webhook")[2], "the whole service is its holder's to choose"
    for hidden in (both, whole):
        for act in ("events", "renew", "test", "switch", "delete"):
            assert ben.post(f"/webhooks/{hidden}/{act}", data={"event": ["form"]}).status_code == 404
    assert ben.post(f"/webhooks/{main}/switch").status_code == 302


def test_a_stranger_and_who_only_uses_find_no_webhook(app, ada, cid, add):
    _, main = add(workspaces=[ada.workspace_id])
    assert sign_in(app, cid).post(f"/webhooks/{main}/switch").status_code == 404
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    assert uma.get("/webhooks/").status_code == 403
    assert uma.post(f"/webhooks/{main}/switch").status_code == 404


def test_a_superadmin_is_shown_their_own_alone_and_may_still_switch_one_off(app, ada, add):
    _, main = add(workspaces=[ada.workspace_id])
    ruth = come_in(app, add_person(app, "ruth", platform_role="Superadmin"))
    page = ruth.get("/webhooks/").text
    assert ["/hook" in page, "Add a webhook" in page] == [False, False]
    answer, _ = add(workspaces=[ada.workspace_id], client=ruth, path="planted")
    assert "Choose at least one workspace" in ruth.get(answer.location).text
    assert ruth.post(f"/webhooks/{main}/switch").status_code == 302


def test_who_is_no_holder_can_not_have_the_whole_service_told(app, ada, add, owner):
    ben = come_in(app, add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin")))
    answer, made = add(whole=True, client=ben)
    assert made is None
    assert "Choose at least one workspace" in ben.get(answer.location).text


def test_a_delivery_is_tried_out_listed_and_sent_again(app, add, owner, receiver):
    _, made = add(whole=True)
    owner.post(f"/webhooks/{made}/test")
    receiver.answers = [500]
    deliver_all(app)
    assert "The address answered with status 500." in owner.get("/webhooks/").text
    [test] = {str(body) for _, body, _ in receiver.got}
    assert "'event': 'test'" in test
    assert "chatbot" not in test
    deliver_all(app)
    page = owner.get("/webhooks/").text
    again = page.partition("/webhooks/deliveries/")[2].partition('"')[0]
    assert owner.post(f"/webhooks/deliveries/{again}").status_code == 302
    deliver_all(app)
    assert len(receiver.got) == 3


def test_there_is_an_end_to_them(app, ada, add):
    with inside(app):
        for n in range(owning.MAX_OF_SERVICE):
            db.session.add(Webhook(service_id=ada.service_id, reach="service", url=f"https://x.example.com/{n}", events=["form"], sealed_secret="x"))  # fmt: skip
        db.session.commit()
    answer, _ = add(whole=True)
    assert answer.status_code == 303
    with inside(app):
        assert len(db.session.scalars(select(Webhook.id).where(Webhook.service_id == ada.service_id)).all()) == 10


def test_a_wish_that_does_not_say_where_is_refused(app, add, owner):
    answer, made = add()
    assert made is None
    assert "Choose at least one workspace" in owner.get(answer.location).text
