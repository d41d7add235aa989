"""Publish a generation: build the index of a chatbot's live chunks, then move the pointer in one transaction.

The old generation answers until the pointer moves. A fencing number decides between two trainings of one chatbot.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.collaborators import here
from app.knowledge import clearing, embedding, engines, hints, holds, local_copies, pairs
from app.knowledge.claims import Superseded
from app.knowledge.heartbeats import beating
from app.knowledge.holds import Comparison, Examine, examine_nothing
from app.knowledge.indexing import Place, write_index
from app.knowledge.local_copies import generation_folder
from app.storage import StorageError
from app.webhooks import events
from models import Chatbot, Document, Generation, Source, db, tenancy
from models.base import change, now
from models.knowledge import UNFINISHED

log = logging.getLogger(__name__)

KEPT_GENERATIONS = 3


@dataclass(frozen=True)
class Training:
    """The right to publish: whoever holds the youngest `fence` of a chatbot."""

    chatbot_id: int
    chatbot_uuid: uuid.UUID
    service_id: int
    fence: int
    changed_count: int
    vector_engine: str
    began_at: dt.datetime


@dataclass(frozen=True)
class Published:
    """What was published; `generation` is None when there is nothing to answer from."""

    generation: uuid.UUID | None
    n_chunks: int


@dataclass(frozen=True)
class _Traces:
    """Where a generation lies: its files on the local disk and in the storage, its vectors maybe in PostgreSQL."""

    service_id: int
    folder: Path
    key: str
    vector_engine: str

    def clear(self) -> None:
        engines.drop(self.vector_engine, self.service_id, uuid.UUID(self.folder.name))
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(StorageError):
            here().storage.delete_folder(self.key)


def _traces(training: Training, generation: Generation, vector_engine: str) -> _Traces:
    folder = generation_folder(training.chatbot_uuid, generation.uuid)
    return _Traces(training.service_id, folder, generation.storage_key, vector_engine)


def publish(
    chatbot_id: int, examine: Examine = examine_nothing, *, vector_engine: str | None = None
) -> Published | None:
    """Build and publish what a chatbot knows now. None: it is gone, held back, or a younger training took over.

    `examine` asks golden questions of the new generation before it answers anybody. `vector_engine` is who keeps its
    vectors, and those of the generations after it; by default who keeps the chatbot's now.

    Raises:
        StorageError, IndexesError, OSError, SQLAlchemyError: the disk is full, or something is out of reach; nothing
        is left behind, and the generation before goes on answering.
    """
    training = _begin(chatbot_id, vector_engine)
    if training is None:
        return None
    scope = tenancy.service_scope(training.service_id)
    with tenancy.use(scope), beating(lambda: _beat(training)):
        try:
            clearing.drop_documents(clearing.dead_documents(chatbot_id))
            return _build_and_publish(training, examine)
        except Superseded:
            return None
        except Exception:
            db.session.rollback()
            _fail(training)
            raise


def _begin(chatbot_id: int, vector_engine: str | None = None) -> Training | None:
    with tenancy.everything():
        taking = update(Chatbot).where(Chatbot.id == chatbot_id, Chatbot.status != "deleted")
        values = {
            "training_fence": Chatbot.training_fence + 1, "training_status": "training", "training_heartbeat_at": now(),
        }  # fmt: skip
        if not change(taking.values(values)):
            db.session.rollback()
            return None
        columns = (
            Chatbot.id, Chatbot.uuid, Chatbot.service_id, Chatbot.training_fence, Chatbot.changed_count,
            Chatbot.vector_engine,
        )  # fmt: skip
        row = db.session.execute(select(*columns).where(Chatbot.id == chatbot_id)).one()
        db.session.commit()
        training = Training(*row, began_at=now())
        return replace(training, vector_engine=vector_engine) if vector_engine else training


def _write(training: Training, **values: object) -> bool:
    """Write to the chatbot unless a younger training has begun or it was deleted; the caller commits."""
    writing = update(Chatbot).where(
        Chatbot.id == training.chatbot_id, Chatbot.training_fence == training.fence, Chatbot.status != "deleted"
    )
    return bool(change(writing.values(values)))


def _fail(training: Training) -> None:
    """Note that a training failed; one that has moved the pointer did not, whatever went wrong after that."""
    failed = update(Chatbot).where(
        Chatbot.id == training.chatbot_id, Chatbot.training_fence == training.fence,
        Chatbot.training_status == "training",
    )  # fmt: skip
    change(failed.values(training_status="failed", training_heartbeat_at=now()))
    db.session.commit()


def _beat(training: Training) -> None:
    _write(training, training_heartbeat_at=now())
    db.session.commit()


def _build_and_publish(training: Training, examine: Examine) -> Published | None:
    draft = Generation(uuid=uuid.uuid4(), service_id=training.service_id, chatbot_id=training.chatbot_id)
    draft.storage_key = f"generations/{training.service_id}/{draft.uuid.hex}"
    traces = _traces(training, draft, training.vector_engine)
    try:
        draft.n_chunks = _build(training, draft, traces)
        found = examine(training.chatbot_id, traces.folder) if draft.n_chunks else Comparison()
        draft.golden = found.golden
        if holds.holds_back(training.chatbot_id, found):
            _hold(training, found)
            traces.clear()
            return None
        published = Published(draft.uuid if draft.n_chunks else None, draft.n_chunks)
        _move_pointer(training, draft if draft.n_chunks else None)
    except BaseException:
        if _is_nowhere(traces):
            traces.clear()
        raise
    if published.generation is not None:
        hints.give(training.chatbot_id, published.generation)
    _prune(training, n_kept=KEPT_GENERATIONS if published.n_chunks else 0)
    return published


def _is_nowhere(traces: _Traces) -> bool:
    """Tell whether a generation has surely no row: a commit whose answer was lost may have made one."""
    db.session.rollback()
    try:
        return db.session.scalar(select(Generation.id).where(Generation.storage_key == traces.key)) is None
    except SQLAlchemyError:
        return False


def _build(training: Training, draft: Generation, traces: _Traces) -> int:
    """Write a generation's files to the local disk and to the storage; return its chunks. Of none, no file is left."""
    model = embedding.embedder()
    pairs.embed_questions(training.chatbot_id)
    engine = engines.choose(training.vector_engine, training.service_id, draft.uuid)
    written = Place(training.service_id, traces.folder, engine, _folder_before(training))
    manifest = write_index(training.chatbot_id, written, model, lambda: _stop_if_lost(training))
    draft.embedding_name, draft.vector_engine = model.name, engine.name
    draft.n_documents = _count_documents(training)
    if manifest.n_chunks:
        here().storage.put_folder(traces.key, traces.folder)
    else:
        traces.clear()
    return manifest.n_chunks


def _count_documents(training: Training) -> int:
    query = select(func.count(Document.id)).join(Source, Source.id == Document.source_id)
    held = (Document.live, Source.allowed_training, Source.deleted_at.is_(None))
    return db.session.scalar(query.where(Document.chatbot_id == training.chatbot_id, *held)) or 0


def _hold(training: Training, found: Comparison) -> None:
    """Leave the generation before where it is, and note what its owner should know."""
    if not _write(training, **holds.values_of_hold(training.changed_count, found)):
        raise Superseded
    db.session.commit()


def _folder_before(training: Training) -> Path | None:
    """Return where the youngest generation lies on this disk; another machine's is fetched. None: there is none."""
    query = select(Generation.uuid, Generation.storage_key).where(Generation.chatbot_id == training.chatbot_id)
    found = db.session.execute(query.order_by(Generation.number.desc()).limit(1)).one_or_none()
    db.session.rollback()
    if found is None:
        return None
    folder = generation_folder(training.chatbot_uuid, found.uuid)
    return folder if folder.exists() or local_copies.fetch(found.storage_key, folder) else None


def _stop_if_lost(training: Training) -> None:
    holds = select(Chatbot.id).where(Chatbot.id == training.chatbot_id, Chatbot.training_fence == training.fence)
    is_held = db.session.scalar(holds) is not None
    db.session.rollback()
    if not is_held:
        raise Superseded


def _move_pointer(training: Training, generation: Generation | None) -> None:
    """Add the generation and point the chatbot at it (or at nothing): one transaction.

    Raises:
        Superseded: a younger training has begun, or the chatbot was deleted.
    """
    values: dict[str, object] = {"generation_id": None, "last_trained": now()}
    values["published_count"] = training.changed_count
    if not _write(training, training_heartbeat_at=now()):  # from here to the commit the chatbot's row is ours
        db.session.rollback()
        raise Superseded
    version, pending = db.session.execute(
        select(Chatbot.version, Chatbot.pending).where(Chatbot.id == training.chatbot_id)
    ).one()
    causes = [cause for cause in pending or [] if cause["n"] <= training.changed_count]
    values |= {"pending": [cause for cause in pending or [] if cause not in causes], **holds.values_of_release()}
    if generation is not None:
        generation.number, generation.causes = version + 1, causes
        db.session.add(generation)
        db.session.flush()
        values |= {"generation_id": generation.id, "version": generation.number}
        values["vector_engine"] = training.vector_engine
    _write(training, training_status=_status_after(training), **values)
    _stamp_sources(training)
    if generation is not None:
        events.announce("trained", training.chatbot_id, figures=_figures_of(generation))
    db.session.commit()


def _figures_of(generation: Generation) -> dict[str, int]:
    """Return what webhooks are told of a generation, which may be gone by then."""
    held = {"n_documents": generation.n_documents, "n_chunks": generation.n_chunks}
    return {"knowledge_version": generation.number} | held


def _stamp_sources(training: Training) -> None:
    """Note when text that was read before the training began was first answered from."""
    read = (Source.chatbot_id == training.chatbot_id, Source.state == "ready", Source.published_at.is_(None))
    change(update(Source).where(*read, Source.finished_at <= training.began_at).values(published_at=now()))


def _status_after(training: Training) -> str:
    """Return what is true once this training is published: more to do, ready, nothing there, or all failed."""
    columns = select(Chatbot.changed_count).where(Chatbot.id == training.chatbot_id)
    if db.session.scalar(columns) != training.changed_count:
        return "due"
    states = set(
        db.session.scalars(
            select(Source.state).where(Source.chatbot_id == training.chatbot_id, Source.deleted_at.is_(None))
        )
    )
    if not states:
        return "empty"
    return "ready" if "ready" in states or states & set(UNFINISHED) else "failed"


def _prune(training: Training, n_kept: int) -> None:
    """Forget all but the last generations: rows first, then files, so that no row ever points at nothing.

    Files that are left when this is killed, or that can't be removed now, are swept later.
    """
    query = select(Generation).where(Generation.chatbot_id == training.chatbot_id).order_by(Generation.number.desc())
    old = db.session.scalars(query.offset(n_kept)).all()
    all_traces = [_traces(training, row, row.vector_engine) for row in old]
    for generation in old:
        db.session.delete(generation)
    db.session.commit()
    for traces in all_traces:
        traces.clear()
