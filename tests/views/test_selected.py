"""Several rows at once: one question names how many, each row has its outcome, and a stranger's are not there."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete, select

from app.knowledge import sources
from models import (
    AuditEvent,
    Chatbot,
    ChatSession,
    Member,
    Order,
    QuestionCluster,
    Source,
    Submission,
    WorkspaceMember,
    db,
)
from models.base import now
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in


def add(app, *rows):
    """Add rows; return their ids."""
    with inside(app):
        db.session.add_all(rows)
        db.session.commit()
        return [row.id for row in rows]


def source_of(person, title, **how):
    below = {"service_id": person.service_id, "chatbot_id": person.chatbot_id}
    return Source(**{**below, "kind": "url", "title": title, "data_loc": title, "state": "ready", **how})


def pick(act, *ids, **asked):
    return {"act": act, "pick": [str(number) for number in ids], **asked}


def said_on(answer):
    return re.findall(r'<p class="flash flash-\w+">.*?<span>(.*?)</span></p>', answer.text, re.DOTALL)


def state_of(app, kind, number, column):
    with inside(app):
        return getattr(db.session.get_one(kind, number), column)


def test_one_question_names_how_many_and_looking_at_it_changes_nothing(app, as_ada, ada):
    ids = add(app, source_of(ada, "one"), source_of(ada, "two"), source_of(ada, "three"))
    page = as_ada.get("/sourceview/selected", query_string=pick("delete", *ids)).text
    assert "Delete 3 sources?" in page
    assert state_of(app, Source, ids[0], "deleted_at") is None
    answer = as_ada.post("/sourceview/selected", query_string=pick("delete", *ids[:2]), follow_redirects=True)
    assert said_on(answer) == ["2 sources are deleted."]
    assert [state_of(app, Source, number, "deleted_at") is None for number in ids] == [False, False, True]
    with inside(app):
        trail = db.session.scalars(select(AuditEvent.target).where(AuditEvent.action == "source.delete")).all()
        assert set(trail) == {f"chatbot_data:{number}" for number in ids[:2]}


def test_rows_of_a_stranger_are_as_if_they_had_not_been_ticked(app, as_ada, ada, cid):
    mine, theirs, gone = *add(app, source_of(ada, "mine"), source_of(cid, "theirs")), 10**9
    asked = pick("delete", theirs, mine, gone, "x", -1, 9**40)
    assert "Delete 1 source?" in as_ada.get("/sourceview/selected", query_string=asked).text
    for number in (theirs, gone):
        answer = as_ada.post("/sourceview/selected", query_string=pick("delete", number), follow_redirects=True)
        assert said_on(answer) == ["Tick what it is about first. Nothing was changed."]
    as_ada.post("/sourceview/selected", query_string=asked)
    assert state_of(app, Source, theirs, "deleted_at") is None
    assert state_of(app, Source, mine, "deleted_at") is not None


def test_who_only_uses_a_workspace_ticks_nothing(app, ada):
    (number,) = add(app, source_of(ada, "hers"))
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    assert 'name="pick"' not in uma.get("/sourceview/list/").text
    uma.post("/sourceview/selected", query_string=pick("delete", number))
    assert state_of(app, Source, number, "deleted_at") is None


def test_each_row_has_its_outcome(app, as_ada, ada, monkeypatch):
    """One that is refused keeps no other one back, and is named with why."""
    ids = add(app, source_of(ada, "good"), source_of(ada, "bad"), source_of(ada, "fine"))
    whole = sources.queue_again

    def queue_again(source):
        whole(source)
        if source.title == "bad":
            raise sources.SourceError("Its file is gone.")

    monkeypatch.setattr(sources, "queue_again", queue_again)
    answer = as_ada.post("/sourceview/selected", query_string=pick("read", *ids), follow_redirects=True)
    assert said_on(answer) == ["2 sources are read again.", "bad: Its file is gone."]
    assert [state_of(app, Source, number, "state") for number in ids] == ["queued", "ready", "queued"]


def test_a_row_that_somebody_else_deletes_meanwhile_keeps_no_other_one_back(app, as_ada, ada, monkeypatch):
    first, gone, last = add(app, source_of(ada, "first"), source_of(ada, "gone"), source_of(ada, "last"))
    whole = sources.queue_again

    def queue_again(source):
        whole(source)
        db.session.execute(delete(Source).where(Source.id == gone), execution_options={"synchronize_session": False})

    monkeypatch.setattr(sources, "queue_again", queue_again)
    answer = as_ada.post("/sourceview/selected", query_string=pick("read", first, gone, last), follow_redirects=True)
    assert said_on(answer) == ["2 sources are read again."]
    assert [state_of(app, Source, number, "state") for number in (first, last)] == ["queued", "queued"]


def test_it_leads_back_to_where_the_rows_were_ticked(app, as_ada, ada):
    (number,) = add(app, source_of(ada, "here"))
    asked = pick("read", number, q="here", state="ready")
    assert as_ada.post("/sourceview/selected", query_string=asked).location == "/sourceview/list/?q=here&state=ready"
    (number,) = add(app, source_of(ada, "there"))
    asked = pick("read", number, chatbot=ada.chatbot_uuid, page="2") | {"from": "chatbot"}
    assert as_ada.post("/sourceview/selected", query_string=asked).location == (
        f"/chatbot/{ada.chatbot_uuid}/sources?page=2"
    )


def test_rows_are_ticked_without_scripts(as_ada, ada, app):
    add(app, source_of(ada, "ticked"))
    for address in ("/sourceview/list/", f"/chatbot/{ada.chatbot_uuid}/sources"):
        page = as_ada.get(address).text
        assert re.search(r'<form class="bulk" id="picked" method="get" action="/sourceview/selected"', page), address
        assert re.search(
            r'<input type="checkbox" name="pick" value="\d+" form="picked" aria-label="Choose ticked">', page
        )


@pytest.fixture(scope="module")
def entered(app, ada):
    """Three submissions of Ada's chatbot."""
    below = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id}
    (chat_id,) = add(app, ChatSession(**below))
    rows = [
        Submission(**below, session_id=chat_id, kind="handoff", form_name=f"f{i}", answers=[], summary="")
        for i in range(3)
    ]
    return add(app, *rows)


def test_submissions_get_a_state_and_somebody_who_takes_care_of_them(app, as_ada, ada, entered):
    asked = pick("state", *entered[:2])
    assert "Change the state of 2 submissions?" in as_ada.get("/submissionview/selected", query_string=asked).text
    as_ada.post("/submissionview/selected", query_string=asked, data={"state": "done"})
    assert [state_of(app, Submission, number, "state") for number in entered] == ["done", "done", "new"]
    assert as_ada.post("/submissionview/selected", query_string=asked, data={"state": "x"}).status_code == 400
    asked = pick("assign", *entered)
    as_ada.post("/submissionview/selected", query_string=asked, data={"assignee": str(ada.member_id)})
    assert {state_of(app, Submission, number, "assignee_id") for number in entered} == {ada.member_id}
    refused = as_ada.post("/submissionview/selected", query_string=asked, data={"assignee": "1000000"})
    assert refused.status_code == 400


def test_a_stranger_is_nobody_to_hand_over_to(as_ada, cid, entered):
    page = as_ada.get("/submissionview/selected", query_string=pick("assign", *entered)).text
    assert f'value="{cid.member_id}"' not in page


def test_questions_are_ignored_together_and_come_back(app, as_ada, ada, cid):
    def cluster(person):
        return QuestionCluster(service_id=person.service_id, chatbot_id=person.chatbot_id, n_troubled=1, n_open=1,
                               last_asked_at=now(), last_trouble_at=now(), embedding=b"", embedding_name="x")  # fmt: skip

    mine, other, theirs = add(app, cluster(ada), cluster(ada), cluster(cid))
    asked = pick("ignore", mine, other, theirs)
    assert "Ignore 2 questions?" in as_ada.get("/unanswered/selected", query_string=asked).text
    as_ada.post("/unanswered/selected", query_string=asked)
    ignored = [state_of(app, QuestionCluster, number, "ignored_at") is not None for number in (mine, other, theirs)]
    assert ignored == [True, True, False]
    as_ada.post("/unanswered/selected", query_string=pick("restore", mine, other, view="ignored"))
    assert state_of(app, QuestionCluster, other, "ignored_at") is None


def test_members_are_removed_together(app, as_ada, ada):
    place = (ada.service_id, ada.workspace_id)
    people = [add_person(app, name, place=(*place, "user")) for name in ("ulf", "una")]
    with inside(app):
        seats = db.session.scalars(select(WorkspaceMember.id).where(WorkspaceMember.user_id.in_(people))).all()
    answer = as_ada.post("/workspacememberview/selected", query_string=pick("remove", *seats), follow_redirects=True)
    assert "2 members are removed." in said_on(answer)
    with inside(app):
        assert not db.session.scalars(select(WorkspaceMember).where(WorkspaceMember.user_id.in_(people))).all()


def test_staff_activate_orders_and_shut_people_out(app, ada):
    stan = come_in(app, add_person(app, "stan", platform_role="Staff"))
    order = {
        "service_id": ada.service_id,
        "user_id": ada.member_id,
        "amount": 100,
        "currency": "EUR",
        "status": "pending",
    }
    terms = {"plan": "gold", "billing_cycle": "monthly", "features": {}}
    ids = add(app, Order(**order, plan_id=3, terms=terms))
    answer = stan.post("/orderview/selected", query_string=pick("activate", *ids), follow_redirects=True)
    assert "1 order is activated." in said_on(answer)
    assert state_of(app, Order, ids[0], "status") == "activated"
    people = [add_person(app, name) for name in ("kim", "kai")]
    stan.post("/memberview/selected", query_string=pick("suspend", *people, 1), data={"reason": "Spam."})
    assert [state_of(app, Member, number, "status") for number in (*people, 1)] == ["disabled", "disabled", "enabled"]
    assert stan.get("/memberview/selected", query_string=pick("suspend", *people)).status_code == 302


def test_a_service_that_does_not_run_is_not_changed(app, cid):
    (number,) = add(app, source_of(cid, "stopped"))
    client = sign_in(app, cid)
    with inside(app):
        db.session.get_one(Chatbot, cid.chatbot_id).workspace.service.status = "disabled"
        db.session.commit()
    client.post("/sourceview/selected", query_string=pick("delete", number))
    assert state_of(app, Source, number, "deleted_at") is None
