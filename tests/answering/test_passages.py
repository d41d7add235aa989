"""Which passages an answer is made from: no repeats, not all of one document, neighbors together, within a budget."""

from __future__ import annotations

import pytest

from app.answering import passages
from app.answering.passages import MAX_BYTES, Passage, _cut, _drop_repeats, _join_neighbors, _mix


def passage(document: str, position: int, text: str = "") -> Passage:
    words = text or f"{document} says in its part number {position} what stands nowhere else {'x' * (position + 1)}"
    return Passage(0, position, words, document, document, "", {}, None, 1.0, position)


def named(found) -> list[str]:
    return [f"{one.document}{one.position}" for one in found]


def test_what_says_the_same_again_is_left_out():
    text = "Unused goods may be returned within forty-five days, and the refund goes to the card of the order."
    again = text.replace(" the order", " that order")
    other = "The warranty on electric tools lasts two years and does not cover batteries."
    found = _drop_repeats([passage("a", 0, text), passage("b", 3, again), passage("c", 1, other)])
    assert named(found) == ["a0", "c1"]


@pytest.mark.parametrize(("given", "kept"), [
    ("a0 a2 a4 a6 a8 b1 c1", "a0 a2 a4 a6 b1"),
    ("a0 a2 b4 a6 a8 c1", "a0 a2 b4 a6 a8"),
    ("a0 a2 a4 a6 a8 a9", "a0 a2 a4 a6 a8"),
    ("a0 a2", "a0 a2"), ("", ""),
])  # fmt: skip
def test_one_document_does_not_keep_all_others_out(given, kept):
    assert named(_mix([passage(name[0], int(name[1])) for name in given.split()])) == kept.split()


@pytest.mark.parametrize(("given", "joined"), [
    ("a5 b1 a4", "a4 a5 b1"), ("a5 b1 a3 a4", "a3 a4 a5 b1"), ("a5 b4 a7", "a5 b4 a7"), ("b2 a1 b1 a2", "b1 b2 a1 a2"),
])  # fmt: skip
def test_neighbors_stand_together_in_the_order_of_their_document(given, joined):
    assert named(_join_neighbors([passage(name[0], int(name[1])) for name in given.split()])) == joined.split()


def test_passages_fit_into_a_budget_and_the_best_is_never_cut_off():
    half = "word " * (MAX_BYTES // 10)
    assert len(_cut([passage("a", n, half) for n in range(4)])) == 2
    assert len(_cut([passage("a", 0, half * 4), passage("b", 0, "short")])) == 1


def test_an_answer_numbers_them_as_they_are_shown(bot, monkeypatch):
    from app.answering import Trace

    monkeypatch.setattr(passages, "MAX_PASSAGES", 3)
    trace = Trace()
    bot.stream("How long may unused goods be returned, and is the shop open on Sundays?", trace=trace)
    assert [one.n for one in trace.passages] == list(range(1, len(trace.passages) + 1))
    assert 1 <= len(trace.passages) <= 3
