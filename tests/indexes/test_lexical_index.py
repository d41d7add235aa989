"""Finding chunks by their words: what is passed over on the way changes nothing of what is found."""

from __future__ import annotations

import numpy as np
import pytest

from indexes.lexical_index import LexicalIndex, make_terms, write_lexical_index

N_FIRST, N_ADDED, WORDS = 3000, 700, 400


@pytest.fixture(scope="module")
def texts():
    """Words as often as in a language: the first in nearly all texts, the last in a few."""
    random = np.random.default_rng(4)
    likely = 1 / np.arange(1, WORDS + 1)
    drawn = random.choice(WORDS, size=(N_FIRST + N_ADDED, 30), p=likely / likely.sum())
    return {n: " ".join(f"word{number}" for number in row) for n, row in enumerate(drawn, 1)}


@pytest.fixture(scope="module")
def index(texts, tmp_path_factory):
    """An index of two segments, of the first of which every seventh text was removed."""
    folder = tmp_path_factory.mktemp("lexical")
    rows = list(texts.items())
    write_lexical_index(folder / "first", rows[:N_FIRST])
    gone = [n for n, _ in rows[:N_FIRST] if n % 7 == 0]
    write_lexical_index(folder / "second", rows[N_FIRST:], base=folder / "first", gone=gone)
    return LexicalIndex(folder / "second")


def search_all(index, terms, k):
    """Weigh every text and read its id from the text itself."""
    should, query = index._tantivy.Occur.Should, index._tantivy.Query
    parts = [(should, query.term_query(index._schema, "terms", term, "freq")) for term in dict.fromkeys(terms)]
    searcher = index._searcher
    hits = searcher.search(query.boolean_query(parts), k, count=True).hits
    return [(searcher.doc(address)["id"][0], score) for score, address in hits]


@pytest.mark.parametrize("k", [1, 10, 50, N_FIRST + N_ADDED])
def test_the_best_chunks_are_those_of_weighing_every_one(index, k):
    random = np.random.default_rng(8)
    for n_terms in (1, 2, 3, 5, 9):
        for _ in range(10):
            terms = make_terms(" ".join(f"word{number}" for number in random.integers(WORDS, size=n_terms)))
            found, wanted = index.search(terms, k), search_all(index, terms, k)
            assert [score for _, score in found] == pytest.approx([score for _, score in wanted])
            assert dict(found) == pytest.approx(dict(wanted))


def test_removed_chunks_are_not_found(index, texts):
    found = {chunk_id for chunk_id, _ in index.search(make_terms("word0 word1"), len(texts))}
    assert found
    assert not any(chunk_id % 7 == 0 and chunk_id <= N_FIRST for chunk_id in found)


def test_no_words_find_nothing(index):
    assert index.search([], 10) == index.search(make_terms("unheard"), 10) == []
