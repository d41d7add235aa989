"""Finding things by what they are called: chatbots, sources, domains, people, and chats by what was said in them.

Each kind is asked for in one query, and what somebody may not open is not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true

from app.accounts.standing import Standing
from app.history import fulltext
from app.wording import titled
from models import Chatbot, ChatSession, Domain, Member, Service, Source, Workspace, WorkspaceMember, db

MAX_OF_A_KIND = 5
MIN_CHARS, MIN_CHARS_OF_CHATS = 2, 3


@dataclass(frozen=True)
class Found:
    """One thing: what it is, its name, where it is, and by what its page is addressed."""

    kind: str
    title: str
    place: str
    key: Any


def find(words: str, own: Standing) -> list[Found]:
    """Return what is called so, or holds these words in its name; a few of each kind."""
    if len(words) < MIN_CHARS:
        return []
    kinds = [_chatbots, _sources, _domains, _people, _services, _members]
    if len(words) >= MIN_CHARS_OF_CHATS:
        kinds.append(_chats)
    return [found for kind in kinds for found in kind(words, own)]


def _is_open(column: Any, own: Standing, action: str) -> ColumnElement[bool]:
    return true() if own.is_superadmin else column.in_(own.workspaces_where(action))


def _holds(words: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def _rows(query: Any) -> Any:
    return db.session.execute(query.limit(MAX_OF_A_KIND))


def _chatbots(words: str, own: Standing) -> Iterator[Found]:
    query = select(Chatbot.name, Workspace.name, Chatbot.uuid).join(Chatbot.workspace)
    is_meant = _holds(words, Chatbot.name), Chatbot.status != "deleted"
    for row in _rows(
        query.where(*is_meant, _is_open(Chatbot.workspace_id, own, "chatbot.view")).order_by(Chatbot.name)
    ):
        yield Found("chatbot", *row)


def _sources(words: str, own: Standing) -> Iterator[Found]:
    query = select(Source.title, Chatbot.name, Source.uuid, Source.kind).join(Chatbot, Chatbot.id == Source.chatbot_id)
    is_meant = _holds(words, Source.title), Source.deleted_at.is_(None), Chatbot.status != "deleted"
    is_open = _is_open(Chatbot.workspace_id, own, "source.view")
    for title, chatbot, key, kind in _rows(query.where(*is_meant, is_open).order_by(Source.id.desc())):
        yield Found("website" if kind == "website" else "source", titled(title), chatbot, key)


def _domains(words: str, own: Standing) -> Iterator[Found]:
    query = select(Domain).where(_holds(words, Domain.domain), Domain.internal.is_(False))
    if not own.is_superadmin:
        query = query.where(Domain.service_id.in_(own.services_where("domain.view")))
    for domain in _rows(query.order_by(Domain.domain)).scalars():
        yield Found("domain", str(domain), "", domain.uuid)


def _people(words: str, own: Standing) -> Iterator[Found]:
    """Yield people of the workspaces that somebody leads; who runs the installation finds them as members."""
    if own.sells:
        return
    query = select(Member.first_name, Member.last_name, Member.email).join(
        WorkspaceMember, WorkspaceMember.user_id == Member.id
    )
    is_meant = _holds(words, Member.first_name + " " + Member.last_name, Member.email)
    is_open = _is_open(WorkspaceMember.workspace_id, own, "people.view")
    for first, last, email in _rows(query.where(is_meant, is_open).distinct().order_by(Member.email)):
        yield Found("person", f"{first} {last}".strip() or email, email, email)


def _services(words: str, own: Standing) -> Iterator[Found]:
    if not own.sells:
        return
    query = select(Service.name, Service.uuid).where(_holds(words, Service.name), Service.status != "deleted")
    for name, key in _rows(query.order_by(Service.name)):
        yield Found("service", name, "", key)


def _members(words: str, own: Standing) -> Iterator[Found]:
    if not own.sells:
        return
    is_meant = _holds(words, Member.first_name + " " + Member.last_name, Member.email), Member.status != "deleted"
    for member in _rows(select(Member).where(*is_meant).order_by(Member.email)).scalars():
        yield Found("member", member.name, member.email, member.id)


def _chats(words: str, own: Standing) -> Iterator[Found]:
    """Yield the youngest chats in which the words were said, by whomever.

    A common word is looked for in one's own services, so that other customers' chats cost nobody anything.
    """
    places = [None] if own.is_superadmin else own.services_where("history.view")
    query = (
        select(ChatSession.last_question, Chatbot.name, ChatSession.service_id, ChatSession.uuid)
        .join(Chatbot, Chatbot.id == ChatSession.chatbot_id)
        .where(or_(false(), *(fulltext.is_said(words, place) for place in places)))
        .where(_is_open(Chatbot.workspace_id, own, "history.view"))
        .order_by(ChatSession.last_message_at.desc())
    )
    for question, chatbot, service_id, key in _rows(query):
        yield Found("chat", question or "…", chatbot, (service_id, key))
