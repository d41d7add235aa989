"""What is made of chats (the inbox, insights, weekly mails, webhooks) holds no word of a stranger or another workspace."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from sqlalchemy import select

import models.base
from app import mail
from app.learning import clustering, digest, inbox
from app.webhooks import events, owning, payloads
from models import Chatbot, Delivery, Domain, Message, QuestionCluster, Submission, Webhook, Workspace, db
from models.base import now
from tests.clock import Clock
from tests.conftest import inside
from tests.insights.conftest import Visits
from tests.isolation.conftest import add_person, come_in
from views.insights_tables import _HEADINGS

TABLES = (*_HEADINGS, "uncited", "figures", "days", "hours")
LINK = re.compile(r'href="(/unanswered/[0-9a-f-]{36})"')


def of_chatbot(row: Chatbot, canary: str, domain_id: int) -> SimpleNamespace:
    """Return a place whose words all hold its canary."""
    names = {"service_id": row.service_id, "workspace_id": row.workspace_id, "chatbot_id": row.id}
    return SimpleNamespace(canary=canary, chatbot_uuid=row.uuid, domain_id=domain_id, **names)


@pytest.fixture(scope="module")
def elsewhere(app, ada):
    """A chatbot in another workspace of Acme, where ben is nobody."""
    canary = f"elsewhere-{ada.canary.rpartition('-')[2]}"
    with inside(app):
        workspace = Workspace(service_id=ada.service_id, name=canary)
        chatbot = Chatbot(service_id=ada.service_id, workspace=workspace, owner_id=ada.member_id, name=canary)
        domain = Domain(service_id=ada.service_id, domain=f"{canary}.example.com", scheme="https", verified=True)
        db.session.add_all([workspace, chatbot, domain])
        db.session.commit()
        return of_chatbot(chatbot, canary, domain.id)


@pytest.fixture(scope="module")
def places(ada, cid, elsewhere):
    """Ben's own workspace first, then both that are none of his business."""
    return ada, cid, elsewhere


@pytest.fixture(scope="module")
def asked(app, places):
    """Chats in all three places, counted and gathered: documents, pages, websites and questions with their canaries."""
    for place in places:
        visits, page = Visits(app, place), f"https://shop.example.com/{place.canary}"
        cited = visits.document(f"{place.canary}.pdf")
        visits.document(f"never {place.canary}.pdf")
        turns = (
            (f"How old is {place.canary}?", "refused", {"cost": 7}),
            (f"What does {place.canary} cost?", "grounded", {"cites": [cited], "feedback": "negative"}),
        )
        visits.chat(*turns, at=now(), page=page)
        visits.count()
        with inside(app):
            clustering.cluster_due(place.chatbot_id)


@pytest.fixture(scope="module")
def ben(app, ada, asked):
    """Who leads one workspace of Acme, and no other."""
    return come_in(app, add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin")))


@pytest.fixture(scope="module")
def foreign(elsewhere, cid):
    return elsewhere.canary, cid.canary


def read(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.get_data(as_text=True)


IN_VIEW = {  # what the groups of all three places are like
    "open": {}, "answered": {"n_open": 0}, "ignored": {"ignored_at": dt.datetime(2026, 3, 2, tzinfo=dt.UTC)},
}  # fmt: skip


@pytest.fixture(params=inbox.VIEWS)
def view(request, app, asked):
    """A view of the inbox in which all groups are, those of strangers too."""
    with inside(app):
        groups = db.session.scalars(select(QuestionCluster)).all()
        before = {group.id: group.n_open for group in groups}
        for group in groups:
            for name, value in IN_VIEW[request.param].items():
                setattr(group, name, value)
        db.session.commit()
    yield request.param
    with inside(app):
        for group in db.session.scalars(select(QuestionCluster)):
            group.n_open, group.ignored_at = before[group.id], None
        db.session.commit()


def test_no_view_of_the_inbox_shows_a_foreign_question(ben, ada, foreign, view):
    narrowed = ("", f"&chatbot={ada.chatbot_uuid}", "&page=2")
    pages = [read(ben, f"/unanswered/?view={view}{more}") for more in narrowed]
    opened = [read(ben, link) for link in sorted(set(LINK.findall("".join(pages))))]
    assert opened
    assert [ada.canary in page for page in pages] == [True, True, False]
    assert [word for word in foreign for page in pages + opened if word in page] == []


@pytest.mark.parametrize("whose", ["cid", "elsewhere"])
def test_no_view_of_the_inbox_is_narrowed_to_a_foreign_chatbot(request, ben, foreign, view, whose):
    answer = ben.get(f"/unanswered/?view={view}&chatbot={request.getfixturevalue(whose).chatbot_uuid}")
    assert answer.status_code == 404
    assert [word for word in foreign if word in answer.text] == []


def test_a_foreign_group_and_a_foreign_chatbot_are_not_there(app, ben, cid):
    with inside(app):
        theirs = db.session.scalars(select(QuestionCluster.uuid).where(QuestionCluster.chatbot_id == cid.chatbot_id))
        groups = [*theirs]
    assert groups
    for address in (f"?chatbot={cid.chatbot_uuid}", *groups):
        assert ben.get(f"/unanswered/{address}").status_code == 404


def test_a_group_of_another_workspace_is_refused_without_a_word_of_it(app, ben, elsewhere):
    with inside(app):
        query = select(QuestionCluster.uuid).where(QuestionCluster.chatbot_id == elsewhere.chatbot_id)
        groups = [*db.session.scalars(query)]
    assert groups
    for address in (f"?chatbot={elsewhere.chatbot_uuid}", *groups):
        answer = ben.get(f"/unanswered/{address}")
        assert answer.status_code in (403, 404)
        assert elsewhere.canary not in answer.get_data(as_text=True)


def test_no_table_or_file_of_insights_holds_a_foreign_name(app, ben, ada, foreign):
    with inside(app):
        workspace = db.session.get_one(Workspace, ada.workspace_id)
        places = [f"chatbot/{ada.chatbot_uuid}", f"workspace/{workspace.uuid}", f"service/{workspace.service.uuid}"]
    for place in ("", *places):
        texts = {name: read(ben, f"/insights/{place}?days=7&csv={name}") for name in TABLES}
        assert all(ada.canary in texts[name] for name in ("cluster", "document", "page", "domain", "uncited")), place
        shown = (*texts.values(), read(ben, f"/insights/{place}?days=7"))
        assert [word for word in foreign for text in shown if word in text] == [], place


def test_a_weekly_mail_tells_of_the_workspaces_that_its_reader_leads(app, monkeypatch, ada, ben, foreign):
    today = now()
    monday = today.replace(hour=8) + dt.timedelta(days=7 - today.weekday())
    monkeypatch.setattr(models.base, "_read_clock", Clock(monday))
    with inside(app):
        assert digest.send_due() == 3  # ada, ben and cid
        words = {kept.to.partition("-")[0]: f"{kept.subject} {kept.text}" for kept in mail.kept_mails()}
    theirs, strangers = foreign
    assert [ada.canary in words["ben"], theirs in words["ben"], strangers in words["ben"]] == [True, False, False]
    assert [ada.canary in words["ada"], theirs in words["ada"], strangers in words["ada"]] == [True, True, False]
    assert [ada.canary in words["cid"], theirs in words["cid"], strangers in words["cid"]] == [False, False, True]


def happen_everywhere(places) -> None:
    """Announce every event of a chatbot's life in some places."""
    for place in places:
        owned = {"service_id": place.service_id, "chatbot_id": place.chatbot_id}
        entered = Submission(**owned, kind="form", form_name=place.canary, answers=[], page=place.canary)
        db.session.add(entered)
        db.session.flush()
        said = select(Message).where(Message.chatbot_id == place.chatbot_id).order_by(Message.id)
        question, answer = db.session.scalars(said.limit(2))
        about = {"session": {"message_id": question.id}, "refused": {"message_id": answer.id}, "trained": {}}
        about |= {event: {"submission_id": entered.id} for event in ("form", "handoff")}
        for event, named in about.items():
            events.announce(event, place.chatbot_id, **named)


def test_a_webhook_is_sent_words_of_its_own_workspace_alone(app, ada, places, asked, foreign):
    with inside(app):
        main = db.session.get_one(Workspace, ada.workspace_id)
        heard = ("session", "refused", "form", "handoff", "trained")
        webhook = owning.add_for_workspaces([main], "https://hooks.example.com/", heard)
        happen_everywhere(places)
        db.session.flush()
        bodies = [payloads.body_of(row).decode() for row in db.session.scalars(select(Delivery).join(Webhook))]
        assert len(bodies) == len(heard)
        assert all(ada.canary in body for body in bodies)
        assert [word for word in foreign for body in bodies if word in body] == []
        db.session.delete(webhook)
        db.session.commit()
