"""Sources, their documents and chunks, and the published generations of a chatbot's index."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, one_of
from models.chatbots import Chatbot
from models.tenancy import ChatbotOwned

if TYPE_CHECKING:
    from models.websites import Website

SOURCE_KINDS = ("file", "url", "website", "text", "qa")
STORED_KINDS = ("file", "text")  # those whose bytes are ours: `data_loc` is their key in the storage
SOURCE_STATES = ("queued", "fetching", "parsing", "embedding", "ready", "failed")
UNFINISHED = SOURCE_STATES[:4]


def _below_chatbot() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
    )


class Source(Table, HasUuid, ChatbotOwned, Timestamped):
    """What an owner added, of one of SOURCE_KINDS. Its state lives here and changes by compare-and-set on `fence`."""

    __tablename__ = "chatbot_data"
    kind: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(500))  # the file's own name, or the page's address
    file_format: Mapped[str] = mapped_column(String(16), default="")
    data_loc: Mapped[str] = mapped_column(Text)  # storage key of a file, address of a page
    filesize: Mapped[int] = mapped_column(BigId, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    allowed_training: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16), default="queued", index=True)
    progress: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(32))
    error_advice: Mapped[str | None] = mapped_column(Text)
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    n_chunks: Mapped[int] = mapped_column(default=0)
    n_pages: Mapped[int | None] = mapped_column()
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    heartbeat_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    queued_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    taken_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # by the worker of the latest try
    fetched_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    parsed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    chunked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # embedded, or failed
    published_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    chatbot: Mapped[Chatbot] = relationship()
    website: Mapped[Website | None] = relationship(viewonly=True)  # how one of kind website is crawled
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("id", "service_id", "chatbot_id", name="source_in_chatbot"),
        one_of("kind", *SOURCE_KINDS),
        one_of("state", *SOURCE_STATES),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return self.title


class Document(Table, ChatbotOwned, Timestamped):
    """One parsed page or file of a source. Not live while it is being written: its chunks are then in no generation.

    Replaced, it is retired: generations up to the number `retired_after` may hold it, and answer from it till they go.
    """

    __tablename__ = "documents"
    source_id: Mapped[int] = mapped_column(BigId, index=True)
    title: Mapped[str] = mapped_column(String(500))
    name: Mapped[str] = mapped_column(Text)  # the file name (relative to the folder given) or address
    url: Mapped[str | None] = mapped_column(Text)
    live: Mapped[bool] = mapped_column(default=False)
    retired_after: Mapped[int | None] = mapped_column()
    __table_args__ = (
        ForeignKeyConstraint(
            ["source_id", "service_id", "chatbot_id"],
            ["chatbot_data.id", "chatbot_data.service_id", "chatbot_data.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("id", "service_id", "chatbot_id", name="document_in_chatbot"),
        Index("documents_by_name", "source_id", "name"),
        NEVER_REUSE_IDS,
    )


class Chunk(Table, ChatbotOwned):
    """An indexed slice of a document. `embedding`: float16, (dimension,), unit length, made by `embedding_name`.

    `sentences` holds its sentences with their vectors (`indexes.sentence_vectors`), made together with the embedding.
    """

    __tablename__ = "chunks"
    document_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int] = mapped_column()  # 0-based, within its document
    text: Mapped[str] = mapped_column(Text)
    heading: Mapped[str] = mapped_column(Text, default="")
    locator: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text_hash: Mapped[str] = mapped_column(String(64))
    embedding: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    embedding_name: Mapped[str] = mapped_column(String(120))
    sentences: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    enabled: Mapped[bool] = mapped_column(default=True)
    document: Mapped[Document] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(
            ["document_id", "service_id", "chatbot_id"],
            ["documents.id", "documents.service_id", "documents.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("document_id", "position", name="one_chunk_per_position"),
        Index("chunks_by_text", "chatbot_id", "text_hash"),
        NEVER_REUSE_IDS,
    )


class Generation(Table, HasUuid, ChatbotOwned, Timestamped):
    """One immutable published build of a chatbot's index; `storage_key` names its folder.

    `causes`: what changed since the one before, [{"what", "title", "by"}], by members' ids.
    `golden`: how golden questions did, [{"id", "question", "level", "before", "change"}].
    """

    __tablename__ = "generations"
    number: Mapped[int] = mapped_column()
    embedding_name: Mapped[str] = mapped_column(String(120))
    n_chunks: Mapped[int] = mapped_column()
    n_documents: Mapped[int] = mapped_column(default=0)
    causes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    golden: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    storage_key: Mapped[str] = mapped_column(Text)
    vector_engine: Mapped[str] = mapped_column(String(16), default="faiss", server_default="faiss")  # keeps its vectors
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("chatbot_id", "number", name="one_generation_per_number"),
        NEVER_REUSE_IDS,
    )


class GoldenQuestion(Table, HasUuid, ChatbotOwned, Timestamped):
    """A question that every generation must go on answering: from a document, with one of some words, or both."""

    __tablename__ = "golden_questions"
    question: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text, default="")  # name or address; empty: any
    answers: Mapped[list[str]] = mapped_column(JSON, default=list)  # one of them is enough; empty: any
    chatbot: Mapped[Chatbot] = relationship()
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("chatbot_id", "question", name="one_golden_question_of_a_text"),
        NEVER_REUSE_IDS,
    )
