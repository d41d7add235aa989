"""The columns of an export: what each is called, what it holds, and how that is read from the rows.

The columns of `chat_history` come first, under their names in the table. A column is read from a message or from its
session, or looked up in what is loaded beside them (`beside`), by the id that `value` names.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.languages import lazy_gettext as _l
from app.spreadsheets import Cell
from models import ChatSession, Message

MILLION = 1_000_000
Parts = Iterable[dict[str, Any]]


@dataclass(frozen=True)
class Column:
    """One column. `flatten` makes one text of what has parts, for formats that are tables."""

    name: str
    words: str
    value: Any
    convert: Callable[[Any], Any] | None = None
    beside: str = ""
    flatten: Callable[[Any], Cell] | None = None
    width: int = 16  # characters, in a workbook
    is_usual: bool = True  # chosen until somebody chooses

    @property
    def is_of_session(self) -> bool:
        return bool(self.value.class_ is ChatSession)


def _moment(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="milliseconds")


def _money(millionths: int | None) -> float | None:
    return None if millionths is None else millionths / MILLION


def _cite(citations: Parts) -> str:
    return "\n".join(
        f"[{one['n']}] " + ", ".join(filter(None, (one["title"], _locate(one["locator"]), one["url"])))
        + f": “{one['quote']}”"
        for one in citations
    )  # fmt: skip


def _locate(locator: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in locator.items())


def _list_answers(submissions: Parts) -> str:
    return "\n".join(f"{answer['label']}: {answer['value']}" for one in submissions for answer in one["answers"])


def _list_notes(notes: Parts) -> str:
    return "\n".join(f"{one['by'] or 'somebody'}: {one['note']}" for one in notes)


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _dump(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


_OF_SESSION = (
    Column("page", _l("the page it was asked on"), ChatSession.page, width=32),
    Column("chatbot", _l("the chatbot's name"), ChatSession.chatbot_id, beside="chatbots"),
    Column("domain", _l("the website"), ChatSession.domain_id, beside="domains", width=28),
    Column("language", _l("of the first question"), ChatSession.language, width=8),
    Column(
        "visitor", _l("who it was, as your website has signed it"), ChatSession.visitor, flatten=_dump, is_usual=False
    ),
    Column(
        "form_fields", _l("what the visitor entered in forms"), ChatSession.id, beside="submissions",
        flatten=_list_answers, width=40,
    ),
)  # fmt: skip

OF_MESSAGE = (
    Column("id", _l("number of the message"), Message.id, width=10),
    Column("uuid", _l("name of the message"), Message.uuid, str, is_usual=False, width=36),
    Column("chatbot_id", _l("number of the chatbot"), Message.chatbot_id, is_usual=False, width=10),
    Column("domain_id", _l("number of the website"), Message.domain_id, is_usual=False, width=10),
    Column("session_id", _l("number of the chat"), Message.session_id, width=10),
    Column("type", _l("client: a visitor; bot: the chatbot"), Message.type, width=8),
    Column("message", _l("what was said"), Message.message, width=80),
    Column("feedback", _l("positive, neutral or negative"), Message.feedback),
    Column("response_time", _l("of an answer, in milliseconds"), Message.response_time),
    Column("timestamp", _l("when it was said"), Message.timestamp, _moment, width=30),
    Column("session", _l("name of the chat, as its address has it"), ChatSession.uuid, str, width=36),
    Column("question_id", _l("the question that an answer belongs to"), Message.question_id, is_usual=False, width=10),
    Column(
        "standalone", _l("a question that leaned on earlier ones, as it was understood"), Message.standalone, width=60
    ),
    Column("state", _l("grounded, curated, refused or error"), Message.state),
    Column("finish", _l("complete, stopped or pending"), Message.finish, is_usual=False),
    Column("citations", _l("passages shown with an answer"), Message.id, beside="citations", flatten=_cite, width=60),
    Column("feedback_comment", _l("why the visitor liked it or not"), Message.feedback_comment, width=40),
    Column("first_token_ms", _l("until the chat model began, in milliseconds"), Message.first_token_ms, is_usual=False),
    Column("chat_model", _l("empty: no chat model was asked"), Message.chat_model),
    Column("tokens_in", _l("tokens that were sent to it"), Message.tokens_in),
    Column("tokens_out", _l("tokens that it wrote"), Message.tokens_out),
    Column("cost", _l("of the chat model"), Message.cost, _money),
    Column("evidence", _l("what the decision was made from"), Message.evidence, flatten=_dump, is_usual=False),
    *_OF_SESSION,
    Column("marks", _l("what your team marked it as"), Message.id, beside="marks", flatten=_list),
    Column("notes", _l("what your team noted"), Message.id, beside="notes", flatten=_list_notes, width=40),
)

OF_SESSION = (
    Column("id", _l("number of the chat"), ChatSession.id, width=10),
    Column("session", _l("name of the chat, as its address has it"), ChatSession.uuid, str, width=36),
    Column("chatbot_id", _l("number of the chatbot"), ChatSession.chatbot_id, is_usual=False, width=10),
    Column("domain_id", _l("number of the website"), ChatSession.domain_id, is_usual=False, width=10),
    Column("started_at", _l("when it began"), ChatSession.started_at, _moment, width=30),
    Column("last_message_at", _l("when something was said last"), ChatSession.last_message_at, _moment, width=30),
    Column("n_questions", _l("how many questions"), ChatSession.n_questions),
    Column("last_question", _l("the last one, its beginning"), ChatSession.last_question, width=60),
    Column("n_grounded", _l("answers from documents"), ChatSession.n_grounded),
    Column("n_curated", _l("answers that you wrote"), ChatSession.n_curated),
    Column("n_refused", _l("questions without an answer"), ChatSession.n_refused),
    Column("n_error", _l("answers that failed"), ChatSession.n_error),
    Column("n_positive", _l("answers that were liked"), ChatSession.n_positive),
    Column("n_neutral", _l("answers that were found so-so"), ChatSession.n_neutral, is_usual=False),
    Column("n_negative", _l("answers that were disliked"), ChatSession.n_negative),
    Column("slowest_ms", _l("the slowest answer, in milliseconds"), ChatSession.slowest_ms),
    Column("cost", _l("of the chat model"), ChatSession.cost, _money),
    Column("handed_over_at", _l("when it was handed to a person"), ChatSession.handed_over_at, _moment, width=30),
    Column("n_submissions", _l("forms that were sent"), ChatSession.n_submissions),
    *_OF_SESSION,
    Column("marks", _l("what your team marked its answers as"), ChatSession.id, beside="session_marks", flatten=_list),
    Column(
        "notes", _l("what your team noted"), ChatSession.id, beside="session_notes", flatten=_list_notes, width=40
    ),
)  # fmt: skip

KINDS = {"message": OF_MESSAGE, "session": OF_SESSION}


def usual(per: str) -> tuple[str, ...]:
    """Return the columns that an export has until somebody chooses."""
    return tuple(column.name for column in KINDS[per] if column.is_usual)


def choose(per: str, names: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of some names, in the order of the table; unknown ones are left out, none means the usual."""
    wanted = set(names)
    return tuple(column for column in KINDS[per] if column.name in wanted) or choose(per, usual(per))
