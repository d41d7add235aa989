"""What tests of the command line share: an initialized data folder, and a chatbot that has read two files."""

from __future__ import annotations

import json

import pytest

from tests.commands.running import run
from tests.prepared import copy_initialized

RETURNS = "Goods may be returned within thirty days. The buyer pays for the parcel.\n"
OPENING = "The shop opens at nine in the morning and closes at six in the evening.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory, artifact):
    """The data folder of an initialized installation."""
    return copy_initialized(artifact, tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """A folder of two files, one of them in a folder of its own."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "shop").mkdir()
    (folder / "returns.txt").write_text(RETURNS)
    (folder / "shop" / "opening.md").write_text(OPENING)
    return folder


@pytest.fixture(scope="module")
def chatbot(place):
    """The uuid of a chatbot."""
    done = run(place, "chatbot", "create", "Shop helper")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def trained(place, chatbot, papers):
    """What `train --json` says of the papers."""
    done = run(place, "train", chatbot, papers, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def empty(tmp_path, artifact):
    """A data folder with nothing but the embedding model."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "embedder").symlink_to(artifact)
    return folder
