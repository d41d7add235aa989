"""`doctor` on the command line: its words, its JSON, its exit codes."""

from __future__ import annotations

import json

from tests.commands.running import assert_plain, run


def test_a_new_installation_is_well_but_for_what_does_not_run(place):
    done = run(place, "doctor", "--json")
    told = json.loads(done.stdout)
    states = {found["check"]: found["state"] for found in told["findings"]}
    assert {check for check, state in states.items() if state == "wrong"} <= {"disk"}
    assert [states[check] for check in ("redis", "queue", "workers", "scheduler")] == ["off"] * 4
    assert (done.returncode, told["well"]) == ((1, False) if states["disk"] == "wrong" else (0, True))


def test_it_says_what_is_wrong_and_what_to_do(tmp_path):
    assert_plain(run(tmp_path / "none", "doctor"), "no data folder", "init")
    done = run(tmp_path, "doctor")
    assert done.returncode == 1
    assert "Run `run.py init`." in done.stdout
    assert not (tmp_path / "docent.sqlite3").exists()


def test_it_mends_what_is_safe_and_sends_a_mail(place):
    (place / "open").write_text("x")
    (place / "open").chmod(0o644)
    place.chmod(0o755)
    done = run(place, "doctor", "--fix", "--mail")
    assert "mended: Other users of this machine can't read" in done.stdout
    assert "It was kept as a file" in done.stdout
    assert (place / "open").stat().st_mode & 0o077 == 0
    (place / "open").unlink()
    place.chmod(0o700)
