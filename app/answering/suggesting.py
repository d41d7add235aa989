"""First questions for a chatbot whose owner has chosen none: what its documents are about, each tried beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from app.answering import gate, presets
from app.answering.search import find_in
from app.knowledge import engines
from indexes.store import Generation
from models import Chatbot, Chunk, Document, Source, db

N_SUGGESTED = 3
MAX_TRIES = 12
DEPTH = 10  # hits that are looked at, as for a visitor
MAX_CHUNKS = 300  # that are looked at
MIN_BELOW = 120  # characters of the paragraph below a title
DONE = "has_suggested"  # in a chatbot's settings: it is done once, and the owner may clear them
_LENGTHS = range(4, 64)
_TITLE = re.compile(r"[^\W\d_a-z][^\n.:;,!]*[^\n.:;,!\s]")
_NUMBERING = re.compile(r"^(?:\d+|[A-Za-z])(?:\.\d+)*[.)]?\s+")


def suggest(chatbot_id: int, folder: Path) -> None:
    """Give a chatbot first questions that its new generation answers, unless it has some; commits."""
    chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()
    found = _answered(chatbot, engines.open_folder(folder, chatbot.service_id)) if _lacks(chatbot) else []
    db.session.rollback()
    query = select(Chatbot).where(Chatbot.id == chatbot_id).with_for_update()
    chatbot = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if found and _lacks(chatbot):  # else its owner was faster
        chatbot.settings = {**(chatbot.settings or {}), DONE: True, "suggestions": found}
    db.session.commit()


def _lacks(chatbot: Chatbot) -> bool:
    settings = chatbot.settings or {}
    return not settings.get("suggestions") and not settings.get(DONE)


def _answered(chatbot: Chatbot, generation: Generation) -> list[str]:
    """Return as many questions as are wanted of those that would be answered."""
    manner, found = presets.manner_of(chatbot), list[str]()
    for text in _candidates(chatbot):
        if gate.judge(find_in(generation, chatbot.id, text, DEPTH), text, manner.strictness).is_grounded:
            found.append(text)
        if len(found) == N_SUGGESTED:
            break
    return found


def _candidates(chatbot: Chatbot) -> Iterator[str]:
    headings = _headings(chatbot)
    asked = [text for text in headings if text.endswith("?")]
    rest = [text for text in headings if not text.endswith("?")]
    yield from [*asked[:MAX_TRIES], *_spread(rest, MAX_TRIES)][:MAX_TRIES]


def _spread(texts: Sequence[str], n: int) -> list[str]:
    """Return some of many, from all over them: the first pages of a document are seldom what it is about."""
    step = max(1, len(texts) // n)
    return list(texts[step // 2 :: step][:n])


def _headings(chatbot: Chatbot) -> list[str]:
    """Return what sections are called, in the order of the documents."""
    query = select(Chunk.heading, Chunk.text).join(Document, Document.id == Chunk.document_id)
    query = query.join(Source, Source.id == Document.source_id).where(
        Chunk.chatbot_id == chatbot.id, Document.live, Source.deleted_at.is_(None), Source.allowed_training
    )
    rows = db.session.execute(query.order_by(Chunk.id).limit(MAX_CHUNKS))
    found = [[heading.rpartition(" > ")[2]] if heading else _titles_in(text) for heading, text in rows]
    bare = (_NUMBERING.sub("", title.strip()) for titles in found for title in titles)
    return list(dict.fromkeys(text for text in bare if len(text) in _LENGTHS and any(map(str.isalpha, text))))


def _titles_in(text: str) -> list[str]:
    """Return the lines of a text without headings that look like some: short, on their own, with much below."""
    blocks = text.split("\n\n")
    return [block for block, below in pairwise(blocks) if _TITLE.fullmatch(block) and len(below) > MIN_BELOW]
