"""`evaluate`: figures of a chatbot on questions whose answers are known."""

from __future__ import annotations

import json

import pytest

from tests.commands.running import assert_plain, run

QUESTIONS = (
    {"id": 1, "question": "Within how many days may goods be returned?", "answers": ["thirty days"], "doc_id": "returns.txt", "answerable": True},
    {"id": 2, "question": "When does the shop close?", "answers": ["six in the evening"], "doc_id": "opening", "answerable": True},
    {"id": 3, "question": "Who won the chess tournament in Reykjavik?", "answers": [], "doc_id": "returns", "answerable": False, "kind": "ood"},
)  # fmt: skip


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_it_prints_every_figure_as_json_alone(place, trained, tmp_path):
    file = write(tmp_path / "questions.jsonl", *QUESTIONS)
    done = run(place, "evaluate", trained["chatbot"], "--questions", file, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert {name: figures[name] for name in ("n", "n_answerable", "n_unanswerable")} == {
        "n": 3, "n_answerable": 2, "n_unanswerable": 1,
    }  # fmt: skip
    for name in ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10", "answer_in_text"):
        assert figures[name] == 1, name
    assert (figures["refused_answerable"], figures["refused_unanswerable"]) == (0, 1)
    assert figures["refused_by_kind"] == {"ood": 1}
    assert 0 <= figures["p50_ms"] <= figures["p95_ms"]
    assert "3/3" in done.stderr


def test_it_prints_a_table_for_people(place, trained, tmp_path):
    done = run(place, "evaluate", trained["chatbot"], "--questions", write(tmp_path / "q.jsonl", QUESTIONS[0]))
    assert "recall@1                 1.000" in done.stdout
    assert "refused_unanswerable     –" in done.stdout


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([], "holds no question"),
        ([{"question": ""}], "line 1"),
        ([{"question": "Who?", "answers": "Ada"}], "line 1"),
        ([QUESTIONS[0], {"question": "Who?", "answers": [], "doc_id": "x"}], "line 2"),
        ([["Who?"]], "line 1"),
    ],
)
def test_a_file_that_can_not_be_used_is_said_in_one_sentence(place, tmp_path, rows, word):
    assert_plain(run(place, "evaluate", "nobody", "--questions", write(tmp_path / "q.jsonl", *rows)), word)


def test_an_unknown_chatbot_and_a_missing_file_are_said(place, tmp_path):
    file = write(tmp_path / "q.jsonl", QUESTIONS[0])
    assert_plain(run(place, "evaluate", "nobody", "--questions", file), "no chatbot nobody")
    assert_plain(run(place, "evaluate", "nobody", "--questions", tmp_path / "none"), "can't be read")
