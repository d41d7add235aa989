"""Moving a chatbot's vectors to another engine while it answers: built beside, compared, published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import select

from app.answering import release
from app.knowledge import engines, generations, holds
from app.knowledge.holds import Comparison
from app.knowledge.publish import Published
from app.languages import gettext as _
from app.refusals import Refusal
from indexes.store import Generation
from models import Chatbot, db

N_SAMPLES, DEPTH = 100, 10
MIN_LIKENESS = 0.95  # of what is found before and after


class MoveError(Refusal):
    """A chatbot can't be moved now; the message says why and what to do."""


@dataclass(frozen=True)
class Moved:
    """What was published by the new engine, None where a golden question holds it back; `likeness` is the share of the
    nearest chunks that both engines find, None where there was nothing to compare with.
    """

    published: Published | None
    likeness: float | None


def move(chatbot: Chatbot, engine: str) -> Moved:
    """Publish what a chatbot knows by another engine, which keeps its vectors from then on.

    Until that is published, nothing has changed: cut off anywhere, the engine of before goes on.

    Raises:
        MoveError: its owner went back to an earlier version, or the new index finds other chunks.
        EngineMissing, VectorsAway: the engine is not set up, or can't be reached.
        StorageError, IndexesError, OSError, SQLAlchemyError: as `publish.publish`.
    """
    engines.require(engine)
    if chatbot.held_for == holds.ROLLBACK:
        raise MoveError(_("Its owner went back to an earlier version: let them train what is new first."))
    if chatbot.generation_id is None and chatbot.changed_count == chatbot.published_count:
        chatbot.vector_engine = engine
        db.session.commit()
        return Moved(None, None)
    seen = list[float]()

    def examine(chatbot_id: int, folder: Path) -> Comparison:
        seen.extend(_compare(chatbot_id, folder))
        return release.examine(chatbot_id, folder)

    return Moved(release.release(chatbot.id, examine, vector_engine=engine), seen[0] if seen else None)


def _compare(chatbot_id: int, folder: Path) -> list[float]:
    """Return how alike the new index is to the one that answers. Raises: MoveError: not enough."""
    chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()
    before, after = generations.open_current(chatbot), engines.open_folder(folder, chatbot.service_id)
    db.session.rollback()
    if before is None or before.manifest.embedder_name != after.manifest.embedder_name:
        return []
    likeness = measure_likeness(before, after)
    if likeness < MIN_LIKENESS:
        raise MoveError(
            _(
                "The new index finds %(share)s of what the present one does: nothing was changed.",
                share=f"{likeness:.1%}",
            )
        )
    return [likeness]


def measure_likeness(before: Generation, after: Generation) -> float:
    """Return which share of the nearest chunks of some chunks one generation finds that another does.

    Chunks that only one of them holds don't count: a move publishes what has changed, too.
    """
    shared = np.intersect1d(before.vectors.ids(), after.vectors.ids())
    sample = np.random.default_rng(0).permutation(shared)[:N_SAMPLES]
    both = set(shared.tolist())
    n_wanted = n_found = 0
    for vector in before.vectors.vectors_of(sample):
        wanted = set(before.vectors.search(vector, DEPTH)[0].tolist()) & both
        n_wanted += len(wanted)
        n_found += len(wanted.intersection(after.vectors.search(vector, 2 * DEPTH)[0].tolist()))
    return n_found / n_wanted if n_wanted else 1.0
