"""How generations share segments in PostgreSQL: what a training writes, what is left out, and what dropping leaves."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from indexes import pgvector_segment
from indexes.pgvector_index import PgvectorEngine
from indexes.pgvector_server import MAX_EF_SEARCH
from indexes.vector_index import VectorIndexUnreadable, VectorsAway
from tests.indexes.test_engines import DIMENSION, IDS, VECTORS, N, build, clustered, recall

FEW = 15


@pytest.fixture
def engine(server):
    """Make an engine for one more generation."""
    return lambda service_id=1: PgvectorEngine(server, service_id, uuid.uuid4())


@pytest.fixture
def first(engine, tmp_path):
    return build(engine(), tmp_path / "first", IDS[:-FEW], VECTORS[:-FEW])


def tables(server):
    """Return the number of rows of each partition, by its number in the server's catalog."""
    query = "SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    with server.connected() as connection:
        found = connection.execute(
            f"{query} WHERE nspname = 'docent_vectors' AND relname LIKE 'g\\_%' AND relkind = 'r'"
        )
        return {
            oid: connection.execute(f"SELECT count(*) FROM docent_vectors.{name}").fetchone()[0]
            for oid, name in found.fetchall()
        }


def gone_and_new(first, engine, folder):
    return build(engine(), folder, IDS[-FEW:], VECTORS[-FEW:], base=first, gone=set(IDS[:7]) | {3})


def test_a_training_writes_what_has_come_and_shares_the_rest(server, first, engine, tmp_path):
    before = tables(server)
    second = gone_and_new(first, engine, tmp_path / "second")
    written = {oid: n for oid, n in tables(server).items() if oid not in before}
    assert list(written.values()) == [FEW]
    assert before.items() <= tables(server).items()
    assert second.ids().tolist() == IDS[7:]
    assert second.search(VECTORS[3], 20)[0].tolist() == nearest(VECTORS[3], IDS[7:], 20)
    assert second.search(VECTORS[-1], 1)[0].tolist() == [IDS[-1]]
    assert first.search(VECTORS[3], 1)[0].tolist() == [IDS[3]]
    with pytest.raises(KeyError):
        second.vectors_of(np.array([IDS[3]]))
    np.testing.assert_array_equal(second.vectors_of(np.array([IDS[-1], IDS[9]])), VECTORS[[-1, 9]])


def nearest(query, ids, k):
    """The ids of the nearest among some, by numpy."""
    rows = np.array(ids) - IDS[0]
    return [ids[i] for i in np.argsort(-(VECTORS[rows] @ query), kind="stable")[:k]]


def test_a_chunk_that_goes_and_comes_back_is_what_it_became(first, engine, tmp_path):
    changed = build(engine(), tmp_path / "second", [IDS[3]], VECTORS[-1:], base=first, gone={IDS[3]})
    assert len(changed) == len(first)
    np.testing.assert_array_equal(changed.vectors_of(np.array([IDS[3]])), VECTORS[-1:])
    assert changed.search(VECTORS[-1], 1)[0].tolist() == [IDS[3]]
    assert changed.search(VECTORS[-1], 5, np.array(IDS[3:5]))[0].tolist()[0] == IDS[3]
    assert IDS[3] not in changed.search(VECTORS[3], 5)[0].tolist()


def test_as_many_are_found_as_are_wanted_although_the_nearest_are_gone(engine, tmp_path):
    whole = build(engine(), tmp_path / "first")
    gone = set(nearest(VECTORS[3], IDS, N // 11))
    second = build(engine(), tmp_path / "second", [], VECTORS[:0], base=whole, gone=gone)
    assert len(second.segments[0].gone) == len(gone)
    left = [i for i in IDS if i not in gone]
    assert second.search(VECTORS[3], MAX_EF_SEARCH)[0].tolist() == nearest(VECTORS[3], left, MAX_EF_SEARCH)


def test_of_many_trainings_each_holds_its_chunks_in_few_segments(engine, tmp_path):
    random, held = np.random.default_rng(11), set(IDS[:600])
    index = build(engine(), tmp_path / "0", IDS[:600], VECTORS[:600])
    for step in range(1, 31):
        gone = set(random.choice(sorted(held), size=random.integers(0, 12), replace=False).tolist())
        new = [i for i in IDS if i not in held][: random.integers(0, 40)]
        held = (held - gone) | set(new)
        rows = VECTORS[np.array(new, dtype=int) - IDS[0]] if new else VECTORS[:0]
        index = build(engine(), tmp_path / str(step), new, rows, base=index, gone=gone)
        assert set(index.ids().tolist()) == held
        assert len(index.segments) <= 5
        query = clustered(1, seed=step)[0]
        assert len(set(index.search(query, 20)[0].tolist()) & set(nearest(query, sorted(held), 20))) >= 19


def test_what_is_too_much_for_one_graph_has_several(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(pgvector_segment, "MAX_ROWS", 400)
    index = build(engine(), tmp_path / "first")
    assert sorted(map(len, index.segments)) == [300, 400, 400, 400]
    assert recall(index, clustered(40, seed=9), 10) >= 0.98
    assert index.ids().tolist() == IDS
    assert sum(len(segment.possible(np.array(IDS))) for segment in index.segments) == N, "each is asked for its own"
    second = build(engine(), tmp_path / "second", [], VECTORS[:0], base=index, gone=set(IDS[:100]))
    assert sorted(map(len, second.segments)) == [300, 300, 400, 400]
    assert second.ids().tolist() == IDS[100:]


def test_all_that_goes_leaves_nothing(first, engine, tmp_path):
    nothing = build(engine(), tmp_path / "second", [], VECTORS[:0], base=first, gone=set(IDS))
    assert (len(nothing), nothing.segments) == (0, [])
    assert nothing.search(VECTORS[3], 5)[0].tolist() == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_segment_goes_with_the_last_generation_that_needs_it(server, engine, tmp_path, order):
    before, engines = tables(server), [engine(), engine()]
    first = build(engines[0], tmp_path / "first", IDS[:-FEW], VECTORS[:-FEW])
    build(engines[1], tmp_path / "second", IDS[-FEW:], VECTORS[-FEW:], base=first)
    sizes = [N - FEW, N]
    engines[order[0]].drop()
    left = engines[order[1]].open(tmp_path, DIMENSION, sizes[order[1]])
    assert left.search(VECTORS[3], 1)[0].tolist() == [IDS[3]]
    with pytest.raises(VectorIndexUnreadable):
        engines[order[0]].open(tmp_path, DIMENSION, sizes[order[0]])
    engines[order[1]].drop()
    assert tables(server) == before


def test_what_is_built_on_is_not_dropped_meanwhile(engine, tmp_path):
    old = engine()
    first = build(old, tmp_path / "first", IDS[:-FEW], VECTORS[:-FEW])
    one = engine()
    draft = one.begin(tmp_path, DIMENSION, first, ())
    with pytest.raises(VectorsAway):
        old.drop()
    draft.add(IDS[-FEW:], VECTORS[-FEW:])
    second = one.open(tmp_path, DIMENSION, draft.finish())
    old.drop()
    assert second.search(VECTORS[3], 1)[0].tolist() == [IDS[3]]


def test_a_long_training_holds_up_nobody_who_drops_something_else(first, engine, tmp_path):
    other = engine()
    build(other, tmp_path / "other", IDS[:8], VECTORS[:8])
    draft = engine().begin(tmp_path, DIMENSION, first, IDS[:3])
    try:
        other.drop()
    finally:
        draft.give_up()
    with pytest.raises(VectorIndexUnreadable):
        other.open(tmp_path, DIMENSION, 8)


def test_nothing_is_built_on_what_was_dropped(engine, tmp_path):
    old = engine()
    first = build(old, tmp_path / "first", IDS[:-FEW], VECTORS[:-FEW])
    old.drop()
    with pytest.raises(VectorsAway, match="removed"):
        engine().begin(tmp_path, DIMENSION, first, ())


def test_a_strangers_generation_is_nothing_to_build_on(server, first, engine, tmp_path):
    with pytest.raises(VectorsAway):
        engine(service_id=2).begin(tmp_path, DIMENSION, first, ())
    assert first.search(VECTORS[3], 1)[0].tolist() == [IDS[3]]


def test_generations_from_before_there_were_segments_have_one_each(server, engine, tmp_path):
    old = engine()
    build(old, tmp_path / "first")
    with server.connected() as connection:
        connection.execute("ALTER TABLE docent_vectors.segments RENAME TO segments_of_others")
        try:
            assert old._generation in {kept.generation for kept in server.list_kept()}
            again = old.open(tmp_path, DIMENSION, N)
        finally:
            connection.execute("DROP TABLE docent_vectors.segments")
            connection.execute("ALTER TABLE docent_vectors.segments_of_others RENAME TO segments")
    assert again.search(VECTORS[3], 1)[0].tolist() == [IDS[3]]


def test_its_age_counts_from_its_end_however_long_it_took(server, engine, tmp_path):
    """Else a sweep would remove it before it is published, for no row names it until then."""
    one = engine()
    draft = one.begin(tmp_path, DIMENSION, None, ())
    draft.add(IDS[:FEW], VECTORS[:FEW])
    with server.connected() as connection:
        before = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()[0]
        draft.finish()
        youngest = connection.execute("SELECT extract(epoch FROM max(created_at)) FROM docent_vectors.generations")
        assert youngest.fetchone()[0] >= before


def test_who_still_holds_what_was_dropped_is_told_and_never_given_half_of_it(engine, tmp_path):
    old = engine()
    index = build(old, tmp_path / "first")
    old.drop()
    for ask in (index.ids, lambda: index.search(VECTORS[3], 1), lambda: index.vectors_of(np.array([IDS[3]]))):
        with pytest.raises(VectorIndexUnreadable):
            ask()


def test_a_stranger_who_names_a_segment_neither_reads_nor_drops_it(server, first, tmp_path):
    names = {"forged": uuid.uuid4(), "real": first.generation}
    with server.connected() as connection:
        for table, rest in (
            ("generations", "dimension, n_chunks"),
            ("segments", "segment, n_rows, lowest, highest, gone"),
        ):
            connection.execute(
                f"INSERT INTO docent_vectors.{table} (service_id, generation, {rest})"
                f" SELECT 2, %(forged)s, {rest} FROM docent_vectors.{table} WHERE generation = %(real)s", names,
            )  # fmt: skip
    forged = PgvectorEngine(server, 2, names["forged"])
    index = forged.open(tmp_path, DIMENSION, len(first))
    for ask in (index.ids, lambda: index.search(VECTORS[3], 1)):
        with pytest.raises(VectorIndexUnreadable):
            ask()
    forged.drop()
    assert first.search(VECTORS[3], 1)[0].tolist() == [IDS[3]]


def test_two_who_drop_at_once_leave_nothing(server, engine, tmp_path):
    before, engines = tables(server), [engine(), engine()]
    first = build(engines[0], tmp_path / "first", IDS[:-FEW], VECTORS[:-FEW])
    build(engines[1], tmp_path / "second", IDS[-FEW:], VECTORS[-FEW:], base=first)
    with ThreadPoolExecutor() as pool:
        list(pool.map(drop_in_the_end, engines))
    assert tables(server) == before


def drop_in_the_end(engine):
    """Try until searches and others who drop leave a moment for it, as the sweep does."""
    for _ in range(100):
        with suppress(VectorsAway):
            return engine.drop()
    raise AssertionError("there was never a moment for it")


def test_what_is_killed_while_it_is_built_leaves_nothing_and_goes_on_holding_nothing(server, engine, tmp_path):
    before, old = tables(server), engine()
    draft = engine().begin(tmp_path, DIMENSION, build(old, tmp_path / "first"), ())
    draft.add([IDS[-1] + 1], VECTORS[:1])
    with server.connected() as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", [draft._connection.info.backend_pid])
    with pytest.raises(VectorsAway):
        draft.finish()
    draft.give_up()
    old.drop()
    assert tables(server) == before
