"""The generations that are kept: what each holds, what changed, and going back to one of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update

from app.knowledge import holds
from app.languages import gettext as _
from app.refusals import Refusal
from models import Chatbot, Generation, Member, db
from models.base import change


class VersionError(Refusal):
    """A version can't be gone back to; the message says why."""


def list_versions(chatbot: Chatbot) -> list[Generation]:
    """Return the generations that are kept, the youngest first."""
    query = select(Generation).where(Generation.chatbot_id == chatbot.id)
    return list(db.session.scalars(query.order_by(Generation.number.desc())))


def find(chatbot: Chatbot, generation_uuid: uuid.UUID) -> Generation | None:
    query = select(Generation).where(Generation.chatbot_id == chatbot.id, Generation.uuid == generation_uuid)
    return db.session.scalar(query)


def go_back(chatbot: Chatbot, generation: Generation) -> None:
    """Answer from a kept generation again, at once; a training under way counts no more. The caller commits.

    What is new waits from then on, until the owner has it trained, so that no nightly crawl undoes it. Text that was
    deleted or switched off meanwhile stays out of answers.

    Raises:
        VersionError: it answers already, or it was made by another embedding model than the one in use.
    """
    present = db.session.scalar(select(Generation).where(Generation.id == chatbot.generation_id))
    if generation.id == chatbot.generation_id:
        raise VersionError(_("Version %(number)s answers already.", number=generation.number))
    if present is not None and present.embedding_name != generation.embedding_name:
        raise VersionError(
            _(
                "Version %(number)s was made by another embedding model and can't be used again.",
                number=generation.number,
            )
        )
    is_newest = generation.number == chatbot.version
    going = update(Chatbot).where(Chatbot.id == chatbot.id)
    values = {
        "generation_id": generation.id, "training_fence": Chatbot.training_fence + 1, "accepts_worse": False,
        "held_for": "" if is_newest else holds.ROLLBACK,
        "training_status": "ready" if is_newest and chatbot.changed_count == chatbot.published_count else "due",
    }  # fmt: skip
    change(going.values(values))
    if find(chatbot, generation.uuid) is None:
        raise VersionError(_("That version is not kept any more."))
    db.session.expire(chatbot)


def rows_of(kept: list[Any]) -> list[dict[str, Any]]:
    """Return what is kept in a column of rows. (What is kept in JSON is checked.)"""
    return [row for row in kept or () if isinstance(row, dict)]


def names_of(generations: Iterable[Generation]) -> dict[int, str]:
    """Return the names of the members who are behind changes; who has left is not among them."""
    ids = {cause["by"] for generation in generations for cause in rows_of(generation.causes) if cause.get("by")}
    return {member.id: member.name for member in db.session.scalars(select(Member).where(Member.id.in_(ids)))}
