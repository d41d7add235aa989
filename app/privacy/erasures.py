"""What an owner wants gone: found and counted before anything happens, deleted in batches, and receipted.

The receipt in the audit trail holds the kind, the place and the numbers, and nothing of what was erased; what was
searched for is forgotten with the last batch. Only chats that began before somebody asked are meant.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Label, Select, Text, cast, delete, func, or_, select, true, update

from app import audit
from app.history import fulltext
from app.languages import gettext as _
from app.privacy import erasing, holds
from app.privacy.erasing import Counts
from app.refusals import Refusal
from models import Chatbot, ChatSession, Erasure, Message, Submission, db, tenancy
from models.base import change, now

AT_ONCE = 200  # chats that a request deletes by itself; more are left to a worker
N_SAMPLES = 5
MAX_CHARS = 320
MAX_LISTED = 20
OFFERED = ("visitor", "email", "words")  # what an owner finds chats by


@dataclass(frozen=True)
class Wish:
    """What is to be erased: chats of some chatbots that are found by a word of this kind."""

    kind: str
    sought: str
    chatbots: tuple[Chatbot, ...]


@dataclass(frozen=True)
class Preview:
    """What a wish would do: how much goes, how many chats are held and stay, and some of those that go."""

    counts: Counts
    n_held: int
    samples: list[ChatSession]

    @property
    def is_empty(self) -> bool:
        return not (self.counts.n_sessions or self.counts.n_submissions)


def read_wish(kind: str, sought: str, chatbots: Collection[Chatbot]) -> Wish:
    """Return a wish that somebody has entered.

    Raises:
        Refusal: nothing can be found by it.
    """
    sought = " ".join(sought.split())
    if kind not in OFFERED:
        raise Refusal(_("Choose what the chats are found by."))
    if not sought or len(sought) > MAX_CHARS or not sought.isprintable():
        raise Refusal(_("Enter what to look for, in %(most)s characters at most.", most=MAX_CHARS))
    if kind == "words" and not fulltext.words_of(sought):
        raise Refusal(_("Enter at least one word."))
    return Wish(kind, sought, tuple(chatbots))


def preview(wish: Wish) -> Preview:
    """Count what a wish is about; nothing is changed."""
    counts, n_held, samples = Counts(), 0, list[ChatSession]()
    for chatbot in wish.chatbots:
        found = _look(chatbot, wish)
        loose = _loose_submissions(chatbot, wish.kind, wish.sought)
        counts += found.counts + Counts(n_submissions=len(loose))
        n_held += found.n_held
        samples += found.samples
    return Preview(counts, n_held, samples[:N_SAMPLES])


def _look(chatbot: Chatbot, wish: Wish) -> Preview:
    """Count the chats of one chatbot that are meant, in one query: what takes its time is finding a frequent word."""
    found = _meant(chatbot, wish.kind, wish.sought, now())
    meant = select(ChatSession.id, holds.is_held().label("is_held")).where(*found).cte("meant")
    going, held = select(meant.c.id).where(~meant.c.is_held), select(meant.c.id).where(meant.c.is_held)
    counts = select(
        _size(going), _size(select(Message.id).where(Message.session_id.in_(going))),
        _size(select(Submission.id).where(Submission.session_id.in_(going))), _size(held),
    ).subquery()  # fmt: skip
    youngest = going.order_by(meant.c.id.desc()).limit(N_SAMPLES).scalar_subquery()
    query = select(counts, ChatSession).select_from(counts).outerjoin(ChatSession, ChatSession.id.in_(youngest))
    rows = db.session.execute(query.order_by(ChatSession.id.desc())).all()
    n_sessions, n_messages, n_submissions, n_held, _ = rows[0]
    return Preview(Counts(n_sessions, n_messages, n_submissions), n_held, [row.ChatSession for row in rows if row[-1]])


def _size(query: Select[int]) -> Label[int]:
    """Return how many rows a query has, as a column."""
    return select(func.count()).select_from(query.subquery()).scalar_subquery().label(None)


def ask(wish: Wish) -> list[Erasure]:
    """Note a wish, once for each chatbot; `run` fulfills it. The caller commits."""
    by_id = audit.actor_id()
    made = [
        Erasure(
            service_id=chatbot.service_id, chatbot_id=chatbot.id, kind=wish.kind, sought=wish.sought, asked_by_id=by_id
        )
        for chatbot in wish.chatbots
    ]  # fmt: skip
    db.session.add_all(made)
    db.session.flush()
    return made


def waiting() -> list[int]:
    """Return the erasures that are not done, for the workers."""
    with tenancy.everything():
        return list(db.session.scalars(select(Erasure.id).where(Erasure.state == "waiting").order_by(Erasure.id)))


def run(erasure_id: int) -> None:
    """Delete what an erasure is about, a few chats at a time; cut off, it is finished by the next run. Commits."""
    service_id = _service_of(erasure_id)
    if service_id is None:
        return
    with tenancy.use(tenancy.service_scope(service_id)):
        while (erasure := _take(erasure_id)) is not None:
            gone = _delete_some(erasure)
            erasure.n_sessions += gone.n_sessions
            erasure.n_messages += gone.n_messages
            erasure.n_submissions += gone.n_submissions
            if gone == Counts():
                _finish(erasure)
            db.session.commit()


def list_erasures(chatbot_id: int) -> list[Erasure]:
    query = select(Erasure).where(Erasure.chatbot_id == chatbot_id).order_by(Erasure.id.desc())
    return list(db.session.scalars(query.limit(MAX_LISTED)))


def find_chat(session_uuid: uuid.UUID) -> ChatSession | None:
    """Return a chat session of the scope."""
    return db.session.scalar(select(ChatSession).where(ChatSession.uuid == session_uuid))


def _service_of(erasure_id: int) -> int | None:
    with tenancy.everything():
        return db.session.scalar(select(Erasure.service_id).where(Erasure.id == erasure_id))


def _take(erasure_id: int) -> Erasure | None:
    """Return an erasure that nobody else works on until the commit; None once it is done."""
    change(update(Erasure).where(Erasure.id == erasure_id).values(state=Erasure.state))
    wanted = select(Erasure).where(Erasure.id == erasure_id, Erasure.state == "waiting")
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def _delete_some(erasure: Erasure) -> Counts:
    found = _meant(erasure.chatbot, erasure.kind, erasure.sought or "", erasure.created_at)
    some = select(ChatSession.id).where(*found, ~holds.is_held()).order_by(ChatSession.id).limit(erasing.BATCH)
    ids = list(db.session.scalars(some))
    if ids:
        return erasing.erase(ids)
    loose = _loose_submissions(erasure.chatbot, erasure.kind, erasure.sought or "")[: erasing.BATCH]
    return Counts(0, 0, change(delete(Submission).where(Submission.id.in_(loose))))


def _finish(erasure: Erasure) -> None:
    erasure.state, erasure.sought, erasure.finished_at = "done", None, now()
    audit.set_actor(erasure.asked_by_id)  # a worker has none
    audit.record(
        "history.erase", erasure, kind=erasure.kind, n_sessions=erasure.n_sessions, n_messages=erasure.n_messages,
        n_submissions=erasure.n_submissions,
    )  # fmt: skip


def _meant(chatbot: Chatbot, kind: str, sought: str, before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the chats of a chatbot that are meant."""
    return ChatSession.chatbot_id == chatbot.id, ChatSession.started_at <= before, _FOUND_BY[kind](chatbot, sought)


def _by_visitor(_chatbot: Chatbot, sought: str) -> ColumnElement[bool]:
    who = ChatSession.visitor
    return or_(who["id"].as_string() == sought, func.lower(who["email"].as_string()) == sought.lower())


def _by_email(chatbot: Chatbot, sought: str) -> ColumnElement[bool]:
    left = [session_id for _, session_id in _submissions_with(chatbot, sought) if session_id is not None]
    return ChatSession.id.in_(left)


def _by_words(chatbot: Chatbot, sought: str) -> ColumnElement[bool]:
    return fulltext.is_said(sought, chatbot.service_id)


def _by_domain(_chatbot: Chatbot, sought: str) -> ColumnElement[bool]:
    return ChatSession.domain_id == int(sought)


def _by_uuid(_chatbot: Chatbot, sought: str) -> ColumnElement[bool]:
    return ChatSession.uuid == uuid.UUID(sought)


_FOUND_BY: dict[str, Callable[[Chatbot, str], ColumnElement[bool]]] = {
    "visitor": _by_visitor, "email": _by_email, "words": _by_words, "domain": _by_domain, "session": _by_uuid,
    "all": lambda _chatbot, _sought: true(),
}  # fmt: skip


def _submissions_with(chatbot: Chatbot, email: str) -> list[tuple[int, int | None]]:
    """Return (submission, chat) of each that holds an address, however it was capitalized."""
    written = json.dumps(email)[1:-1]  # as it lies in the column
    query = select(Submission.id, Submission.session_id, Submission.answers).where(
        Submission.chatbot_id == chatbot.id, cast(Submission.answers, Text).icontains(written, autoescape=True)
    )
    return [(row_id, session_id) for row_id, session_id, answers in db.session.execute(query) if _holds(answers, email)]


def _holds(answers: object, email: str) -> bool:
    said = [answer for answer in answers if isinstance(answer, dict)] if isinstance(answers, list) else []
    return any(str(answer.get("value")).strip().casefold() == email.casefold() for answer in said)


def _loose_submissions(chatbot: Chatbot, kind: str, sought: str) -> list[int]:
    """Return the submissions with an address whose chats are gone already; those of held chats stay."""
    if kind != "email":
        return []
    found = dict(_submissions_with(chatbot, sought))
    present = set(db.session.scalars(select(ChatSession.id).where(ChatSession.id.in_(set(found.values()) - {None}))))
    return [row_id for row_id, session_id in found.items() if session_id not in present]
