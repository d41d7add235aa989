"""What commands and the log print of what came from elsewhere: a terminal reads it and does not obey it."""

from __future__ import annotations

import json
import logging

import pytest

from app import logs
from app.commands.saying import say, say_json
from app.printable import printable
from tests.commands.running import run

OBEYED = "\x1b]0;title\x07\x1b[2J\x08\x7f\x9b31m\r\u202e\u2066"
NOT_OBEYED = "tab\t, line\n, ÄÖ, עברית, 日本語, 👩\u200d🔬"


def test_what_a_terminal_obeys_is_written_out_and_all_else_stays():
    assert printable("\x1b[2J\x9b\u202eOK\r\n") == "\\x1b[2J\\x9b\\u202eOK\n"
    assert printable(OBEYED).isprintable()
    assert printable(NOT_OBEYED) == NOT_OBEYED


def test_what_is_said_for_people_is_not_obeyed(capsys):
    say("A name:", OBEYED, 7)
    assert capsys.readouterr().out.rstrip("\n").isprintable()


def test_json_says_the_same_and_is_not_obeyed(capsys):
    say_json({"name": OBEYED + NOT_OBEYED})
    written = capsys.readouterr().out
    assert written.rstrip("\n").isprintable() or "\u200d" in written
    assert not set(OBEYED[:1] + "\x07\x08\x7f\x9b\r\u202e\u2066") & set(written)
    assert json.loads(written) == {"name": OBEYED + NOT_OBEYED}


def test_half_a_character_ends_no_command(capsys):
    halves = "\ud83d, and what stands for a byte that is no text: \udce9"
    say(halves)
    say_json({"name": halves})
    said, written = capsys.readouterr().out.splitlines()
    assert said == "\\ud83d, and what stands for a byte that is no text: \\udce9"
    assert json.loads(written) == {"name": halves}


@pytest.mark.parametrize("formatter", [logs.Lines(), logs.Objects("web")])
def test_the_log_begins_no_line_of_somebody_elses(formatter):
    record = logging.LogRecord(
        "app.test", logging.WARNING, __file__, 1, "not read: %s", (f"x\n2026 ERROR {OBEYED}",), None
    )
    assert formatter.format(record).isprintable()


def test_a_file_that_is_read_on_a_terminal_does_not_move_its_cursor(tmp_path):
    (tmp_path / "a\x1b[2J.txt").write_text("The shop opens at nine.\x1b[31m And closes at \x9b5.")
    for flags in ((), ("--json",)):
        done = run(tmp_path / "none", "extract", tmp_path, *flags)
        assert done.returncode == 0, done.stderr
        assert "opens at nine" in done.stdout
        assert not {"\x1b", "\x9b"} & set(done.stdout)
