"""Questions with answers, golden questions, forms and webhooks, as a program manages them."""

from __future__ import annotations

import uuid
from functools import partial
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from app.webhooks import owning
from models import ApiReply, Webhook, Workspace, db
from tests.api.conftest import Program, make_key
from tests.conftest import inside
from tests.views.test_long_lists import count_queries
from tests.webhooks.test_reach import make_chatbot


@pytest.fixture
def chatbot(ada):
    return str(ada.chatbot_uuid)


def test_an_answer_is_written_changed_found_and_deleted(program, chatbot):
    made = program.post("answers", {"chatbot": chatbot, "question": "Do you ship?", "answer": "We do."})
    assert made.status_code == 201
    name = made.get_json()["id"]
    again = program.post("answers", {"chatbot": chatbot, "question": "do you ship", "answer": "To all of Europe."})
    assert (again.get_json()["id"], again.get_json()["answer"]) == (name, "To all of Europe.")
    asked = program.patch(f"answers/{name}", {"wordings": ["Is there shipping?", "Can you send it?"]}).get_json()
    assert asked["wordings"] == ["Is there shipping?", "Can you send it?"]
    changed = program.patch(f"answers/{name}", {"answer": "Everywhere."}).get_json()
    assert (changed["answer"], changed["wordings"]) == ("Everywhere.", asked["wordings"]), "what was not sent stays"
    assert [row["id"] for row in program.get("answers", chatbot=chatbot).get_json()["result"]] == [name]
    assert program.get("answers", chatbot=str(uuid.uuid4())).get_json()["result"] == []
    assert program.delete(f"answers/{name}").status_code == 204
    assert program.get(f"answers/{name}").status_code == 404


def test_a_list_of_answers_asks_the_database_as_often_for_many_as_for_one(app, program, chatbot):
    made = []
    for n in range(5):
        body = {"chatbot": chatbot, "question": f"What is {n}?", "answer": "A number.", "wordings": [f"Why {n}?"]}
        made.append(program.post("answers", body).get_json())
    pages = SimpleNamespace(get=partial(program.ask, "GET"))
    many, one = (count_queries(app, pages, f"answers?limit={limit}") for limit in (5, 1))
    assert many == one
    found = {row["id"]: row for row in program.get("answers", chatbot=chatbot).get_json()["result"]}
    for row in made:
        assert found[row["id"]] == row
        program.delete(f"answers/{row['id']}")


def test_what_can_be_no_answer_says_what_is_wrong(program, chatbot):
    refused = program.post("answers", {"chatbot": chatbot, "question": "?!", "answer": "So."})
    assert (refused.status_code, refused.get_json()["error"]["message"]) == (409, "The question is missing.")
    assert program.post("answers", {"chatbot": chatbot, "question": "How?"}).status_code == 400


def test_a_golden_question_is_kept_with_what_is_expected(program, chatbot):
    body = {
        "chatbot": chatbot,
        "question": "How long is the warranty?",
        "source": "returns.txt",
        "words": ["two years", "24"],
    }
    kept = program.post("golden_questions", body).get_json()
    assert (kept["source"], kept["words"]) == ("returns.txt", ["two years", "24"])
    nothing = program.post("golden_questions", {"chatbot": chatbot, "question": "What?"})
    assert "which words are expected" in nothing.get_json()["error"]["message"]
    assert program.get("golden_questions", chatbot=chatbot).get_json()["result"] == [kept]
    assert program.delete(f"golden_questions/{kept['id']}").status_code == 204


def test_a_form_is_designed_and_its_fields_keep_their_names(program, chatbot):
    asked = [
        {"kind": "phone", "label": "Number", "required": True},
        {"kind": "choice", "label": "When?", "choices": ["a", "b"]},
    ]
    made = program.post("forms", {"chatbot": chatbot, "name": "Call me", "words": ["call"], "fields": asked}).get_json()
    assert [(row["kind"], row["label"], row["required"]) for row in made["fields"]] == [
        ("phone", "Number", True), ("choice", "When?", False),
    ]  # fmt: skip
    first, second = made["fields"]
    sent = [{**second, "label": "At what time?"}, first]
    changed = program.patch(f"forms/{made['id']}", {"fields": sent, "status": "inactive"}).get_json()
    assert [row["name"] for row in changed["fields"]] == [second["name"], first["name"]]
    assert (changed["fields"][0]["label"], changed["status"], changed["words"]) == (
        "At what time?",
        "inactive",
        ["call"],
    )
    too_few = program.patch(
        f"forms/{made['id']}", {"fields": [{"kind": "choice", "label": "Which?", "choices": ["a"]}]}
    )
    assert (too_few.status_code, "2 to 20 answers" in too_few.get_json()["error"]["message"]) == (409, True)
    assert program.delete(f"forms/{made['id']}").status_code == 204
    assert program.get(f"forms/{made['id']}").status_code == 404


def test_a_webhook_is_made_tried_and_switched_and_its_secret_lies_in_no_reply(app, program, chatbot):
    body = {"url": "https://crm.example.com/docent", "events": ["form", "refused"], "chatbot": chatbot}
    made = program.post("webhooks", body, headers={"Idempotency-Key": "one"}).get_json()
    assert (made["reach"], made["chatbot"], made["workspaces"]) == ("chatbot", chatbot, [])
    path = f"webhooks/{made['id']}"
    [secret] = program.get(f"{path}/secret").get_json()["secrets"]
    program.post(f"{path}/secret", headers={"Idempotency-Key": "two"})
    new, before = program.get(f"{path}/secret").get_json()["secrets"]
    assert (before, new != secret) == (secret, True)
    with inside(app):
        kept = str([reply.body for reply in db.session.scalars(select(ApiReply))])
        assert made["id"] in kept
        assert secret not in kept
        assert new not in kept
    assert program.post(f"{path}/test").status_code == 202
    [sent] = program.get(f"{path}/deliveries").get_json()["result"]
    assert (sent["event"], sent["state"]) == ("test", "waiting")
    off = program.patch(path, {"status": "inactive", "events": ["handoff"]}).get_json()
    assert (off["status"], off["events"]) == ("inactive", ["handoff"])
    assert program.post(f"{path}/test").get_json()["error"]["message"] == "Switch the webhook on first."
    assert program.delete(path).status_code == 204
    assert program.get("webhooks").get_json()["result"] == []


def test_a_key_that_reads_sees_a_webhook_and_not_its_secret(reader, program, chatbot):
    made = program.post(
        "webhooks", {"url": "https://x.example.com/", "events": ["form"], "chatbot": chatbot}
    ).get_json()
    assert reader.get(f"webhooks/{made['id']}").status_code == 200
    assert reader.get(f"webhooks/{made['id']}/secret").status_code == 403
    program.delete(f"webhooks/{made['id']}")


def test_a_webhook_of_workspaces_is_seen_by_who_opens_all_of_them_alone(app, ada, program):
    sales, _, _ = make_chatbot(app, ada, "Sales")
    with inside(app):
        here, there = (str(db.session.get_one(Workspace, place).uuid) for place in (ada.workspace_id, sales))
        wide = owning.add_for_workspaces(
            [db.session.get_one(Workspace, place) for place in (ada.workspace_id, sales)], "https://x.example.com/", ["form"]
        )  # fmt: skip
        db.session.add(Webhook(service_id=ada.service_id, reach="service", url="https://y.example.com", events=["form"], sealed_secret="x"))  # fmt: skip
        db.session.commit()
        name = wide.uuid
    assert program.get(f"webhooks/{name}").status_code == 404
    assert program.get("webhooks").get_json()["result"] == []
    assert program.delete(f"webhooks/{name}").status_code == 404
    body = {"url": "https://z.example.com/", "events": ["form"]}
    assert program.post("webhooks", {**body, "workspaces": [there]}).status_code == 404
    assert program.post("webhooks", {**body, "workspaces": [here, there]}).status_code == 404
    assert program.post("webhooks", body).get_json()["workspaces"] == [here], "all that the key opens"
    assert program.post("webhooks", {**body, "workspaces": [here], "chatbot": str(ada.chatbot_uuid)}).status_code == 400
    other = Program(app, make_key(app, ada, workspace_id=sales))
    assert other.get("webhooks").get_json()["result"] == []
