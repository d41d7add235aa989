"""Sentences with their vectors, to bytes and back."""

import numpy as np
import pytest

from indexes.sentence_vectors import pack_sentences, unpack_sentences
from indexes.sentences import Span

SPANS = [Span(0, 12), Span(13, 400)]


def make_unit_rows(n, dimension=384):
    rows = np.random.default_rng(7).normal(size=(n, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_they_come_back_nearly_unchanged_and_of_length_one():
    rows = make_unit_rows(2)
    spans, vectors = unpack_sentences(pack_sentences(SPANS, rows), 384)
    assert spans == SPANS
    assert (vectors * rows).sum(axis=1).min() > 0.999
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


def test_a_chunk_may_have_no_sentence():
    spans, vectors = unpack_sentences(pack_sentences([], make_unit_rows(0)), 384)
    assert (spans, vectors.shape) == ([], (0, 384))


def test_a_vector_of_zeros_stays_one():
    _, vectors = unpack_sentences(pack_sentences(SPANS[:1], np.zeros((1, 4), dtype=np.float32)), 4)
    assert not vectors.any()


def test_bytes_of_another_dimension_are_refused():
    with pytest.raises(ValueError, match="multiple"):
        unpack_sentences(pack_sentences(SPANS, make_unit_rows(2)), 768)
