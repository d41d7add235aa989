"""Docent as its command line trains and searches: chunks, vectors and words in SQLite and a published generation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.process.starting import starting

with starting():
    from app import answering
    from app.commands.opening import installation, require_chatbot
    from app.knowledge import ingest, publish, sources
    from config import read_config
    from models import Chatbot, db

ROOT = Path(__file__).resolve().parents[2]


class System:
    packages = ("faiss-cpu", "tantivy", "onnxruntime")

    def __init__(self) -> None:
        self._opened = ExitStack()

    def install(self, store: Path) -> None:
        _run(store, "init")
        (store / "uuid").write_text(_run(store, "chatbot", "create", "bench"), encoding="ascii")

    def index(self, store: Path, paths: Sequence[Path]) -> None:
        os.environ["DATA_DIR"] = str(store)
        with starting():
            from app.commands.training import train
        train(read_config(), _read_uuid(store), list(map(str, paths)), as_json=True)

    def open(self, store: Path) -> None:
        os.environ["DATA_DIR"] = str(store)
        self._opened.enter_context(installation(read_config()))
        self._chatbot_id = require_chatbot(_read_uuid(store)).id
        db.session.rollback()

    def find(self, question: str, k: int) -> list[tuple[str, str]]:
        hits = answering.search(db.session.get_one(Chatbot, self._chatbot_id), question, k=k)
        db.session.rollback()
        return [(hit.document, hit.text) for hit in hits]

    def add(self, path: Path) -> None:
        with path.open("rb") as stream:
            source = sources.add_file(db.session.get_one(Chatbot, self._chatbot_id), path.name, stream)
        db.session.commit()
        ingest.ingest(source.id)
        publish.publish(self._chatbot_id)


def _read_uuid(store: Path) -> str:
    return (store / "uuid").read_text(encoding="ascii").strip()


def _run(store: Path, *arguments: str) -> str:
    command = [sys.executable, "run.py", *arguments]
    environment = {**os.environ, "DATA_DIR": str(store)}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
