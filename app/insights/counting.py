"""Counting what is not counted yet: each question, answer, rating and form exactly once, whatever happens in between.

A row is counted in the transaction that marks it as counted. What is erased afterwards stays in the figures: they hold
nothing of it. What is erased before (a job runs twice a minute) leaves none. A rating that comes later makes its answer
uncounted again, and what it was counted as tells what to take back.

Nothing is counted of the preview: who asks there is the owner.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update

from app.insights.histogram import bucket_of
from app.insights.tally import Place, Tally, document_key, path_of
from models import AskedQuestion, ChatSession, Chunk, Citation, Document, Domain, Message, Submission, db, tenancy
from models.base import change
from models.chatbots import HOSTED_PAGE
from models.learning import TROUBLES

AT_ONCE = 2000
ANSWERED = ("grounded", "curated")


def count_due(max_batches: int = 50) -> int:
    """Count what has come in, some thousand rows at a time; return how many rows were counted."""
    n_counted = 0
    with tenancy.everything():
        for _ in range(max_batches):
            n_rows = count_messages() + count_submissions()
            n_counted += n_rows
            if not n_rows:
                break
    return n_counted


def count_messages() -> int:
    """Count a batch of questions and answers; commits."""
    rows = _of_free_sessions(db.session.execute(_uncounted_messages().limit(AT_ONCE)).all())
    if not rows or not _mark_messages(rows):
        return 0
    tally = Tally()
    counted = [row for row in rows if not row.is_preview]
    answers = [row for row in counted if row.type == "bot"]
    _count_sessions(tally, [row for row in counted if row.type == "client"])
    for row in answers:
        _count_answer(tally, row)
    new = [row for row in answers if row.counted_as is None]
    _count_documents(tally, new)
    _note_questions(answers)
    tally.write()
    db.session.commit()
    return len(rows)


def _uncounted_messages() -> Select[*tuple[Any, ...]]:
    is_preview = func.coalesce(and_(Domain.internal, Domain.domain != HOSTED_PAGE), False)
    chat = ChatSession
    return (
        select(
            Message.id, Message.service_id, Message.chatbot_id, Message.domain_id, Message.session_id, Message.type,
            Message.timestamp, Message.state, Message.feedback, Message.counted_as, Message.response_time, Message.cost,
            Message.evidence, chat.uncounted.label("is_new_session"), chat.page, chat.language,
            chat.visitor_hash, is_preview.label("is_preview"),
        )
        .join(chat, chat.id == Message.session_id)
        .outerjoin(Domain, Domain.id == Message.domain_id)
        .where(Message.uncounted.is_not(None), or_(Message.finish.is_(None), Message.finish != "pending"))
        .order_by(Message.id)
    )  # fmt: skip


def _of_free_sessions(rows: Sequence[Any]) -> Sequence[Any]:
    """Lock the sessions of messages as all do who change them; those in which something is said just now wait."""
    ids = {row.session_id for row in rows}
    locking = select(ChatSession.id).where(ChatSession.id.in_(ids)).order_by(ChatSession.id)
    free = set(db.session.scalars(locking.with_for_update(skip_locked=True)))
    return [row for row in rows if row.session_id in free]


def _mark_messages(rows: Sequence[Any]) -> bool:
    """Mark messages as counted as they are; False, with nothing done, where another was faster or a rating came."""
    by_feedback: dict[str, list[int]] = {}
    for row in rows:
        by_feedback.setdefault(row.feedback or "", []).append(row.id)
    for feedback, ids in sorted(by_feedback.items()):
        same = update(Message).where(
            Message.id.in_(ids), Message.uncounted.is_not(None), func.coalesce(Message.feedback, "") == feedback
        )
        if change(same.values(uncounted=None, counted_as=feedback)) != len(ids):
            db.session.rollback()
            return False
    return True


def _place(row: Any) -> Place:
    return row.service_id, row.chatbot_id


def _count_sessions(tally: Tally, questions: Iterable[Any]) -> None:
    """Count questions, and with its first one each session."""
    new: dict[int, Any] = {}
    for row in questions:
        tally.add(_place(row), row.timestamp, n_questions=1)
        if row.is_new_session is not None:
            new.setdefault(row.session_id, row)
    known = _known_visitors(new.values())
    for row in new.values():
        visitor = (row.chatbot_id, row.visitor_hash)
        is_new = row.visitor_hash is not None and visitor not in known
        tally.add(_place(row), row.timestamp, n_sessions=1, n_visitors=int(is_new))
        known.add(visitor)
    change(update(ChatSession).where(ChatSession.id.in_(new)).values(uncounted=None))


def _known_visitors(sessions: Iterable[Any]) -> set[tuple[int, str | None]]:
    """Return which visitors of a day were counted at a chatbot before. (On another day their hash is another.)"""
    hashes = {row.visitor_hash for row in sessions} - {None}
    query = select(ChatSession.chatbot_id, ChatSession.visitor_hash).where(
        ChatSession.visitor_hash.in_(hashes), ChatSession.uncounted.is_(None)
    )
    return {(chatbot_id, visitor) for chatbot_id, visitor in db.session.execute(query.distinct())}


def _count_answer(tally: Tally, row: Any) -> None:
    place, moment = _place(row), row.timestamp
    if row.counted_as is not None:
        _count_feedback(tally, place, moment, row.counted_as, -1)
        _count_feedback(tally, place, moment, row.feedback, +1)
        return
    is_answered = row.state in ANSWERED
    tally.add(place, moment, cost=row.cost or 0, **({f"n_{row.state}": 1} if row.state else {}))
    _count_feedback(tally, place, moment, row.feedback, +1)
    tally.add_part(place, moment, "page", path_of(row.page), is_answered=is_answered)
    tally.add_part(place, moment, "domain", str(row.domain_id or 0), is_answered=is_answered)
    if row.language:
        tally.add_part(place, moment, "language", row.language, is_answered=is_answered)
    if row.response_time is not None:
        tally.add_part(place, moment, "response", str(bucket_of(row.response_time)), is_answered=is_answered)


def _count_feedback(tally: Tally, place: Place, moment: dt.datetime, feedback: str | None, n: int) -> None:
    if feedback:
        tally.add(place, moment, **{f"n_{feedback}": n})


def _count_documents(tally: Tally, answers: Sequence[Any]) -> None:
    """Count each document once for each answer that cites it."""
    by_id = {row.id: row for row in answers if row.state == "grounded"}
    query = (
        select(Citation.message_id, Document.source_id, Document.name)
        .join(Chunk, Chunk.id == Citation.chunk_id)
        .join(Document, Document.id == Chunk.document_id)
        .where(Citation.message_id.in_(by_id))
        .distinct()
    )
    for message_id, source_id, name in db.session.execute(query) if by_id else ():
        row = by_id[message_id]
        key = document_key(source_id, name)
        tally.add_part(_place(row), row.timestamp, "document", key, is_answered=True)


def trouble_of(row: Any) -> str | None:
    """Return why somebody should look at an answer: it was refused, or a visitor did not like it."""
    if row.state == "refused":
        return "refused"
    return "disliked" if row.feedback == "negative" else None


def _note_questions(answers: Sequence[Any]) -> None:
    """Note what was asked, to be clustered; small talk and failures of the installation teach nothing."""
    meant = [row for row in answers if row.state in (*ANSWERED, "refused") and "small_talk" not in (row.evidence or {})]
    query = select(AskedQuestion.message_id).where(AskedQuestion.message_id.in_([row.id for row in meant]))
    known = set(db.session.scalars(query))
    for row in meant:
        if row.id not in known:
            owned = {"service_id": row.service_id, "chatbot_id": row.chatbot_id, "message_id": row.id}
            db.session.add(AskedQuestion(**owned, asked_at=row.timestamp, trouble=trouble_of(row)))
    for trouble in (None, *TROUBLES):
        same = [row.id for row in meant if row.id in known and trouble_of(row) == trouble]
        is_other = AskedQuestion.trouble.is_distinct_from(trouble)
        changed = update(AskedQuestion).where(AskedQuestion.message_id.in_(same), is_other)
        change(changed.values(trouble=trouble, is_due=True))


def count_submissions() -> int:
    """Count a batch of what visitors entered, and of those who wanted to talk to a person; commits."""
    entered = Submission
    query = select(entered.id, entered.service_id, entered.chatbot_id, entered.created_at, entered.kind)
    rows = db.session.execute(query.where(entered.uncounted.is_not(None)).order_by(entered.id).limit(AT_ONCE)).all()
    marking = update(entered).where(entered.id.in_([row.id for row in rows]), entered.uncounted.is_not(None))
    if not rows or change(marking.values(uncounted=None)) != len(rows):
        db.session.rollback()
        return 0
    tally = Tally()
    for row in rows:
        counter = "n_handoffs" if row.kind == "handoff" else "n_submissions"
        tally.add(_place(row), row.created_at, **{counter: 1})
    tally.write()
    db.session.commit()
    return len(rows)
