"""Data folders of earlier versions are brought up to date and are well; those of later ones are refused by all.

Each folder beside this file is what a version left behind when it had been initialized, had read two files and answered
once: its database as SQL, and its uploads. Its index is missing, as it may be. `make fixture` writes the next one.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.cli import build_parser
from app.core import create_core
from app.process import find_free_port
from config import read_config
from models import db
from models.migrations import versioning
from tests.commands.running import assert_plain, run
from tests.databases import database_like, url_of
from tests.docs.test_documentation import commands
from tests.prepared import copy_initialized
from tests.upgrades import older

QUESTION = "Within how many days may goods be returned?"


class Before:
    """An installation as an earlier version left it; its commands are run by this one."""

    def __init__(self, recorded, file, folder, **settings):
        self.version, self.folder, self.settings = recorded.name, folder, settings
        with closing(sqlite3.connect(file)) as connection:
            self.chatbot = str(uuid.UUID(connection.execute("SELECT uuid FROM chatbots").fetchone()[0]))

    def run(self, *argv):
        return run(self.folder, *argv, **self.settings)

    def wrongs(self):
        told = json.loads(self.run("doctor", "--json").stdout)
        return {found["check"] for found in told["findings"] if found["state"] == "wrong"} - {"disk", "address"}


def data_folder(place, artifact):
    place.mkdir(mode=0o700)
    (place / "embedder").symlink_to(artifact)
    return place


@pytest.fixture(params=older.RECORDED, ids=lambda path: path.name)
def before(request, tmp_path, artifact, database_url):
    """An installation of an earlier version: on SQLite, or on the server that was given."""
    folder = data_folder(tmp_path / "before", artifact)
    older.put_uploads(request.param, folder)
    if not database_url:
        older.put_file(request.param, folder / "docent.sqlite3")
        yield Before(request.param, folder / "docent.sqlite3", folder)
        return
    with database_like("template1") as name:
        settings = {"DATABASE_URL": url_of(name), "SECRET_KEY": uuid.uuid4().hex * 2}
        app = create_core(read_config({"DATA_DIR": str(folder), **settings}).prepared())
        with app.app_context():
            older.put_on_server(request.param, tmp_path / "rows.sqlite3", db.engine)
            db.engine.dispose()
        yield Before(request.param, tmp_path / "rows.sqlite3", folder, **settings)


def test_an_earlier_version_is_brought_up_to_date_step_by_step_and_is_well(before, tmp_path):
    assert_plain(before.run("ask", before.chatbot, QUESTION), "older version", "init")
    assert before.wrongs() == {"migrations"}
    done = before.run("init")
    steps = [line.split()[5] for line in done.stderr.splitlines() if line.startswith("the database was brought to")]
    known = versioning.known_versions()
    assert steps == known[known.index(before.version) + 1 :]
    assert before.wrongs() == {"generations"}
    assert before.run("doctor", "--fix").returncode in (0, 1)  # 1 on a full disk
    assert before.wrongs() == set()

    paper = tmp_path / "address.txt"
    paper.write_text("The shop is in Harbor Street.")
    assert before.run("train", before.chatbot, paper).returncode == 0
    told = json.loads(before.run("ask", before.chatbot, QUESTION, "--json").stdout)
    assert (told["state"], "thirty days" in told["answer"]) == ("grounded", True)
    assert QUESTION in before.run("history", "export", "1").stdout


def test_a_backup_of_an_earlier_version_is_restored_as_one_of_this(before, tmp_path, artifact):
    file = tmp_path / "docent.zip"
    assert before.run("backup", file).returncode == 0
    before.folder = data_folder(tmp_path / "after", artifact)
    if not before.settings:
        restore_and_look(before, file)
        return
    with database_like("template1") as name:
        before.settings["DATABASE_URL"] = url_of(name)
        restore_and_look(before, file)


def restore_and_look(before, file):
    done = before.run("restore", file)
    assert done.returncode == 0, done.stderr
    assert f"brought to {versioning.known_versions()[-1]} in" in done.stderr
    assert before.wrongs() == set()


RELEASED = [path for path in older.RECORDED if path.name >= "0040"]  # before, there was none beside which another ran


@pytest.mark.parametrize("recorded", RELEASED, ids=lambda path: path.name)
def test_the_version_before_goes_on_reading_and_writing_beside_this_one(recorded, tmp_path, artifact, database_url):
    """What it may ask of a table, and the rows that it has written, on the tables of this version."""
    older.put_file(recorded, tmp_path / "old.sqlite3")
    if not database_url:
        copy_initialized(artifact, tmp_path / "new")
    engine = sa.create_engine(database_url or f"sqlite:///{tmp_path}/new/docent.sqlite3", poolclass=sa.NullPool)
    tables = older.reflect(engine).tables
    with engine.connect() as there:
        _without_references(there)
        there.execute(sa.delete(tables["ab_user"]))
        for name, (columns, rows) in older.rows_of(tmp_path / "old.sqlite3").items():
            table = tables[name]
            there.execute(sa.delete(table))
            demanded = [c.name for c in table.columns if c.name not in columns and not may_be_left_out(c)]
            assert demanded == [], f"{name}: the version before does not fill these"
            written = [older.read_row(table, columns, row) for row in rows]
            if written:
                there.execute(sa.insert(table), written)
            read = there.execute(sa.select(*(table.columns[column] for column in columns))).all()
            assert len(read) == len(rows)
        there.rollback()


def may_be_left_out(column):
    return column.nullable or column.server_default is not None or column.computed is not None


def _without_references(connection):
    """Rows come in whatever order."""
    is_server = connection.dialect.name == "postgresql"
    connection.execute(
        sa.text("SET session_replication_role = replica" if is_server else "PRAGMA defer_foreign_keys = ON")
    )


CHATBOT = "39b8564f-23a0-4eee-a249-5b6b16a4f346"
WITHOUT_DATABASE = {"extract", "keys new", "keys backup", "restore"}
QUESTIONS = Path(__file__).with_name("questions.jsonl")
ARGUMENTS = {
    "chatbot create": ["Shop"], "chatbot move-index": [CHATBOT, "--to", "faiss"], "train": [CHATBOT, __file__], "crawl": [CHATBOT, "https://shop.example.com"],
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
    told = json.loads(run(later, "doctor", "--json").stdout)
    assert {found["check"] for found in told["findings"] if found["state"] == "wrong"} - {"disk"} == {"migrations"}
