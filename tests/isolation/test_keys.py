"""Every operation of the API x every kind of key x {own, foreign, missing}: expected from the table of permissions."""

from __future__ import annotations

import io
import uuid

import pytest
from sqlalchemy.orm import Session

from app.accounts import keys
from app.accounts.keys import RIGHTS
from app.accounts.permissions import ACTIONS, allows, is_change
from tests.api.conftest import Program, make_key
from tests.conftest import inside
from tests.isolation.doors import doors
from tests.isolation.planting import rows_of

# what an operation asks for; whoever adds one says so here
ASKS_FOR = {
    "KeyApi.show": None, "WorkspacesApi.read_all": "workspace.view", "UsageApi.show": "people.view",
    "ChatbotsApi.read_all": "chatbot.view", "ChatbotsApi.read": "chatbot.view", "ChatbotsApi.add": "chatbot.edit",
    "ChatbotsApi.change": "chatbot.edit", "ChatbotsApi.remove": "chatbot.edit",
    "TrainingApi.read": "source.view", "TrainingApi.start": "source.edit",
    "SourcesApi.read_all": "source.view", "SourcesApi.read": "source.view", "SourcesApi.change": "source.edit",
    "SourcesApi.retry": "source.edit", "SourcesApi.remove": "source.edit",
    "SourcesOfChatbotApi.upload": "source.edit", "SourcesOfChatbotApi.add": "source.edit",
    "DomainsApi.read_all": "domain.view", "DomainsApi.read": "domain.view", "DomainsApi.add": "domain.edit",
    "DomainsApi.change": "domain.edit", "DomainsApi.check": "domain.edit", "DomainsApi.remove": "domain.edit",
    "EmbedsApi.read_all": "chatbot.view", "EmbedsApi.read": "chatbot.view", "EmbedsApi.add": "chatbot.edit",
    "EmbedsApi.change": "chatbot.edit",
    "SessionsApi.read_all": "history.view", "SessionsApi.read": "history.view",
    "MessagesApi.read_all": "history.view", "MessagesApi.read": "history.view",
    "SubmissionsApi.read_all": "submission.view", "SubmissionsApi.read": "submission.view",
    "SubmissionsApi.change": "submission.edit", "SubmissionsApi.remove": "submission.edit",
    "AnswersApi.read_all": "source.view", "AnswersApi.read": "source.view", "AnswersApi.add": "source.edit",
    "AnswersApi.change": "source.edit", "AnswersApi.remove": "source.edit",
    "GoldenApi.read_all": "source.view", "GoldenApi.read": "source.view", "GoldenApi.add": "source.edit",
    "GoldenApi.remove": "source.edit",
    "FormsApi.read_all": "look.view", "FormsApi.read": "look.view", "FormsApi.add": "chatbot.edit",
    "FormsApi.change": "chatbot.edit", "FormsApi.remove": "chatbot.edit",
    "WebhooksApi.read_all": "webhook.view", "WebhooksApi.read": "webhook.view", "WebhooksApi.add": "webhook.edit",
    "WebhooksApi.change": "webhook.edit", "WebhooksApi.remove": "webhook.edit", "WebhooksApi.read_secret": "webhook.edit",
    "WebhooksApi.renew_secret": "webhook.edit", "WebhooksApi.try_out": "webhook.edit",
    "WebhooksApi.read_deliveries": "webhook.view",
    "ExportsApi.read": "history.view", "ExportsApi.fetch": "history.view",
}  # fmt: skip
OPEN = {"ApiDocument.show"}


@pytest.fixture(scope="module")
def programs(app, ada, planted):
    return {rights: Program(app, make_key(app, ada, rights)) for rights in RIGHTS}


@pytest.fixture(autouse=True)
def _no_rate(monkeypatch):
    monkeypatch.setattr(keys, "rates_of", lambda _key: (100_000, 100_000))


def api_doors(app):
    return [d for d in doors(app) if str(d.rule).startswith("/api/v1/") and d.rule.endpoint not in OPEN]


def knock(program, door, path, rows):
    body = bodies(rows).get(door.rule.endpoint)
    how = {"json": body} if body is not None else {}
    if door.rule.endpoint == "SourcesOfChatbotApi.upload":
        how = {"data": {"file": (io.BytesIO(b"words"), "words.txt")}}
    answer = program.ask(door.method, path.removeprefix("/api/v1/"), **how)
    assert answer.status_code < 500, (door.name, answer.text)
    return answer


def bodies(rows):
    """endpoint -> a body that it takes, naming rows of `rows`."""
    source = {"kind": "text", "title": "Words", "text": "Some words."}
    return {
        "ChatbotsApi.add": {"name": "another", "workspace": str(rows["workspaces"]["uuid"])},
        "ChatbotsApi.change": {"name": "renamed"}, "SourcesApi.change": {"enabled": False},
        "SourcesOfChatbotApi.add": source, "DomainsApi.add": {"website": f"https://{uuid.uuid4().hex}.example.com"},
        "DomainsApi.change": {"status": "inactive"}, "EmbedsApi.change": {"status": "inactive"},
        "EmbedsApi.add": {"chatbot": str(rows["chatbots"]["uuid"]), "domain": str(rows["domains"]["uuid"])},
        "SubmissionsApi.change": {"state": "done"},
        "AnswersApi.add": {"chatbot": str(rows["chatbots"]["uuid"]), "question": "How?", "answer": "So."},
        "AnswersApi.change": {"answer": "Otherwise."},
        "GoldenApi.add": {"chatbot": str(rows["chatbots"]["uuid"]), "question": "How?", "words": ["so"]},
        "FormsApi.add": {"chatbot": str(rows["chatbots"]["uuid"]), "name": "Callback"},
        "FormsApi.change": {"status": "inactive"},
        "WebhooksApi.add": {
            "chatbot": str(rows["chatbots"]["uuid"]), "url": "https://hook.example.com/", "events": ["form"]
        },
        "WebhooksApi.change": {"events": ["handoff"]},
    }  # fmt: skip


def is_allowed(rights, action):
    granted = RIGHTS[rights]
    return action is None or (allows(granted.role, action) and not (granted.reads_only and is_change(action)))


@pytest.fixture
def _nothing_lasts(monkeypatch):
    monkeypatch.setattr(Session, "commit", Session.flush)


def test_every_operation_is_known_to_ask_for_a_right(app):
    assert {door.rule.endpoint for door in api_doors(app)} == set(ASKS_FOR)
    assert set(filter(None, ASKS_FOR.values())) <= set(ACTIONS)


@pytest.mark.usefixtures("_nothing_lasts")
@pytest.mark.parametrize("rights", list(RIGHTS))
def test_each_key_may_do_what_the_table_says(app, programs, planted, rights):
    wrong = []
    for door in api_doors(app):
        answer = knock(programs[rights], door, door.own(planted["ada"]), planted["ada"])
        if (answer.status_code == 403) == is_allowed(rights, ASKS_FOR[door.rule.endpoint]):
            wrong.append(f"{door.name} answered {answer.status_code}: {answer.text[:200]}")
    assert wrong == []


def test_a_strangers_row_answers_like_one_that_never_was(app, programs, planted, cid):
    from tests.isolation.test_matrix import plain

    for rights, program in programs.items():
        for door in api_doors(app):
            for foreign, missing in door.mixtures(planted["ada"], planted["cid"]) if door.args else ():
                there = knock(program, door, foreign, planted["cid"])
                not_there = knock(program, door, missing, planted["cid"])
                told = (there.status_code, plain(there, foreign))
                assert told == (not_there.status_code, plain(not_there, missing)), (rights, door.name, foreign)
                assert there.status_code == 404, (rights, door.name)
                assert cid.canary not in there.text


def test_no_answer_holds_a_strangers_word(app, programs, planted, cid):
    n_words = 0
    for program in programs.values():
        for door in api_doors(app):
            if door.method == "GET":
                answer = knock(program, door, door.own(planted["ada"]), planted["ada"])
                assert cid.canary not in answer.text, door.name
                n_words += "canary-ada" in answer.text
    assert n_words > 1


@pytest.mark.usefixtures("_nothing_lasts")
def test_nothing_is_written_into_a_strangers_rows(app, programs, planted, cid):
    """Ada's own addresses, Cid's rows in every body."""
    with inside(app):
        before = rows_of(cid.service_id)
    for door in api_doors(app):
        if door.method != "GET":
            knock(programs["write"], door, door.own(planted["ada"]), planted["cid"])
    with inside(app):
        assert rows_of(cid.service_id) == before
