"""Suspending services, chatbots and people: one act with a reason, at once, told to whom it concerns, and lifted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import mail
from app.accounts import suspending
from app.accounts.standing import find_standing
from app.accounts.suspending import SuspensionError
from models import Chatbot, Domain, Embed, Member, QuestionCluster, Service, db
from models.base import now
from tests.api.conftest import Program, make_key
from tests.conftest import forget_tries, inside, make_customer, sign_in
from tests.staff.conftest import add_person, events, text_of

REASON = "It sells <b>forbidden</b> things."


@pytest.fixture
def customer(app):
    forget_tries()
    return make_customer(app, "ben")


def address_of(customer, act):
    return f"/suspensions/chatbot/{customer.chatbot_uuid}/{act}"


def subjects_to(app, customer):
    with inside(app):
        kept = [mail.subject for mail in mail.kept_mails() if mail.to == customer.email]
    return sorted(subject.replace(f"chatbot {customer.canary}", "X") for subject in kept)


def test_staff_find_a_chatbot_by_what_was_seen_of_it_and_see_nothing_in_it(app, as_stan, customer):
    code = f'<script src="x.js" data-embed="{customer.chatbot_uuid}"></script>'
    page = text_of(as_stan.get("/suspensions/", query_string={"seen": code}))
    assert f"chatbot {customer.canary}" in page
    assert f"service {customer.canary}" in page
    assert "No chatbot of this installation" in text_of(as_stan.get("/suspensions/?seen=nonsense"))
    assert as_stan.get(f"/chatbot/{customer.chatbot_uuid}").status_code == 404


def test_a_suspended_chatbot_can_be_read_but_not_changed_until_it_is_lifted(app, as_stan, customer):
    owner, program = sign_in(app, customer), Program(app, make_key(app, customer))
    page = f"/chatbot/{customer.chatbot_uuid}"
    assert as_stan.post(address_of(customer, "suspend"), data={"reason": " "}).status_code == 400
    as_stan.post(address_of(customer, "suspend"), data={"reason": REASON})

    shown = owner.get(page).text
    assert "is suspended: It sells &lt;b&gt;forbidden&lt;/b&gt; things." in shown
    assert owner.get(f"{page}/sources").status_code == 200
    assert owner.post(f"{page}/train").status_code == 403
    assert owner.get(f"{page}/preview").status_code == owner.post(f"{page}/preview").status_code == 403
    assert owner.post(f"/chatbotview/delete/{customer.chatbot_id}").status_code == 403
    assert owner.post(f"/chatbotview/edit/{customer.chatbot_id}", data={"name": "x"}).status_code == 403
    assert program.get(f"chatbots/{customer.chatbot_uuid}").json["is_suspended"] is True
    refused = program.patch(f"chatbots/{customer.chatbot_uuid}", {"name": "x"})
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "chatbot_suspended")

    as_stan.post(address_of(customer, "lift"))
    assert "is suspended" not in owner.get(page).text
    assert owner.get(f"{page}/preview").status_code == 200
    assert program.patch(f"chatbots/{customer.chatbot_uuid}", {"name": "x"}).status_code == 200
    assert subjects_to(app, customer) == ["Your chatbot X is suspended", "Your chatbot X works again"]


def test_what_is_suspended_is_not_changed_by_way_of_a_list_or_a_website_either(app, as_stan, customer):
    owner, moment = sign_in(app, customer), now()
    with inside(app):
        cluster = QuestionCluster(
            service_id=customer.service_id, chatbot_id=customer.chatbot_id, n_troubled=1, n_open=1,
            last_asked_at=moment, last_trouble_at=moment, embedding=b"", embedding_name="x",
        )  # fmt: skip
        db.session.add(cluster)
        db.session.commit()
        cluster_id, website = cluster.id, db.session.get_one(Domain, customer.domain_id).uuid
    as_stan.post(address_of(customer, "suspend"), data={"reason": REASON})
    owner.post("/unanswered/selected", query_string={"act": "ignore", "pick": cluster_id})
    owner.post(f"/domain/{website}/chatbots", data={"chatbot": str(customer.chatbot_uuid)})
    with inside(app):
        assert db.session.get_one(QuestionCluster, cluster_id).ignored_at is None
        assert db.session.scalar(select(Embed).where(Embed.domain_id == customer.domain_id)) is None
    as_stan.post(address_of(customer, "lift"))
    owner.post("/unanswered/selected", query_string={"act": "ignore", "pick": cluster_id})
    owner.post(f"/domain/{website}/chatbots", data={"chatbot": str(customer.chatbot_uuid)})
    with inside(app):
        assert db.session.get_one(QuestionCluster, cluster_id).ignored_at is not None
        assert db.session.scalar(select(Embed).where(Embed.domain_id == customer.domain_id)) is not None


def test_what_was_done_and_why_stands_in_the_customer_s_own_trail(app, as_stan, stan, customer):
    as_stan.post(address_of(customer, "suspend"), data={"reason": REASON})
    as_stan.post(address_of(customer, "lift"))
    for action, reasons in (("chatbot.suspend", ["", REASON]), ("chatbot.lift", [REASON, ""])):
        [event] = [each for each in events(app, action) if each.service_id == customer.service_id]
        assert event.actor_id == stan.member_id
        assert event.changes["suspended_for"] == reasons


def test_who_is_suspended_is_out_with_the_next_click_of_page_and_key(app, as_stan, customer):
    client, program = sign_in(app, customer), Program(app, make_key(app, customer))
    assert client.get("/profile/").status_code == program.get("key").status_code == 200
    as_stan.post(f"/memberview/suspend/{customer.member_id}", data={"reason": REASON})
    assert client.get("/profile/").status_code == 302
    assert program.get("key").status_code == 401
    assert REASON in as_stan.get("/suspensions/").text.replace("&lt;", "<").replace("&gt;", ">")
    tried = app.test_client().post("/login/", data={"email": customer.email, "password": customer.password})
    assert "suspended" in text_of(tried)
    as_stan.post(f"/memberview/lift/{customer.member_id}")
    assert client.get("/profile/").status_code == 302
    assert sign_in(app, customer).get("/profile/").status_code == 200
    assert subjects_to(app, customer) == ["Your account is suspended", "Your account works again"]
    assert [event.target for event in events(app, "member.suspend")][-1] == f"ab_user:{customer.member_id}"


def test_nobody_but_staff_suspends_anything(app, sam, customer):
    for person in (customer, sam):
        client = sign_in(app, person)
        for act in ("suspend", "lift"):
            assert client.post(address_of(customer, act), data={"reason": "x"}).status_code == 403
            assert client.post(f"/memberview/{act}/{customer.member_id}", data={"reason": "x"}).status_code == 403
        assert client.get("/suspensions/").status_code == 403
    with inside(app):
        me = find_standing(db.session.get(Member, customer.member_id))
        for kind, row_id in ((Service, customer.service_id), (Chatbot, customer.chatbot_id), (Member, sam.member_id)):
            with pytest.raises(SuspensionError):
                suspending.suspend(me, db.session.get(kind, row_id), "x")


def test_who_has_not_confirmed_an_address_is_not_suspended_but_waits(app, as_stan):
    person = add_person(app, "Uma", verified=False)
    answer = as_stan.post(f"/memberview/suspend/{person.member_id}", data={"reason": "x"})
    assert answer.status_code == 303
    assert person.email not in as_stan.get("/suspensions/").text
