"""Publish a generation: build the index of a chatbot's live chunks, then move the pointer in one transaction.

The old generation answers until the pointer moves. A fencing number decides between two trainings of one chatbot.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import select, update

from app.collaborators import here
from app.knowledge import embedding
from indexes.embedder import Embedder
from indexes.store import IndexRow, write_generation
from models import Chatbot, Generation, Source, db, raw, tenancy
from models.base import change, now
from models.knowledge import UNFINISHED

log = logging.getLogger(__name__)

KEPT_GENERATIONS = 3


@dataclass(frozen=True)
class Training:
    """The right to publish: whoever holds the youngest `fence` of a chatbot."""

    chatbot_id: int
    service_id: int
    fence: int
    changed_count: int


@dataclass(frozen=True)
class Published:
    """What was published; `generation` is None when there is nothing to answer from."""

    generation: uuid.UUID | None
    n_chunks: int


def generation_folder(chatbot_uuid: uuid.UUID, generation_uuid: uuid.UUID) -> Path:
    """Return where a generation lies on the local disk."""
    return here().generations_dir / str(chatbot_uuid) / str(generation_uuid)


def publish(chatbot_id: int) -> Published | None:
    """Build and publish what a chatbot knows now. None: nothing to do, or a younger training took over."""
    training = _begin(chatbot_id)
    if training is None:
        return None
    with tenancy.use(tenancy.service_scope(training.service_id)):
        try:
            return _build_and_publish(training)
        except Exception:
            db.session.rollback()
            _end(training, training_status="failed")
            raise


def _begin(chatbot_id: int) -> Training | None:
    with tenancy.everything():
        taking = update(Chatbot).where(Chatbot.id == chatbot_id, Chatbot.status != "deleted")
        values = {
            "training_fence": Chatbot.training_fence + 1, "training_status": "training", "training_heartbeat_at": now(),
        }  # fmt: skip
        if not change(taking.values(values)):
            db.session.rollback()
            return None
        columns = (Chatbot.id, Chatbot.service_id, Chatbot.training_fence, Chatbot.changed_count)
        row = db.session.execute(select(*columns).where(Chatbot.id == chatbot_id)).one()
        db.session.commit()
        return Training(*row)


def _end(training: Training, **values: object) -> bool:
    """Write to the chatbot if no younger training has begun; committed by the caller where it is part of more."""
    ending = update(Chatbot).where(Chatbot.id == training.chatbot_id, Chatbot.training_fence == training.fence)
    done = change(ending.values(values))
    if "generation_id" not in values:
        db.session.commit()
    return bool(done)


def _build_and_publish(training: Training) -> Published | None:
    chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == training.chatbot_id)).one()
    chatbot_uuid, number = chatbot.uuid, chatbot.version + 1
    db.session.commit()
    generation_uuid = uuid.uuid4()
    folder = generation_folder(chatbot_uuid, generation_uuid)
    model = embedding.embedder()
    manifest = write_generation(folder, _rows(training, model), embedder_name=model.name, dimension=model.dimension)
    if manifest.n_chunks == 0:
        shutil.rmtree(folder, ignore_errors=True)
        return _publish_nothing(training)
    key = f"generations/{training.service_id}/{generation_uuid.hex}"
    here().storage.put_folder(key, folder)
    row = Generation(
        uuid=generation_uuid, service_id=training.service_id, chatbot_id=training.chatbot_id, number=number,
        embedding_name=model.name, n_chunks=manifest.n_chunks, storage_key=key,
    )  # fmt: skip
    if not _move_pointer(training, row):
        shutil.rmtree(folder, ignore_errors=True)
        here().storage.delete_folder(key)
        return None
    _prune(training.chatbot_id, chatbot_uuid)
    return Published(generation_uuid, manifest.n_chunks)


def _rows(training: Training, model: Embedder) -> Iterator[IndexRow]:
    """Yield the index's rows; chunks that another embedding model made are embedded anew."""
    for n, chunk in enumerate(raw.read_live_chunks(tenancy.current(), training.chatbot_id)):
        if n % 5000 == 0:
            _end(training, training_heartbeat_at=now())
        if chunk.embedding_name == model.name:
            vector = np.frombuffer(chunk.embedding, dtype=np.float16).astype(np.float32)
        else:
            vector = model.embed_batch([embedding.embedding_input(chunk.title, chunk.heading, chunk.text)])[0]
        yield IndexRow(id=chunk.id, text=chunk.text, title=chunk.title, heading=chunk.heading, embedding=vector)


def _publish_nothing(training: Training) -> Published | None:
    done = _end(
        training, generation_id=None, training_status=_status_after(training), last_trained=now(),
        published_count=training.changed_count,
    )  # fmt: skip
    db.session.commit()
    return Published(None, 0) if done else None


def _move_pointer(training: Training, row: Generation) -> bool:
    """Add the generation and point the chatbot at it: one transaction, or nothing."""
    db.session.add(row)
    db.session.flush()
    done = _end(
        training, generation_id=row.id, version=row.number, last_trained=now(),
        training_status=_status_after(training), published_count=training.changed_count,
    )  # fmt: skip
    if not done:
        db.session.rollback()
        return False
    db.session.commit()
    return True


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


def _prune(chatbot_id: int, chatbot_uuid: uuid.UUID) -> None:
    """Forget all but the last generations: rows first, then files, so that no row ever points at nothing."""
    query = select(Generation).where(Generation.chatbot_id == chatbot_id).order_by(Generation.number.desc())
    old = db.session.scalars(query.offset(KEPT_GENERATIONS)).all()
    places = [(generation.storage_key, generation.uuid) for generation in old]
    for generation in old:
        db.session.delete(generation)
    db.session.commit()
    for key, generation_uuid in places:
        here().storage.delete_folder(key)
        shutil.rmtree(generation_folder(chatbot_uuid, generation_uuid), ignore_errors=True)
