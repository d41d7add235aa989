"""Superadmins see how the installation is and try it out; its secrets are never shown, and nobody else sees it."""

from __future__ import annotations

import pytest

from tests.conftest import sign_in
from tests.staff.conftest import add_person


@pytest.fixture(scope="module")
def root(app):
    return sign_in(app, add_person(app, "Root", "Superadmin"))


def test_each_part_is_told_in_words_and_secrets_are_only_set(app, root):
    page = root.get("/health/").text
    for words in ("Database", "Redis", "Disk", "are free", "Embedding model", "DATA_DIR", "Python"):
        assert words in page, words
    assert app.extensions["docent"].config.secret_key not in page
    assert "/health/" in root.get("/").text


def test_the_self_test_tells_what_it_found(root):
    page = root.post("/health/").text
    assert "It was kept as a file" in page
    assert "A sentence was embedded in" in page


def test_nobody_else_sees_it(app, as_stan, as_ada):
    for client in (as_stan, as_ada):
        assert client.get("/health/").status_code == 403
        assert client.post("/health/").status_code == 403
