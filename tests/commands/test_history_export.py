"""`history export`: a service's chats on stdout, and a plain sentence where that can't be."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

from tests.commands.running import COMMAND, assert_plain, environ_of, run


@pytest.fixture(scope="module")
def asked(place, chatbot):
    """A chatbot of the installation's own service that was asked two questions."""
    for question in ("=HYPERLINK(1)", "When does the shop open?"):
        done = run(place, "ask", chatbot, question, "--record")
        assert done.returncode == 0, done.stderr
    return chatbot


def test_it_writes_a_table_that_ends_with_its_number_of_rows(place, asked):
    done = run(place, "history", "export", 1)
    assert done.returncode == 0, done.stderr
    head, *lines, end = csv.reader(io.StringIO(done.stdout.removeprefix("\ufeff"), newline=""))
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [row["message"] for row in rows if row["type"] == "client"] == ["'=HYPERLINK(1)", "When does the shop open?"]
    assert end[0] == f"end of export, rows: {len(rows)}"


def test_it_writes_lines_of_json_and_chats(place, asked):
    done = run(place, "history", "export", 1, "--per", "session", "--format", "jsonl", "--chatbot", asked)
    *chats, end = map(json.loads, done.stdout.splitlines())
    assert (len(chats), end) == (2, {"end": {"rows": 2}})
    later = run(place, "history", "export", 1, "--since", "2099-01-01T00:00:00+02:00", "--format", "jsonl")
    assert later.stdout == '{"end": {"rows": 0}}\n'


def test_a_workbook_goes_into_a_file(place, asked, tmp_path):
    target = tmp_path / "chats.xlsx"
    with target.open("wb") as file:
        command = [*COMMAND, "history", "export", "1", "--format", "xlsx"]
        subprocess.run(command, stdout=file, env=environ_of(place), check=True, timeout=120)
    assert target.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["99"], ["no service 99"]),
        (["1", "--chatbot", "x"], ["--chatbot", "uuid"]),
        (["1", "--chatbot", "00000000-0000-0000-0000-000000000000"], ["no chatbot", "service 1"]),
        (["1", "--since", "yesterday"], ["--since", "2026-11-25"]),
        (["9" * 30], ["no service"]),
        (["one"], ["invalid int value"]),
        (["1", "--per", "word"], ["--per"]),
        (["1", "--format", "doc"], ["--format"]),
    ],
)
def test_it_explains_what_it_can_not_do_and_writes_nothing(place, given, words):
    assert_plain(run(place, "history", "export", *given), *words)


def test_a_full_disk_is_said_and_not_taken_for_success(place, asked):
    with Path("/dev/full").open("wb") as full:
        command = [*COMMAND, "history", "export", "1"]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=environ_of(place), timeout=120, check=False
        )
    assert done.returncode == 2
    assert b"full" in done.stderr
