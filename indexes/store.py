"""A generation on disk: one immutable folder with a lexical index, a manifest of checksums, and, by default, vectors.

The manifest names the engine that keeps the vectors (`indexes.vector_index`): a file in the folder, or somewhere else.

IndexesError
├── MissingGeneration   nothing was published here
└── CorruptGeneration   its bytes are not those that were published: build it again from the database

VectorsAway of `indexes.vector_index` passes through: nothing is wrong with the generation.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.durable import FolderCorrupt, FolderMissing, fill_folder, read_sealed, seal
from indexes.errors import IndexesError
from indexes.faiss_index import FaissEngine
from indexes.lexical_index import LexicalIndex, write_lexical_index
from indexes.vector_index import VectorDraft, VectorEngine, VectorIndex, VectorIndexUnreadable

FORMAT = 1
LEXICAL = "lexical"
FAISS = FaissEngine()
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
    engine: str = FAISS.name


def write_generation(
    folder: Path,
    rows: Iterable[IndexRow],
    *,
    embedder_name: str,
    dimension: int,
    engine: VectorEngine = FAISS,
    base: "Generation | None" = None,
    gone: Collection[int] = (),
) -> Manifest:
    """Build a generation beside its place, check it, and rename it there: whole or not at all.

    With a `base` of the same engine, opened for this and used up by it, the new one holds that one's chunks, less
    `gone`, and `rows`.

    Raises:
        FolderTaken: there is one already. OSError: the disk is full or not writable. VectorsError: so says the engine.
    """
    with fill_folder(folder) as part:
        vectors = engine.begin(part, dimension, base.vectors if base else None, gone)
        try:
            lexical = base.folder / LEXICAL if base else None
            write_lexical_index(part / LEXICAL, _collect(rows, vectors), base=lexical, gone=gone)
            manifest = Manifest(embedder_name, dimension, vectors.finish(), engine.name)
            seal(part, _describe(manifest))
        except BaseException:
            vectors.give_up()
            raise
    return manifest


def _describe(manifest: Manifest) -> dict[str, object]:
    return {
        "format": FORMAT,
        "embedder": manifest.embedder_name,
        "dimension": manifest.dimension,
        "n_chunks": manifest.n_chunks,
        "engine": manifest.engine,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


def _interpret(sealed: Mapping[str, object]) -> Manifest:
    if sealed["format"] != FORMAT:
        raise FolderCorrupt("it was written by another version of Docent")
    numbers = int(str(sealed["dimension"])), int(str(sealed["n_chunks"]))
    return Manifest(str(sealed["embedder"]), *numbers, str(sealed.get("engine", FAISS.name)))


def _collect(rows: Iterable[IndexRow], vectors: VectorDraft) -> Iterator[tuple[int, str]]:
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


def open_generation(folder: Path, *others: VectorEngine) -> Generation:
    """Open a generation after checking every byte of it; `others` are engines that may keep it, besides FAISS.

    Raises:
        MissingGeneration, CorruptGeneration, VectorsAway.
    """
    try:
        manifest = _interpret(read_sealed(folder))
        engine = {known.name: known for known in (FAISS, *others)}[manifest.engine]
        vectors = engine.open(folder, manifest.dimension, manifest.n_chunks)
        return Generation(folder, manifest, vectors, LexicalIndex(folder / LEXICAL))
    except FolderMissing as error:
        raise MissingGeneration(str(error)) from error
    except (FolderCorrupt, VectorIndexUnreadable, KeyError, ValueError, OSError) as error:
        raise CorruptGeneration(str(error)) from error
