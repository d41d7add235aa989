"""`backup` and `restore` on the command line: nothing half-made, nothing taken that is no backup, nothing overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import zipfile

import pytest

from app.commands import backup_file
from app.commands.backup_file import BackupError
from tests.commands.running import COMMAND, ROOT, assert_plain, environ_of, run
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def backup(place, trained, tmp_path_factory):
    """A backup of a small installation, with its generations."""
    file = tmp_path_factory.mktemp("kept") / "docent.zip"
    done = run(place, "backup", file, "--generations")
    assert done.returncode == 0, done.stderr
    return file


def remade(backup, place, change):
    """A copy of a backup, its parts changed, and its checksums as they then should be."""
    with zipfile.ZipFile(backup) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    del parts["SHA256SUMS"]
    change(parts)
    sums = {name: hashlib.sha256(held).hexdigest() for name, held in parts.items()}
    parts.setdefault("SHA256SUMS", "".join(f"{found}  {name}\n" for name, found in sums.items()).encode())
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in parts.items():
            archive.writestr(name, held)
    return place


def telling(**values):
    """A change of what a backup says of itself."""

    def change(parts):
        parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | values).encode()

    return change


TRICK = "\x1b[2J\x9b31m\r\u202e"

REFUSED = {
    "of_a_newer_database": (telling(revision="9999_of_the_future"), "newer version"),
    "of_another_format": (telling(version=2), "another version"),
    "on_another_database": (telling(database="postgresql"), "PostgreSQL"),
    "that_does_not_say_what_it_is": (telling(revision=None), "damaged"),
    "of_a_version_that_is_no_name": (telling(docent=f"{TRICK} all is well"), "damaged"),
    "of_a_version_without_end": (telling(docent="1" * 10_000), "damaged"),
    "with_a_name_that_a_terminal_would_obey": (lambda parts: parts.update({f"{TRICK}/x": b"x"}), "does not belong"),
    "of_something_else": (lambda parts: parts.pop("manifest.json"), "no backup of Docent"),
    "that_leads_out": (lambda parts: parts.update({"storage/uploads/../../../x": b"x"}), "does not belong"),
    "with_an_absolute_path": (lambda parts: parts.update({"/etc/x": b"x"}), "does not belong"),
    "with_a_file_of_its_own": (lambda parts: parts.update({"keys/authorized_keys": b"x"}), "does not belong"),
    "that_is_a_bomb": (lambda parts: parts.update({"storage/uploads/1/bomb": bytes(300_000_000)}), "far larger"),
    "without_its_database": (lambda parts: parts.pop("database.sqlite3"), "not whole"),
    "with_a_part_that_has_no_checksum": (
        lambda parts: parts.update({"SHA256SUMS": b"", "storage/uploads/1/x": b"x"}), "not whole",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_restore_refuses_a_backup(case, backup, tmp_path, empty):
    change, words = REFUSED[case]
    refused = run(empty, "restore", remade(backup, tmp_path / "other.zip", change))
    assert_plain(refused, words)
    assert not set(TRICK) & set(refused.stderr) - set("[2J31m")
    assert len(refused.stderr) < 1000
    assert [path.name for path in empty.iterdir()] == ["embedder"]


def test_what_the_storage_would_not_take_is_no_part_of_a_backup():
    for name in ("uploads/.hidden/x", "uploads/1/.hidden", "uploads/-x", "uploads/", "generations/1", "other/1"):
        assert not backup_file.is_known(f"storage/{name}"), name
    for name in ("uploads/1/0d", "pictures/1/a/b.png", "exports/1/x", "generations/1/0d/lexical/.managed.json"):
        assert backup_file.is_known(f"storage/{name}"), name


def test_a_name_that_is_no_text_is_said_plainly(tmp_path):
    file = tmp_path / "other.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("storage/uploads/é", b"x")
    file.write_bytes(file.read_bytes().replace("é".encode(), b"\xff\xfe"))
    with file.open("rb") as held, pytest.raises(BackupError, match="can't be read"), backup_file.opened(held):
        pass


def test_restore_refuses_what_was_damaged_or_cut_off(backup, tmp_path, empty):
    whole = backup.read_bytes()
    for changed, words in (
        (whole[: len(whole) // 2], "cut off"), (b"no zip", "can't be read"),
        (whole.replace(b"within thirty days", b"within ninety days"), "can't be read"),
    ):  # fmt: skip
        (tmp_path / "other.zip").write_bytes(changed)
        assert_plain(run(empty, "restore", tmp_path / "other.zip"), words)
    assert_plain(run(empty, "restore", tmp_path / "none.zip"), "no file")
    assert [path.name for path in empty.iterdir()] == ["embedder"]


def test_restore_notices_what_only_a_checksum_tells(backup, tmp_path, empty):
    with zipfile.ZipFile(backup) as archive:
        sums = archive.read("SHA256SUMS").decode()
        name = next(name for name in archive.namelist() if name.startswith("storage/uploads/"))

    def change(parts):
        parts[name] = b"something else"
        parts["SHA256SUMS"] = sums.encode()

    assert_plain(run(empty, "restore", remade(backup, tmp_path / "other.zip", change)), "damaged", name)
    assert [path.name for path in empty.iterdir()] == ["embedder"]


def test_what_is_restored_answers_and_the_doctor_finds_nothing(place, backup, chatbot, empty):
    done = run(empty, "restore", backup)
    assert done.returncode == 0, done.stderr
    assert "Restored what was backed up on 20" in done.stdout
    assert done.stderr == ""
    for name in ("secret_key",):
        assert (empty / name).read_bytes() == (place / name).read_bytes()
    assert stat.S_IMODE((empty / "docent.sqlite3").stat().st_mode) == 0o600
    question = "Within how many days may goods be returned?"
    before, after = (run(folder, "ask", chatbot, question, "--json") for folder in (place, empty))
    before, after = json.loads(before.stdout), json.loads(after.stdout)
    assert after["state"] == "grounded"
    assert {**after, "response_ms": 0} == {**before, "response_ms": 0}
    told = json.loads(run(empty, "doctor", "--json").stdout)
    assert [found for found in told["findings"] if found["state"] == "wrong" and found["check"] != "disk"] == []


def test_without_generations_they_are_built_again(place, trained, tmp_path, empty):
    file = tmp_path / "small.zip"
    assert run(place, "backup", file).returncode == 0
    with zipfile.ZipFile(file) as archive:
        assert not any("generations" in name for name in archive.namelist())
    done = run(empty, "restore", file)
    assert "built again as soon as Docent runs: 1." in done.stdout
    told = json.loads(run(empty, "doctor", "--json").stdout)
    assert [found["words"] for found in told["findings"] if found["check"] == "generations"] == [
        "Each chatbot's is there."
    ]


def test_nothing_is_overwritten(place, backup, tmp_path):
    before = backup.read_bytes()
    assert_plain(run(place, "backup", backup), "there already")
    assert backup.read_bytes() == before
    assert_plain(run(place, "restore", backup), "docent.sqlite3", "empty")
    assert_plain(run(place, "backup", tmp_path / "none" / "x.zip"), "no folder")


def test_a_backup_that_is_killed_leaves_no_file_of_that_name_and_nothing_after_the_next(place, trained, tmp_path):
    blocked = place / "storage" / "uploads" / "1" / "waits"
    os.mkfifo(blocked)  # whoever reads it waits for a writer that never comes
    file = tmp_path / "docent.zip"
    process = subprocess.Popen([*COMMAND, "backup", str(file)], env=environ_of(place), cwd=ROOT, start_new_session=True)
    try:

        def it_has_begun():
            return next(tmp_path.glob(".*.part/backup"), None)

        wait_until(it_has_begun)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not file.exists()
    finally:
        blocked.unlink()
    assert run(place, "backup", file).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["docent.zip"]


def test_a_backup_does_without_the_key_that_the_environment_names(place, tmp_path, empty):
    key = "from-the-environment-0123456789-abc"
    file = tmp_path / "docent.zip"
    done = run(place, "backup", file, SECRET_KEY=key)
    assert "keep it as well" in done.stderr
    assert_plain(run(empty, "restore", file), "SECRET_KEY")
    done = run(empty, "restore", file, SECRET_KEY=key[::-1])
    assert (done.returncode, "FORMER_SECRET_KEYS" in done.stderr) == (0, True)
    shutil.rmtree(empty)


def test_a_restore_that_meets_a_full_disk_leaves_the_folder_empty(backup, empty):
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 100; exec "$@"', "-", *COMMAND, "restore", str(backup)], env=environ_of(empty), cwd=ROOT,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert_plain(done, "can't be written")
    assert [path.name for path in empty.iterdir()] == ["embedder"]


def test_the_doctor_knows_of_it(place, backup):
    found = json.loads(run(place, "doctor", "--json").stdout)
    [last] = [each for each in found["findings"] if each["check"] == "backup"]
    assert last["state"] == "good"
    assert "The last was made on" in last["words"]
