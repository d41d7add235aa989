"""A PostgreSQL with pgvector that keeps vectors of generations: connections under deadlines, and the tables.

The tables are the engine's own, in a schema of their own, made when they are first needed: they may lie on another
server than Docent's rows, and whoever has no pgvector never meets them. One table holds everything. Each segment
(pgvector_segment.py) is a partition of it with a graph of its own; its rows bear its name where one would look for
their generation's. A search reads no other's, and dropping one frees its room at once. Every row names its service, by
which Citus can distribute the table; it takes one level of partitions, not two.
"""

import os
import select
import socket
import threading
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, LifoQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from indexes.errors import Words
from indexes.vector_index import EngineMissing, VectorIndexUnreadable, VectorsAway

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMA = "docent_vectors"
EF_SEARCH = 400  # candidates that a search of the graph keeps; it finds no more than that
MAX_EF_SEARCH = 1000  # that pgvector allows
CONNECT_S, QUERY_S, BUILD_S = 3, 3.0, 6 * 3600.0
MAX_IDLE = 8  # connections that a process keeps open
_UNFIT = Words("pgvector can't be set up in PostgreSQL: %(error)s.")
_AWAY = Words("The PostgreSQL that keeps vectors can't be used: %(error)s.")
_LOCK = 0x446F63656E74  # of making the tables: "Docent"
_ALIVE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
_ARE_THERE = "SELECT to_regclass('docent_vectors.segments')"
_TABLES = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA IF NOT EXISTS docent_vectors;
CREATE TABLE IF NOT EXISTS docent_vectors.vectors (
    service_id bigint NOT NULL, generation uuid NOT NULL, chunk_id bigint NOT NULL, embedding vector NOT NULL,
    PRIMARY KEY (service_id, generation, chunk_id)
) PARTITION BY LIST (generation);
CREATE TABLE IF NOT EXISTS docent_vectors.generations (
    service_id bigint NOT NULL, generation uuid NOT NULL, dimension integer NOT NULL, n_chunks bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (service_id, generation)
);
CREATE TABLE IF NOT EXISTS docent_vectors.segments (
    service_id bigint NOT NULL, generation uuid NOT NULL, segment uuid NOT NULL, n_rows bigint NOT NULL,
    lowest bigint NOT NULL, highest bigint NOT NULL, gone bigint[] NOT NULL,
    PRIMARY KEY (service_id, generation, segment)
);
INSERT INTO docent_vectors.segments
    SELECT service_id, generation, generation, n_chunks, 0, 9223372036854775807, '{}' FROM docent_vectors.generations;
"""


class Kept(NamedTuple):
    """A generation whose vectors are here; `age_s` counts from when they were finished."""

    service_id: int
    generation: uuid.UUID
    age_s: float


class PgvectorServer:
    """Connections to one server, kept for the next call; safe from many threads, and after a fork."""

    def __init__(self, address: str, query_s: float = QUERY_S) -> None:
        self._address, self._query_s = address, query_s
        self._begin()

    def _begin(self) -> None:
        self._idle: LifoQueue[Connection[Any]] = LifoQueue(MAX_IDLE)
        self._pid = os.getpid()
        weakref.finalize(self, _close, self._idle, self._pid)

    @contextmanager
    def connected(self, deadline_s: float = 0) -> Iterator["Connection[Any]"]:
        """Yield a connection for one short piece of work, which is cut off after some seconds, whatever hangs.

        Raises: VectorsAway; VectorIndexUnreadable: the tables are not there.
        """
        with self.telling():
            connection = self._take()
            try:
                with _deadline(connection, deadline_s or self._query_s):
                    yield connection
            finally:
                self._keep(connection)

    @contextmanager
    def building(self) -> Iterator["Connection[Any]"]:
        """Yield a connection of its own in one transaction that may take long: all of it lasts, or nothing.

        Raises: VectorsAway; EngineMissing: there is no pgvector, or no right to set it up.
        """
        self.prepare()
        with self.telling(), self._connect(BUILD_S) as connection, _deadline(connection, BUILD_S):
            connection.autocommit = False
            yield connection

    def prepare(self) -> None:
        """Make the tables unless they are there; many may do so at once. Raises: VectorsAway, EngineMissing."""
        with self.connected() as connection:
            try:
                if connection.execute(_ARE_THERE).fetchone() == (None,):
                    with connection.transaction():
                        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
                        if connection.execute(_ARE_THERE).fetchone() == (None,):
                            connection.execute(_TABLES)
            except _unfit() as error:
                raise EngineMissing(_UNFIT, error=_words(error)) from error

    def list_kept(self) -> list[Kept]:
        """Return all generations whose vectors are here; none where nothing was ever kept. Raises: VectorsAway."""
        query = "SELECT service_id, generation, extract(epoch FROM now() - created_at) FROM docent_vectors.generations"
        with suppress(VectorIndexUnreadable), self.connected() as connection:
            return [Kept(row[0], row[1], float(row[2])) for row in connection.execute(query)]
        return []

    def close(self) -> None:
        """Close what is kept open."""
        _close(self._idle, self._pid)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell of whatever goes wrong there in the words of `indexes.vector_index`."""
        import psycopg
        from psycopg import errors

        try:
            yield
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise VectorIndexUnreadable(Words("There are no vectors in PostgreSQL.")) from error
        except (psycopg.Error, OSError) as error:
            raise VectorsAway(_AWAY, error=_words(error)) from error

    def _take(self) -> "Connection[Any]":
        if self._pid != os.getpid():  # a fork's: the parent goes on using them
            self._begin()
        with suppress(Empty):
            while True:
                connection = self._idle.get_nowait()
                if not select.select([connection.fileno()], [], [], 0)[0]:  # else the server has hung up
                    return connection
                connection.close()
        return self._connect(self._query_s)

    def _connect(self, deadline_s: float) -> "Connection[Any]":
        import psycopg

        options = (
            f"-c statement_timeout={round(1000 * deadline_s)} -c lock_timeout={round(1000 * min(deadline_s, 60))}"
            f" -c hnsw.ef_search={EF_SEARCH} {_ALIVE}"
        )
        return psycopg.connect(
            self._address, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_S, options=options
        )

    def _keep(self, connection: "Connection[Any]") -> None:
        try:
            if not connection.closed and connection.info.transaction_status == 0:
                self._idle.put_nowait(connection)
                return
        except Full:
            pass
        connection.close()


def _close(idle: "LifoQueue[Connection[Any]]", pid: int) -> None:
    """Close what is kept open, unless it is a parent's: its server would take leave of the parent too."""
    with suppress(Empty):
        while pid == os.getpid():
            idle.get_nowait().close()


def _unfit() -> tuple[type[Exception], ...]:
    from psycopg import errors

    return errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile


@contextmanager
def _deadline(connection: "Connection[Any]", seconds: float) -> Iterator[None]:
    """Cut a connection off after so many seconds: the server's own timeout is no use where the server hangs."""
    timer = threading.Timer(seconds, _cut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: "Connection[Any]") -> None:
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
