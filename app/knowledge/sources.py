"""Sources: accepted from a form, the command line or an address; listed, queued again, deleted."""

from __future__ import annotations

import re
import unicodedata
import uuid
from pathlib import PurePosixPath
from typing import IO

from sqlalchemy import select

from app.collaborators import here
from app.knowledge import chatbots
from app.storage import StorageError
from models import Chatbot, Document, Source, db
from models.base import now
from models.knowledge import UNFINISHED

MAX_TITLE = 500
MAX_URL = 2000


class SourceError(Exception):
    """A source can't be accepted; the message says why and what to do."""


def clean_name(name: str) -> str:
    """Return a file's own name for people to read: no folders, no control or direction characters.

    It is never used as a path: uploads are stored under names of our own.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    readable = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))
    return readable.strip()[-MAX_TITLE:] or "unnamed"


def list_sources(chatbot: Chatbot) -> list[Source]:
    query = select(Source).where(Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None))
    return list(db.session.scalars(query.order_by(Source.id.desc()).limit(500)))


def find(chatbot: Chatbot, source_uuid: uuid.UUID) -> Source | None:
    query = select(Source).where(Source.chatbot_id == chatbot.id, Source.uuid == source_uuid)
    return db.session.scalar(query.where(Source.deleted_at.is_(None)))


def _present(chatbot: Chatbot, kind: str, title: str) -> Source | None:
    query = select(Source).where(Source.chatbot_id == chatbot.id, Source.kind == kind, Source.title == title)
    return db.session.scalar(query.where(Source.deleted_at.is_(None)))


def _new(chatbot: Chatbot, kind: str, title: str, data_loc: str) -> Source:
    source = Source(chatbot_id=chatbot.id, service_id=chatbot.service_id, kind=kind, title=title, data_loc=data_loc)
    db.session.add(source)
    return source


def add_file(chatbot: Chatbot, name: str, stream: IO[bytes], *, title: str = "") -> Source:
    """Store a file and queue it; the caller commits. The same name with new bytes replaces the text it had.

    Raises:
        SourceError: too large, or it can't be stored.
    """
    title = title or clean_name(name)
    key = f"uploads/{chatbot.service_id}/{uuid.uuid4().hex}"
    try:
        n_bytes, sha256 = here().storage.save(key, stream, max_bytes=here().config.max_upload_bytes)
    except StorageError as error:
        raise SourceError(f"{title}: {error}") from error
    source = _present(chatbot, "file", title)
    if source is not None and source.sha256 == sha256 and source.state == "ready":
        here().storage.delete(key)  # the same bytes again: nothing to read
        return source
    source = source or _new(chatbot, "file", title, key)
    source.data_loc, source.filesize, source.sha256 = key, n_bytes, sha256
    queue_again(source)
    return source


def add_url(chatbot: Chatbot, address: str) -> Source:
    """Queue one web page; the caller commits.

    Raises:
        SourceError: it is not a web address.
    """
    address = address.strip()
    if not re.match(r"https?://[^\s/]+", address, re.IGNORECASE) or len(address) > MAX_URL or not address.isprintable():
        raise SourceError("Enter the address of a web page; it begins with https:// or http://.")
    source = _present(chatbot, "url", address[:MAX_TITLE]) or _new(chatbot, "url", address[:MAX_TITLE], address)
    queue_again(source)
    return source


def queue_again(source: Source) -> None:
    """Put a source back to the start. What it said before stays in use until it is read anew. The caller commits."""
    source.state, source.progress, source.attempts = "queued", 0, 0
    source.error_code = source.error_advice = source.heartbeat_at = source.finished_at = None
    source.fence = (source.fence or 0) + 1  # whoever still works on it may not finish
    db.session.flush()


def delete(source: Source) -> None:
    """Take a source and its text out of use; the caller commits and wakes the worker. The text is gone from answers
    at once, because hits are held against live documents when they are read.
    """
    source.deleted_at = now()
    source.fence += 1
    for document in db.session.scalars(select(Document).where(Document.source_id == source.id)):
        db.session.delete(document)
    chatbots.mark_due(source.chatbot)


def is_moving(source: Source) -> bool:
    return source.state in UNFINISHED
