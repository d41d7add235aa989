"""Superadmins see how the installation is and try it out; its secrets are never shown, and nobody else sees it."""

from __future__ import annotations

import threading

import pytest

from app.care import parts
from app.care.finding import GOOD, Finding
from tests.conftest import sign_in
from tests.staff.conftest import add_person, events


@pytest.fixture(scope="module")
def root(app):
    return sign_in(app, add_person(app, "Root", "Superadmin"))


def test_each_part_is_told_in_words_and_secrets_are_only_set(app, root):
    page = root.get("/health/").text
    for words in ("Database", "Redis", "Disk", "are free", "Embedding model", "Queue", "Address", "DATA_DIR", "Python"):
        assert words in page, words
    assert app.extensions["docent"].config.secret_key not in page
    assert "/health/" in root.get("/").text


def test_a_thorough_examination_tells_what_it_found(root):
    page = root.post("/health/").text
    assert "It was kept as a file" in page
    assert "A sentence was embedded in" in page
    assert "Files that no row names" in page


def test_each_thing_is_shown_once_it_is_found_though_a_mail_server_hangs(root, monkeypatch):
    heard = threading.Event()

    def hang(_email):
        heard.wait(60)
        return Finding("mail-sent", GOOD, "It was taken at last.")

    monkeypatch.setattr(parts, "try_mail", hang)
    with root.post("/health/", buffered=False) as answer:
        pieces, shown = answer.iter_encoded(), ""
        while "A sentence was embedded in" not in shown or "Files that no row names</dt>" not in shown:
            shown += next(pieces).decode()
        assert "Chatbots" in shown, "the menu is that of every page"
        assert "Still to come" in shown
        assert "at last" not in shown
        assert 'id="versions-title"' not in shown
        heard.set()
        rest = b"".join(pieces).decode()
    assert rest.count("It was taken at last.") == 2, "as it came, and in its place"
    assert 'id="versions-title"' in rest
    assert answer.headers["X-Accel-Buffering"] == "no"


def test_what_is_safe_is_mended_and_written_down(app, root):
    folder = app.extensions["docent"].config.data_dir
    folder.chmod(0o755)
    (folder / "docent.sqlite3").touch(0o644)
    (folder / "docent.sqlite3").chmod(0o644)
    assert "Mend what is safe" in root.post("/health/").text
    page = root.post("/health/mend").text
    assert "can&#39;t read the data folder any more" in page
    assert (folder / "docent.sqlite3").stat().st_mode & 0o077 == 0
    assert len(events(app, "installation.mend")) == 1
    folder.chmod(0o700)


def test_a_proxy_that_is_not_expected_is_noticed(root):
    assert "A proxy passed this page on" in root.get("/health/", headers={"X-Forwarded-For": "192.0.2.7"}).text


def test_nobody_else_sees_it(app, as_stan, as_ada):
    for client in (as_stan, as_ada):
        assert client.get("/health/").status_code == 403
        assert client.post("/health/").status_code == 403
        assert client.post("/health/mend").status_code == 403
