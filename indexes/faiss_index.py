"""Exact search over unit vectors kept as 16-bit floats; the only module that knows FAISS.

Exact and faster than 32-bit up to some 200,000 chunks (2.6 ms at 100,000). An index is filled once and
then only read: FAISS crashes when somebody adds or removes while somebody searches.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexes.vector_index import Ids, VectorIndex, VectorIndexUnreadable, Vectors, check_rows

FILE = "vectors.faiss"


class FaissIndex:
    """A `VectorIndex` in memory. Reading is safe from many threads; `add` belongs to the one who builds."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def empty(cls, dimension: int) -> "FaissIndex":
        import faiss

        scalar = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return cls(faiss.IndexIDMap2(scalar))

    @classmethod
    def read(cls, path: Path) -> "FaissIndex":
        """Load the whole file into memory, so that the index outlives it.

        Raises: VectorIndexUnreadable.
        """
        import faiss

        try:
            loaded = faiss.read_index(str(path))
        except RuntimeError as error:  # FAISS puts C++ file names and lines into its messages
            raise VectorIndexUnreadable(f"{path} is not a readable vector index") from error
        if not isinstance(loaded, faiss.IndexIDMap2):
            raise VectorIndexUnreadable(f"{path} is another kind of index")
        return cls(loaded)

    def add(self, ids: Sequence[int], embeddings: Vectors) -> None:
        rows = check_rows(ids, embeddings, self.dimension)
        if len(ids):
            self._index.add_with_ids(rows, np.array(ids, dtype=np.int64))

    def remove(self, ids: Collection[int]) -> None:
        """Take chunks out; ids that are not in it are passed over. For the one who builds, as `add` is."""
        import faiss

        if ids:
            self._index.remove_ids(faiss.IDSelectorBatch(np.array(sorted(ids), dtype=np.int64)))

    def write(self, path: Path) -> None:
        """Write the file; on a full disk FAISS may return as if all were well, so read it back before
        trusting it.
        """
        import faiss

        faiss.write_index(self._index, str(path))

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Vectors]:
        import faiss

        faiss.omp_set_num_threads(1)  # per thread; a second one spins longer than a whole search takes
        k = min(k, len(self))
        if k <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        parameters = None
        if allowed is not None:
            make_parameters: Any = faiss.SearchParameters  # its stubs leave out what it takes
            parameters = make_parameters(sel=faiss.IDSelectorBatch(np.asarray(allowed, dtype=np.int64)))
        row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
        scores, ids = self._index.search(row, k, params=parameters)
        found = ids[0] >= 0  # FAISS pads with -1
        return ids[0][found], scores[0][found]

    def ids(self) -> Ids:
        """All chunk ids, in the order they were added."""
        import faiss

        return np.array(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def vectors_of(self, ids: Ids) -> Vectors:
        if not len(ids):
            return np.empty((0, self.dimension), dtype=np.float32)
        try:
            return np.asarray(self._index.reconstruct_batch(np.asarray(ids, dtype=np.int64)), dtype=np.float32)
        except RuntimeError:
            raise KeyError("a chunk of another generation was asked for") from None


class _Draft:
    """A file that is written once all is in memory."""

    def __init__(self, path: Path, index: FaissIndex) -> None:
        self._path, self._index = path, index
        self.add = index.add

    def finish(self) -> int:
        self._index.write(self._path)
        if len(FaissIndex.read(self._path)) != len(self._index):
            raise OSError("the index could not be written: is the disk full?")
        return len(self._index)

    def give_up(self) -> None:
        """Nothing: the file goes with its folder."""


class FaissEngine:
    """Keeps vectors in a file of the generation's folder."""

    name = "faiss"

    def begin(self, part: Path, /, dimension: int, base: VectorIndex | None, gone: Collection[int]) -> _Draft:
        index = base if isinstance(base, FaissIndex) else FaissIndex.empty(dimension)
        index.remove(gone)
        return _Draft(part / FILE, index)

    def open(self, folder: Path, /, dimension: int, n_chunks: int) -> FaissIndex:
        index = FaissIndex.read(folder / FILE)
        if (index.dimension, len(index)) != (dimension, n_chunks):
            raise VectorIndexUnreadable(f"{folder} holds other vectors than it says")
        return index

    def drop(self) -> None:
        """Nothing: the file goes with its folder."""
