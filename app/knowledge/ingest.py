"""One source, from where it lies to chunks in the database: fetch, parse, split, embed, replace.

Killed at any line it leaves the text that was there before: new chunks become visible in one last transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app import figures
from app.collaborators import here
from app.knowledge import chatbots, claims, clearing, drafts, embedding, pairs, scans, texts
from app.knowledge.claims import Claim, Superseded
from app.knowledge.drafts import SLICE
from app.knowledge.heartbeats import beating
from app.knowledge.parsers import parse
from app.languages import in_english
from app.net import FetchError
from app.storage import StorageError
from app.webhooks import events
from indexes import document as parsed
from indexes.chunker import Piece, split
from indexes.embedding_server import EmbeddingServerGone
from indexes.errors import LoadError
from models import Document, Source, db, tenancy
from models.base import change, now
from models.knowledge import STORED_KINDS

log = logging.getLogger(__name__)

Report = Callable[[str, int], None]  # (state, percent)
_OUR_FAULT = in_english("Something went wrong on our side; it is in the log. Try again later.")


@dataclass(frozen=True)
class Outcome:
    """How reading a source ended: ready, or failed with a code and what to do."""

    status: str
    n_chunks: int = 0
    code: str | None = None
    advice: str | None = None


def ingest(source_id: int, report: Report | None = None) -> Outcome | None:
    """Read a source into chunks. None: somebody else has it, it is gone, or it will be tried again.

    Never raises for what a source holds.

    Raises:
        SQLAlchemyError: the database can't be used; the source is found again once it can.
    """
    with figures.timed(figures.READINGS, figures.READING_TIMES) as outcome:
        found = _ingest(source_id, report or (lambda _state, _percent: None))
        outcome.append(found.status if found is not None else "none")
    return found


def _ingest(source_id: int, report: Report) -> Outcome | None:
    claim = claims.take(source_id)
    if claim is None:
        return None
    with tenancy.use(tenancy.service_scope(claim.service_id)), beating(lambda: claims.beat(claim)):
        try:
            return _read(claim, report)
        except Superseded:
            return None
        except (LoadError, FetchError, StorageError) as error:
            passes = isinstance(error, StorageError) and error.kind == "storage"
            return (_try_later if passes else _fail)(claim, error.kind, error.advice)
        except (EmbeddingServerGone, OperationalError, OSError) as error:
            log.warning("reading source %s broke off: %s", source_id, error)
            return _try_later(claim, "internal", _OUR_FAULT, is_outage=not isinstance(error, EmbeddingServerGone))
        except Exception:
            log.exception("source %s could not be read", source_id)
            return _fail(claim, "internal", _OUR_FAULT)


def _read(claim: Claim, report: Report) -> Outcome:
    source = db.session.scalars(select(Source).where(Source.id == claim.source_id)).one()
    source_name = source.title
    document, url = _load(claim, source, report)
    _show(claim, report, "parsing", 25, parsed_at=now())
    pieces = split(document, count_tokens=embedding.embedder().count_tokens)
    if not pieces:
        raise LoadError("empty")
    # what earlier tries left stays until the swap: its embeddings are known
    title = document.title[:500]
    draft_id = drafts.add_draft(claim, title, source_name, url, state="embedding", progress=30, chunked_at=now())
    report("embedding", 30)
    _write_chunks(claim, report, draft_id, title, pieces)
    _swap(claim, draft_id, document, len(pieces))
    clearing.drop_documents(clearing.earlier_drafts(claim.source_id, draft_id))
    report("ready", 100)
    return Outcome("ready", len(pieces))


def _load(claim: Claim, source: Source, report: Report) -> tuple[parsed.Document, str | None]:
    """Return what a source says, and its address where it has one."""
    if source.kind == "qa":
        _show(claim, report, "parsing", 10, fetched_at=now())
        return pairs.read(source), None
    with _local_file(source) as (path, name, url):
        _show(claim, report, "parsing", 10, fetched_at=now())
        scan = scans.Scan(claim, path, name, lambda done: _show(claim, report, "parsing", 10 + 15 * done // 100))
        return scan.parse(lambda: parse(path, name)), url


@contextmanager
def _local_file(source: Source) -> Iterator[tuple[Path, str, str | None]]:
    """Yield (path of a local copy, name that helps to tell its type, address) of a source's bytes."""
    with ExitStack() as open_files:
        if source.kind in STORED_KINDS:
            path = open_files.enter_context(here().storage.local_path(source.data_loc))
            yield path, texts.file_name(source) if source.kind == "text" else source.title, None
            return
        address, limit = source.data_loc, here().config.max_upload_bytes
        db.session.commit()
        page = open_files.enter_context(here().fetcher.download(address, max_bytes=limit))
        yield page.path, page.name, page.url


def _show(claim: Claim, report: Report, state: str, percent: int, **values: Any) -> None:
    claims.advance(claim, state, percent, **values)
    report(state, percent)


def _write_chunks(claim: Claim, report: Report, document_id: int, title: str, pieces: list[Piece]) -> None:
    for start in range(0, len(pieces), SLICE):
        part = pieces[start : start + SLICE]
        percent = 30 + 65 * (start + len(part)) // len(pieces)
        drafts.write_slice(claim, document_id, title, part, start, state="embedding", progress=percent)
        report("embedding", percent)


def _swap(claim: Claim, draft_id: int, document: parsed.Document, n_chunks: int) -> None:
    """Put the new text in the place of the old, mark the source ready and the chatbot due: one transaction.

    Generations that hold the old text go on answering from it.
    """
    claims.write(
        claim, state="ready", progress=100, n_chunks=n_chunks, n_pages=document.n_pages, finished_at=now(),
        file_format=document.format, warnings=list(document.warnings), error_code=None, error_advice=None,
    )  # fmt: skip
    clearing.retire(claim.chatbot_id, Document.source_id == claim.source_id)
    change(update(Document).where(Document.id == draft_id).values(live=True))
    title, by = db.session.execute(select(Source.title, Source.changed_by_id).where(Source.id == claim.source_id)).one()
    chatbots.count_change(claim.chatbot_id, in_english("read"), title, by)
    db.session.commit()


def _try_later(claim: Claim, code: str, advice: str, *, is_outage: bool = True) -> Outcome | None:
    """Queue the source again: what went wrong is none of its own. It fails once that was tried too often."""
    db.session.rollback()
    return None if claims.put_back(claim, is_outage=is_outage) else _fail(claim, code, advice)


def _fail(claim: Claim, code: str, advice: str) -> Outcome | None:
    """Say on the row why it can't be read. The text that it had before stays in use."""
    db.session.rollback()
    try:
        claims.write(claim, state="failed", error_code=code, error_advice=advice, finished_at=now())
    except Superseded:
        return None
    events.announce("source_failed", claim.chatbot_id, source_id=claim.source_id)
    db.session.commit()
    return Outcome("failed", code=code, advice=advice)
