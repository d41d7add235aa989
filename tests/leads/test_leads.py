"""From a form in a chat to whoever takes care of it: kept, mailed, listed, exported, and told to webhooks."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import email
import email.policy
import hashlib
import hmac
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from app import limits
from app.languages import speaking
from app.leads import forms, submissions
from app.leads.designs import DesignRefused
from app.webhooks import owning, sending
from models import AuditEvent, Chatbot, ChatSession, Delivery, Form, Submission, Webhook, db
from models.base import change, now
from tests.conftest import inside, sign_in
from tests.widget.conftest import API, ask, make_place, open_chat, visitor
from views import list_files

ENTERED = {"name": "=cmd()", "email": "uma@example.com", "message": "An offer,\nplease"}


@pytest.fixture(scope="module")
def place(app, ada):
    return make_place(app, ada)


@pytest.fixture(scope="module")
def owner(app, ada):
    return sign_in(app, ada)


def design(**changes):
    """A posted design: name, e-mail and message."""
    fields = [("name", "Name", "text"), ("email", "E-mail", "email"), ("message", "Message", "long")]
    return {
        "name": "Contact", "intro": "Hello", "thanks": "We call you.", "button": "Contact us", "words": "Offer, call me",
        "after_refusal": "1", "field_name": [f[0] for f in fields], "field_label": [f[1] for f in fields],
        "field_kind": [f[2] for f in fields], "field_choices": [""] * 3, "field_position": ["1", "2", "3"],
        "required": ["1"], **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def form(app, ada, owner):
    """Ada's contact form, of which she is mailed: its uuid."""
    made = owner.post(f"/chatbot/{ada.chatbot_uuid}/forms")
    address = made.headers["Location"]
    assert owner.get(address).status_code == 200
    saved = owner.post(address, data=design(notify=[str(ada.member_id), "1", "x", "9" * 5000]))
    assert saved.status_code == 302, saved.text
    return address.rpartition("/")[2]


def submit(client, headers, form, **values):
    return client.post(f"{API}/forms/{form}", json={"values": {**ENTERED, **values}, "lang": "en"}, headers=headers)


def form_address(app, place) -> str:
    """Where the forms of the place's chatbot are edited."""
    with inside(app):
        return f"/chatbot/{db.session.get(Chatbot, place.chatbot_id).uuid}/forms"


def mails(app):
    folder = Path(app.extensions["docent"].config.data_dir) / "mail"
    found = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    return ["\n".join([*(f"{k}: {v}" for k, v in mail.items()), mail.get_body().get_content()]) for mail in found]


def last_submission() -> Submission:
    return db.session.scalars(select(Submission).order_by(Submission.id.desc()).limit(1)).one()


def test_visitors_are_offered_the_forms_as_they_are_designed(app, place, form):
    found = visitor(app).get(f"{API}/embeds/{place.embed}/config", headers={"Origin": place.origin}).json["forms"]
    [offered] = found
    assert (offered["id"], offered["button"], offered["words"]) == (form, "Contact us", ["offer", "call me"])
    assert [field["kind"] for field in offered["fields"]] == ["text", "email", "long"]


def test_what_is_entered_is_kept_with_its_chat_and_mailed_to_whom_the_owner_chose(app, ada, place, form):
    client = visitor(app)
    headers = open_chat(client, place, page=f"{place.origin}/prices")
    answer = submit(client, headers, form)
    assert answer.json == {"thanks": "We call you."}
    with inside(app):
        kept = last_submission()
        assert kept.page == f"{place.origin}/prices"
        assert kept.session_id == db.session.scalar(select(ChatSession.id).order_by(ChatSession.id.desc()).limit(1))
        assert [a["value"] for a in kept.answers] == list(ENTERED.values())
        assert db.session.scalar(select(Form).where(Form.id == kept.form_id)).notify == [ada.member_id]
    [mail] = [mail for mail in mails(app) if "has sent it" in mail]
    assert f"To: {ada.email}" in mail
    assert f"/submission/{kept.uuid}" in mail


def test_what_is_wrong_is_said_field_by_field_and_nothing_is_kept(app, place, form):
    client = visitor(app)
    headers = open_chat(client, place)
    with inside(app):
        before = last_submission().id
    answer = submit(client, headers, form, email="x@example.com\nBcc: y@example.com")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "form_wrong")
    assert answer.json["error"]["fields"] == {"email": "wrong_email"}
    for body in ({"values": 7}, {}, {"values": ["x"]}):
        assert client.post(f"{API}/forms/{form}", json=body, headers=headers).status_code == 400
    assert client.post(f"{API}/forms/{form}", json={"values": ENTERED}).status_code == 403
    with inside(app):
        assert last_submission().id == before


def test_half_a_character_is_no_error_of_ours(app, place, form):
    client = visitor(app)
    headers = open_chat(client, place)
    assert submit(client, headers, form, name="\ud83duma", message="cut off \ud83d").status_code == 200
    with inside(app):
        assert last_submission().summary == "uma, uma@example.com, cut off"


def test_a_form_of_another_chatbot_or_switched_off_is_not_there(app, cid, owner, place, form):
    theirs, switch = make_place(app, cid), f"{form_address(app, place)}/{form}/switch"
    client = visitor(app)
    assert submit(client, open_chat(client, theirs), form).status_code == 404
    headers = open_chat(client, place)
    owner.post(switch)
    assert submit(client, headers, form).status_code == 404
    owner.post(switch)
    assert submit(client, headers, form).status_code == 200


def test_an_address_becomes_a_link_to_itself_alone(app, owner, place, form):
    client = visitor(app)
    submit(client, open_chat(client, place), form, name="Uma", email="uma?bcc=cid&x=1@example.com")
    with inside(app):
        uuid = last_submission().uuid
    assert 'href="mailto:uma%3Fbcc%3Dcid%26x%3D1@example.com"' in owner.get(f"/submission/{uuid}").text


def test_one_chat_sends_only_so_many_forms(app, place, form):
    client = visitor(app)
    headers = open_chat(client, place)
    statuses = [submit(client, headers, form).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_a_design_that_can_not_be_kept_leaves_what_was_typed(app, ada, owner, form):
    answer = owner.post(f"/chatbot/{ada.chatbot_uuid}/forms/{form}", data=design(name="", intro="Typed before"))
    assert answer.status_code == 400
    assert "Give the form a name." in answer.text
    assert "Typed before" in answer.text


def test_somebody_takes_care_of_it_and_the_trail_says_who(app, ada, owner, place, form):
    client = visitor(app)
    submit(client, open_chat(client, place), form)
    with inside(app):
        uuid = last_submission().uuid
    page = owner.get(f"/submission/{uuid}")
    assert "An offer,\nplease" in page.text
    saved = owner.post(f"/submission/{uuid}", data={"state": "in_progress", "assignee": str(ada.member_id)})
    assert saved.status_code == 302
    assert owner.post(f"/submission/{uuid}", data={"state": "done", "assignee": "1"}).status_code == 400
    assert owner.post(f"/submission/{uuid}", data={"state": "lost"}).status_code == 400
    with inside(app):
        kept = last_submission()
        assert (kept.state, kept.assignee_id) == ("in_progress", ada.member_id)
        assert db.session.scalar(select(AuditEvent.id).where(AuditEvent.action == "submission.edit")) is not None
    assert "=cmd()" in owner.get("/submissionview/list/?state=in_progress").text
    assert "Nothing matches" in owner.get("/submissionview/list/?state=done").text


def test_who_is_given_something_to_take_care_of_is_told_once(app, ada, owner, place, form):
    from models import ServiceMember, WorkspaceMember

    client = visitor(app)
    submit(client, open_chat(client, place), form)
    with inside(app):
        from app.accounts import members

        ben = members.add_member("Ben", "ben@example.com", "a-long-password-1", platform_role="Member", verified=True)
        db.session.add(ServiceMember(service_id=ada.service_id, user_id=ben.id, role="member"))
        db.session.add(
            WorkspaceMember(service_id=ada.service_id, workspace_id=ada.workspace_id, user_id=ben.id, role="admin")
        )
        db.session.commit()
        uuid, ben_id = last_submission().uuid, ben.id
    for assignee in (ada.member_id, ben_id, ben_id):
        assert owner.post(f"/submission/{uuid}", data={"state": "new", "assignee": str(assignee)}).status_code == 302
    told = [mail for mail in mails(app) if "please take care of it" in mail]
    assert len(told) == 1
    assert "To: ben@example.com" in told[0]
    with inside(app):
        chat = submissions.session_of(last_submission())
        address = f"/history/{chat.service_id}/{chat.uuid}"
    assert f"/submission/{uuid}" in owner.get(address, follow_redirects=True).text


def test_what_was_entered_can_be_deleted_for_good(app, owner, place, form):
    client = visitor(app)
    submit(client, open_chat(client, place, page=f"{place.origin}/erika"), form, name="Erika")
    with inside(app):
        kept = last_submission()
    owner.post(f"/submission/{kept.uuid}", data={"state": "done"})
    assert "gone for good" in owner.get(f"/submission/{kept.uuid}/delete").text
    assert owner.post(f"/submission/{kept.uuid}/delete").status_code == 302
    with inside(app):
        assert db.session.get(Submission, kept.id) is None
        trail = db.session.scalars(select(AuditEvent).where(AuditEvent.target == f"form_submissions:{kept.id}")).all()
        assert [event.action for event in trail] == ["submission.edit", "submission.delete"]
        assert not [event for event in trail if "erika" in f"{event.label} {event.changes}".lower()]


def test_the_export_holds_what_the_list_is_narrowed_to_and_no_formula(app, owner, place, form):
    client = visitor(app)
    submit(client, open_chat(client, place), form)
    export = owner.post("/submissionview/export.csv?q=cmd")
    assert export.mimetype == "text/csv"
    assert export.text.startswith("\ufeff"), "spreadsheets know UTF-8 by it"
    head, *rows = csv.reader(io.StringIO(export.text))
    assert head[-3:] == ["Name", "E-mail", "Message"]
    assert rows
    assert all(row[-3:] == ["'=cmd()", "uma@example.com", "An offer,\nplease"] for row in rows)
    assert len(list(csv.reader(io.StringIO(owner.post("/submissionview/export.csv?q=nobody").text)))) == 1


def test_an_export_is_sent_as_it_is_read_however_many_there_are(app, owner, place, form, monkeypatch):
    monkeypatch.setattr(list_files, "BATCH", 3)
    client = visitor(app)
    with inside(app):
        chat = db.session.scalars(select(ChatSession).where(ChatSession.chatbot_id == place.chatbot_id).limit(1)).one()
        for n in range(10):
            answer = {"name": "x", "label": f"Label {n}", "kind": "text", "value": f"many {n}"}
            submissions.add(chat, [answer], None, "Many")
        db.session.commit()
    export = owner.post("/submissionview/export.csv?form=Many", buffered=False)
    blocks = list(export.iter_encoded())
    assert len(blocks) == 1 + 4
    with app.app_context():
        assert db.engine.pool.checkedout() == 0
    head, *rows = csv.reader(io.StringIO(b"".join(blocks).decode().removeprefix("\ufeff")))
    assert head[6:] == [f"Label {n}" for n in reversed(range(10))]
    assert [max(row[6:]) for row in rows] == [f"many {n}" for n in reversed(range(10))]
    assert client.post("/submissionview/export.csv").status_code in (302, 401, 403)


@pytest.fixture(scope="module")
def three(app, ada, place):
    """Three submissions of another chatbot of Ada's: taken by her, from another form, of last year."""
    with inside(app):
        chatbot = Chatbot(service_id=ada.service_id, workspace_id=ada.workspace_id, name="Other")
        db.session.add(chatbot)
        db.session.flush()
        scope = {"service_id": ada.service_id, "chatbot_id": chatbot.id}
        chat = ChatSession(**scope)
        db.session.add(chat)
        db.session.flush()
        rows = {name: submissions.add(chat, [], None, "Talk to a person") for name in ("taken", "form", "old")}
        for name, row in rows.items():
            row.summary = f"the {name} one"
        rows["taken"].assignee_id = ada.member_id
        rows["form"].form_name, rows["form"].kind, rows["form"].state = "Rating", "form", "done"
        rows["old"].created_at = dt.datetime(2025, 12, 31, 23, 30, tzinfo=dt.UTC)
        db.session.commit()
        return str(chatbot.uuid)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "taken form old"), ({"assignee": "ada"}, "taken"), ({"assignee": "nobody"}, "form old"),
        ({"form": "Rating"}, "form"), ({"form": "Talk to a person", "state": "new"}, "taken old"),
        ({"kind": "form"}, "form"), ({"to": "2025-12-31"}, "old"), ({"from": "2026-01-01"}, "taken form"),
        ({"from": "2025-12-31", "to": "2025-12-31", "assignee": "nobody"}, "old"), ({"q": "taken"}, "taken"),
        ({"assignee": "ada", "form": "Rating"}, ""), ({"to": "2025-12-30"}, ""),
        ({"from": "9999-12-31", "to": "soon", "assignee": "9" * 30, "form": "none", "state": "x"}, "taken form old"),
    ],
)  # fmt: skip
def test_submissions_are_narrowed_by_all_that_tells_them_apart_and_so_is_the_export(ada, owner, three, asked, found):
    asked = {"chatbot": three, **asked}
    if asked.get("assignee") == "ada":
        asked["assignee"] = str(ada.member_id)
    page = owner.get("/submissionview/list/", query_string=asked)
    assert page.status_code == 200
    assert [name for name in ("taken", "form", "old") if f"the {name} one" in page.text] == found.split()
    lines = owner.post("/submissionview/export.csv", query_string=asked).text.count("\n") - 1
    assert lines == len(found.split())


def test_strangers_names_are_no_choices(app, cid, three):
    page = sign_in(app, cid).get(f"/submissionview/list/?chatbot={three}").text
    assert three not in page.replace(f"chatbot={three}", "")
    assert "Rating" not in page


def test_no_word_in_the_address_of_a_list_breaks_its_link_to_the_export(owner, three):
    page = owner.get("/submissionview/list/?endpoint=x&_anchor=y&q=%22%3E%3Cbogus")
    assert page.status_code == 200
    assert "><bogus" not in page.text


def test_a_chat_that_is_erased_takes_along_what_was_entered_in_it(app, place, form):
    client = visitor(app)
    headers = open_chat(client, place)
    submit(client, headers, form)
    with inside(app):
        kept = last_submission().id
    assert client.delete(f"{API}/chat", headers=headers).status_code == 200
    with inside(app):
        assert db.session.get(Submission, kept) is None


def test_a_visitor_is_handed_to_a_person_who_can_answer_the_mail(app, ada, owner, place):
    client = visitor(app)
    headers = open_chat(client, place, page=f"{place.origin}/help")
    call = {"values": {"email": "uma@example.com", "message": "It is urgent"}, "lang": "de"}
    assert client.post(f"{API}/chat/handoff", json=call, headers=headers).status_code == 404
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={"contact": "help@example.com", "monday": "00:00-00:01"})
    ask(client, headers, "Where is my parcel?").get_data()
    answer = client.post(f"{API}/chat/handoff", json=call, headers=headers)
    assert answer.json["thanks"].startswith("Danke. Sie erhalten eine Antwort per E-Mail, ab Montag, ")
    [mail] = [mail for mail in mails(app) if "would like to talk to a person" in mail]
    assert "To: help@example.com" in mail
    assert "Reply-To: uma@example.com" in mail
    assert "Visitor: Where is my parcel?" in mail
    assert "It is urgent" in mail
    with inside(app):
        kept = last_submission()
        assert (kept.kind, kept.form_name) == ("handoff", "Talk to a person")
        assert submissions.session_of(kept).handed_over_at is not None
    wrong = client.post(f"{API}/chat/handoff", json={"values": {"email": "x"}}, headers=headers)
    assert wrong.json["error"]["fields"] == {"email": "wrong_email"}
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={})


def test_a_webhook_stands_in_for_the_person_and_is_told_what_was_said(app, ada, owner, place, private_allowed):
    private_allowed()
    client, call = visitor(app), {"values": {"email": "uma@example.com", "message": "It is urgent"}}
    headers, n_mails = open_chat(client, place), len(mails(app))
    ask(client, headers, "Where is my parcel?").get_data()
    assert client.post(f"{API}/chat/handoff", json=call, headers=headers).status_code == 404
    with receiver() as server:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        owner.post(f"/chatbot/{ada.chatbot_uuid}/webhooks", data={"url": url, "event": ["handoff"]})
        offered = client.get(f"{API}/embeds/{place.embed}/config", headers=headers).json["forms"]
        assert offered[-1]["id"] == ""
        assert client.post(f"{API}/chat/handoff", json=call, headers=headers).status_code == 200
        deliver_all(app)
        told = json.loads(server.got[-1][1])
    assert (told["event"], told["answers"][0]["value"]) == ("handoff", "uma@example.com")
    assert [turn["by"] for turn in told["transcript"]] == ["visitor", "chatbot"]
    assert told["transcript"][0]["text"] == "Where is my parcel?"
    assert len(mails(app)) == n_mails
    with inside(app):
        db.session.query(Webhook).delete()
        db.session.commit()


def test_nobody_s_mailbox_is_filled_by_a_service_that_names_it(app, ada, owner, place, monkeypatch):
    monkeypatch.setattr(limits, "HANDOFFS_PER_SERVICE", "1 per day")
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={"contact": "somebody@example.com"})
    client = visitor(app)
    headers = open_chat(client, place)
    for message in ("The first", "The second"):
        call = {"values": {"email": "uma@example.com", "message": message}}
        assert client.post(f"{API}/chat/handoff", json=call, headers=headers).status_code == 200
    assert len([mail for mail in mails(app) if "To: somebody@example.com" in mail]) == 1
    with inside(app):
        assert "The second" in last_submission().summary
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={})


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_args):
        """Say nothing."""


@contextmanager
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.got, server.answers = [], []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def deliver_all(app) -> None:
    with app.app_context():
        for delivery_id in sending.due_deliveries():
            sending.deliver(delivery_id)


@pytest.fixture
def private_allowed(app, monkeypatch):
    """What is for development alone: addresses of this machine."""
    collaborators = app.extensions["docent"]
    settings = dataclasses.replace(collaborators.fetcher.settings, allow_private=True)

    def allow():
        monkeypatch.setattr(collaborators.fetcher, "settings", settings)
        monkeypatch.setattr(
            collaborators, "config", dataclasses.replace(collaborators.config, allow_private_addresses=True)
        )

    return allow


def test_a_webhook_is_told_signed_and_again_until_it_answers(app, owner, place, form, private_allowed):
    with receiver() as server:
        hooks = form_address(app, place).replace("/forms", "/webhooks")
        url = f"http://127.0.0.1:{server.server_port}/hook"
        refused = owner.post(hooks, data={"url": url, "event": ["form", "handoff"]})
        assert refused.status_code == 303  # no https, and a private address
        private_allowed()
        assert owner.post(hooks, data={"url": url, "event": ["form", "handoff"]}).status_code == 302
        server.answers = [500, 302]
        client = visitor(app)
        submit(client, open_chat(client, place), form)
        for expected in ("waiting", "waiting", "delivered"):
            with inside(app):
                db.session.execute(update(Delivery).values(due_at=now()))
                db.session.commit()
            deliver_all(app)
            with inside(app):
                delivery = db.session.scalars(select(Delivery)).one()
                assert delivery.state == expected
        assert delivery.attempts == 3
        assert "delivered" in owner.get(hooks).text.lower()
        with inside(app):
            secret = owning.secrets_of(db.session.scalars(select(Delivery)).one().webhook)[0]
        assert len(server.got) == 3
        for headers, body in server.got:
            t, v1 = (part.split("=")[1] for part in headers["Docent-Signature"].split(","))
            assert v1 == hmac.new(secret.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
            told = json.loads(body)
            assert (told["event"], told["form"], told["answers"][1]["value"]) == ("form", "Contact", "uma@example.com")
        assert len({headers["Docent-Delivery"] for headers, _ in server.got}) == 1


def test_a_webhook_that_never_answers_is_given_up_and_can_be_tried_again(app, owner):
    with inside(app):
        delivery = db.session.scalars(select(Delivery)).one()
        delivery.webhook.url = "http://127.0.0.1:1/hook"  # nobody listens there, and it is private
        delivery.state, delivery.attempts, delivery.due_at = "waiting", len(sending.PAUSES_S), now()
        uuid = delivery.uuid
        db.session.commit()
    deliver_all(app)
    with inside(app):
        delivery = db.session.scalars(select(Delivery)).one()
        assert (delivery.state, delivery.status_code) == ("failed", None)
        assert delivery.error
    assert owner.post(f"/webhooks/deliveries/{uuid}/again").status_code == 302
    with inside(app):
        assert db.session.scalars(select(Delivery)).one().state == "waiting"


def test_what_is_deleted_while_a_webhook_is_told_of_it_is_no_error(app, monkeypatch):
    def delete_meanwhile(*_args):
        change(delete(Submission))
        db.session.commit()
        return 200, ""

    monkeypatch.setattr(sending, "_send", delete_meanwhile)
    with inside(app):
        assert db.session.scalars(select(Delivery)).one().state == "waiting"
        db.session.execute(update(Delivery).values(due_at=now()))
        db.session.commit()
    deliver_all(app)
    with inside(app):
        assert db.session.scalar(select(Delivery)) is None


BROUGHT = {
    "sales": ("Contact", ["name", "email", "phone", "message"]),
    "booking": ("Booking", ["date", "time", "party", "name", "email", "wishes"]),
    "feedback": ("Feedback", ["rating", "reason"]),
    "event": ("Registration", ["name", "email", "seats", "needs"]),
    "e-commerce": ("Question about an order", ["order", "email", "question"]),
}


@pytest.mark.parametrize("kind", [*BROUGHT, "knowledge_base"])
def test_a_new_chatbot_offers_the_form_of_its_type_and_its_maker_is_told(app, ada, owner, kind):
    name, fields = BROUGHT.get(kind, (None, []))
    made = owner.post("/chatbotview/add", data={"name": kind, "type": kind, "workspace": str(ada.workspace_id)})
    assert made.status_code == 302, made.text
    with inside(app):
        chatbot = db.session.scalars(select(Chatbot).order_by(Chatbot.id.desc()).limit(1)).one()
        assert chatbot.name == kind
        offered = forms.offers_of(chatbot)
        assert [form["name"] for form in offered] == ([name] if name else [])
        assert [field["name"] for form in offered for field in form["fields"]] == fields
        assert all(form.notify == [ada.member_id] for form in forms.list_forms(chatbot))


def test_a_form_is_brought_along_in_the_language_of_who_makes_the_chatbot(app, ada):
    with inside(app), speaking("de"):
        chatbot = Chatbot(service_id=ada.service_id, workspace_id=ada.workspace_id, name="Hilfe", type="support")
        db.session.add(chatbot)
        form = forms.add_preset(chatbot)
        labels = [field["label"] for field in form.fields]
        said = (form.button, labels, form.words[0], form.thanks)
        db.session.rollback()
    labels = ["E-Mail", "Was ist passiert?", "Wie dringend ist es?"]
    assert said == ("Problem melden", labels, "kaputt", "Vielen Dank. Wir melden uns bei Ihnen.")


def test_of_two_that_add_the_last_form_in_one_moment_one_is_refused(app, ada):
    with inside(app):
        chatbot = Chatbot(service_id=ada.service_id, workspace_id=ada.workspace_id, name="full")
        db.session.add(chatbot)
        db.session.commit()
        for _ in range(forms.MAX_FORMS - 1):
            forms.add_preset(chatbot)
        db.session.commit()
        chatbot_id = chatbot.id

    def add(_n):
        with inside(app):
            try:
                forms.add_preset(db.session.get(Chatbot, chatbot_id))
                db.session.commit()
            except DesignRefused:
                return "refused"
            return "added"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(add, range(6)))
    assert sorted(outcomes) == ["added", *["refused"] * 5]
