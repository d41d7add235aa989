"""The command line as scripts rely on it: fields, exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import sqlite3
import uuid

from tests.commands.running import run, run_fresh


def ask_all(place, chatbot, file, *rows, command="ask", flags=()):
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8-sig")
    done = run(place, command, chatbot, "--questions", file, *flags)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_create_prints_the_uuid_alone(chatbot):
    assert str(uuid.UUID(chatbot)) == chatbot


def test_create_refuses_an_unknown_type_and_workspace(place):
    assert "knowledge_base" in run(place, "chatbot", "create", "Bot", "--type", "oracle").stderr
    assert "999" in run(place, "chatbot", "create", "Bot", "--workspace", "999").stderr


def test_train_reports_each_source_by_its_name_inside_the_folder(trained, chatbot):
    assert list(trained) == ["chatbot", "generation", "n_chunks", "sources"]
    assert (trained["chatbot"], trained["n_chunks"]) == (chatbot, 2)
    uuid.UUID(trained["generation"])
    rows = {row.pop("source"): row for row in trained["sources"]}
    assert rows.keys() == {"returns.txt", "shop/opening.md"}
    for row in rows.values():
        assert list(row) == ["status", "n_chunks", "seconds"]
        assert (row["status"], row["n_chunks"]) == ("ready", 1)


def test_training_the_same_again_changes_nothing_and_shows_progress_on_stderr(place, trained, papers):
    done = run(place, "train", trained["chatbot"], papers, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["n_chunks"], len(report["sources"])) == (0, 2, 2)
    assert "2/2" in done.stderr


def test_a_private_address_is_refused_with_advice(place, tmp_path):
    chatbot = run(place, "chatbot", "create", "Reader").stdout.strip()
    (tmp_path / "shop").mkdir()
    for name in ("a.txt", "shop/a.txt"):
        (tmp_path / name).write_text(f"This is {name}.")
    address = "http://127.0.0.1:9/page"
    done = run(place, "train", chatbot, tmp_path / "a.txt", tmp_path / "shop" / "a.txt", address, "--json")
    report = json.loads(done.stdout)
    assert [row["source"] for row in report["sources"]] == [
        str(tmp_path / "a.txt"), str(tmp_path / "shop" / "a.txt"), address,
    ]  # fmt: skip
    failed = report["sources"][2]
    assert list(failed) == ["source", "status", "code", "advice", "n_chunks", "seconds"]
    assert (done.returncode, failed["status"], failed["code"]) == (1, "failed", "blocked_address")
    assert report["n_chunks"] == 2


def test_ask_answers_in_bulk_with_the_id_first_and_refuses_with_exit_code_0(place, trained, tmp_path):
    grounded, refused = ask_all(
        place, trained["chatbot"], tmp_path / "questions.jsonl",
        {"id": "r-1", "question": "When may goods\u2028be returned?"},
        {"id": 7, "question": "Who wrote the opera Carmen?"},
    )  # fmt: skip
    assert list(grounded) == ["id", "state", "answer", "citations", "response_ms"]
    assert (grounded["id"], grounded["state"]) == ("r-1", "grounded")
    assert "thirty days" in grounded["answer"]
    citation = grounded["citations"][0]
    assert (citation["n"], citation["title"]) == (1, "returns")
    assert isinstance(citation["locator"], dict)
    assert citation["quote"]
    assert isinstance(grounded["response_ms"], int)
    assert (refused["id"], refused["state"], refused["citations"]) == (7, "refused", [])


def test_half_a_character_in_a_question_breaks_nothing(place, trained, tmp_path):
    rows = [{"id": 1, "question": "When does the shop open\ud83d?"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "questions.jsonl").write_text(lines)
    done = run(place, "ask", trained["chatbot"], "--questions", tmp_path / "questions.jsonl", "--record")
    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "grounded"), done.stderr


def test_search_names_documents_as_train_did(place, trained, tmp_path):
    rows = ask_all(
        place, trained["chatbot"], tmp_path / "questions.jsonl", {"id": 1, "question": "When does the shop open?"},
        command="search", flags=("--k", "1", "--json"),
    )  # fmt: skip
    [hit] = rows[0]["hits"]
    assert list(rows[0]) == ["id", "hits"]
    assert list(hit) == ["document", "chunk", "score", "locator", "text"]
    assert hit["document"] == "shop/opening.md"
    assert "nine in the morning" in hit["text"]


def test_only_record_writes_history(place, trained):
    def n_messages():
        with sqlite3.connect(place / "docent.sqlite3") as connection:
            found = connection.execute("SELECT count(*) FROM chat_history").fetchone()[0]
        connection.close()
        return found

    before = n_messages()
    run(place, "ask", trained["chatbot"], "When does the shop open?")
    assert n_messages() == before
    done = run(place, "ask", trained["chatbot"], "When does the shop open?", "--record")
    assert done.returncode == 0, done.stderr
    assert n_messages() == before + 2


def test_extract_shows_segments_with_their_places_and_needs_no_database(tmp_path, papers):
    done = run(tmp_path / "none", "extract", papers, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found.keys() == {"returns.txt", "shop/opening.md"}
    assert list(found["returns.txt"]) == ["status", "warnings", "segments"]
    assert found["returns.txt"]["segments"][0]["text"].startswith("Goods may be returned")
    assert not (tmp_path / "none").exists()


def test_help_names_every_command(tmp_path):
    done = run_fresh(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("serve", "init", "worker", "scheduler", "chatbot", "train", "ask", "search", "extract"):
        assert f"\n    {command}" in done.stdout
