"""Approximate search over vectors that PostgreSQL keeps, by pgvector's graph (HNSW); for millions of chunks.

Malkov, Yashunin, Efficient and robust approximate nearest neighbor search using HNSW graphs, 2016. pgvector takes the
graph where a query's expression is the index's; without the cast to a dimension it reads all rows, and is exact.
"""

import uuid
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexes.pgvector_server import EF_SEARCH, MAX_EF_SEARCH, SCHEMA, PgvectorServer
from indexes.vector_index import Ids, VectorIndex, VectorIndexUnreadable, Vectors, VectorsError, check_rows

MAX_DIMENSION = 2000  # pgvector's, of a graph
MAX_BUILD_BYTES = 2_000_000_000  # of the server's memory that building a graph takes, unless it allows more itself
LOCK_MS = 300  # that dropping waits for a moment without a search: searches wait behind it meanwhile
_GONE = "PostgreSQL does not keep the vectors of this generation."
_GRAPH_BYTES = 400  # a chunk's neighbors, beside its vector


class PgvectorIndex:
    """A `VectorIndex` of one generation of one service; each query names both."""

    def __init__(self, server: PgvectorServer, about: "_About", dimension: int, n_chunks: int) -> None:
        self.server, self.about = server, about
        self._dimension, self._n_chunks = dimension, n_chunks

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        return self._n_chunks

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Vectors]:
        """The nearest chunks. Exact, and as slow, where ids narrow it or more than MAX_EF_SEARCH are wanted."""
        k = min(k, self._n_chunks)
        if k <= 0 or (allowed is not None and not len(allowed)):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        rows = self._nearest(query, k, None if allowed is None else allowed.tolist())
        if not rows and allowed is None:
            raise VectorIndexUnreadable(_GONE)
        ids, scores = zip(*rows, strict=True) if rows else ((), ())
        return np.array(ids, dtype=np.int64), np.array(scores, dtype=np.float32)

    def _nearest(self, query: Vectors, k: int, allowed: list[int] | None) -> list[Any]:
        from psycopg.sql import SQL, Literal

        is_exact = allowed is not None or k > MAX_EF_SEARCH
        stored = SQL("embedding") if is_exact else SQL("embedding::vector({})").format(Literal(self._dimension))
        narrowed = SQL("") if allowed is None else SQL("AND chunk_id = ANY(%(allowed)s)")
        statement = SQL(
            "SELECT chunk_id, -({stored} <#> %(query)s::vector) FROM docent_vectors.vectors"
            " WHERE service_id = %(service)s AND generation = %(generation)s {narrowed}"
            " ORDER BY {stored} <#> %(query)s::vector LIMIT %(k)s"
        ).format(stored=stored, narrowed=narrowed)
        values = {**self.about.values, "query": _literal(query), "k": k, "allowed": allowed}
        with self.server.connected() as connection:
            if is_exact or k <= EF_SEARCH:
                return connection.execute(statement, values).fetchall()
            with connection.transaction():
                connection.execute(SQL("SET LOCAL hnsw.ef_search = {}").format(Literal(k)))
                return connection.execute(statement, values).fetchall()

    def ids(self) -> Ids:
        """All chunk ids, in their order."""
        query = (
            "SELECT chunk_id FROM docent_vectors.vectors WHERE service_id = %(service)s"
            " AND generation = %(generation)s ORDER BY chunk_id"
        )
        with self.server.connected(60) as connection, connection.transaction():
            connection.execute("SET LOCAL statement_timeout = 60000")
            found = np.array([row[0] for row in connection.execute(query, self.about.values)], dtype=np.int64)
        if len(found) != self._n_chunks:
            raise VectorIndexUnreadable(_GONE)
        return found

    def vectors_of(self, ids: Ids) -> Vectors:
        query = (
            "SELECT chunk_id, vector_send(embedding) FROM docent_vectors.vectors WHERE service_id = %(service)s"
            " AND generation = %(generation)s AND chunk_id = ANY(%(ids)s)"
        )
        if not len(ids):
            return np.empty((0, self._dimension), dtype=np.float32)
        values = {**self.about.values, "ids": np.asarray(ids).tolist()}
        with self.server.connected() as connection, connection.cursor(binary=True) as cursor:
            stored = {row[0]: np.frombuffer(row[1], dtype=">f4", offset=4) for row in cursor.execute(query, values)}
        return np.array([stored[i] for i in values["ids"]], dtype=np.float32)


@dataclass(frozen=True)
class _About:
    """Which generation, of which service."""

    service_id: int
    generation: uuid.UUID

    @property
    def values(self) -> dict[str, Any]:
        return {"service": self.service_id, "generation": self.generation}

    @property
    def partition(self) -> str:
        return f"g_{self.generation.hex}"


class _Draft:
    """One transaction that fills a table, builds its graph, and makes it a partition in the end."""

    def __init__(self, server: PgvectorServer, about: _About, dimension: int) -> None:
        from psycopg.sql import SQL, Identifier, Literal

        self._server, self._about, self._dimension, self._held = server, about, dimension, ExitStack()
        self._connection = self._held.enter_context(server.building())
        self._names = {
            "table": Identifier(SCHEMA, about.partition), "dimension": Literal(dimension),
            "service": Literal(about.service_id), "generation": Literal(str(about.generation)),
        }  # fmt: skip
        self._copy_into = SQL("COPY {table} FROM STDIN (FORMAT binary, FREEZE)").format(**self._names)

    def make_table(self) -> None:
        self._do(
            "CREATE TABLE {table} (service_id bigint NOT NULL, generation uuid NOT NULL, chunk_id bigint NOT NULL,"
            " embedding vector NOT NULL, CHECK (service_id = {service}), CHECK (generation = {generation}))"
            " WITH (autovacuum_enabled = false);"  # nothing in it ever changes
            " ALTER TABLE {table} ALTER embedding SET STORAGE plain"
        )

    def _do(self, statement: Any, values: dict[str, Any] | None = None) -> Any:
        from psycopg.sql import SQL

        with self._server.telling():
            return self._connection.execute(SQL(statement).format(**self._names), values)

    def take_over(self, base: PgvectorIndex, gone: Collection[int]) -> None:
        self._do(
            "INSERT INTO {table} SELECT {service}, {generation}, chunk_id, embedding FROM docent_vectors.vectors"
            " WHERE service_id = %(service)s AND generation = %(generation)s AND chunk_id <> ALL(%(gone)s)",
            {**base.about.values, "gone": sorted(gone)},
        )

    def add(self, ids: Sequence[int], embeddings: Vectors) -> None:
        rows = check_rows(ids, embeddings, self._dimension)
        with self._server.telling(), self._connection.cursor().copy(self._copy_into) as copy:
            copy.write(_pack(ids, rows, self._about))

    def finish(self) -> int:
        n_chunks = int(self._do("SELECT count(*) FROM {table}").fetchone()[0])
        wanted = min(n_chunks * (4 * self._dimension + _GRAPH_BYTES), MAX_BUILD_BYTES)
        self._do(
            "SELECT set_config('maintenance_work_mem', greatest(%(kb)s, pg_size_bytes(current_setting("
            "'maintenance_work_mem')) / 1024)::text, true)",
            {"kb": wanted // 1024},
        )
        self._do("CREATE INDEX ON {table} USING hnsw ((embedding::vector({dimension})) vector_ip_ops)")
        self._do("ALTER TABLE {table} ADD PRIMARY KEY (service_id, generation, chunk_id)")
        self._do("ANALYZE {table}")
        self._do("ALTER TABLE docent_vectors.vectors ATTACH PARTITION {table} FOR VALUES IN ({generation})")
        values = {**self._about.values, "n": n_chunks, "dimension": self._dimension}
        self._do(
            "INSERT INTO docent_vectors.generations (service_id, generation, dimension, n_chunks)"
            " VALUES (%(service)s, %(generation)s, %(dimension)s, %(n)s)",
            values,
        )
        with self._server.telling():
            self._connection.commit()
        self._held.close()
        return n_chunks

    def give_up(self) -> None:
        self._connection.close()  # whoever had not committed has written nothing
        self._held.close()


class PgvectorEngine:
    """Keeps the vectors of one generation, of one service, in PostgreSQL."""

    name = "pgvector"

    def __init__(self, server: PgvectorServer, service_id: int, generation: uuid.UUID) -> None:
        self._server, self._about = server, _About(service_id, generation)

    def begin(self, _part: Path, /, dimension: int, base: VectorIndex | None, gone: Collection[int]) -> _Draft:
        if dimension > MAX_DIMENSION:
            raise VectorsError(f"pgvector takes vectors of {MAX_DIMENSION} numbers at most, these have {dimension}.")
        draft = _Draft(self._server, self._about, dimension)
        try:
            draft.make_table()
            if isinstance(base, PgvectorIndex):
                draft.take_over(base, gone)
        except BaseException:
            draft.give_up()
            raise
        return draft

    def open(self, _folder: Path, /, dimension: int, n_chunks: int) -> PgvectorIndex:
        query = (
            "SELECT dimension, n_chunks FROM docent_vectors.generations"
            " WHERE service_id = %(service)s AND generation = %(generation)s"
        )
        with self._server.connected() as connection:
            found = connection.execute(query, self._about.values).fetchone()
        if found != (dimension, n_chunks):
            raise VectorIndexUnreadable(_GONE)
        return PgvectorIndex(self._server, self._about, dimension, n_chunks)

    def drop(self) -> None:
        """Remove the vectors, if they are there. Raises: VectorsAway: also where searches leave no moment for it."""
        from psycopg.sql import SQL, Identifier

        dropping = SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, self._about.partition))
        forgetting = (
            "DELETE FROM docent_vectors.generations WHERE service_id = %(service)s AND generation = %(generation)s"
        )
        try:
            with self._server.connected() as connection, connection.transaction():
                connection.execute(SQL("SET LOCAL lock_timeout = {}").format(LOCK_MS))
                if connection.execute(forgetting, self._about.values).rowcount:
                    connection.execute(dropping)
        except VectorIndexUnreadable:
            return  # nothing was ever kept there


def _literal(vector: Vectors) -> str:
    return "[" + ",".join(map(repr, vector.astype(np.float64).tolist())) + "]"


def _pack(ids: Sequence[int], rows: Vectors, about: _About) -> bytes:
    """Write rows as COPY's binary format has them: each value behind its length, big-endian (PostgreSQL's manual)."""
    n_bytes = 4 * rows.shape[1] + 4
    form = np.dtype(
        [
            ("fields", ">i2"), ("a", ">i4"), ("service", ">i8"), ("b", ">i4"), ("generation", "V16"), ("c", ">i4"),
            ("chunk", ">i8"), ("d", ">i4"), ("dimension", ">i2"), ("unused", ">i2"), ("numbers", ">f4", rows.shape[1]),
        ]
    )  # fmt: skip
    packed = np.zeros(len(ids), dtype=form)
    packed["fields"], packed["a"], packed["b"], packed["c"], packed["d"] = 4, 8, 16, 8, n_bytes
    packed["service"], packed["generation"] = about.service_id, np.void(about.generation.bytes)
    packed["chunk"], packed["dimension"], packed["numbers"] = ids, rows.shape[1], rows
    return b"PGCOPY\n\xff\r\n\x00" + bytes(8) + packed.tobytes() + b"\xff\xff"
