"""What programs read and change by the API, and what they are told when they can't."""

from __future__ import annotations

import datetime as dt
import io
import uuid

import pytest
import sqlalchemy as sa

from models import (
    ApiReply,
    AuditEvent,
    Chatbot,
    ChatSession,
    Form,
    Message,
    Service,
    Submission,
    Workspace,
    db,
)
from models.base import now
from tests.api.conftest import Program, make_key
from tests.conftest import inside


def error_of(answer):
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.fixture(autouse=True)
def _room_for_chatbots(app, ada):
    """Take away what another test made: the plan has room for a few."""
    with inside(app):
        made = sa.update(Chatbot).where(Chatbot.service_id == ada.service_id, Chatbot.id != ada.chatbot_id)
        db.session.execute(made.values(status="deleted"))
        db.session.commit()


def test_a_chatbot_is_made_read_changed_and_deleted(app, program):
    made = program.post("chatbots", {"name": " Shop helper ", "type": "sales"})
    assert made.status_code == 201
    chatbot = made.get_json()
    assert (chatbot["name"], chatbot["type"], chatbot["status"]) == ("Shop helper", "sales", "enabled")
    path = f"chatbots/{chatbot['id']}"
    assert program.get(path).get_json() == chatbot
    with inside(app):
        row = db.session.scalars(sa.select(Chatbot).where(Chatbot.uuid == uuid.UUID(chatbot["id"]))).one()
        assert db.session.scalars(sa.select(Form.name).where(Form.chatbot_id == row.id)).all() == ["Contact"]
    assert chatbot in program.get("chatbots").get_json()["result"]
    changed = program.patch(path, {"status": "disabled"}).get_json()
    assert (changed["status"], changed["name"]) == ("disabled", "Shop helper")
    assert program.delete(path).status_code == 204
    assert error_of(program.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": ""}, "name"), ({}, "name"), ({"name": "x" * 121}, "name"), ({"name": 7}, "name"), ({"name": "a\0b"}, "name"),
     ({"name": "x", "type": "oracle"}, "type"), ({"name": "x", "workspace": "here"}, "workspace"),
     ({"name": "x", "service_id": 1}, "service_id"), ({"name": "x", "owner_id": 1}, "owner_id"), ([], "_schema"), ("x", "_schema")],
)  # fmt: skip
def test_a_wrong_field_is_named(program, body, field):
    """Columns that the API does not list can't be set: they are wrong fields like any other."""
    answer = program.post("chatbots", body)
    assert error_of(answer) == (400, "invalid_request")
    assert list(answer.get_json()["error"]["fields"]) == [field]


def test_what_is_no_json_and_parameters_that_there_are_not_are_refused(program):
    assert error_of(program.ask("POST", "chatbots", data=b"{")) == (400, "invalid_request")
    assert error_of(program.ask("POST", "chatbots", data=b"[" * 100_000)) == (400, "invalid_request")
    assert error_of(program.get("chatbots", _flt_0_service="1")) == (400, "invalid_request")
    assert error_of(program.get("key", q="(filters:!())")) == (400, "invalid_request")
    assert error_of(program.ask("GET", "chatbots?limit=1&limit=2")) == (400, "invalid_request")
    assert error_of(program.ask("PUT", "chatbots")) == (405, "wrong_method")
    assert error_of(program.get("nothing")) == (404, "not_found")


def test_a_key_that_reads_changes_nothing(app, ada, reader, program):
    assert reader.get("chatbots").status_code == 200
    assert error_of(reader.post("chatbots", {"name": "x"})) == (403, "forbidden")
    basics = Program(app, make_key(app, ada, "basics"))
    assert basics.get("sources").status_code == 200
    assert error_of(basics.get("sessions")) == (403, "forbidden")
    assert error_of(basics.get("usage")) == (403, "forbidden")


def test_a_key_sees_no_other_workspace_of_its_service(app, ada, program):
    with inside(app):
        second = Workspace(service_id=ada.service_id, name="Second")
        chatbot = Chatbot(service_id=ada.service_id, workspace=second, owner_id=ada.member_id, name="elsewhere")
        db.session.add_all([second, chatbot])
        db.session.commit()
        there, chatbot_uuid = str(second.uuid), chatbot.uuid
    assert "elsewhere" not in program.get("chatbots").text
    assert there not in program.get("workspaces").text
    assert error_of(program.get(f"chatbots/{chatbot_uuid}")) == (404, "not_found")
    assert error_of(program.post("chatbots", {"name": "x", "workspace": there})) == (404, "not_found")


def test_a_service_that_has_ended_is_read_and_not_changed(app, ada, program):
    def end(at):
        with inside(app):
            db.session.execute(sa.update(Service).where(Service.id == ada.service_id).values(expired_at=at))
            db.session.commit()

    end(now() - dt.timedelta(days=1))
    try:
        assert program.get("chatbots").status_code == 200
        assert error_of(program.post("chatbots", {"name": "x"})) == (403, "service_stopped")
    finally:
        end(None)


def upload(program, ada, content=b"Goods may be returned.", name="returns.txt", **headers):
    data = {"file": (io.BytesIO(content), name)}
    return program.ask("POST", f"chatbots/{ada.chatbot_uuid}/files", data=data, headers=headers)


def test_a_file_is_uploaded_watched_and_deleted(app, ada, program):
    sent = upload(program, ada)
    assert sent.status_code == 202
    source = sent.get_json()
    assert (source["title"], source["state"], source["filesize"]) == ("returns.txt", "queued", 22)
    assert upload(program, ada).get_json()["id"] == source["id"], "what is there already is not added again"
    listed = program.get("sources", chatbot=ada.chatbot_uuid, state="queued").get_json()["result"]
    assert source["id"] in [row["id"] for row in listed]
    assert program.get(f"chatbots/{ada.chatbot_uuid}/training").get_json()["n_unread_sources"] == 1
    assert program.patch(f"sources/{source['id']}", {"enabled": False}).get_json()["enabled"] is False
    assert program.delete(f"sources/{source['id']}").status_code == 204
    with inside(app):
        acts = sa.select(AuditEvent.action).join(AuditEvent.key).where(AuditEvent.label == "returns.txt")
        assert db.session.scalars(acts.order_by(AuditEvent.id)).all() == [
            "source.add",
            "source.add",
            "source.switch",
            "source.delete",
        ]


def test_uploads_that_can_not_be_used_are_refused(app, ada, program):
    path = f"chatbots/{ada.chatbot_uuid}/files"
    for data in ({}, {"file": "words"}, {"other": (io.BytesIO(b"x"), "x.txt")}):
        assert error_of(program.ask("POST", path, data=data)) == (400, "invalid_request")
    assert error_of(program.ask("POST", path, data=b"x" * 3_000_000)) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "url"},
        {"kind": "text", "text": "x"},
        {"kind": "url", "address": "https://example.com", "text": "x"},
        {"kind": "qa"},
    ],
)
def test_a_source_holds_what_its_kind_needs(ada, program, body):
    assert error_of(program.post(f"chatbots/{ada.chatbot_uuid}/sources", body)) == (400, "invalid_request")


def test_pages_websites_and_texts_are_added(ada, program):
    path = f"chatbots/{ada.chatbot_uuid}/sources"
    for body in (
        {"kind": "url", "address": "https://www.example.com/returns"}, {"kind": "website", "address": "https://www.example.com/"},
        {"kind": "text", "title": "Opening hours", "text": "From nine to six."},
    ):  # fmt: skip
        sent = program.post(path, body)
        assert (sent.status_code, sent.get_json()["kind"]) == (202, body["kind"])
    assert error_of(program.post(path, {"kind": "url", "address": "file:///etc/passwd"})) == (409, "refused")


def test_the_same_request_twice_is_done_once(app, ada, program):
    name = {"Idempotency-Key": "import-17"}
    first = program.post("chatbots", {"name": "Once"}, headers=name)
    again = program.post("chatbots", {"name": "Once"}, headers=name)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    other = program.post("chatbots", {"name": "Another"}, headers=name)
    assert error_of(other) == (409, "idempotency_key_reused")
    with inside(app):
        assert db.session.scalar(sa.select(sa.func.count(Chatbot.id)).where(Chatbot.name.in_(("Once", "Another")))) == 1
    assert (
        Program(app, make_key(app, ada)).post("chatbots", {"name": "Once"}, headers=name).get_json() != first.get_json()
    )
    assert error_of(program.post("chatbots", {"name": "x"}, headers={"Idempotency-Key": "x" * 65})) == (
        400,
        "invalid_request",
    )


def test_an_upload_is_told_from_another_by_its_content(ada, program):
    name = {"Idempotency-Key": "upload-1"}
    first = upload(program, ada, b"one", "a.txt", **name)
    assert upload(program, ada, b"one", "a.txt", **name).get_json() == first.get_json()
    assert error_of(upload(program, ada, b"two", "a.txt", **name)) == (409, "idempotency_key_reused")


def test_of_two_same_requests_at_once_one_is_done(app, program, monkeypatch):
    """The other one finds, when it commits, that it was done meanwhile; what it did is taken back."""
    from views.api import idempotency

    name = {"Idempotency-Key": "at-once"}
    first = program.post("chatbots", {"name": "At once"}, headers=name)
    looks, find = [], idempotency._find
    monkeypatch.setattr(idempotency, "_find", lambda name: looks.append(1) or (find(name) if len(looks) > 1 else None))
    assert program.post("chatbots", {"name": "At once"}, headers=name).get_json() == first.get_json()
    with inside(app):
        assert db.session.scalar(sa.select(sa.func.count(Chatbot.id)).where(Chatbot.name == "At once")) == 1


def test_a_reply_is_kept_for_a_day(app, program):
    from app.accounts import keys

    name = {"Idempotency-Key": "yesterday"}
    first = program.post("chatbots", {"name": "Kept"}, headers=name).get_json()
    with inside(app):
        keys.forget_replies()
    assert program.post("chatbots", {"name": "Kept"}, headers=name).get_json() == first
    with inside(app):
        db.session.execute(sa.update(ApiReply).values(created_at=now() - dt.timedelta(hours=25)))
        keys.forget_replies()
    assert program.post("chatbots", {"name": "Kept"}, headers=name).get_json() != first


def test_a_refused_request_may_be_sent_again_under_its_name(program):
    name = {"Idempotency-Key": "corrected"}
    assert program.post("chatbots", {"name": ""}, headers=name).status_code == 400
    assert program.post("chatbots", {"name": "Corrected"}, headers=name).status_code == 201


def test_a_plan_without_room_says_so(app, ada, program, monkeypatch):
    from app.plans import usage

    monkeypatch.setattr(usage, "limit_of", lambda service, metric: 1)
    answer = program.post("chatbots", {"name": "One too many"})
    assert error_of(answer) == (409, "quota_exceeded")
    assert "Your plan" in answer.get_json()["error"]["message"]


def test_a_list_is_read_page_by_page(program):
    made = {program.post("chatbots", {"name": f"page {n}"}).get_json()["id"] for n in range(3)}
    seen, cursor = [], {}
    while True:
        page = program.get("chatbots", limit=1, **cursor).get_json()
        seen += [row["id"] for row in page["result"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next"]}
    assert page["next"] is None
    assert len(seen) == len(set(seen))
    assert made <= set(seen)
    for wrong in ("x", "!!", "LTU", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        assert error_of(program.get("chatbots", cursor=wrong)) == (400, "invalid_request")
    assert error_of(program.get("chatbots", limit=0)) == (400, "invalid_request")


def test_a_website_is_added_and_carries_a_chatbot_once_it_is_proven(app, ada, program):
    made = program.post("domains", {"website": "www.example.org"}).get_json()
    assert (made["origin"], made["verified"]) == ("https://www.example.org", False)
    assert made["proof"]["value"] in made["proof"]["tag"]
    body = {"chatbot": str(ada.chatbot_uuid), "domain": made["id"]}
    assert error_of(program.post("embeds", body)) == (409, "refused")
    assert error_of(program.post("domains", {"website": "www.example.org"})) == (409, "conflict")
    assert error_of(program.post("domains", {"website": "com"})) == (409, "refused")
    with inside(app):
        from models import Domain

        db.session.execute(sa.update(Domain).where(Domain.domain == "www.example.org").values(verified=True))
        db.session.commit()
    embed = program.post("embeds", body).get_json()
    assert f'data-embed="{embed["id"]}"' in embed["code"]
    assert program.patch(f"embeds/{embed['id']}", {"max_questions_a_day": 9}).get_json()["max_questions_a_day"] == 9
    assert error_of(program.patch(f"embeds/{embed['id']}", {"max_questions_a_day": 0})) == (400, "invalid_request")
    assert program.patch(f"domains/{made['id']}", {"status": "inactive"}).get_json()["status"] == "inactive"
    assert program.delete(f"domains/{made['id']}").status_code == 204


def test_a_website_that_is_kept_to_others_is_not_there(app, ada, program):
    from models import Domain, DomainGrant

    with inside(app):
        domain = Domain(
            service_id=ada.service_id, domain="kept.example.org", scheme="https", verified=True, is_kept=True
        )
        db.session.add(domain)
        db.session.commit()
        domain_id, domain_uuid = domain.id, str(domain.uuid)
    body = {"chatbot": str(ada.chatbot_uuid), "domain": domain_uuid}
    assert "kept.example.org" not in program.get("domains").text
    assert program.get(f"domains/{domain_uuid}").status_code == program.post("embeds", body).status_code == 404
    with inside(app):
        db.session.add(DomainGrant(service_id=ada.service_id, domain_id=domain_id, workspace_id=ada.workspace_id))
        db.session.commit()
    assert program.get(f"domains/{domain_uuid}").status_code == 200
    assert program.post("embeds", body).status_code == 201


@pytest.fixture
def chat(app, ada):
    """A chat of five questions and answers."""
    from models.history import Citation

    with inside(app):
        place = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id}
        session = ChatSession(
            **place,
            domain_id=ada.domain_id,
            page="https://shop.example/cart",
            n_refused=1,
            n_questions=5,
            n_submissions=1,
        )
        db.session.add(session)
        db.session.flush()
        for n in range(5):
            asked = Message(**place, session_id=session.id, type="client", message=f"question {n}")
            said = Message(
                **place, session_id=session.id, type="bot", message=f"answer {n}", state="grounded", finish="complete"
            )
            said.citations = [Citation(**place, n=1, title="Returns", quote="Within 30 days.", locator={"page": 3})]
            db.session.add_all([asked, said])
            db.session.flush()
        db.session.add(
            Submission(
                **place,
                session_id=session.id,
                form_name="Contact",
                answers=[{"label": "Name", "kind": "text", "value": "Uma"}],
            )
        )
        db.session.commit()
        return str(session.uuid)


def test_messages_are_read_as_they_come(app, ada, program, chat):
    seen, after = [], {}
    for _ in range(20):
        page = program.get("messages", session=chat, limit=3, **after).get_json()
        seen += [row["message"] for row in page["result"]]
        after = {"after": page["next"]}
        if not page["has_more"]:
            break
    assert seen == [f"{what} {n}" for n in range(5) for what in ("question", "answer")]
    assert program.get("messages", **after).get_json()["result"] == []
    with inside(app):
        session = db.session.scalars(sa.select(ChatSession).order_by(ChatSession.id.desc())).first()
        place = {"service_id": session.service_id, "chatbot_id": session.chatbot_id, "session_id": session.id}
        db.session.add(Message(**place, type="client", message="one more"))
        db.session.commit()
    page = program.get("messages", **after).get_json()
    assert [row["message"] for row in page["result"]] == ["one more"]
    assert page["result"][0]["session"] == chat
    assert error_of(program.get("messages", after="x")) == (400, "invalid_request")


def test_chats_are_read_with_the_filters_of_the_screen(program, chat):
    shown = program.get(f"sessions/{chat}").get_json()
    assert (shown["n_questions"], shown["page"]) == (5, "https://shop.example/cart")
    assert chat in program.get("sessions", state="refused", page="cart").text
    assert chat not in program.get("sessions", state="error").text
    assert chat not in program.get("sessions", to="2001-01-01").text
    wrong = program.get("sessions", slower="soon", **{"from": "yesterday"})
    assert error_of(wrong) == (400, "invalid_request")
    assert set(wrong.get_json()["error"]["fields"]) == {"slower", "from"}
    message = program.get("messages", session=chat).get_json()["result"][1]
    assert message["citations"] == [
        {"n": 1, "title": "Returns", "url": None, "locator": {"page": 3}, "quote": "Within 30 days."}
    ]
    assert program.get(f"messages/{message['id']}").get_json() == message


def test_submissions_are_read_and_taken_care_of(program, chat):
    [row] = program.get("submissions", state="new", limit=1).get_json()["result"]
    assert row["answers"] == [{"label": "Name", "kind": "text", "value": "Uma"}]
    path = f"submissions/{row['id']}"
    assert program.patch(path, {"state": "done"}).get_json()["state"] == "done"
    assert program.get(path).get_json()["state"] == "done"
    assert program.get(f"sessions/{chat}").get_json()["n_submissions"] == 1
    assert program.delete(path).status_code == 204
    assert program.get(f"sessions/{chat}").get_json()["n_submissions"] == 0


def test_usage_names_every_meter(program):
    shown = program.get("usage").get_json()
    assert {"chatbots", "messages_per_month", "storage_bytes"} <= {meter["metric"] for meter in shown["meters"]}


def test_what_a_key_does_stands_in_the_trail_under_its_name(app, ada, program, as_ada):
    made = program.post("chatbots", {"name": "By a program"}).get_json()
    program.post(f"chatbots/{made['id']}/training")
    with inside(app):
        events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.label == "By a program")).all()
        assert {event.action for event in events} == {"chatbots.add", "chatbot.train"}
        assert {(event.actor_id, event.key.name) for event in events} == {(ada.member_id, "a program")}
    assert "by the API key a program" in as_ada.get("/auditview/list/").text
