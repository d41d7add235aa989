"""Whoever asks the doctor reads what it found in their own language; the log stays English."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.care import parts, vectors
from app.care.side_by_side import look_at
from app.collaborators import here
from app.languages import speaking
from indexes.pgvector_server import PgvectorServer
from models import Chatbot, db
from tests.conftest import inside


@pytest.fixture
def german(app, bot):
    with inside(app), speaking("de"):
        yield here()


@pytest.mark.parametrize(
    ("description", "words"),
    [
        (None, "wurde in {folder} nicht vorbereitet. Bauen Sie es"),
        ("{", "({folder}/manifest.json ist beschädigt). Bauen"),
    ],
    ids=["missing", "damaged"],
)
def test_an_embedding_model_that_is_not_whole(german, tmp_path, monkeypatch, description, words):
    folder = tmp_path / "embedder"
    if description is not None:
        folder.mkdir()
        (folder / "manifest.json").write_text(description)
    monkeypatch.setattr(german, "config", replace(german.config, data_dir=tmp_path))
    assert words.format(folder=folder) in parts.embedder().words


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "kein PostgreSQL eingerichtet"),
        ("postgresql://docent@127.0.0.1:1/docent", "Vektoren verwahrt, ist nicht zu"),
    ],
    ids=["none", "away"],
)
def test_vectors_that_nobody_can_keep(german, ada, monkeypatch, address, words):
    monkeypatch.setitem(german.__dict__, "vector_server", PgvectorServer(address) if address else None)
    db.session.get(Chatbot, ada.chatbot_id).vector_engine = "pgvector"
    db.session.flush()
    found = vectors.look()
    db.session.rollback()
    assert (found.state, words in found.words) == ("wrong", True), found.words


def test_a_storage_that_lacks_something(german, caplog):
    [found] = look_at({"orphans": lambda: german.storage.open("uploads/1/nothing")})
    assert "Die gespeicherte Datei ist weg" in found.words
    assert "The stored file is gone" in caplog.text
