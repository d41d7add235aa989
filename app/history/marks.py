"""Marks and notes of a team on messages: each person has one on a message, and writes it anew or takes it away."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import audit
from app.languages import gettext as _
from app.refusals import Refusal
from models import ChatSession, Message, MessageMark, db
from models.base import now
from models.marks import MARKS

MAX_NOTE = 2000


class MarkError(Refusal):
    """A mark can't be put down; the message says why."""


def find_message(service_id: int, message_uuid: uuid.UUID) -> tuple[Message, ChatSession] | None:
    """Return a message of a service with its session; None for one of anywhere else."""
    query = select(Message, ChatSession).join(Message.chat_session)
    found = db.session.execute(query.where(Message.uuid == message_uuid, Message.service_id == service_id)).first()
    return (found[0], found[1]) if found is not None else None


def put(message: Message, author_id: int, mark: str, note: str) -> None:
    """Write somebody's mark and note on a message, in the place of what they had there; neither takes it away.

    The caller commits.

    Raises:
        MarkError: no such mark, or a note that is too long.
    """
    note = note.strip()
    if mark and mark not in MARKS:
        raise MarkError(_("Choose one of the marks, or none."))
    if len(note) > MAX_NOTE or "\0" in note:
        raise MarkError(_("A note may have %(most)s characters at most.", most=MAX_NOTE))
    own = select(MessageMark).where(MessageMark.message_id == message.id, MessageMark.author_id == author_id)
    row = db.session.scalar(own)
    if not mark and not note:
        _remove(row)
        return
    if row is None:
        row = MessageMark(
            service_id=message.service_id, chatbot_id=message.chatbot_id, session_id=message.session_id,
            message_id=message.id, author_id=author_id,
        )  # fmt: skip
        db.session.add(row)
    row.mark, row.note, row.changed_at = mark or None, note, now()
    audit.record("mark.put", row, mark=mark or "note alone")  # the note may quote a visitor: the trail is for ever


def _remove(row: MessageMark | None) -> None:
    if row is not None:
        db.session.delete(row)
        audit.record("mark.remove", row, mark=row.mark or "note alone")


def of_session(chat: ChatSession) -> dict[int, list[MessageMark]]:
    """Return message -> its marks, oldest first, of all messages of a session."""
    query = select(MessageMark).where(MessageMark.session_id == chat.id).options(selectinload(MessageMark.author))
    found: dict[int, list[MessageMark]] = defaultdict(list)
    for mark in db.session.scalars(query.order_by(MessageMark.id)):
        found[mark.message_id].append(mark)
    return dict(found)


def kinds_of(session_ids: Collection[int]) -> dict[int, list[str]]:
    """Return session -> which kinds of marks lie on its messages, in the order of MARKS."""
    query = select(MessageMark.session_id, MessageMark.mark).where(
        MessageMark.session_id.in_(session_ids), MessageMark.mark.is_not(None)
    )
    found = {(session_id, mark) for session_id, mark in db.session.execute(query.distinct())}
    return {session_id: [mark for mark in MARKS if (session_id, mark) in found] for session_id, _ in found}
