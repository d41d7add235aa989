"""What an export holds: every column, each chat whole and in its order, nothing of a stranger's, memory for one batch."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import delete

from app.exports import formats, rows
from app.exports.columns import KINDS, choose, usual
from app.exports.rows import Wanted
from app.history.filters import Filter
from app.spreadsheets import MARK
from models import ChatSession, db, tenancy
from tests.conftest import inside, make_customer
from tests.exports.conftest import ASKED
from tests.history.chats import BEGIN, say, start


def everything(per):
    return tuple(column.name for column in KINDS[per])


def export(app, customer, per="message", file_format="csv", columns=None, **asked):
    """The bytes of an export of a customer's."""
    wanted = Wanted(
        Filter(service_id=customer.service_id, **asked), per, everything(per) if columns is None else columns
    )
    with app.app_context(), tenancy.use(tenancy.service_scope(customer.service_id)):
        return b"".join(formats.FORMATS[file_format].write(wanted.chosen, rows.read(wanted)))


def table_of(content):
    """The rows of a CSV, each by its columns' names, and its last one."""
    head, *lines, end = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [dict(zip(head, line, strict=True)) for line in lines], end


def test_each_column_of_a_message_holds_what_it_says(app, ada, told):
    (question, answer), _ = table_of(export(app, ada))
    assert list(question)[:9] == [
        "id", "uuid", "chatbot_id", "domain_id", "session_id", "type", "message", "feedback", "response_time",
    ]  # fmt: skip
    assert (question["type"], question["message"]) == ("client", f"{ASKED} {ada.canary}")
    assert question["standalone"] == "How long may goods be returned?"
    assert (answer["id"], answer["question_id"]) == (str(told.answer_id), question["id"])
    assert (answer["state"], answer["feedback"], answer["feedback_comment"]) == ("grounded", "negative", "too short")
    assert answer["citations"] == (f"[1] Returns {ada.canary}, page 3, https://shop.example.com/r: “within 30 days”")
    assert [answer[name] for name in ("response_time", "tokens_in", "tokens_out", "cost")] == [
        "900",
        "1000",
        "500",
        "0.004",
    ]
    assert answer["session"] == str(told.uuid)
    assert (answer["form_fields"], answer["marks"]) == ("E-mail: vi@example.com", "needs_review")
    assert answer["notes"] == f"{ada.email}: ask the shop"
    assert answer["page"] == "https://shop.example.com/help"
    assert dt.datetime.fromisoformat(answer["timestamp"]).utcoffset() == dt.timedelta()


def test_each_column_of_a_chat_holds_what_it_says(app, ada, told):
    [chat], _ = table_of(export(app, ada, "session"))
    assert (chat["id"], chat["session"]) == (str(told.id), str(told.uuid))
    assert [chat[f"n_{name}"] for name in ("questions", "grounded", "negative")] == ["1", "1", "1"]
    assert (chat["marks"], chat["cost"]) == ("needs_review", "0.004")
    assert chat["chatbot"] == f"chatbot {ada.canary}"
    assert chat["domain"] == f"https://{ada.canary}.example.com"


def test_lines_of_json_keep_the_parts_of_what_has_some(app, ada, told):
    question, answer, end = map(json.loads, export(app, ada, file_format="jsonl").splitlines())
    assert answer["citations"] == [
        {"n": 1, "title": f"Returns {ada.canary}", "url": "https://shop.example.com/r", "locator": {"page": 3},
         "quote": "within 30 days"}
    ]  # fmt: skip
    assert answer["form_fields"][0]["answers"][0]["value"] == "vi@example.com"
    assert (question["feedback"], answer["cost"], end) == (None, 0.004, {"end": {"rows": 2}})


def test_a_workbook_holds_the_same_as_the_table(app, ada, told):
    as_csv, _ = table_of(export(app, ada))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(export(app, ada, file_format="xlsx"))).get_sheet_by_index(0)
    head, *lines = sheet.to_python()
    as_text = [[f"{cell:g}" if isinstance(cell, float) else cell for cell in line] for line in lines]
    assert [dict(zip(head, line, strict=True)) for line in as_text] == as_csv


@pytest.mark.parametrize("per", ["message", "session"])
def test_nothing_of_a_stranger_is_in_it(app, ada, cid, told, per):
    content = export(app, ada, per, "jsonl").decode()
    assert cid.canary not in content
    assert ada.canary in content


def test_a_strangers_service_in_the_filter_brings_nothing(app, ada, cid, told):
    wanted = Wanted(Filter(service_id=cid.service_id))
    with app.app_context(), tenancy.use(tenancy.service_scope(ada.service_id)):
        assert (list(rows.read(wanted)), rows.count(wanted)) == ([], (0, 0))


def test_it_begins_with_the_mark_of_utf_8_and_ends_with_the_number_of_rows(app, ada, told):
    content = export(app, ada)
    assert content.decode().startswith(MARK)
    assert content.endswith(b"\r\n")
    _, end = table_of(content)
    assert end[0] == f"{formats.END} 2"
    assert not any(end[1:])


def test_an_empty_export_is_whole_too(app, told):
    eve = make_customer(app, "eve")
    assert table_of(export(app, eve))[0] == []
    assert json.loads(export(app, eve, file_format="jsonl")) == {"end": {"rows": 0}}
    head, *lines = (
        CalamineWorkbook.from_filelike(io.BytesIO(export(app, eve, file_format="xlsx")))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert (head, lines) == (list(everything("message")), [])


@pytest.fixture(scope="module")
def dora(app):
    """A customer with seven chats of different lengths; two of them began in the same moment."""
    dora = make_customer(app, "dora")
    with inside(app):
        chats = [start(dora, at=BEGIN + dt.timedelta(minutes=n // 2)) for n in range(7)]
        for turn in range(6):  # crosswise: the order of ids is not the order of chats
            for number, chat in enumerate(chats):
                if turn <= number:
                    say(chat, f"{number}.{turn}?", f"{number}.{turn}!")
    return dora


@pytest.mark.parametrize(("sessions", "messages"), [(500, 3000), (2, 3000), (500, 5), (3, 4), (1, 1)])
def test_chats_come_whole_one_after_the_other_however_they_are_read(app, dora, monkeypatch, sessions, messages):
    monkeypatch.setattr(rows, "SESSIONS", sessions)
    monkeypatch.setattr(rows, "MESSAGES", messages)
    found, end = table_of(export(app, dora, columns=("message",)))
    wanted = [f"{n}.{turn}{mark}" for n in range(7) for turn in range(min(n + 1, 6)) for mark in "?!"]
    assert [row["message"] for row in found] == wanted
    assert end == [f"{formats.END} {len(wanted)}"]


def test_batches_are_bounded(app, dora, monkeypatch):
    monkeypatch.setattr(rows, "SESSIONS", 3)
    monkeypatch.setattr(rows, "MESSAGES", 4)
    wanted = Wanted(Filter(service_id=dora.service_id), columns=("message",))
    with app.app_context(), tenancy.use(tenancy.service_scope(dora.service_id)):
        sizes = [len(batch) for batch in rows.read(wanted)]
        assert rows.count(wanted) == (7, sum(sizes))
    assert max(sizes) <= 4


def test_a_filter_narrows_it_to_whole_chats(app, dora):
    found, _ = table_of(export(app, dora, columns=("message",), since=BEGIN + dt.timedelta(minutes=3)))
    assert [row["message"] for row in found] == [f"6.{turn}{mark}" for turn in range(6) for mark in "?!"]


def test_only_workspaces_that_may_be_read_are_in_it(app, dora):
    with app.app_context(), tenancy.use(tenancy.service_scope(dora.service_id)):
        none = Wanted(Filter(service_id=dora.service_id), readable=[])
        assert list(rows.read(none)) == []
        own = Wanted(Filter(service_id=dora.service_id), readable=[dora.workspace_id])
        assert sum(map(len, rows.read(own))) > 0


def test_no_transaction_is_open_between_two_batches(app, dora, monkeypatch):
    """A slow reader must hold up nobody who writes, and no connection."""
    monkeypatch.setattr(rows, "SESSIONS", 1)
    wanted = Wanted(Filter(service_id=dora.service_id))
    with app.app_context(), tenancy.use(tenancy.service_scope(dora.service_id)):
        for _ in rows.read(wanted):
            assert not db.session().in_transaction()


def test_what_is_erased_while_it_is_read_is_not_in_what_comes_later(app, monkeypatch):
    """An export is no copy of one moment: what was erased before its batch is read is gone from it."""
    fay = make_customer(app, "fay")
    monkeypatch.setattr(rows, "SESSIONS", 1)
    with inside(app):
        ids = []
        for number in range(3):
            chat = start(fay, at=BEGIN + dt.timedelta(minutes=number))
            say(chat, f"{number}?", "Yes.")
            ids.append(chat.id)
    wanted = Wanted(Filter(service_id=fay.service_id), columns=("message",))
    with app.app_context(), tenancy.use(tenancy.service_scope(fay.service_id)):
        reading = rows.read(wanted)
        assert next(reading) == [("0?",), ("Yes.",)]
        db.session.execute(delete(ChatSession).where(ChatSession.id == ids[1]))
        db.session.commit()
        assert list(reading) == [[("2?",), ("Yes.",)]]


@pytest.mark.parametrize("per", ["message", "session"])
def test_columns_come_in_the_order_of_the_table_and_none_means_the_usual(per):
    assert [column.name for column in choose(per, ("nonsense", "session", "id"))] == ["id", "session"]
    assert tuple(column.name for column in choose(per, ())) == usual(per)
