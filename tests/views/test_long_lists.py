"""Pages of customers who have much: a handful of queries, and a page of rows at a time."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from sqlalchemy import event

from models import AuditEvent, Chatbot, ChatSession, Domain, Embed, Invitation, Message, Order, Source, Workspace, db
from models.base import now
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in

N_ROWS = 60
MAX_QUERIES = 16  # of them, five find out who is asking
MAX_QUERIES_OF_A_LIST = 12
MAX_AT_HOME = 24  # it has a part for each role, and each asks the same number of times however many rows there are


@pytest.fixture(scope="module")
def boss(app):
    """A client of the superadmin, who sees the rows of everybody."""
    from models import Member

    class Boss:
        member_id: int

    with inside(app):
        Boss.member_id = db.session.scalars(db.select(Member.id).order_by(Member.id).limit(1)).one()
    return sign_in(app, Boss)


@pytest.fixture(scope="module")
def plenty(app, ada):
    """Ada has much of everything, each row beside rows of its own in other tables."""
    for i in range(3):
        make_customer(app, f"person{i}")
    with inside(app):
        owned = {"service_id": ada.service_id}
        for i in range(N_ROWS):
            workspace = Workspace(**owned, name=f"Room {i}")
            domain = Domain(**owned, domain=f"www{i}.{ada.canary}.example.com", verified=True)
            db.session.add_all([workspace, domain])
            db.session.flush()
            chatbot = Chatbot(**owned, workspace_id=workspace.id, name=f"Bot {i}", owner_id=ada.member_id)
            db.session.add(chatbot)
            db.session.flush()
            below = {**owned, "chatbot_id": chatbot.id}
            file = {"kind": "file", "data_loc": "x", "state": "ready"}
            chat = ChatSession(**below, domain_id=domain.id)
            db.session.add_all([
                Source(**below, **file, title=f"of bot {i}"), chat,
                Source(**owned, **file, chatbot_id=ada.chatbot_id, title=f"book {i:02}"),
                Embed(**owned, chatbot_id=ada.chatbot_id, domain_id=domain.id),
                Order(
                    **owned, user_id=ada.member_id, plan_id=1 + i % 4, amount=i, currency="EUR", status="rejected",
                    terms={"plan": "gold"},
                ),
                AuditEvent(**owned, workspace_id=workspace.id, actor_id=ada.member_id, action="bot.add"),
                Invitation(
                    **owned, workspace_id=workspace.id, email=f"{i}@example.com", token_hash=uuid.uuid4().hex,
                    expired_at=now() + dt.timedelta(days=1),
                ),
            ])  # fmt: skip
            db.session.flush()
            db.session.add(Message(**below, session_id=chat.id, type="client", message="Where are you?"))
        db.session.commit()


def look_at(app, client, address):
    """Open a page; return what it answered, and how often it asked the database."""
    asked = []
    with app.app_context():
        engine = db.engine
    listen = (engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    event.listen(*listen)
    try:
        status = client.get(address).status_code
    finally:
        event.remove(*listen)
    return status, len(asked)


def count_queries(app, client, address):
    status, n_queries = look_at(app, client, address)
    assert status == 200
    return n_queries


@pytest.fixture(scope="module")
def people(app, ada, boss):
    """Everybody who sees lists differently: name -> client."""
    place = (ada.service_id, ada.workspace_id)
    added = {
        "ben": add_person(app, "ben", place=(*place, "admin")), "uma": add_person(app, "uma", place=(*place, "user")),
        "sam": add_person(app, "sam", platform_role="Support"), "stan": add_person(app, "stan", platform_role="Staff"),
    }  # fmt: skip
    return {"ada": sign_in(app, ada), "boss": boss} | {who: come_in(app, number) for who, number in added.items()}


@pytest.mark.usefixtures("plenty")
@pytest.mark.parametrize("who", ["ada", "ben", "uma", "sam", "stan", "boss"])
def test_no_list_asks_the_database_more_than_twelve_times(app, people, who):
    lists = [rule for rule in app.url_map.iter_rules() if rule.endpoint.endswith(".list") and not rule.arguments]
    found = {str(rule): look_at(app, people[who], str(rule)) for rule in lists}
    assert {status for status, _ in found.values()} <= {200, 403}
    assert sum(status == 200 for status, _ in found.values()) >= 4
    most = MAX_QUERIES_OF_A_LIST + (who == "boss")  # whose workspaces are all that there are: they are asked for
    too_many = {path: n for path, (status, n) in found.items() if status == 200 and n > most}
    assert too_many == {}


@pytest.mark.usefixtures("plenty")
@pytest.mark.parametrize(
    "address",
    ["/", "/chatbotview/list/", "/sourceview/list/", "/domainview/list/", "/history/{service_id}", "/workspaceview/list/",
     "/workspacememberview/list/", "/invitationview/list/", "/serviceview/list/", "/auditview/list/", "/chatbot/{uuid}",
     "/chatbot/{uuid}/sources", "/chatbot/{uuid}/domains"],
)  # fmt: skip
def test_a_page_of_an_owner_asks_the_database_a_handful_of_times(app, as_ada, ada, address):
    most = MAX_AT_HOME if address == "/" else MAX_QUERIES
    assert count_queries(app, as_ada, address.format(uuid=ada.chatbot_uuid, service_id=ada.service_id)) <= most


@pytest.mark.usefixtures("plenty")
def test_the_start_page_says_where_the_chatbots_are_that_it_leaves_out(as_ada):
    assert "All chatbots" in as_ada.get("/").get_data(as_text=True)


@pytest.mark.usefixtures("plenty")
@pytest.mark.parametrize(
    "address", ["/memberview/list/", "/subscriptionview/list/", "/planview/list/", "/orderview/list/", "/mails/", "/"]
)
def test_a_page_of_the_installation_asks_the_database_a_handful_of_times(app, boss, address):
    assert count_queries(app, boss, address) <= (MAX_AT_HOME if address == "/" else MAX_QUERIES)


@pytest.mark.usefixtures("plenty")
class TestTheSourcesOfAChatbot:
    def titles(self, client, ada, page):
        shown = client.get(f"/chatbot/{ada.chatbot_uuid}/sources?page={page}").get_data(as_text=True)
        return re.findall(r'data-title="([^"]+)"', shown)

    def test_they_are_shown_page_by_page_the_youngest_first(self, as_ada, ada):
        first, second = self.titles(as_ada, ada, 1), self.titles(as_ada, ada, 2)
        assert (first[0], len(first)) == ("book 59", 50)
        assert (second[-1], len(second)) == ("book 00", 10)
        assert self.titles(as_ada, ada, 3) == []

    def test_each_page_leads_to_the_next_and_asks_for_its_own_states(self, as_ada, ada):
        shown = as_ada.get(f"/chatbot/{ada.chatbot_uuid}/sources?page=2").get_data(as_text=True)
        assert "Page 2 of 2, 60 in all" in shown
        assert f"/chatbot/{ada.chatbot_uuid}/sources?page=1" in shown
        assert f'data-live="/chatbot/{ada.chatbot_uuid}/sources?page=2"' in shown
