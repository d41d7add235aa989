"""What an operator may get wrong: one plain sentence, an exit code, and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.commands.running import COMMAND, assert_plain, environ_of, run, run_fresh
from tests.small_disk import small_disk

KEY = "d41d8cd98f00b204e9800998ecf8427e-docent"
NOWHERE = "postgresql://docent:s3cret@127.0.0.1:1/docent"
UNKNOWN = "00000000-0000-0000-0000-000000000000"
WRONG_SETTINGS = {
    "PORT": "70000", "DEMO_PORT": "http", "MAIL_PORT": "-1", "WEB_WORKERS": "1.5", "WEB_THREADS": "0",
    "MAX_UPLOAD_BYTES": "10MB", "PARSE_MEMORY_BYTES": "9" * 30, "PARSE_TIMEOUT_S": "nan", "FETCH_TIMEOUT_S": "0",
    "CHAT_MODEL_TIMEOUT_S": "inf", "CHAT_MODEL_FIRST_TOKEN_S": "-3", "TRUSTED_PROXIES": "-1", "LOG_LEVEL": "loud",
    "MAIL_USE_TLS": "maybe", "BASE_URL": "chat.example.com", "OPENAI_BASE_URL": "http://host:port/v1",
    "REDIS_URL": "localhost:6379", "STORAGE_URL": "nowhere://bucket", "MAIL_SENDER": "Docent\nBcc: all@example.com",
    "DATABASE_URL": "mysql://docent:s3cret@127.0.0.1/docent", "SECRET_KEY": "a" * 40,
}  # fmt: skip


def test_it_explains_an_unknown_command(tmp_path):
    assert_plain(run_fresh(tmp_path, "frobnicate"), "frobnicate", "serve", "--help")


def test_it_explains_a_missing_command(tmp_path):
    assert_plain(run_fresh(tmp_path), "COMMAND", "--help")


def test_every_setting_refuses_nonsense_by_its_name():
    from config import ConfigError, read_config

    for name, value in WRONG_SETTINGS.items():
        with pytest.raises(ConfigError, match=f"^{name} can't be used: .*[^.]\\.$"):
            read_config({name: value})


@pytest.mark.parametrize("name", ["PORT", "PARSE_TIMEOUT_S", "DATABASE_URL", "SECRET_KEY"])
def test_a_wrong_setting_stops_a_command_without_repeating_secrets(tmp_path, name):
    done = run_fresh(tmp_path, "extract", __file__, **{name: WRONG_SETTINGS[name]})
    assert_plain(done, name)
    assert "s3cret" not in done.stderr


def test_sqlite_may_be_named_by_a_relative_path():
    from config import read_config

    assert read_config({"DATABASE_URL": "sqlite:///some.sqlite3"}).database == f"sqlite:///{Path.cwd()}/some.sqlite3"


def test_a_database_of_ones_own_needs_a_secret_of_ones_own(tmp_path):
    assert_plain(run(tmp_path, "init", DATABASE_URL=NOWHERE), "SECRET_KEY", "missing")
    assert list(tmp_path.iterdir()) == []


def test_the_generated_secret_is_readable_by_its_owner_alone(tmp_path, artifact):
    (tmp_path / "embedder").symlink_to(artifact)
    done = run_fresh(tmp_path, "init")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "docent.sqlite3").stat().st_mode & 0o077 == 0


def test_a_lost_secret_is_not_replaced_in_silence(place, tmp_path):
    (tmp_path / "secret_key").write_text("")
    assert_plain(run(tmp_path, "init"), "secret_key", "backup")


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert_plain(run(tmp_path / "file" / "data", "init"), str(tmp_path / "file" / "data"), "DATA_DIR")


def test_a_wrong_address_of_the_superadmin_is_found_before_anything_is_made(tmp_path):
    assert_plain(run(tmp_path / "new", "init", SUPERADMIN_EMAIL="boss"), "SUPERADMIN_EMAIL", "boss")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", [("ask", UNKNOWN, "Why?"), ("web",)])
def test_without_a_database_it_asks_for_init_and_makes_nothing(tmp_path, command):
    assert_plain(run(tmp_path / "new", *command), "init")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", [("serve", "--no-demo"), ("scheduler",)])
def test_an_unreachable_database_is_said_without_its_password(tmp_path, command):
    done = run(tmp_path, *command, DATABASE_URL=NOWHERE, SECRET_KEY=KEY, PORT=str(free_port()))
    assert_plain(done, "DATABASE_URL", "refused")
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("command", [("serve", "--no-demo"), ("worker",)])
def test_an_unreachable_redis_is_said(place, command):
    done = run(place, *command, REDIS_URL="redis://127.0.0.1:1/0", PORT=str(free_port()))
    assert_plain(done, "REDIS_URL", "refused")


def test_a_database_of_a_newer_version_is_left_alone(place, tmp_path):
    path = tmp_path / "docent.sqlite3"
    shutil.copy(place / "docent.sqlite3", path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of the future'")
    connection.close()
    before = path.read_bytes()
    assert_plain(run(tmp_path, "init"), "newer version")
    assert_plain(run(tmp_path, "ask", UNKNOWN, "Why?"), "newer version")
    assert path.read_bytes() == before


def test_a_damaged_database_file_is_said(tmp_path):
    (tmp_path / "docent.sqlite3").write_bytes(os.urandom(20_000))
    assert_plain(run(tmp_path, "init"), "damaged", "backup")
    assert_plain(run(tmp_path, "ask", UNKNOWN, "Why?"), "damaged", "backup")


def test_a_damaged_embedding_model_is_said_and_built_again(place, trained, tmp_path, artifact):
    copy = tmp_path / "embedder"
    shutil.copytree(artifact, copy)
    with (copy / "model.onnx").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")
    shutil.copy(place / "docent.sqlite3", tmp_path)
    shutil.copytree(place / "generations", tmp_path / "generations")
    assert_plain(run(tmp_path, "train", trained["chatbot"], __file__), "damaged", "init")
    assert run(tmp_path, "init").returncode == 0
    assert (copy / "model.onnx").read_bytes() == (artifact / "model.onnx").read_bytes()


def test_a_port_in_use_is_said(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(place, "serve", "--no-demo", "--port", taken.getsockname()[1])
    assert_plain(done, "PORT", "in use")


def test_a_host_that_is_not_ours_is_said(place):
    assert_plain(run(place, "serve", "--host", "192.0.2.1", "--port", free_port()), "HOST", "192.0.2.1")


def test_it_explains_a_wrong_uuid(place):
    assert_plain(run(place, "train", "shop", __file__), "shop", "chatbot create")
    assert_plain(run(place, "search", UNKNOWN, "Why?"), UNKNOWN, "chatbot create")


def test_it_explains_a_missing_file(place, chatbot, tmp_path):
    assert_plain(run(place, "extract", tmp_path / "absent.pdf", "--json"), "absent.pdf")
    assert_plain(run(place, "ask", chatbot, "--questions", tmp_path / "absent.jsonl"), "absent.jsonl")


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "two\nlines"])
def test_a_chatbot_is_called_by_a_line_of_text(place, name):
    done = run(place, "chatbot", "create", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "1 to 120 characters" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_chatbot_is_not_called_by_bytes_that_are_no_text(place):
    command = [*COMMAND, "chatbot", "create", b"caf\xe9"]
    done = subprocess.run(command, env=environ_of(place), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"1 to 120 characters" in done.stderr
    assert b"Traceback" not in done.stderr


def test_it_explains_a_folder_without_files(place, chatbot, tmp_path):
    assert_plain(run(place, "train", chatbot, tmp_path), "no file")


def test_it_explains_a_line_that_is_no_question(place, chatbot, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": 1, "question": "Why?"}\n{"id": 2}\n')
    assert_plain(run(place, "ask", chatbot, "--questions", file), "line 2")


def test_bad_files_fail_one_by_one_and_spare_the_good(place, tmp_path):
    chatbot = run(place, "chatbot", "create", "Mixed").stdout.strip()
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "empty.pdf").touch()
    (papers / "picture.xyz").write_bytes(bytes(range(256)) * 8)
    (papers / "broken.docx").write_bytes(b"PK\x03\x04 and no more")
    (papers / "unreadable.txt").symlink_to("/proc/self/mem")
    (papers / os.fsdecode(b"caf\xe9.txt")).write_text("Coffee is served until ten in the evening.")
    done = run(place, "train", chatbot, papers, "--json")
    report = json.loads(done.stdout)
    codes = {row["source"]: row.get("code") for row in report["sources"]}
    assert done.returncode == 1
    assert codes == {
        "broken.docx": "corrupt", "caf\ufffd.txt": None, "empty.pdf": "empty", "picture.xyz": "unsupported",
        "unreadable.txt": "unreadable",
    }  # fmt: skip
    assert all(row["advice"] for row in report["sources"] if row["status"] == "failed")
    assert report["n_chunks"] == 1
    assert "Traceback" not in done.stderr


def test_extract_says_what_is_wrong_with_each_file(place, tmp_path):
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "good.txt").write_text("Good.")
    (tmp_path / "unreadable.txt").symlink_to("/proc/self/mem")
    done = run(place, "extract", tmp_path, "--json")
    found = {name: result["status"] for name, result in json.loads(done.stdout).items()}
    assert done.returncode == 1
    assert found["empty.pdf"] == "error:empty"
    assert found["good.txt"] == "ok"
    assert found["unreadable.txt"].startswith("error:")
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(place, papers):
    for argv in (["--help"], ["extract", papers], ["extract", papers, "--json"]):
        pipe = subprocess.Popen(
            [*COMMAND, *map(str, argv)], env=environ_of(place), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        pipe.stdout.close()
        assert pipe.stderr.read() == b""
        pipe.stderr.close()
        assert pipe.wait(timeout=60) in (0, 128 + 13)


def test_an_unreachable_chat_model_leaves_the_documents_own_words(place, trained):
    question = "When may goods be returned?"
    done = run(place, "ask", trained["chatbot"], question, "--json", OPENAI_BASE_URL="http://127.0.0.1:1/v1")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["state"]) == (0, "grounded")
    assert "thirty days" in answer["answer"]
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_said_and_harms_nothing(place, trained, artifact, tmp_path):
    disk = tmp_path / "disk"
    with small_disk(disk, "2500k"):
        shutil.copy(place / "docent.sqlite3", disk)
        (disk / "embedder").symlink_to(artifact)
        shutil.copytree(place / "generations", disk / "generations")
        big = tmp_path / "big.txt"
        big.write_text("Parcels are sent by train. " * 100_000)
        done = run(disk, "train", trained["chatbot"], big, "--json")
        [row] = json.loads(done.stdout)["sources"]
        assert done.returncode == 1
        assert "disk is full" in row["advice"]
        assert "Traceback" not in done.stderr
        again = run(disk, "ask", trained["chatbot"], "When may goods be returned?")
        assert "thirty days" in again.stdout, again


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
