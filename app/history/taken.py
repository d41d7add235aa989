"""What a whole-service export holds: the kinds of rows, and of each its columns, without secrets.

Columns come from the tables, so that what is added to one is taken along. A text is left out when its name sounds like
a secret, and so is every column of a type that is not listed here; a table that is not listed is not taken at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, Date, Integer, Numeric, String, Uuid, func, inspect, or_, select

from app import audit
from app.history.settling import wait_for_writers
from models import (
    AuditEvent,
    Chatbot,
    ChatbotDay,
    ChatbotHour,
    ChatModel,
    ChatSession,
    Chunk,
    Citation,
    CuratedAnswer,
    Document,
    Domain,
    DomainGrant,
    Embed,
    EmbedDay,
    EmbedRefusal,
    Form,
    Generation,
    GoldenQuestion,
    Instruction,
    Invitation,
    LegalHold,
    Member,
    Message,
    MessageMark,
    ModelSpending,
    Order,
    Service,
    ServiceMember,
    Source,
    Submission,
    Subscription,
    UsageCounter,
    Webhook,
    WebhookPlace,
    WebPage,
    Website,
    Workspace,
    WorkspaceMember,
    db,
)
from models.base import UtcDateTime

log = logging.getLogger(__name__)

BATCH = 500
PATIENCE_S = 30.0  # for those who write at this moment
_PLAIN = (Boolean, Date, Integer, Numeric, UtcDateTime)
_TEXTS = (JSON, String, Uuid)
_OF_PEOPLE = ("id", "first_name", "last_name", "email", "created_at")  # the rest of a person is nobody else's


@dataclass(frozen=True)
class Kind:
    """One kind of rows: the file that they go to, their class, what they are, and which of them are taken."""

    file: str
    entity: Any
    words: str
    condition: Callable[[], ColumnElement[bool]] | None = None


def is_kept_source() -> ColumnElement[bool]:
    return Source.deleted_at.is_(None)


def _is_in_use() -> ColumnElement[bool]:
    return Document.live & Document.source_id.in_(select(Source.id).where(is_kept_source()))


def _is_of_a_document_in_use() -> ColumnElement[bool]:
    return Chunk.document_id.in_(select(Document.id).where(_is_in_use()))


KINDS = (
    Kind("service", Service, "the service itself"),
    Kind("subscriptions", Subscription, "its free, trial and paid periods, with their terms"),
    Kind("orders", Order, "what was ordered"),
    Kind("usage", UsageCounter, "what was counted against its quotas"),
    Kind("people", Member, "the people in it"),
    Kind("seats", ServiceMember, "who of them holds it, and who is a member"),
    Kind("workspaces", Workspace, "its workspaces"),
    Kind("workspace_roles", WorkspaceMember, "who has which role in which workspace"),
    Kind("invitations", Invitation, "who was invited"),
    Kind("domains", Domain, "its websites"),
    Kind("domain_grants", DomainGrant, "the workspaces that a website is kept to"),
    Kind("chatbots", Chatbot, "its chatbots, with their look, words and behavior under `settings`"),
    Kind("instructions", Instruction, "the instructions of chatbots, every version"),
    Kind("chat_models", ChatModel, "chat models of chatbots' own"),
    Kind("model_spending", ModelSpending, "what chat models cost, by month"),
    Kind("embeds", Embed, "which chatbot is on which website"),
    Kind("embed_days", EmbedDay, "how often pages showed it, by day"),
    Kind("embed_refusals", EmbedRefusal, "how often it was refused, by day"),
    Kind("forms", Form, "forms that were designed"),
    Kind("webhooks", Webhook, "addresses that are told what happens"),
    Kind("webhook_places", WebhookPlace, "the workspaces of whose chatbots they are told"),
    Kind("sources", Source, "what chatbots learn from; uploads lie in `files/`, under their source's id"),
    Kind("websites", Website, "how websites are read"),
    Kind("web_pages", WebPage, "their pages, and what became of each"),
    Kind("curated_answers", CuratedAnswer, "questions with the answers written for them"),
    Kind("golden_questions", GoldenQuestion, "questions that every version must go on answering"),
    Kind("documents", Document, "the parsed pages and files of sources", _is_in_use),
    Kind("chunks", Chunk, "their text, slice by slice", _is_of_a_document_in_use),
    Kind("versions", Generation, "the versions of chatbots' knowledge that are kept"),
    Kind("chat_sessions", ChatSession, "visitors' chats"),
    Kind("messages", Message, "what was said in them"),
    Kind("marks", MessageMark, "marks and notes on messages"),
    Kind("citations", Citation, "the passages that were shown with answers"),
    Kind("legal_holds", LegalHold, "which chats are kept longer for the law, and why"),
    Kind("submissions", Submission, "what visitors have entered in forms"),
    Kind("hours", ChatbotHour, "what happened, counted by the hour, also of chats that are gone"),
    Kind("days", ChatbotDay, "what of it falls to which page, website, document and others, by the day"),
    Kind("audit_trail", AuditEvent, "who did what, and when"),
)


def columns_of(entity: Any) -> list[str]:
    """Return which columns of a table are taken."""
    if entity is Member:
        return list(_OF_PEOPLE)
    found = [column.key for column in inspect(entity).column_attrs if _is_taken(column.key, column.columns[0].type)]
    return sorted(found, key=lambda name: name != "id")  # what a row is named by comes first


def _is_taken(name: str, kind: object) -> bool:
    return isinstance(kind, _PLAIN) or (isinstance(kind, _TEXTS) and not audit.is_secret(name))


def read_batches(kind: Kind, last_ids: dict[str, int]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a kind that the scope holds, oldest first, some hundred at a time; nothing is kept between.

    `last_ids`: table -> up to which row it was read. What lies below a row that came later is left out: while this is
    read, visitors go on to ask, and a message without its chat could not be put anywhere.
    """
    names, entity, last = columns_of(kind.entity), kind.entity, 0
    known = [(column, last_ids[parent]) for column, parent in _parents_of(entity) if parent in last_ids]
    below = [getattr(entity, column) for column, _ in known]
    is_known = [or_(column.is_(None), column <= until) for column, (_, until) in zip(below, known, strict=True)]
    last_ids[entity.__tablename__] = until = _settled_end(entity)
    while rows := _read_after(kind, names, last, [entity.id <= until, *is_known]):
        last = rows[-1]["id"]
        yield rows


def _settled_end(entity: Any) -> int:
    """Return the last row of a table; none of those before it is still to come."""
    last: int = db.session.scalar(select(func.max(entity.id))) or 0
    if last and not wait_for_writers(entity, PATIENCE_S):
        log.warning("%s is being written to for long: an export may miss a row of it", entity.__tablename__)
    return last


def _parents_of(entity: Any) -> Iterator[tuple[str, str]]:
    """Yield (column, table) of what a row lies below; not of itself, and not of people, who are older than any seat."""
    own = entity.__tablename__
    for constraint in entity.__table__.foreign_key_constraints:
        column, parent = constraint.elements[0].parent.name, constraint.referred_table
        if "service_id" in parent.c and parent.name != own:
            yield column, parent.name


def _read_after(kind: Kind, names: list[str], last: int, is_known: list[Any]) -> list[dict[str, Any]]:
    query = select(*(getattr(kind.entity, name) for name in names)).where(kind.entity.id > last, *is_known)
    if kind.condition is not None:
        query = query.where(kind.condition())
    rows = db.session.execute(query.order_by(kind.entity.id).limit(BATCH))
    return [dict(zip(names, map(_without_secrets, row), strict=True)) for row in rows]


def _without_secrets(value: Any) -> Any:
    """Leave out what sounds like a secret in what is kept as JSON too."""
    if isinstance(value, dict):
        return {name: _without_secrets(held) for name, held in value.items() if not audit.is_secret(str(name))}
    return [_without_secrets(held) for held in value] if isinstance(value, list) else value
