"""Backups to stdout and from stdin, and encrypted: what was damaged, swapped, cut off or made for others is refused."""

from __future__ import annotations

import json
import os
import pty
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pyrage
import pytest

from app.commands import encrypting
from app.commands.arriving_backup import arriving
from app.commands.backup_file import BackupError
from tests.commands.running import assert_plain, pipe, run

BLOCK = 64 * 1024 + 16  # of the format: what is in it, and its proof
QUESTION = "Within how many days may goods be returned?"


@pytest.fixture(scope="module")
def key(place, tmp_path_factory):
    """The file of a key, and its public part."""
    file = tmp_path_factory.mktemp("key") / "key.txt"
    done = run(place, "keys", "backup", file)
    assert done.returncode == 0, done.stderr
    return file, done.stdout.strip()


@pytest.fixture(scope="module")
def streamed(place, trained, key):
    """An encrypted backup of several blocks as it came out of stdout."""
    (place / "storage" / "uploads" / "1" / "large").write_bytes(os.urandom(4 * BLOCK))
    done = pipe(place, "backup", "-", "--generations", BACKUP_RECIPIENTS=key[1])
    assert done.returncode == 0, done.stderr
    assert "stdout: the database and " in done.stderr
    assert "MB, encrypted" in done.stderr
    assert len(done.stdout) > 3 * BLOCK
    return done.stdout


def kept(path, held):
    path.write_bytes(held)
    return path


def test_a_new_key_is_readable_for_its_owner_alone_and_never_replaced(key):
    file, public = key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(pyrage.x25519.Identity.from_str(file.read_text().split()[-1]).to_public()) == public
    before = file.read_bytes()
    assert_plain(run(file.parent, "keys", "backup", file), "there already")
    assert_plain(run(file.parent, "keys", "backup", file.parent / "none" / "key"), "can't be written")
    assert file.read_bytes() == before


def test_what_came_by_stdout_and_was_encrypted_goes_back_by_stdin_and_answers(place, chatbot, streamed, key, empty):
    assert b"PK\x03\x04" not in streamed[:4]
    assert b"within thirty days" not in streamed
    done = pipe(empty, "restore", "-", "--identity", key[0], given=streamed)
    assert (done.returncode, b"Restored what was backed up on 20" in done.stdout) == (0, True), done.stderr
    assert not any(
        path.name.startswith(("tmp", ".")) and path.is_file() for path in empty.iterdir() if "lock" not in path.name
    )
    assert json.loads(run(empty, "ask", chatbot, QUESTION, "--json").stdout)["state"] == "grounded"


def test_without_a_key_a_stream_is_plain_and_goes_back_as_well(place, trained, tmp_path, empty):
    done = pipe(place, "backup", "-")
    assert done.stdout.startswith(b"PK\x03\x04")
    assert run(empty, "restore", kept(tmp_path / "x.zip", done.stdout)).returncode == 0
    again = tmp_path / "again"
    again.mkdir()
    (again / "embedder").symlink_to((empty / "embedder").readlink())
    assert pipe(again, "restore", "-", given=done.stdout).returncode == 0


def first_block(held):
    """Return where the blocks begin: behind the header, whose last line begins with ---, and 16 bytes."""
    return held.index(b"\n", held.index(b"\n---") + 1) + 1 + 16


def swapped(held):
    """Two whole blocks change places."""
    start = first_block(held)
    one, other = held[start : start + BLOCK], held[start + BLOCK : start + 2 * BLOCK]
    return held[:start] + other + one + held[start + 2 * BLOCK :]


CHANGED = {
    "cut_in_the_middle": lambda held: held[: len(held) // 2],
    "cut_after_a_block": lambda held: held[: first_block(held) + 2 * BLOCK],
    "without_its_last_byte": lambda held: held[:-1],
    "with_a_byte_more": lambda held: held + b"x",
    "with_one_other_byte": lambda held: held[:70_000] + bytes([held[70_000] ^ 1]) + held[70_001:],
    "with_two_blocks_swapped": swapped,
    "of_its_header_alone": lambda held: held[:60],
}


@pytest.mark.parametrize("case", CHANGED)
def test_restore_refuses_a_stream(case, streamed, key, tmp_path, empty):
    changed = kept(tmp_path / "changed.age", CHANGED[case](streamed))
    assert_plain(run(empty, "restore", changed, "--identity", key[0]), "damaged, changed, or cut off")
    assert [path.name for path in empty.iterdir()] == ["embedder"]


def test_a_header_that_would_take_hours_to_read_is_none(tmp_path):
    key = tmp_path / "key.txt"
    encrypting.make_identity(key)
    endless = kept(tmp_path / "endless.age", encrypting.MARK + b"-> a\n" * 100_000 + b"--- " + b"A" * 43 + b"\n")
    with pytest.raises(BackupError, match="damaged"), arriving(endless, key, tmp_path):
        pass


def test_a_folder_is_no_backup_and_a_pipe_may_have_a_name(tmp_path):
    with pytest.raises(BackupError, match="can't be read"), arriving(tmp_path, None, tmp_path):
        pass
    os.mkfifo(tmp_path / "pipe")
    writing = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[b"PK" * 30_000])
    writing.start()
    with arriving(tmp_path / "pipe", None, tmp_path) as file:
        assert file.read() == b"PK" * 30_000
    writing.join()


def test_the_wrong_key_and_none_are_told_apart(streamed, key, place, tmp_path, empty):
    file = kept(tmp_path / "docent.age", streamed)
    assert_plain(run(empty, "restore", file), "encrypted", "--identity")
    other = tmp_path / "other.txt"
    assert run(place, "keys", "backup", other).returncode == 0
    assert_plain(run(empty, "restore", file, "--identity", other), "encrypted for others")
    assert_plain(run(empty, "restore", file, "--identity", tmp_path / "none"), "can't be read")
    assert_plain(run(empty, "restore", file, "--identity", kept(tmp_path / "x", b"hello\n")), "no key that can be used")
    assert [path.name for path in empty.iterdir()] == ["embedder"]


def test_several_may_open_it_and_ssh_keys_count(place, trained, key, tmp_path, empty):
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed here")
    ssh = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh)], check=True)
    public = ssh.with_suffix(".pub").read_text().strip()
    file = tmp_path / "docent.age"
    done = run(place, "backup", file, "--recipient", public, "--recipient", key[1])
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run(empty, "restore", file, "--identity", ssh).returncode == 0


def test_what_is_no_public_key_is_refused_before_anything_is_written(place, key, tmp_path):
    assert_plain(run(place, "backup", tmp_path / "x", BACKUP_RECIPIENTS="age1nonsense"), "BACKUP_RECIPIENTS", "age1...")
    done = run(place, "backup", tmp_path / "x", "--recipient", key[0].read_text().split()[-1])
    assert_plain(done, "--recipient can't be used")
    assert "AGE-SECRET" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_not_written_onto_a_screen(place):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "wb") as screen:
        done = pipe(place, "backup", "-", into=screen)
    os.close(ours)
    assert_plain(done_as_text(done), "a screen")


def done_as_text(done):
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr)


@pytest.fixture(params=["plain", "encrypted"])
def readers(request, key):
    return key[1] if request.param == "encrypted" else ""


def test_a_backup_that_nobody_takes_or_that_finds_no_room_is_told_of_and_not_noted(readers, place, trained):
    noted = place / "last_backup.json"
    noted.unlink(missing_ok=True)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as unread:
        done = pipe(place, "backup", "-", into=unread, BACKUP_RECIPIENTS=readers)
    assert (done.returncode, done.stderr) == (141, "")
    with Path("/dev/full").open("wb") as full:
        assert_plain(done_as_text(pipe(place, "backup", "-", into=full, BACKUP_RECIPIENTS=readers)), "No space left")
    assert not noted.exists()
    assert list(place.glob(".*.part")) == []
