"""What vectors in PostgreSQL are divided into: segments, each a partition of one table with a graph of its own.

A generation lies in some of them, as an index of words does in Lucene's or tantivy's. What generations have in common
lies in segments that they share: none is ever changed, only left out of, so a training costs what has changed, and who
answers from a generation goes on doing so. A graph finds fewer of the nearest the more rows it has; segments end where
it has been measured to find enough.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from indexes.vector_index import Ids

MAX_ROWS = 200_000  # of a segment: recall@10 was .99 with so many, .92 with a million (docs/benchmarks.md)

MAX_ID = 2**63 - 1


def _nothing() -> Ids:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Segment:
    """Some chunks of a service: the rows of a partition, less those that are `gone` (chunk ids, sorted).

    `lowest` and `highest` are ids between which all are.
    """

    service_id: int
    uuid: uuid.UUID
    n_rows: int = 0
    lowest: int = 0
    highest: int = MAX_ID
    gone: Ids = field(default_factory=_nothing)

    def __len__(self) -> int:
        return self.n_rows - len(self.gone)

    @property
    def partition(self) -> str:
        return f"g_{self.uuid.hex}"

    @property
    def values(self) -> dict[str, Any]:
        """What statements call it."""
        return {"service": self.service_id, "segment": self.uuid}

    def possible(self, ids: Ids) -> Ids:
        """Return those of some ids that may be here."""
        return np.setdiff1d(ids[(ids >= self.lowest) & (ids <= self.highest)], self.gone)

    def left_of(self, rows: Sequence[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """Return the rows, each of which begins with a chunk's id, without those that are gone."""
        if not len(self.gone):
            return list(rows)
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        at = np.minimum(np.searchsorted(self.gone, ids), len(self.gone) - 1)
        return [row for row, is_gone in zip(rows, self.gone[at] == ids, strict=True) if not is_gone]
