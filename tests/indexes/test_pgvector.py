"""The PostgreSQL that keeps vectors crashes, hangs, lacks something or is asked by many at once."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psycopg
import pytest

from indexes.pgvector_index import MAX_DIMENSION, PgvectorEngine
from indexes.pgvector_server import PgvectorServer
from indexes.vector_index import EngineMissing, VectorIndexUnreadable, VectorsAway, VectorsError
from tests.faults.postgres import running_postgres
from tests.waiting import SOON_S, wait_until

UNIT = np.eye(8, dtype=np.float32)


@pytest.fixture(scope="module")
def postgres():
    with running_postgres(with_pgvector=True) as found:
        yield found


@pytest.fixture
def server(postgres):
    server = PgvectorServer(postgres.url, query_s=1)
    yield server
    server.close()


@pytest.fixture
def database(postgres, server):
    """The address of an empty database on the same server."""
    name = f"empty_{uuid.uuid4().hex[:8]}"
    with server.connected() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.url.rpartition("/")[0] + "/" + name


def build(server, service_id=1, ids=range(1, 9)):
    engine = PgvectorEngine(server, service_id, uuid.uuid4())
    draft = engine.begin(None, 8, None, ())
    draft.add(list(ids), UNIT)
    return engine, engine.open(None, 8, draft.finish())


def find(index):
    return index.search(UNIT[2], 1)[0].tolist()


def test_many_who_need_the_tables_at_once_make_them_once(database):
    servers = [PgvectorServer(database) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(PgvectorServer.prepare, servers))
    assert find(build(servers[0])[1]) == [3]
    for server in servers:
        server.close()


def test_nothing_is_kept_where_nothing_ever_was(database):
    server = PgvectorServer(database)
    assert server.list_kept() == []
    engine = PgvectorEngine(server, 1, uuid.uuid4())
    engine.drop()
    with pytest.raises(VectorIndexUnreadable):
        engine.open(None, 8, 8)
    server.close()


def test_a_crash_costs_those_who_ask_meanwhile_and_nobody_else(postgres, server):
    index = build(server)[1]
    postgres.crash()
    with pytest.raises(VectorsAway):
        find(index)
    postgres.start()
    assert find(index) == [3]


def test_a_restart_between_two_searches_is_not_noticed(postgres, server):
    index = build(server)[1]
    assert find(index) == [3]
    postgres.crash()
    postgres.start()
    assert find(index) == [3]


def test_a_server_that_hangs_costs_a_deadline(server):
    index = build(server)[1]
    with server.connected() as connection:
        pid = connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with pytest.raises(VectorsAway):
            find(index)
        assert time.monotonic() - started < SOON_S
    finally:
        os.kill(pid, signal.SIGCONT)
    assert find(index) == [3]


def test_without_pgvector_or_the_right_to_set_it_up_an_operator_is_told(server, database):
    with server.connected() as connection:
        connection.execute("CREATE ROLE ben LOGIN")
    guest = PgvectorServer(database.replace("docent@", "ben@"))
    with pytest.raises(EngineMissing, match="permission denied"):
        guest.prepare()
    guest.close()


def test_vectors_that_are_too_long_for_a_graph_are_refused_at_once(server):
    with pytest.raises(VectorsError, match=str(MAX_DIMENSION)):
        PgvectorEngine(server, 1, uuid.uuid4()).begin(None, MAX_DIMENSION + 1, None, ())


def test_dropping_waits_for_no_long_reader_and_works_later(server):
    engine, index = build(server)
    with server.building() as reader:
        reader.execute("SELECT count(*) FROM docent_vectors.vectors")
        with pytest.raises(VectorsAway):
            engine.drop()
        assert find(index) == [3]
    engine.drop()
    with pytest.raises(VectorIndexUnreadable):
        find(index)


def test_what_is_kept_is_listed_with_its_service_until_it_is_dropped(server):
    engine, _ = build(server, service_id=77)
    [kept] = [one for one in server.list_kept() if one.service_id == 77]
    assert 0 <= kept.age_s < 600
    engine.drop()
    assert not [one for one in server.list_kept() if one.service_id == 77]


def test_two_generations_do_not_see_each_other(server):
    one, two = build(server, 1)[1], build(server, 1, range(11, 19))[1]
    assert (find(one), find(two)) == ([3], [13])
    with pytest.raises(KeyError):
        one.vectors_of(np.array([13]))


def test_many_threads_search_at_once(server):
    index = build(server)[1]
    barrier = threading.Barrier(6)

    def search(_n):
        barrier.wait()
        return [find(index) for _ in range(10)]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(search, range(6))) == [[[3]] * 10] * 6


def test_a_fork_searches_by_connections_of_its_own(server):
    index = build(server)[1]
    assert find(index) == [3]
    child = os.fork()
    if not child:
        os._exit(0 if find(index) == [3] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert find(index) == [3]


def n_connections(address):
    """How many there are to the database of an address, without the one that asks."""
    with psycopg.connect(address) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return connection.execute(query).fetchone()[0]


def test_whoever_forgets_it_leaves_no_connection_open(database):
    server = PgvectorServer(database)
    assert server.list_kept() == []
    assert n_connections(database) == 1
    del server
    gc.collect()
    wait_until(lambda: n_connections(database) == 0)


def test_a_fork_leaves_the_connections_of_its_parent_alone(database):
    server = PgvectorServer(database)
    with server.connected() as connection:
        before = connection.info.backend_pid
    child = os.fork()
    if child == 0:
        server.close()
        os._exit(0)
    os.waitpid(child, 0)
    with server.connected() as connection:
        assert connection.info.backend_pid == before
    server.close()
