"""The index of a chatbot's live chunks, made from the generation before where most of it is the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np

from app.knowledge import embedding
from indexes.embedder import Embedder
from indexes.store import (
    CorruptGeneration,
    Generation,
    IndexRow,
    Manifest,
    MissingGeneration,
    open_generation,
    write_generation,
)
from models import db, raw, tenancy

MAX_CHANGED = 0.3  # share of chunks that may differ from the generation before; above, all is built anew
CHECKED_EVERY = 5000

Check = Callable[[], None]  # raises when the work is no longer wanted


def write_index(chatbot_id: int, folder: Path, before: Path | None, model: Embedder, check: Check) -> Manifest:
    """Write a generation of what is live now; chunks that another embedding model made are embedded anew first.

    `before` is the folder of the generation that may be extended; one that is damaged or of another model is not.
    """
    for _ in embedding.renew(chatbot_id, model):
        check()
    wanted = raw.live_ids(tenancy.current(), chatbot_id)
    db.session.rollback()
    base = _open_base(before, model)
    had = set(base.vectors.ids().tolist()) if base else set()
    if len(had ^ wanted) > MAX_CHANGED * len(wanted):
        base, had = None, set()
    rows = _read_rows(chatbot_id, wanted - had, check)
    return write_generation(
        folder, rows, embedder_name=model.name, dimension=model.dimension, base=base, gone=had - wanted
    )


def _open_base(folder: Path | None, model: Embedder) -> Generation | None:
    try:
        base = open_generation(folder) if folder else None
    except (MissingGeneration, CorruptGeneration):
        return None
    return base if base and base.manifest.embedder_name == model.name else None


def _read_rows(chatbot_id: int, ids: Collection[int], check: Check) -> Iterator[IndexRow]:
    for n, chunk in enumerate(raw.read_live_chunks(tenancy.current(), chatbot_id, ids)):
        if n % CHECKED_EVERY == 0:
            check()
        vector = np.frombuffer(chunk.embedding, dtype=np.float16).astype(np.float32)
        yield IndexRow(id=chunk.id, text=chunk.text, title=chunk.title, heading=chunk.heading, embedding=vector)
