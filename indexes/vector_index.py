"""What every engine for nearest vectors can do: the seam between a generation and who keeps its embeddings.

IndexesError
└── VectorsError
    ├── VectorIndexUnreadable   they are not there, or not those that were written: building again helps
    ├── VectorsAway             whoever keeps them does not answer now: waiting helps
    └── EngineMissing           it can't keep any until an operator has set something up

`FaissEngine` keeps them in a file of the generation's folder, in memory once open; `PgvectorEngine` in a PostgreSQL.
The tests of this seam (`tests/indexes/test_engines.py`) run over both.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.errors import IndexesError

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]


class VectorsError(IndexesError):
    """Embeddings of a generation can't be written or searched; the subclass says why."""


class VectorIndexUnreadable(VectorsError):
    """Raised when vectors are gone or are no index of ours; waiting won't help, building again will."""


class VectorsAway(VectorsError):
    """Raised when an engine can't be reached or takes too long; try again later."""


class EngineMissing(VectorsError):
    """Raised when an engine is not set up; the message says what an operator must do."""


class VectorIndex(Protocol):
    """Chunk ids and their embeddings, filled once and then only read, from many threads.

    Raises: VectorsAway, VectorIndexUnreadable, from anything that an engine outside of this process has to be asked.
    """

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    def __len__(self) -> int: ...

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Vectors]:
        """The `k` nearest chunks (fewer if there are fewer), best first: ids and cosines.

        `query` is float32, (dimension,), of length 1; `allowed` narrows the search to these ids.
        """

    def ids(self) -> Ids:
        """All chunk ids."""

    def vectors_of(self, ids: Ids) -> Vectors:
        """float32, (n, dimension): the stored embeddings of these chunks. Raises: KeyError for an unknown id."""


class VectorDraft(Protocol):
    """The vectors of a generation while one writes them; nobody else sees them before `finish`."""

    def add(self, ids: Sequence[int], embeddings: Vectors) -> None:
        """`embeddings` float32, (n, dimension), unit rows, one per id. Raises: ValueError for any other shape."""

    def finish(self) -> int:
        """Make them last, look whether all were written, and return how many they are. Raises: OSError."""

    def give_up(self) -> None:
        """Leave nothing behind. After `finish` it does nothing."""


class VectorEngine(Protocol):
    """Who keeps the vectors of one generation; each generation's manifest says which engine that is."""

    name: str

    def begin(self, part: Path, /, dimension: int, base: VectorIndex | None, gone: Collection[int]) -> VectorDraft:
        """Begin with what `base` holds, less `gone`, or with nothing; `part` is the folder of the new generation.

        `base`, an index of the same engine, may be used up by it.
        """

    def open(self, folder: Path, /, dimension: int, n_chunks: int) -> VectorIndex:
        """Open what was finished. Raises: VectorIndexUnreadable, VectorsAway."""

    def drop(self) -> None:
        """Remove what lies outside of the generation's folder. Raises: VectorsAway: it will have to be swept."""


def check_rows(ids: Sequence[int], embeddings: Vectors, dimension: int) -> Vectors:
    """Return embeddings as they may be added. Raises: ValueError: of another shape, or not all numbers."""
    rows = np.ascontiguousarray(embeddings, dtype=np.float32)
    if rows.shape != (len(ids), dimension):
        raise ValueError(f"{len(ids)} ids do not go with vectors of shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("an embedding holds a value that is not a number")
    return rows
