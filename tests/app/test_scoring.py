"""What counts as found and as answered: the same as for whoever measures from outside."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from app.answering.scoring import Known, Tally, first_relevant, holds, summarize

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("The harbor opens at Nine.", ["nine"], True),
        ("The harbor opens at nineteen.", ["nine"], False),
        ("Le café est fermé", ["cafe est ferme"], True),
        ("Nothing", ["", "  "], False),
        ("one two three four five six seven", ["one two three four five six seven eight nine ten eleven"], True),
        ("one two three four five", ["one two three four five six seven eight nine ten eleven"], False),
    ],
)
def test_an_answer_is_held_as_words(text, answers, expected):
    assert holds(text, answers) is expected


def test_the_first_hit_of_the_right_document_counts():
    hits = [("other.md", "It is Paris."), ("sq-Capital__s.md", "Nothing here."), ("folder/sq-Capital__s.md", "Paris!")]
    assert first_relevant(Known("?", ("Paris",), "sq-Capital()s"), hits) == 3
    assert first_relevant(Known("?", ("Paris",)), hits) == 1
    assert first_relevant(Known("?", (), "other"), hits) == 1
    assert first_relevant(Known("?", ("Rome",)), hits) is None


def test_figures_of_nothing_are_none_and_those_of_ranks_as_defined():
    assert summarize(Tally())["recall@1"] is None
    figures = summarize(Tally(ranks=[1, 2, None, 7]))
    assert (figures["recall@1"], figures["recall@5"], figures["recall@10"]) == (0.25, 0.5, 0.75)
    assert figures["mrr"] == round((1 + 1 / 2 + 1 / 7) / 4, 4)
    assert figures["ndcg@10"] == round((1 + 0.63093 + 1 / 3) / 4, 4)


def test_it_agrees_with_an_outside_measure():
    tool, data = SHARED / "tools" / "score_answers.py", SHARED / "data" / "qa-dev"
    if not tool.exists() or not data.exists():
        pytest.skip("../shared/tools and ../shared/data/qa-dev are not here")
    spec = importlib.util.spec_from_file_location("score_answers", tool)
    outside = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(outside)
    corpus = [json.loads(line) for line in (data / "corpus.jsonl").read_text().splitlines()[:60]]
    ids = {row["id"] for row in corpus}
    rows = [json.loads(line) for line in (data / "questions.jsonl").read_text().splitlines()]
    questions = [row for row in rows if row["answerable"] and row["doc_id"] in ids][:100]
    texts = [(row["id"] + ".md", row["text"]) for row in corpus]
    assert questions
    for n, question in enumerate(questions):
        hits = texts[n % 50 : n % 50 + 10]
        known = Known(question["question"], tuple(question["answers"]), question["doc_id"])
        named = [{"document": name, "text": text} for name, text in hits]
        assert first_relevant(known, hits) == outside.first_relevant(question, named)
