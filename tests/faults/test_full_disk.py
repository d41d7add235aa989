"""The disk is full, or nearly: one sentence says so, what answered goes on answering, and later all is made up for.

A real small disk (tmpfs) holds database, uploads and generations; N_FULL levels of room, more by `make faults`.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.conftest import make_app
from tests.faults import promises
from tests.faults.stories import ASKED, Owner, Visitor
from tests.small_disk import filled, small_disk

KB = 1024
ROOM = [0, 24, 64, 128, 256, 512, 1024]  # KB that are left; every upload, slice and generation needs some
N_FULL = int(os.environ.get("N_FULL", "2"))
pytestmark = pytest.mark.usefixtures("time_passes")


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "disk"
    with small_disk(folder, "48m"):
        yield folder


@pytest.fixture(scope="module")
def app(disk, artifact):
    yield from make_app(disk, artifact, "")


def test_a_full_disk_costs_time_alone(app, disk, stories):
    seen = []
    for left in ROOM[:: -(-len(ROOM) // N_FULL)]:
        owner: Owner = stories["owner"]()
        with filled(disk, left * KB):
            owner.tell()
            assert promises.finds(app, owner.chatbot_id, ASKED, "Wilhelmine")
            visitor: Visitor = stories["visitor"]()
            visitor.tell()
        owner.recover()
        n_failed = owner.check()
        again: Visitor = stories["visitor"]()
        again.tell()
        again.check()
        seen.append(f"{left} KB left: {len(owner.told)} uploads taken, {n_failed} failed with a reason")
    sys.stdout.write("\n" + "; ".join(seen) + "\n")


def test_a_full_disk_is_said_in_words(app, disk, stories):
    owner: Owner = stories["owner"]()
    with filled(disk, 0):
        answer = owner.upload("book.md", "The first book is about barley.")
        assert answer.status_code in (303, 503)
        page = owner.client.get(owner.page)
        assert page.status_code == 200, "pages can be read"
    assert "disk is full" in page.text or answer.status_code == 503
