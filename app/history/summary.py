"""What a list shows of a session, kept with it: counted anew from its messages whenever one of them changed.

Whoever writes messages by another way than `recording` sets `ChatSession.summary_due_at`; `catch_up` does the rest.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import case, func, select, update

from app.answering.languages import guess_language
from app.history import fulltext
from models import ChatSession, Message, Submission, db, tenancy
from models.base import change, is_far, now
from models.history import ANSWER_STATES, MAX_LAST_QUESTION

PATIENCE_S = 60  # what is being said just now is summed up by those who say it
BATCH = 500
_FEEDBACK = ("positive", "neutral", "negative")


def _number(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _figures() -> dict[str, Any]:
    return {
        "n_questions": _number(Message.type == "client"),
        **{f"n_{state}": _number(Message.state == state) for state in ANSWER_STATES},
        **{f"n_{feedback}": _number(Message.feedback == feedback) for feedback in _FEEDBACK},
        "slowest_ms": func.max(Message.response_time),
        "cost": func.sum(Message.cost),
    }


def shorten(question: str) -> str:
    return " ".join(question.split())[:MAX_LAST_QUESTION]


def note_question(chat: ChatSession, question: str) -> None:
    """Show a question at once that is about to be answered. The caller commits."""
    chat.n_questions += 1
    chat.last_question = shorten(question)
    if chat.n_questions == 1:
        chat.language = guess_language(question, chat.language or "en")
    chat.summary_due_at = now()


def lock(session_id: int) -> ChatSession | None:
    """Return a session that nobody else sums up until this transaction ends; None for one that is gone.

    Before any of its messages is changed: whoever erases it comes the same way, so that neither waits for the other.
    """
    return db.session.scalar(select(ChatSession).where(ChatSession.id == session_id).with_for_update())


def renew(chat: ChatSession) -> None:
    """Sum up a session from its messages as they are now. The caller has locked it, and commits."""
    db.session.flush()
    figures = _figures()
    found = db.session.execute(select(*figures.values()).where(Message.session_id == chat.id)).one()
    for name, value in zip(figures, found, strict=True):
        setattr(chat, name, value)
    forms = select(func.count(Submission.id)).where(Submission.session_id == chat.id, Submission.kind == "form")
    chat.n_submissions = db.session.scalar(forms) or 0
    _renew_words(chat)
    chat.summary_due_at = None
    db.session.flush()


def _renew_words(chat: ChatSession) -> None:
    said = select(Message.type, Message.message).where(Message.session_id == chat.id).order_by(Message.id)
    turns = [(*turn,) for turn in db.session.execute(said)]
    questions = [text for kind, text in turns if kind == "client"]
    chat.last_question = shorten(questions[-1]) if questions else ""
    if questions:
        chat.language = guess_language(questions[0], chat.language or "en")
    fulltext.renew(chat, [text for _, text in turns])


def catch_up(limit: int = BATCH) -> int:
    """Sum up sessions whose messages came or changed without it; return how many. Commits each."""
    waited = is_far(ChatSession.summary_due_at, dt.timedelta(seconds=PATIENCE_S))
    due = select(ChatSession.id).where(ChatSession.summary_due_at.is_not(None), waited)
    with tenancy.everything():
        session_ids = db.session.scalars(due.order_by(ChatSession.summary_due_at).limit(limit)).all()
        for session_id in session_ids:
            chat = lock(session_id)
            if chat is not None:
                _close_lost(chat)
                renew(chat)
                chat.summary_due_at = now() if _is_spoken_in(chat) else None
            db.session.commit()
    return len(session_ids)


def _close_lost(chat: ChatSession) -> None:
    """Say of answers that nobody goes on with that they are cut off: the process that spoke was killed."""
    silent = is_far(Message.timestamp, dt.timedelta(seconds=PATIENCE_S))
    lost = update(Message).where(Message.session_id == chat.id, Message.finish == "pending", silent)
    change(lost.values(finish="stopped", state="error", evidence={"cut_off": "the process that spoke was ended"}))


def _is_spoken_in(chat: ChatSession) -> bool:
    pending = select(Message.id).where(Message.session_id == chat.id, Message.finish == "pending")
    return db.session.scalar(pending.limit(1)) is not None
