"""Folders of parsing processes: gone with them, or cleared away by the next one."""

import os
import time

import pytest

from indexes.scratch import Scratch


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def make_old(folder):
    long_ago = time.time() - 3600
    os.utime(folder, (long_ago, long_ago))


def test_what_a_killed_process_left_is_removed_by_the_next_one(place):
    orphan = place / "docent-parser-left"
    orphan.mkdir()
    (orphan / "somebody's document.docx").touch()
    make_old(orphan)
    scratch = Scratch()
    assert list(place.iterdir()) == [scratch.folder]
    scratch.remove()
    assert list(place.iterdir()) == []


def test_what_is_in_use_or_young_stays(place):
    used = Scratch()
    make_old(used.folder)
    young = place / "docent-parser-young"
    young.mkdir()
    other = Scratch()
    assert used.folder.is_dir()
    assert young.is_dir()
    other.remove()
    used.remove()


def test_nothing_is_removed_through_a_link(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "kept").touch()
    make_old(elsewhere)
    (place / "docent-parser-link").symlink_to(elsewhere)
    Scratch().remove()
    assert (elsewhere / "kept").exists()
