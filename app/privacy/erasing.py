"""Deleting chats with all that hangs on them: a few at a time, so that a large erasure holds up no other writer.

Messages, citations, words to search for, marks and samples go by the database's own hand; what was left in forms goes
where somebody wants their data gone, and stays, without its chat, where time alone has run out. A held chat stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, false, func, select, update

from app.history import recording
from app.privacy import holds
from models import ChatSession, Message, Submission, db
from models.base import change

BATCH = 100  # sessions per transaction


@dataclass(frozen=True)
class Counts:
    """How much was, or would be, deleted."""

    n_sessions: int = 0
    n_messages: int = 0
    n_submissions: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.n_sessions + other.n_sessions,
            self.n_messages + other.n_messages,
            self.n_submissions + other.n_submissions,
        )


def outlive(session_ids: Collection[int], still: ColumnElement[bool]) -> int:
    """Delete chats of which `still` holds at that moment, and keep what was left in them; return how many went.

    The caller commits.
    """
    _lock(session_ids)
    n_gone = change(delete(ChatSession).where(ChatSession.id.in_(session_ids), ~holds.is_held(), still))
    orphaned = Submission.session_id.in_(session_ids) & Submission.session_id.not_in(select(ChatSession.id))
    change(update(Submission).where(orphaned).values(session_id=None))
    return n_gone


def erase(session_ids: Collection[int]) -> Counts:
    """Delete chats that are not held, with what was left in them. The caller commits."""
    _lock(session_ids)
    ids = list(db.session.scalars(select(ChatSession.id).where(ChatSession.id.in_(session_ids), ~holds.is_held())))
    n_messages = db.session.scalar(select(func.count(Message.id)).where(Message.session_id.in_(ids))) or 0
    n_submissions = change(delete(Submission).where(Submission.session_id.in_(ids)))
    return Counts(change(delete(ChatSession).where(ChatSession.id.in_(ids))), n_messages, n_submissions)


def _lock(session_ids: Collection[int]) -> None:
    """Wait for holds that are being put on chats; none can be until this transaction ends.

    Whether a chat is held is asked afterwards: a statement that waits goes on with what it saw before.
    """
    change(update(ChatSession).where(false()).values(ended_at=None))  # SQLite has one lock, and takes it with a write
    locking = select(ChatSession.id).where(ChatSession.id.in_(session_ids)).order_by(ChatSession.id)
    db.session.scalars(locking.with_for_update()).all()


def erase_for_visitor(chat: ChatSession) -> bool:
    """Delete a chat at its visitor's wish; False where it is held: it ends, and its owner reads it. Commits."""
    held = holds.find(chat)
    if held is not None:
        holds.note_wish(held)
        recording.end_session(chat)
        return False
    erase([chat.id])
    db.session.commit()
    return True
