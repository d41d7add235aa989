"""Large chatbots: adding one document to 10,000 and to 100,000 chunks, and questions to them.

Chunks are synthetic: 60 words each, drawn as often as words of a language are (Zipf), with clustered random vectors.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from installation import ROOT, Clock, print_machine, print_table, quantile, throwaway_installation, timing

sys.path.insert(0, str(ROOT))

from sqlalchemy import select

from app import answering
from app.collaborators import here
from app.commands.opening import installation
from app.knowledge import ingest, publish, sources
from config import read_config
from indexes.sentence_vectors import pack_sentences
from indexes.sentences import Span
from models import Chatbot, Document, Service, Source, Workspace, db, raw, tenancy

N_WORDS, N_VOCABULARY, N_CLUSTERS, N_QUESTIONS, SLICE = 60, 30_000, 200, 200, 1000
SENTENCES = [Span(start, start + 90) for start in (0, 100, 200, 300)]
NEW_DOCUMENT = "\n\n".join(
    f"# Zebra {n}\n\n" + f"The zebra number {n} has stripes that no other zebra of the herd has. " * 9
    for n in range(10)
)


def make_chunks(n_chunks: int, dimension: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (text, embedding, sentences)."""
    random = np.random.default_rng(11)
    vocabulary = np.array([f"w{n:x}ord" for n in range(N_VOCABULARY)])
    likely = 1 / np.arange(1, N_VOCABULARY + 1)
    centers = random.normal(size=(N_CLUSTERS, dimension)).astype(np.float32)
    for _ in range(n_chunks // SLICE):
        words = random.choice(vocabulary, size=(SLICE, N_WORDS), p=likely / likely.sum())
        rows = centers[random.integers(N_CLUSTERS, size=SLICE)] + random.normal(size=(SLICE, dimension))
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        for own, row in zip(words, rows, strict=True):
            yield " ".join(own), row.astype(np.float16).tobytes(), pack_sentences(SENTENCES, np.tile(row, (4, 1)))


def fill(chatbot: Chatbot, n_chunks: int) -> None:
    """Give a chatbot one large document, past the parser and the embedder."""
    model, about = here().embedder, {"chatbot_id": chatbot.id, "service_id": chatbot.service_id}
    source = Source(**about, kind="file", title="synthetic", data_loc="none", state="ready")
    db.session.add(source)
    db.session.flush()
    document = Document(**about, source_id=source.id, title="synthetic", name="synthetic", live=True)
    db.session.add(document)
    db.session.flush()
    shared: dict[str, Any] = {**about, "document_id": document.id, "embedding_name": model.name, "enabled": True}
    rows: list[dict[str, Any]] = []
    for n, (text, embedding, sentences) in enumerate(make_chunks(n_chunks, model.dimension)):
        own = {"position": n, "text": text, "heading": "", "locator": {}, "text_hash": f"{n:x}", "embedding": embedding}
        rows.append({**shared, **own, "sentences": sentences})
        if len(rows) == SLICE:
            raw.insert_chunks(tenancy.current(), rows)
            rows = []
    db.session.commit()


def add_document(chatbot_id: int) -> tuple[int, Clock, Clock]:
    """Return (chunks, time to read and embed, time to publish) of one new document."""
    with timing() as reading:
        source = sources.add_file(db.session.get_one(Chatbot, chatbot_id), "new.md", io.BytesIO(NEW_DOCUMENT.encode()))
        db.session.commit()
        outcome = ingest.ingest(source.id)
    with timing() as publishing:
        publish.publish(chatbot_id)
    return outcome.n_chunks if outcome else 0, reading, publishing


def ask_many(chatbot_id: int, ask: Callable[[Chatbot, str], object]) -> tuple[list[float], float]:
    """Return (milliseconds by the wall of each question, processor milliseconds of one)."""
    random, times = np.random.default_rng(5), []
    cpu = time.process_time()
    for n in range(N_QUESTIONS):
        words = " ".join(f"w{int(number):x}ord" for number in random.zipf(1.3, size=6) % N_VOCABULARY)
        started = time.perf_counter()
        ask(db.session.get_one(Chatbot, chatbot_id), f"What is {words} for zebra {n % 10}?")
        times.append((time.perf_counter() - started) * 1000)
    return times[10:], (time.process_time() - cpu) * 1000 / N_QUESTIONS


def measure(n_chunks: int) -> None:
    workspace = db.session.scalars(select(Workspace).join(Service).where(Service.is_own).limit(1)).one()
    chatbot = Chatbot(name="large", type="custom", workspace=workspace, service_id=workspace.service_id)
    db.session.add(chatbot)
    db.session.commit()
    chatbot_id = chatbot.id
    with tenancy.use(tenancy.service_scope(chatbot.service_id)):
        fill(chatbot, n_chunks)
    with timing() as building:
        publish.publish(chatbot_id)
    added, reading, publishing = add_document(chatbot_id)
    rows = [
        ("build the index anew", f"{building.wall:.1f} s, {building.cpu:.1f} s of processor"),
        (f"read and embed a new document of {added} chunks", f"{reading.wall:.2f} s, {reading.cpu:.2f} s of processor"),
        ("publish it", f"{publishing.wall:.2f} s, {publishing.cpu:.2f} s of processor"),
    ]
    for name, ask in (("a search", answering.search), ("a question", answering.answer)):
        times, cpu_ms = ask_many(chatbot_id, ask)
        spread = f"{quantile(times, 0.5):.1f} / {quantile(times, 0.95):.1f} ms"
        rows.append((f"{name}, p50 / p95", f"{spread}, {cpu_ms:.1f} ms of processor"))
    print_table(f"{n_chunks:,} chunks", rows)


def main() -> int:
    print_machine()
    with throwaway_installation(), installation(read_config()):
        for n_chunks in [int(text) for text in sys.argv[1:]] or [10_000, 100_000]:
            measure(n_chunks)
    return 0


if __name__ == "__main__":
    sys.exit(main())
