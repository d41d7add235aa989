"""What is loaded beside the rows of a batch: name -> function of ids -> what belongs to each id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import select

from models import Chatbot, Citation, Domain, Member, MessageMark, Submission, db
from models.base import among

Found = dict[int, Any]


def _collect(pairs: Iterable[tuple[int, Any]]) -> Found:
    found: Found = defaultdict(list)
    for owner_id, value in pairs:
        found[owner_id].append(value)
    return found


def _citations(message_ids: Collection[int]) -> Found:
    query = select(Citation.message_id, Citation.n, Citation.title, Citation.url, Citation.locator, Citation.quote)
    rows = db.session.execute(query.where(among(Citation.message_id, message_ids)).order_by(Citation.n))
    names = ("n", "title", "url", "locator", "quote")
    return _collect((row[0], dict(zip(names, row[1:], strict=True))) for row in rows)


def _submissions(session_ids: Collection[int]) -> Found:
    query = select(Submission.session_id, Submission.form_name, Submission.answers)
    rows = db.session.execute(query.where(among(Submission.session_id, session_ids)).order_by(Submission.id))
    return _collect((session_id or 0, {"form": form, "answers": answers}) for session_id, form, answers in rows)


def _marks_by(owner: Any) -> Callable[[Collection[int]], Found]:
    def load(ids: Collection[int]) -> Found:
        query = select(owner, MessageMark.mark).where(among(owner, ids), MessageMark.mark.is_not(None))
        found = db.session.execute(query.order_by(MessageMark.id))
        return {key: list(dict.fromkeys(marks)) for key, marks in _collect((*row,) for row in found).items()}

    return load


def _notes_by(owner: Any) -> Callable[[Collection[int]], Found]:
    def load(ids: Collection[int]) -> Found:
        query = select(owner, MessageMark.note, Member.email).outerjoin(MessageMark.author)
        found = db.session.execute(query.where(among(owner, ids), MessageMark.note != "").order_by(MessageMark.id))
        return _collect((owner_id, {"by": email, "note": note}) for owner_id, note, email in found)

    return load


def _chatbots(ids: Collection[int]) -> Found:
    return {chatbot.id: chatbot.name for chatbot in db.session.scalars(select(Chatbot).where(Chatbot.id.in_(ids)))}


def _domains(ids: Collection[int]) -> Found:
    return {domain.id: str(domain) for domain in db.session.scalars(select(Domain).where(Domain.id.in_(ids)))}


LOADERS: dict[str, tuple[Callable[[Collection[int]], Found], Any]] = {  # with what stands where there is nothing
    "citations": (_citations, ()),
    "submissions": (_submissions, ()),
    "marks": (_marks_by(MessageMark.message_id), ()),
    "notes": (_notes_by(MessageMark.message_id), ()),
    "session_marks": (_marks_by(MessageMark.session_id), ()),
    "session_notes": (_notes_by(MessageMark.session_id), ()),
    "chatbots": (_chatbots, ""),
    "domains": (_domains, ""),
}


def look_up(name: str, ids: list[int | None]) -> list[Any]:
    """Return what belongs to each of some ids, in their order."""
    load, nothing = LOADERS[name]
    found = load({id_ for id_ in ids if id_ is not None})
    return [nothing if id_ is None else found.get(id_, nothing) for id_ in ids]
