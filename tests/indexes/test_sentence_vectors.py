"""Sentences with their vectors, to bytes and back."""

import numpy as np
import pytest

from indexes.sentence_vectors import compare_sentences, pack_sentences, unpack_spans
from indexes.sentences import Span

SPANS = [Span(0, 12), Span(13, 400)]


def make_unit_rows(n, dimension=384):
    rows = np.random.default_rng(7).normal(size=(n, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_places_come_back_and_vectors_nearly_unchanged():
    rows = make_unit_rows(2)
    packed = pack_sentences(SPANS, rows)
    assert unpack_spans(packed, 384) == SPANS
    for n, row in enumerate(rows):
        assert compare_sentences([packed], row)[0][n] == pytest.approx(1, abs=0.001)


def test_chunks_are_compared_at_once_each_with_its_own_sentences():
    one, other, query = make_unit_rows(2), make_unit_rows(5)[2:4], make_unit_rows(6)[5]
    packed = [pack_sentences(SPANS, one), pack_sentences([], make_unit_rows(0)), pack_sentences(SPANS, other)]
    cosines = compare_sentences(packed, query)
    assert [len(own) for own in cosines] == [2, 0, 2]
    assert np.array([*cosines[0], *cosines[2]]) == pytest.approx(np.vstack([one, other]) @ query, abs=0.01)
    assert compare_sentences([], query) == []


def test_a_vector_of_zeros_stays_one():
    packed = pack_sentences(SPANS[:1], np.zeros((1, 4), dtype=np.float32))
    assert compare_sentences([packed], np.ones(4, dtype=np.float32) / 2) == [[0]]


def test_bytes_of_another_dimension_are_refused():
    packed = pack_sentences(SPANS, make_unit_rows(2))
    with pytest.raises(ValueError, match="multiple"):
        unpack_spans(packed, 768)
    with pytest.raises(ValueError, match="multiple"):
        compare_sentences([packed], make_unit_rows(1, 768)[0])
