"""A generation on disk: one immutable folder with a vector index, a lexical index and a manifest of checksums.

IndexesError
├── MissingGeneration   nothing was published here
└── CorruptGeneration   its bytes are not those that were published: build it again from the database
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.durable import FolderCorrupt, FolderMissing, fill_folder, read_sealed, seal
from indexes.errors import IndexesError
from indexes.lexical_index import LexicalIndex, write_lexical_index
from indexes.vector_index import VectorIndex, VectorIndexUnreadable

FORMAT = 1
VECTORS, LEXICAL = "vectors.faiss", "lexical"
_BATCH = 2000


class MissingGeneration(IndexesError):
    """Raised when there is no generation at this path."""


class CorruptGeneration(IndexesError):
    """Raised when a generation can't be trusted; building it again helps."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What is indexed of a chunk; `embedding` is float32, (dimension,), of length 1."""

    id: int
    text: str
    title: str
    heading: str
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    embedder_name: str
    dimension: int
    n_chunks: int


def write_generation(
    folder: Path,
    rows: Iterable[IndexRow],
    *,
    embedder_name: str,
    dimension: int,
    base: "Generation | None" = None,
    gone: Collection[int] = (),
) -> Manifest:
    """Build a generation beside its place, check it, and rename it there: whole or not at all.

    With a `base`, opened for this and used up by it, the new one holds that one's chunks, less `gone`, and `rows`.

    Raises:
        FolderTaken: there is one already. OSError: the disk is full or not writable.
    """
    with fill_folder(folder) as part:
        vectors = base.vectors if base else VectorIndex(dimension)
        vectors.remove(gone)
        lexical = base.folder / LEXICAL if base else None
        write_lexical_index(part / LEXICAL, _collect(rows, vectors), base=lexical, gone=gone)
        vectors.write(part / VECTORS)
        if len(VectorIndex.read(part / VECTORS)) != len(vectors):
            raise OSError("the index could not be written: is the disk full?")
        manifest = Manifest(embedder_name, dimension, len(vectors))
        seal(part, _describe(manifest))
    return manifest


def _describe(manifest: Manifest) -> dict[str, object]:
    return {
        "format": FORMAT,
        "embedder": manifest.embedder_name,
        "dimension": manifest.dimension,
        "n_chunks": manifest.n_chunks,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


def _interpret(sealed: Mapping[str, object]) -> Manifest:
    if sealed["format"] != FORMAT:
        raise FolderCorrupt("it was written by another version of Docent")
    return Manifest(str(sealed["embedder"]), int(str(sealed["dimension"])), int(str(sealed["n_chunks"])))


def _collect(rows: Iterable[IndexRow], vectors: VectorIndex) -> Iterator[tuple[int, str]]:
    """Pass rows on to the lexical index while their vectors are added in batches."""
    ids: list[int] = []
    batch: list[NDArray[np.float32]] = []
    for row in rows:
        ids.append(row.id)
        batch.append(row.embedding)
        if len(ids) == _BATCH:
            vectors.add(ids, np.stack(batch))
            ids, batch = [], []
        yield row.id, f"{row.title}\n{row.heading}\n{row.text}"
    if ids:
        vectors.add(ids, np.stack(batch))


class Generation:
    """An open generation; reading is safe from many threads."""

    def __init__(self, folder: Path, manifest: Manifest, vectors: VectorIndex, lexical: LexicalIndex) -> None:
        self.folder = folder
        self.manifest = manifest
        self.vectors = vectors
        self.lexical = lexical


def open_generation(folder: Path) -> Generation:
    """Open a generation after checking every byte of it.

    Raises:
        MissingGeneration, CorruptGeneration.
    """
    try:
        manifest = _interpret(read_sealed(folder))
        return Generation(folder, manifest, VectorIndex.read(folder / VECTORS), LexicalIndex(folder / LEXICAL))
    except FolderMissing as error:
        raise MissingGeneration(str(error)) from error
    except (FolderCorrupt, VectorIndexUnreadable, KeyError, ValueError, OSError) as error:
        raise CorruptGeneration(str(error)) from error
