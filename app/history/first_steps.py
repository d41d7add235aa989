"""The way of an owner's chatbot from its first document to its first visitor, read from what is there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select

from app.looks import pictures
from models import Chatbot, ChatSession, Domain, Embed, Message, Source, db

HIDDEN = "hides_first_steps"  # in a chatbot's settings, once somebody wants to see them no more
DOCUMENT, QUESTION, LOOK, DOMAIN, CODE, VISITOR = "document", "question", "look", "domain", "code", "visitor"


@dataclass(frozen=True)
class Way:
    """Which steps are done, in their order; `domain` is one that waits for its proof, `embed` one not seen yet."""

    done: dict[str, bool]
    domain: Domain | None
    embed: Embed | None

    @property
    def is_finished(self) -> bool:
        return all(self.done.values())

    @property
    def next_step(self) -> str:
        return next((step for step, is_done in self.done.items() if not is_done), "")


def is_hidden(chatbot: Chatbot) -> bool:
    return bool((chatbot.settings or {}).get(HIDDEN))


def hide(chatbot: Chatbot) -> None:
    """Show the first steps of a chatbot no more. The caller commits."""
    chatbot.settings = {**(chatbot.settings or {}), HIDDEN: True}


def read(chatbot: Chatbot) -> Way | None:
    """Return how far a chatbot has come, in three queries; None where nobody needs to be told."""
    if is_hidden(chatbot):
        return None
    way = _read(chatbot)
    return None if way.is_finished else way


def _read(chatbot: Chatbot) -> Way:
    own, outside = Embed.chatbot_id == chatbot.id, Domain.internal.is_(False)
    placed = exists().where(own, Embed.domain_id == Domain.id, outside)
    _, has_document, has_question, has_domain, is_seen, has_visitor = db.session.execute(
        select(
            Chatbot.id,
            exists().where(Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None)),
            exists().where(Message.chatbot_id == chatbot.id, Message.type == "client"),
            exists().where(Domain.service_id == chatbot.service_id, outside, Domain.verified),
            placed.where(Embed.last_seen_at.is_not(None)),
            exists().where(
                ChatSession.chatbot_id == chatbot.id, ChatSession.domain_id == Domain.id, outside,
                ChatSession.n_questions > 0,
            ),
        ).where(Chatbot.id == chatbot.id)
    ).one()  # fmt: skip
    done = {
        DOCUMENT: has_document, QUESTION: has_question, LOOK: _has_look(chatbot), DOMAIN: has_domain,
        CODE: is_seen or has_visitor,  # loads of pages are counted a little later
        VISITOR: has_visitor,
    }  # fmt: skip
    return Way(done, *_places(chatbot, has_domain=has_domain))


def _has_look(chatbot: Chatbot) -> bool:
    settings = chatbot.settings or {}
    return bool(settings.get("look")) or any(settings.get(kind) for kind in pictures.KINDS)


def _places(chatbot: Chatbot, *, has_domain: bool) -> tuple[Domain | None, Embed | None]:
    """Return the website to be proven, or else the embed whose code is to be pasted."""
    outside = Domain.internal.is_(False)
    if not has_domain:
        waiting = select(Domain).where(Domain.service_id == chatbot.service_id, outside)
        return db.session.scalar(waiting.order_by(Domain.id.desc()).limit(1)), None
    placed = select(Embed).join(Domain, Domain.id == Embed.domain_id).where(Embed.chatbot_id == chatbot.id, outside)
    return None, db.session.scalar(placed.where(Embed.status == "active").order_by(Embed.id).limit(1))
