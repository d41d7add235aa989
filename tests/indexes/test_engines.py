"""What every engine for vectors holds: the same tests over FAISS and over pgvector in a real PostgreSQL."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from indexes.faiss_index import FaissEngine
from indexes.pgvector_index import PgvectorEngine
from indexes.pgvector_server import EF_SEARCH, MAX_EF_SEARCH
from indexes.vector_index import VectorIndexUnreadable

DIMENSION, N = 48, 1500


@pytest.fixture(params=["faiss", "pgvector"])
def make_engine(request):
    """Make an engine for one more generation of a service."""
    if request.param == "faiss":
        return lambda service_id=1: FaissEngine()
    server = request.getfixturevalue("server")
    return lambda service_id=1: PgvectorEngine(server, service_id, uuid.uuid4())


def clustered(n=N, seed=3):
    """Unit vectors around a few dozen subjects, as those of documents lie."""
    random = np.random.default_rng(seed)
    subjects = np.random.default_rng(1).normal(size=(40, DIMENSION))
    rows = subjects[random.integers(40, size=n)] + 0.6 * random.normal(size=(n, DIMENSION))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return rows.astype(np.float32)


VECTORS = clustered()
IDS = list(range(100, 100 + N))


def build(engine, folder, ids=IDS, vectors=VECTORS, *, base=None, gone=()):
    folder.mkdir(exist_ok=True)
    draft = engine.begin(folder, DIMENSION, base, gone)
    for start in range(0, len(ids), 400):
        draft.add(ids[start : start + 400], vectors[start : start + 400])
    return engine.open(folder, DIMENSION, draft.finish())


def exact(query, k, among=range(N)):
    """The ids of the nearest, by numpy."""
    among = np.array(list(among))
    cosines = VECTORS[among] @ query
    return (among[np.argsort(-cosines, kind="stable")[:k]] + IDS[0]).tolist()


def recall(index, queries, k, allowed=None):
    among = range(N) if allowed is None else [i - IDS[0] for i in allowed.tolist()]
    found = [len(set(index.search(q, k, allowed)[0].tolist()) & set(exact(q, k, among))) / k for q in queries]
    return float(np.mean(found))


def test_the_nearest_are_found_best_first_with_their_cosines(make_engine, tmp_path):
    index = build(make_engine(), tmp_path)
    queries = clustered(60, seed=9)
    assert recall(index, queries, 10) >= 0.98
    ids, cosines = index.search(queries[0], 10)
    assert (ids.dtype, cosines.dtype) == (np.int64, np.float32)
    np.testing.assert_allclose(cosines, VECTORS[ids - IDS[0]] @ queries[0], atol=1e-3)
    assert list(cosines) == sorted(cosines, reverse=True)


def test_it_says_how_many_chunks_of_what_length_it_holds_and_gives_them_back(make_engine, tmp_path):
    index = build(make_engine(), tmp_path)
    assert (len(index), index.dimension, sorted(index.ids().tolist())) == (N, DIMENSION, IDS)
    np.testing.assert_array_equal(index.vectors_of(np.array([117, 101, 117])), VECTORS[[17, 1, 17]])
    assert index.vectors_of(np.array([], dtype=np.int64)).shape == (0, DIMENSION)


def test_a_chunk_of_another_generation_has_no_vector_here(make_engine, tmp_path):
    with pytest.raises(KeyError):
        build(make_engine(), tmp_path).vectors_of(np.array([101, 5]))


@pytest.mark.parametrize("n_allowed", [1, 12, 700])
def test_a_search_among_some_finds_exactly_the_nearest_of_those(make_engine, tmp_path, n_allowed):
    index = build(make_engine(), tmp_path)
    allowed = np.random.default_rng(4).permutation(np.array(IDS))[:n_allowed]
    for query in clustered(5, seed=8):
        ids, _ = index.search(query, 10, allowed)
        assert set(ids.tolist()) <= set(allowed.tolist())
        assert len(ids) == min(10, n_allowed)
    assert recall(index, clustered(20, seed=8), min(10, n_allowed), allowed) >= 0.995


def test_a_search_among_none_or_among_strangers_finds_nothing(make_engine, tmp_path):
    index = build(make_engine(), tmp_path)
    for allowed in ([], [7, 8]):
        assert index.search(VECTORS[0], 10, np.array(allowed, dtype=np.int64))[0].tolist() == []


@pytest.mark.parametrize("k", [EF_SEARCH, MAX_EF_SEARCH, MAX_EF_SEARCH + 1, 5 * N])
def test_as_many_are_found_as_are_wanted_or_there_are(make_engine, tmp_path, k):
    ids, _ = build(make_engine(), tmp_path).search(VECTORS[3], k)
    assert len(set(ids.tolist())) == len(ids) == min(k, N)


def test_none_are_found_where_none_are_wanted_or_there_are_none(make_engine, tmp_path):
    assert build(make_engine(), tmp_path).search(VECTORS[3], 0)[0].tolist() == []
    empty = build(make_engine(), tmp_path / "empty", [], VECTORS[:0])
    assert len(empty) == 0
    assert empty.search(VECTORS[3], 5)[0].tolist() == []


def test_the_next_generation_holds_what_is_new_and_not_what_is_gone(make_engine, tmp_path):
    one = make_engine()
    before = build(one, tmp_path / "one", IDS[:1000], VECTORS[:1000])
    second = build(make_engine(), tmp_path / "two", IDS[1000:], VECTORS[1000:], base=before, gone=set(IDS[:50]) | {3})
    assert sorted(second.ids().tolist()) == IDS[50:]
    assert second.search(VECTORS[1200], 1)[0].tolist() == [1300]
    assert recall(second, clustered(30, seed=6), 10, None) >= 0.9  # fifty of those that numpy finds are gone
    again = one.open(tmp_path / "one", DIMENSION, 1000)
    assert sorted(again.ids().tolist()) == IDS[:1000]


@pytest.mark.parametrize("bad", [np.zeros((2, DIMENSION)), np.zeros((1, 3)), np.full((1, DIMENSION), np.nan)])
def test_what_is_no_vector_of_its_length_is_refused(make_engine, tmp_path, bad):
    draft = make_engine().begin(tmp_path, DIMENSION, None, ())
    with pytest.raises(ValueError, match=r"vector|number"):
        draft.add([1], bad)
    draft.give_up()


def test_what_was_given_up_is_not_there(make_engine, tmp_path):
    engine = make_engine()
    draft = engine.begin(tmp_path, DIMENSION, None, ())
    draft.add(IDS, VECTORS)
    draft.give_up()
    with pytest.raises(VectorIndexUnreadable):
        engine.open(tmp_path, DIMENSION, N)


def test_vectors_that_are_fewer_than_the_generation_says_are_not_taken_for_it(make_engine, tmp_path):
    engine = make_engine()
    build(engine, tmp_path)
    for dimension, n_chunks in ((DIMENSION, N + 1), (DIMENSION + 1, N)):
        with pytest.raises(VectorIndexUnreadable):
            engine.open(tmp_path, dimension, n_chunks)
