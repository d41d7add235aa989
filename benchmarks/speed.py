"""From files to answers: indexing, the first answer of a new process, later ones, memory, and a plain design beside it.

usage: speed.py FOLDER [QUESTION ...]: trains a chatbot on the files of a folder (the handbook, if none is given).
The plain design is what a few lines with the usual libraries give: the same weights on torch in 32-bit floats, no
sentences, no words, one flat index.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from installation import (
    ROOT,
    peak_memory_mb,
    print_machine,
    print_table,
    quantile,
    run,
    throwaway_installation,
    timing,
)

sys.path.insert(0, str(ROOT))

from sqlalchemy import select

from app import answering
from app.collaborators import here
from app.commands.opening import installation, require_chatbot
from app.knowledge.embedding import embed_chunks, embedding_input
from config import read_config
from indexes.artifact_build import find_weights
from models import Chunk, Document, db

QUESTIONS = ["How do I put the chatbot on my website?", "What is a workspace?", "How is a domain verified?"]


def train(folder: Path) -> tuple[str, list[tuple[str, str]]]:
    """Return (uuid, rows of the table) of a chatbot trained on a folder."""
    uuid = run("chatbot", "create", "speed").strip()
    with timing() as clock:
        report: dict[str, Any] = json.loads(run("train", uuid, str(folder), "--json"))
    n_documents = sum(source["status"] == "ready" for source in report["sources"])
    n_chunks = report["n_chunks"]
    speed = f"{n_documents / clock.wall:.1f} documents/s, {n_chunks / clock.wall:.1f} chunks/s"
    return uuid, [
        (f"train, {n_documents} documents, {n_chunks} chunks, start included", f"{clock.wall:.1f} s, {speed}"),
        ("the same, of processor", f"{clock.cpu:.1f} s"),
    ]


def train_pages(n_pages: int = 200) -> tuple[str, str]:
    """From a PDF's bytes to a published generation, as `train` does it."""
    from loaders import write_pdf

    uuid = run("chatbot", "create", "pages").strip()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pages.pdf"
        write_pdf(path, n_pages)
        with timing() as clock:
            run("train", uuid, str(path), "--json")
    speed = f"{n_pages / clock.wall:.1f} pages/s, {n_pages / clock.cpu:.1f} per second of processor"
    return f"train, a PDF of {n_pages} pages, start included", f"{clock.wall:.1f} s, {speed}"


def ask_first(uuid: str) -> tuple[str, str]:
    with timing() as clock:
        run("ask", uuid, QUESTIONS[0], "--json")
    return "process start to first answer", f"{clock.wall:.2f} s, {clock.cpu:.2f} s of processor"


def ask_many(uuid: str, questions: list[str], n_times: int = 200) -> list[tuple[str, str]]:
    chatbot, times = require_chatbot(uuid), []
    answering.answer(chatbot, questions[0])
    cpu = time.process_time()
    for n in range(n_times):
        started = time.perf_counter()
        answering.answer(chatbot, questions[n % len(questions)])
        times.append((time.perf_counter() - started) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / n_times
    return [
        ("a question, p50 / p95", f"{quantile(times, 0.5):.1f} / {quantile(times, 0.95):.1f} ms"),
        ("a question, of processor", f"{cpu_ms:.1f} ms"),
        ("memory of a web process that has answered, at most", f"{peak_memory_mb():.0f} MB"),
        ("torch is loaded in it", "yes" if "torch" in sys.modules else "no"),
    ]


def compare_with_plain(uuid: str, limit: int = 200) -> list[tuple[str, str]]:
    """Embed the same chunks both ways, on one thread each, and put the same questions to both, one after another."""
    from indexes.sentence_transformer import SentenceTransformerEmbedder

    query = select(Document.title, Chunk.heading, Chunk.text).join(Chunk, Chunk.document_id == Document.id).limit(limit)
    chunks = [(embedding_input(*row), row.text) for row in db.session.execute(query)]
    db.session.rollback()
    with timing() as ours:
        embed_chunks(here().embedder, chunks)
    plain = SentenceTransformerEmbedder(str(find_weights()))
    plain.embed_query("warm")
    with timing() as theirs:
        rows = plain.embed_batch([whole for whole, _ in chunks])
    chatbot, asked = require_chatbot(uuid), [QUESTIONS[n % len(QUESTIONS)] for n in range(50)]
    with timing() as searching:
        for question in asked:
            answering.search(chatbot, question)
    with timing() as asking:
        for question in asked:
            (rows @ plain.embed_query(question)).argsort()[-10:]
    return [
        (f"embedding {len(chunks)} chunks and their sentences, of processor", f"{ours.cpu:.1f} s, {ours.wall:.1f} s"),
        ("plain: the chunks alone on torch, of processor", f"{theirs.cpu:.1f} s, {theirs.wall:.1f} s"),
        ("ratio", f"{theirs.cpu / ours.cpu:.1f} of processor, {theirs.wall / ours.wall:.1f} by the clock"),
        (
            "a search: both ways, re-ordered by sentences, with texts",
            f"{searching.wall * 20:.1f} ms, {searching.cpu * 20:.1f} of processor",
        ),
        ("plain: a question, dense alone", f"{asking.wall * 20:.1f} ms, {asking.cpu * 20:.1f} of processor"),
        ("ratio", f"{asking.cpu / searching.cpu:.1f} of processor, {asking.wall / searching.wall:.1f} by the clock"),
    ]


def main() -> int:
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "handbook"
    print_machine()
    with throwaway_installation():
        uuid, rows = train(folder)
        rows += [train_pages(), ask_first(uuid)]
        print_table("Files to answers", rows)
        with installation(read_config()):
            print_table("Questions", ask_many(uuid, sys.argv[2:] or QUESTIONS))
            print_table("Beside a plain design", compare_with_plain(uuid))
    return 0


if __name__ == "__main__":
    sys.exit(main())
