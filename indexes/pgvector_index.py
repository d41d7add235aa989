"""Approximate search over vectors that PostgreSQL keeps, by pgvector's graph (HNSW); for millions of chunks.

Malkov, Yashunin, Efficient and robust approximate nearest neighbor search using HNSW graphs, 2016. pgvector takes the
graph where a query's expression is the index's; without the cast to a dimension it reads all rows, and is exact.
"""

import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import numpy as np

from indexes.pgvector_draft import PgvectorDraft
from indexes.pgvector_segment import Segment
from indexes.pgvector_server import EF_SEARCH, MAX_EF_SEARCH, SCHEMA, PgvectorServer
from indexes.vector_index import EngineMissing, Ids, VectorIndex, VectorIndexUnreadable, Vectors, VectorsError

if TYPE_CHECKING:
    from psycopg import Connection

MAX_DIMENSION = 2000  # pgvector's, of a graph
LOCK_MS = 300  # that dropping waits for a moment without a search: searches wait behind it meanwhile
_GONE = "PostgreSQL does not keep the vectors of this generation."
_NEAREST = (
    "SELECT chunk_id, -({stored} <#> %(query)s::vector) FROM docent_vectors.vectors"
    " WHERE service_id = %(service)s AND generation = %(segment)s {narrowed}"
    " ORDER BY {stored} <#> %(query)s::vector LIMIT %(k)s"
)
_IDS = "SELECT chunk_id FROM docent_vectors.vectors WHERE service_id = %(service)s AND generation = %(segment)s"
_VECTORS = (
    "SELECT chunk_id, vector_send(embedding) FROM docent_vectors.vectors"
    " WHERE service_id = %(service)s AND generation = %(segment)s AND chunk_id = ANY(%(ids)s)"
)
_FIND = (
    "SELECT dimension, n_chunks FROM docent_vectors.generations"
    " WHERE service_id = %(service)s AND generation = %(generation)s"
)
_FIND_SEGMENTS = (
    "SELECT segment, n_rows, lowest, highest, gone FROM docent_vectors.segments"
    " WHERE service_id = %(service)s AND generation = %(generation)s"
)
_LET_GO = "DELETE FROM docent_vectors.generations WHERE service_id = %(service)s AND generation = %(generation)s"
_LET_GO_SEGMENTS = (
    "DELETE FROM docent_vectors.segments WHERE service_id = %(service)s AND generation = %(generation)s"
    " RETURNING segment"
)
_IS_NEEDED = "SELECT FROM docent_vectors.segments WHERE segment = %(segment)s"  # by whomever: its table is named by it


class PgvectorIndex:
    """A `VectorIndex` of one generation of one service; each query names the service and a segment."""

    def __init__(self, server: PgvectorServer, generation: uuid.UUID, dimension: int, segments: list[Segment]) -> None:
        self.server, self.generation, self.segments = server, generation, segments
        self._dimension = dimension

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        return sum(map(len, self.segments))

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Vectors]:
        """The nearest chunks. Exact, and as slow, where ids narrow it or more than MAX_EF_SEARCH are wanted."""
        k = min(k, len(self))
        if k <= 0 or (allowed is not None and not len(allowed)):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        with self.server.connected() as connection:
            searches = [_Search(connection, one, self._dimension, _literal(query)) for one in self.segments if len(one)]
            rows = [row for one in searches for row in (one.near(k) if allowed is None else one.among(k, allowed))]
        rows.sort(key=lambda row: row[1], reverse=True)
        ids, scores = zip(*rows[:k], strict=True) if rows else ((), ())
        return np.array(ids, dtype=np.int64), np.array(scores, dtype=np.float32)

    def ids(self) -> Ids:
        """All chunk ids, in their order."""
        found: list[int] = []
        with self.server.connected(60) as connection, connection.transaction():
            connection.execute("SET LOCAL statement_timeout = 60000")
            for segment in self.segments:
                found += [row[0] for row in segment.left_of(connection.execute(_IDS, segment.values).fetchall())]
        if len(found) != len(self):
            raise VectorIndexUnreadable(_GONE)
        return np.array(sorted(found), dtype=np.int64)

    def vectors_of(self, ids: Ids) -> Vectors:
        if not len(ids):
            return np.empty((0, self._dimension), dtype=np.float32)
        stored: dict[int, Vectors] = {}
        with self.server.connected() as connection, connection.cursor(binary=True) as cursor:
            for segment in self.segments:
                rows = cursor.execute(_VECTORS, {**segment.values, "ids": segment.possible(ids).tolist()})
                stored |= {i: np.frombuffer(sent, dtype=">f4", offset=4) for i, sent in rows}
        if not stored.keys() >= set(ids.tolist()):
            self._require_kept()
        return np.array([stored[i] for i in ids.tolist()], dtype=np.float32)

    def _require_kept(self) -> None:
        """Raise VectorIndexUnreadable where all of it was dropped since it was opened."""
        with self.server.connected() as connection:
            named = {"service": self.segments[0].service_id, "generation": self.generation} if self.segments else {}
            if named and connection.execute(_FIND, named).fetchone() is None:
                raise VectorIndexUnreadable(_GONE)


class _Search:
    """One question to one segment."""

    def __init__(self, connection: "Connection[Any]", segment: Segment, dimension: int, query: str) -> None:
        from psycopg.sql import SQL, Literal

        self._connection, self._segment, self._query = connection, segment, query
        self._by_graph = SQL("embedding::vector({})").format(Literal(dimension))

    def near(self, k: int) -> list[tuple[int, float]]:
        """The nearest that are not gone: by the graph, exactly only where too few are left of what that finds."""
        n_gone = len(self._segment.gone)
        n_asked = max(k, EF_SEARCH) if n_gone else k
        if n_asked <= MAX_EF_SEARCH:
            found = self._ask_graph(n_asked)
            if not found:
                raise VectorIndexUnreadable(_GONE)
            left = self._segment.left_of(found)[:k]
            if not n_gone or len(left) >= min(k, len(self._segment)):
                return left
        found = self._ask_all(k, "AND chunk_id <> ALL(%(ids)s)", self._segment.gone)
        if not found:
            raise VectorIndexUnreadable(_GONE)
        return found

    def among(self, k: int, allowed: Ids) -> list[tuple[int, float]]:
        """The nearest of some, which is exact: a graph that is searched first and filtered then finds too few."""
        ids = self._segment.possible(allowed)
        return self._ask_all(k, "AND chunk_id = ANY(%(ids)s)", ids) if len(ids) else []

    def _ask_graph(self, k: int) -> list[tuple[int, float]]:
        from psycopg.sql import SQL, Literal

        statement = SQL(_NEAREST).format(stored=self._by_graph, narrowed=SQL(""))
        values = {**self._segment.values, "query": self._query, "k": k}
        if k <= EF_SEARCH:
            return self._connection.execute(statement, values).fetchall()
        with self._connection.transaction():
            self._connection.execute(SQL("SET LOCAL hnsw.ef_search = {}").format(Literal(k)))
            return self._connection.execute(statement, values).fetchall()

    def _ask_all(self, k: int, narrowed: LiteralString, ids: Ids) -> list[tuple[int, float]]:
        from psycopg.sql import SQL

        statement = SQL(_NEAREST).format(stored=SQL("embedding"), narrowed=SQL(narrowed))
        values = {**self._segment.values, "query": self._query, "k": k, "ids": ids.tolist()}
        return self._connection.execute(statement, values).fetchall()


class PgvectorEngine:
    """Keeps the vectors of one generation, of one service, in PostgreSQL."""

    name = "pgvector"

    def __init__(self, server: PgvectorServer, service_id: int, generation: uuid.UUID) -> None:
        self._server, self._service_id, self._generation = server, service_id, generation
        self._named = {"service": service_id, "generation": generation}

    def begin(self, _part: Path, /, dimension: int, base: VectorIndex | None, gone: Collection[int]) -> PgvectorDraft:
        if dimension > MAX_DIMENSION:
            raise VectorsError(f"pgvector takes vectors of {MAX_DIMENSION} numbers at most, these have {dimension}.")
        draft = PgvectorDraft(self._server, self._service_id, self._generation, dimension)
        try:
            draft.begin_segment()
            if isinstance(base, PgvectorIndex):
                draft.build_on(base.generation, base.segments, gone)
        except BaseException:
            draft.give_up()
            raise
        return draft

    def open(self, _folder: Path, /, dimension: int, n_chunks: int) -> PgvectorIndex:
        with suppress(EngineMissing):  # then nothing is there, either
            self._server.prepare()  # tables of an earlier version of this
        with self._server.connected() as connection:
            found = connection.execute(_FIND, self._named).fetchone()
            rows = connection.execute(_FIND_SEGMENTS, self._named).fetchall()
        segments = [
            Segment(self._service_id, name, n_rows, lowest, highest, np.array(gone, dtype=np.int64))
            for name, n_rows, lowest, highest, gone in rows
        ]
        if found != (dimension, n_chunks) or sum(map(len, segments)) != n_chunks:
            raise VectorIndexUnreadable(_GONE)
        return PgvectorIndex(self._server, self._generation, dimension, segments)

    def drop(self) -> None:
        """Remove the vectors, if they are there, but for the segments that another generation has too.

        Raises: VectorsAway: also where searches leave no moment for it.
        """
        from psycopg.sql import SQL, Literal

        try:
            with self._server.connected() as connection, connection.transaction():
                connection.execute(SQL("SET LOCAL lock_timeout = {}").format(Literal(LOCK_MS)))
                connection.execute("LOCK TABLE docent_vectors.segments IN SHARE ROW EXCLUSIVE MODE")
                connection.execute(_LET_GO, self._named)
                for (name,) in connection.execute(_LET_GO_SEGMENTS, self._named).fetchall():
                    _drop_unless_needed(connection, Segment(self._service_id, name))
        except VectorIndexUnreadable:
            return  # nothing was ever kept there


def _drop_unless_needed(connection: "Connection[Any]", segment: Segment) -> None:
    from psycopg.sql import SQL, Identifier

    if connection.execute(_IS_NEEDED, segment.values).fetchone() is None:
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, segment.partition)))


def _literal(vector: Vectors) -> str:
    return "[" + ",".join(map(repr, vector.astype(np.float64).tolist())) + "]"
