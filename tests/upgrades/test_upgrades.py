"""Data folders of earlier versions are brought up to date and are well; those of later ones are refused by all.

`0022_privacy/` is what that version left behind when it had been initialized, had read two files and answered once: its
database as SQL, and its uploads. Its index is missing, as it may be.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import build_parser
from app.process import find_free_port
from models.migrations import versioning
from tests.commands.running import assert_plain, run
from tests.docs.test_documentation import commands
from tests.prepared import copy_initialized

BEFORE = sorted(path for path in Path(__file__).parent.iterdir() if (path / "docent.sql").exists())
CHATBOT = "39b8564f-23a0-4eee-a249-5b6b16a4f346"
QUESTION = "Within how many days may goods be returned?"


@pytest.fixture(params=BEFORE, ids=lambda path: path.name)
def before(request, tmp_path, artifact):
    """A data folder as an earlier version left it."""
    folder = tmp_path / "before"
    folder.mkdir(mode=0o700)
    (folder / "embedder").symlink_to(artifact)
    shutil.copytree(request.param / "uploads", folder / "storage" / "uploads")
    with closing(sqlite3.connect(folder / "docent.sqlite3")) as connection:
        connection.executescript((request.param / "docent.sql").read_text(encoding="utf-8"))
    return folder


def wrongs(folder):
    told = json.loads(run(folder, "doctor", "--json").stdout)
    return {found["check"] for found in told["findings"] if found["state"] == "wrong"} - {"disk"}


def test_an_earlier_version_is_brought_up_to_date_step_by_step_and_is_well(before, tmp_path):
    assert_plain(run(before, "ask", CHATBOT, QUESTION), "older version", "init")
    assert wrongs(before) == {"migrations"}
    done = run(before, "init")
    steps = [line.split()[5] for line in done.stderr.splitlines() if line.startswith("the database was brought to")]
    known = versioning.known_versions()
    assert steps == known[known.index("0022_privacy") + 1 :]
    assert wrongs(before) == {"generations"}
    assert run(before, "doctor", "--fix").returncode in (0, 1)  # 1 on a full disk
    assert wrongs(before) == set()

    paper = tmp_path / "address.txt"
    paper.write_text("The shop is in Harbor Street.")
    assert run(before, "train", CHATBOT, paper).returncode == 0
    told = json.loads(run(before, "ask", CHATBOT, QUESTION, "--json").stdout)
    assert (told["state"], "thirty days" in told["answer"]) == ("grounded", True)
    assert QUESTION in run(before, "history", "export", "1").stdout


def test_a_backup_of_an_earlier_version_is_restored_as_one_of_this(before, tmp_path, artifact):
    file, after = tmp_path / "docent.zip", tmp_path / "after"
    assert run(before, "backup", file).returncode == 0
    after.mkdir(mode=0o700)
    (after / "embedder").symlink_to(artifact)
    done = run(after, "restore", file)
    assert done.returncode == 0, done.stderr
    assert f"brought to {versioning.known_versions()[-1]} in" in done.stderr
    assert wrongs(after) == set()


WITHOUT_DATABASE = {"extract", "keys new", "keys backup", "restore"}
QUESTIONS = Path(__file__).with_name("questions.jsonl")
ARGUMENTS = {
    "chatbot create": ["Shop"], "train": [CHATBOT, __file__], "crawl": [CHATBOT, "https://shop.example.com"],
    "ask": [CHATBOT, QUESTION], "search": [CHATBOT, QUESTION], "evaluate": [CHATBOT, "--questions", QUESTIONS],
    "history export": ["1"], "member reset-password": ["ada@example.com"], "member make-superadmin": ["ada@example.com"],
}  # fmt: skip


@pytest.fixture(scope="module")
def later(tmp_path_factory, artifact):
    """A data folder whose database a later version has changed."""
    folder = copy_initialized(artifact, tmp_path_factory.mktemp("later"))
    with closing(sqlite3.connect(folder / "docent.sqlite3")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_of_the_future'")
        connection.commit()
    return folder


NAMES = sorted({name for name, _ in commands(build_parser())} - WITHOUT_DATABASE - {"doctor"})


@pytest.mark.parametrize("name", NAMES)
def test_every_command_refuses_a_later_version(name, later, tmp_path):
    arguments = {"backup": [tmp_path / "x.zip"], "import": [__file__]}.get(name, ARGUMENTS.get(name, []))
    assert_plain(
        run(
            later,
            *name.split(),
            *arguments,
            PORT=str(find_free_port()),
            DEMO_PORT=str(find_free_port()),
        ),
        "newer version",
    )


def test_the_doctor_says_so_too(later):
    assert wrongs(later) == {"migrations"}
