"""The index of a chatbot's live chunks, made from the generation before where most of it is the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.knowledge import embedding, engines
from indexes.embedder import Embedder
from indexes.store import (
    CorruptGeneration,
    Generation,
    IndexRow,
    Manifest,
    MissingGeneration,
    write_generation,
)
from indexes.vector_index import VectorEngine, VectorIndexUnreadable, VectorsAway
from models import db, raw, tenancy

MAX_CHANGED = 0.3  # share of chunks that may differ from the generation before; above, all is built anew
CHECKED_EVERY = 5000

Check = Callable[[], None]  # raises when the work is no longer wanted


@dataclass(frozen=True)
class Place:
    """Where a generation is written: its folder, who keeps its vectors, and the folder of one that may be extended."""

    service_id: int
    folder: Path
    engine: VectorEngine
    before: Path | None


def write_index(chatbot_id: int, place: Place, model: Embedder, check: Check) -> Manifest:
    """Write a generation of what is live now; chunks that another embedding model made are embedded anew first.

    The one before is not extended where it is damaged, of another model, or kept by another engine.
    """
    for _ in embedding.renew(chatbot_id, model):
        check()
    wanted = raw.live_ids(tenancy.current(), chatbot_id)
    db.session.rollback()
    base, had = _open_base(place, model)
    if len(had ^ wanted) > MAX_CHANGED * len(wanted):
        base, had = None, set()
    rows = _read_rows(chatbot_id, wanted - had, check)
    return write_generation(
        place.folder, rows, embedder_name=model.name, dimension=model.dimension, engine=place.engine, base=base,
        gone=had - wanted,
    )  # fmt: skip


def _open_base(place: Place, model: Embedder) -> tuple[Generation | None, set[int]]:
    """Return the generation that may be extended, if any, and the chunks that it holds."""
    try:
        base = engines.open_folder(place.before, place.service_id) if place.before else None
        if base and (base.manifest.embedder_name, base.manifest.engine) == (model.name, place.engine.name):
            return base, set(base.vectors.ids().tolist())
    except (MissingGeneration, CorruptGeneration, VectorIndexUnreadable, VectorsAway):
        pass  # all is built anew
    return None, set()


def _read_rows(chatbot_id: int, ids: Collection[int], check: Check) -> Iterator[IndexRow]:
    for n, chunk in enumerate(raw.read_live_chunks(tenancy.current(), chatbot_id, ids)):
        if n % CHECKED_EVERY == 0:
            check()
        vector = np.frombuffer(chunk.embedding, dtype=np.float16).astype(np.float32)
        yield IndexRow(id=chunk.id, text=chunk.text, title=chunk.title, heading=chunk.heading, embedding=vector)
