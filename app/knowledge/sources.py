"""Sources: accepted from a form, the command line or an address; listed, queued again, deleted."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from sqlalchemy import ColumnElement, select, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import selectinload

from app import audit, limits
from app.collaborators import here
from app.knowledge import chatbots
from app.languages import gettext as _
from app.languages import in_english, ngettext, retold
from app.plans import quotas
from app.refusals import Refusal
from app.storage import StorageError
from models import Chatbot, CuratedAnswer, Document, Source, db
from models.base import change, now
from models.knowledge import UNFINISHED

MAX_TITLE = 500
MAX_URL = 2000
MB = 1_000_000
UPLOADS_PER_STORAGE = 5  # how many times its storage a service may be sent in an hour, and 100 MB
PAGE_SIZE = 50


class SourceError(Refusal):
    """A source can't be accepted; the message says why and what to do."""


def clean_name(name: str) -> str:
    """Return a file's own name for people to read: no folders, no control or direction characters.

    It is never used as a path: uploads are stored under names of our own.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    readable = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))
    return readable.strip()[-MAX_TITLE:] or "unnamed"


def list_sources(chatbot: Chatbot, page: int = 1) -> list[Source]:
    """Return a page of a chatbot's sources, the youngest first; pages begin with 1."""
    query = select(Source).where(Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None))
    query = query.options(selectinload(Source.website))
    return list(db.session.scalars(query.order_by(Source.id.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))


def find(chatbot: Chatbot, source_uuid: uuid.UUID) -> Source | None:
    query = select(Source).where(Source.chatbot_id == chatbot.id, Source.uuid == source_uuid)
    return db.session.scalar(query.where(Source.deleted_at.is_(None)))


def find_by_uuid(source_uuid: uuid.UUID) -> Source | None:
    """Return a source of any chatbot of the scope; None where it or its chatbot is deleted."""
    query = select(Source).join(Source.chatbot).where(Source.uuid == source_uuid, Source.deleted_at.is_(None))
    return db.session.scalar(query.where(Chatbot.status != "deleted"))


def _present(chatbot: Chatbot, kind: str, *conditions: ColumnElement[bool]) -> Source | None:
    query = select(Source).where(Source.chatbot_id == chatbot.id, Source.kind == kind, Source.deleted_at.is_(None))
    return db.session.scalars(query.where(*conditions).order_by(Source.id).limit(1)).first()


def new(chatbot: Chatbot, kind: str, title: str, data_loc: str) -> Source:
    """Add a source that is not queued yet; whoever adds has lined up, and made room."""
    source = Source(chatbot_id=chatbot.id, service_id=chatbot.service_id, kind=kind, title=title, data_loc=data_loc)
    db.session.add(source)
    return source


def add_files(chatbot: Chatbot, files: Iterable[tuple[str, IO[bytes]]]) -> list[Source]:
    """Store files (name, stream) and queue them; the caller commits. None is added if one can't be.

    The same name with new bytes replaces the text it had. Bytes that the chatbot has already are not read again,
    whatever they are called: the source that holds them is returned.

    Raises:
        SourceError: one is too large, or can't be stored.
        QuotaExceeded: the plan has no room for it.
    """
    uploads = [store(chatbot, clean_name(name), stream) for name, stream in files]
    line_up(chatbot)
    return [_add_upload(chatbot, upload) for upload in uploads]


def add_file(chatbot: Chatbot, name: str, stream: IO[bytes], *, title: str = "") -> Source:
    """Store one file and queue it, as `add_files` does; `title` may hold folders, to tell files of one name apart."""
    upload = store(chatbot, title or clean_name(name), stream)
    line_up(chatbot)
    return _add_upload(chatbot, upload)


@dataclass(frozen=True)
class Upload:
    """A file that is stored, and that no row names yet."""

    title: str
    key: str
    n_bytes: int
    sha256: str


def store(chatbot: Chatbot, title: str, stream: IO[bytes]) -> Upload:
    """Store bytes that no row names yet.

    Raises:
        SourceError: they are too many, or can't be stored.
    """
    key = f"uploads/{chatbot.service_id}/{uuid.uuid4().hex}"
    try:
        n_bytes, sha256 = here().storage.save(key, stream, max_bytes=here().config.max_upload_bytes)
        if not _may_send(chatbot.service_id, n_bytes):
            here().storage.delete(key)
            raise SourceError(
                _("%(title)s: much was uploaded to this service within the hour. Go on in an hour.", title=title)
            )
    except StorageError as error:
        raise SourceError(f"{title}: {retold(error.advice)}") from error
    return Upload(title, key, n_bytes, sha256)


def _may_send(service_id: int, n_bytes: int) -> bool:
    """Count what is stored before anything names it: refused and replaced files lie on the disk until the sweep."""
    limit = quotas.limit_of(service_id, "storage_bytes")
    if limit is None:
        return True
    rule = f"{100 + limit * UPLOADS_PER_STORAGE // MB} per hour"
    return limits.allow(rule, "megabytes uploaded to", str(service_id), cost=n_bytes // MB + 1)


def line_up(chatbot: Chatbot) -> None:
    """Let one at a time add sources to a chatbot, until it commits: two clicks on "Upload" make one source."""
    change(update(Chatbot).where(Chatbot.id == chatbot.id).values(changed_count=Chatbot.changed_count))


def _add_upload(chatbot: Chatbot, upload: Upload) -> Source:
    """Queue a stored file, unless its bytes are here already; its own file is then swept, as no row names it."""
    held = _present(chatbot, "file", Source.sha256 == upload.sha256, Source.state != "failed")
    named = _present(chatbot, "file", Source.title == upload.title)
    if held is not None and named in (held, None):
        return held
    make_room(chatbot, named, upload.n_bytes)
    source = named or new(chatbot, "file", upload.title, upload.key)
    source.data_loc, source.filesize, source.sha256 = upload.key, upload.n_bytes, upload.sha256
    queue_again(source)
    return source


def replace(source: Source, name: str, stream: IO[bytes]) -> None:
    """Give a source of kind file new bytes and queue it; the caller commits. Its text answers until the new is read.

    Raises:
        SourceError: another source has that name or content, or it can't be stored.
        QuotaExceeded: the plan has no room for it.
    """
    upload = store(source.chatbot, clean_name(name), stream)
    line_up(source.chatbot)
    same = (Source.title == upload.title) | ((Source.sha256 == upload.sha256) & (Source.state != "failed"))
    other = _present(source.chatbot, "file", same, Source.id != source.id)
    if other is not None:
        raise SourceError(
            _(
                "%(title)s is a source of its own, with the same name or content. Replace or delete it.",
                title=other.title,
            )
        )
    make_room(source.chatbot, source, upload.n_bytes)
    source.title, source.data_loc = upload.title, upload.key
    source.filesize, source.sha256 = upload.n_bytes, upload.sha256
    queue_again(source)


def make_room(chatbot: Chatbot, present: Source | None, n_bytes: int = 0) -> None:
    """Ask the plan for room for a new source, or for what a new file takes more than the one it replaces.

    Raises:
        QuotaExceeded: there is none.
    """
    if present is None:
        quotas.make_room(chatbot.service_id, "documents")
    more = n_bytes - (present.filesize if present is not None else 0)
    if more > 0:
        quotas.make_room(chatbot.service_id, "storage_bytes", more)


def add_url(chatbot: Chatbot, address: str) -> Source:
    """Queue one web page; the caller commits.

    Raises:
        SourceError: it is not a web address.
        QuotaExceeded: the plan has no room for it.
    """
    address = address.strip()
    if not re.match(r"https?://[^\s/]+", address, re.IGNORECASE) or len(address) > MAX_URL or not address.isprintable():
        raise SourceError(_("Enter the address of a web page; it begins with https:// or http://."))
    line_up(chatbot)
    source = _present(chatbot, "url", Source.data_loc == address)
    make_room(chatbot, source)
    source = source or new(chatbot, "url", address[:MAX_TITLE], address)
    queue_again(source)
    return source


def keep_one(chatbot: Chatbot, kind: str, title: str) -> Source:
    """Return the one source of a kind that a chatbot has, made where there is none.

    Raises:
        QuotaExceeded: the plan has no room for it.
    """
    line_up(chatbot)
    found = _present(chatbot, kind)
    if found is None:
        make_room(chatbot, None)
        found = new(chatbot, kind, title, "")
        db.session.flush()
    return found


def open_file(source: Source) -> BinaryIO:
    """Return a source's own bytes, to be closed by the caller.

    Raises:
        SourceError: the file is gone, or the storage can't be reached.
    """
    try:
        return here().storage.open(source.data_loc)
    except StorageError as error:
        raise SourceError(f"{source.title}: {retold(error.advice)}") from error


def queue_again(source: Source) -> None:
    """Put a source back to the start. What it said before stays in use until it is read anew. The caller commits."""
    source.state, source.progress, source.attempts = "queued", 0, 0
    source.error_code = source.error_advice = None
    source.taken_at = source.fetched_at = source.parsed_at = source.chunked_at = None
    source.finished_at = source.published_at = None
    source.heartbeat_at = source.queued_at = now()
    source.changed_by_id = audit.actor_id()
    source.fence = (source.fence or 0) + 1  # whoever still works on it may not finish
    db.session.flush()


def delete(source: Source) -> None:
    """Take a source and its text out of use; the caller commits and wakes the worker.

    Answers lose the text at once, as hits are held against live documents when they are read. The worker removes its
    rows before it publishes, the sweep removes the file.
    """
    source.deleted_at = now()
    source.fence += 1
    change(update(Document).where(Document.source_id == source.id).values(live=False))
    change(delete_rows(CuratedAnswer).where(CuratedAnswer.source_id == source.id))
    chatbots.mark_due(source.chatbot, in_english("deleted"), source.title)


def switch(source: Source) -> None:
    """Take a source out of answers, at once, or back in with the next generation; its text is kept. Caller commits."""
    source.allowed_training = not source.allowed_training
    chatbots.mark_due(
        source.chatbot,
        in_english("switched on") if source.allowed_training else in_english("switched off"),
        source.title,
    )


def is_moving(source: Source) -> bool:
    return source.state in UNFINISHED


def describe_added(added: list[Source]) -> str:
    """Return what became of files and addresses that were added, in words for their owner; empty for none."""
    here_already = [source.title for source in added if not is_moving(source)]
    n_new = len(added) - len(here_already)
    words = [ngettext("One added. It is read now.", "%(num)s added. They are read now.", n_new)] if n_new else []
    words += [_("Nothing to read anew: %(title)s has the same content.", title=title) for title in here_already]
    return " ".join(words)
