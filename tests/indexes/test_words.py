"""Words of any script, cut the same way in documents and in questions."""

import pytest

from indexes.lexical_index import make_terms
from indexes.words import MAX_LETTERS, count_words, drop_filling, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't PANIC: snake_case, x2!", ["don", "t", "panic", "snake", "case", "x2"]),
        ("Straße für Ärzte", ["straße", "für", "ärzte"]),
        ("iPhone 15を買う", ["iphone", "15", "を買", "買う"]),
        ("水", ["水"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ﬁne ①", ["fine", "1"]),
        ("a" * 100, ["a" * MAX_LETTERS]),
        ("", []),
        ("_ \0 -- 😀", []),
    ],
)
def test_words_are_cut(text, words):
    assert split_words(text) == words


def test_terms_leave_out_what_says_nothing_and_are_stemmed():
    assert make_terms("How are the returned goods delivered?") == ["return", "good", "deliv"]


@pytest.mark.parametrize(("text", "n_words"), [
    ("two words", 2), ("", 0), ("四十五天", 2), ("iPhone 15を買う", 4), ("การคืนสินค้า", 6),
])  # fmt: skip
def test_length_is_counted_as_readers_feel_it(text, n_words):
    assert count_words(text) == n_words


@pytest.mark.parametrize(("question", "left"), [
    ("运费是多少？", ["运费"]), ("送料はいくらですか？", ["送料"]), ("ค่าจัดส่งเท่าไร", split_words("ค่าจัดส่ง")),
    ("What is it?", ["what", "is", "it"]),
])  # fmt: skip
def test_filling_is_dropped_where_words_have_no_spaces(question, left):
    assert split_words(drop_filling(question)) == left
