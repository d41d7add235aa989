"""What tests of the command line share: an initialized data folder, and a chatbot that has read two files."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.commands.running import run, run_fresh

RETURNS = "Goods may be returned within thirty days. The buyer pays for the parcel.\n"
OPENING = "The shop opens at nine in the morning and closes at six in the evening.\n"


@pytest.fixture(scope="session")
def initialized(tmp_path_factory, artifact):
    """A data folder as `init` leaves it, to be copied."""
    folder = tmp_path_factory.mktemp("initialized")
    (folder / "embedder").symlink_to(artifact)
    done = run_fresh(folder, "init")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory, initialized):
    """The data folder of an initialized installation."""
    folder = tmp_path_factory.mktemp("place")
    return shutil.copytree(initialized, folder, symlinks=True, dirs_exist_ok=True)


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
