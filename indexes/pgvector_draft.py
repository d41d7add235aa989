"""Writing a generation's vectors into PostgreSQL: new segments for what has come, beside those that others have too."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, LiteralString

import numpy as np

from indexes import pgvector_segment
from indexes.pgvector_segment import Segment
from indexes.pgvector_server import SCHEMA, PgvectorServer
from indexes.vector_index import Vectors, VectorsAway, VectorsError, check_rows

MAX_BUILD_BYTES = 2_000_000_000  # of the server's memory that building a graph takes, unless it allows more itself
MAX_GONE = 0.1  # of a segment's rows; with more, what is left of it is written anew
MERGE_BELOW = 10  # times as many rows as are new: a segment of fewer is written anew together with them
_GRAPH_BYTES = 400  # a chunk's neighbors, beside its vector
_MAKE = (
    "CREATE TABLE {table} (service_id bigint NOT NULL, generation uuid NOT NULL, chunk_id bigint NOT NULL,"
    " embedding vector NOT NULL, CHECK (service_id = {service}), CHECK (generation = {segment}))"
    " WITH (autovacuum_enabled = false);"  # nothing in it ever changes
    " ALTER TABLE {table} ALTER embedding SET STORAGE plain"
)
_HOLD = (
    "SELECT FROM docent_vectors.segments WHERE service_id = %(service)s AND generation = %(generation)s"
    " FOR KEY SHARE"  # until the commit nobody drops them
)
# of partitions themselves: who reads the table above them holds up every drop until the commit
_FIND_GONE = "SELECT chunk_id FROM {table} WHERE service_id = {service} AND chunk_id = ANY(%(gone)s)"
_TAKE_IN = (
    "INSERT INTO {table} SELECT {service}, {segment}, chunk_id, embedding FROM {source}"
    " WHERE service_id = {service} AND chunk_id <> ALL(%(gone)s)"
)
_ALLOW_MEMORY = (
    "SELECT set_config('maintenance_work_mem', greatest(%(kb)s, pg_size_bytes(current_setting("
    "'maintenance_work_mem')) / 1024)::text, true)"
)
_ENTER = (
    "INSERT INTO docent_vectors.generations (service_id, generation, dimension, n_chunks, created_at)"
    " VALUES (%(service)s, %(generation)s, %(dimension)s, %(n_chunks)s, clock_timestamp())"  # now() is when it began
)
_ENTER_SEGMENT = (
    "INSERT INTO docent_vectors.segments (service_id, generation, segment, n_rows, lowest, highest, gone)"
    " VALUES (%(service)s, %(generation)s, %(segment)s, %(n_rows)s, %(lowest)s, %(highest)s, %(gone)s)"
)


class PgvectorDraft:
    """One transaction that fills tables, builds their graphs, and makes them partitions in the end."""

    def __init__(self, server: PgvectorServer, service_id: int, generation: uuid.UUID, dimension: int) -> None:
        self._server, self._dimension, self._held = server, dimension, ExitStack()
        self._service_id, self._generation = service_id, generation
        self._shared: list[Segment] = []
        self._made: list[Segment] = []  # the last is the one that is filled
        self._connection = self._held.enter_context(server.building())

    def begin_segment(self) -> None:
        name = uuid.uuid5(self._generation, str(len(self._made))) if self._made else self._generation
        self._made.append(Segment(self._service_id, name))
        self._do(_MAKE, self._made[-1])

    def _do(
        self, statement: LiteralString, segment: Segment, values: Mapping[str, Any] | None = None, **more: Segment
    ) -> Any:
        with self._server.telling():
            return self._connection.execute(self._about(statement, segment, **more), values)

    def _about(self, statement: LiteralString, segment: Segment, source: Segment | None = None) -> Any:
        """Return a statement about the table of a segment, and that of another."""
        from psycopg.sql import SQL, Identifier, Literal

        return SQL(statement).format(
            table=Identifier(SCHEMA, segment.partition), service=Literal(segment.service_id),
            segment=Literal(str(segment.uuid)), dimension=Literal(self._dimension),
            source=Identifier(SCHEMA, (source or segment).partition),
        )  # fmt: skip

    def build_on(self, generation: uuid.UUID, segments: Sequence[Segment], gone: Collection[int]) -> None:
        """Begin with what a generation of the service holds, less `gone`.

        Raises: VectorsAway: it was dropped a moment ago.
        """
        with self._server.telling():
            held = self._connection.execute(_HOLD, {"service": self._service_id, "generation": generation}).fetchall()
        if len(held) != len(segments):
            raise VectorsAway("The version before this one was removed a moment ago.")
        self._shared = [self._without(segment, list(gone)) for segment in segments]

    def _without(self, segment: Segment, gone: list[int]) -> Segment:
        possible = segment.possible(np.array(gone, dtype=np.int64)).tolist()
        found = self._do(_FIND_GONE, segment, {"gone": possible}).fetchall()
        ids = np.array([row[0] for row in found], dtype=np.int64)
        return replace(segment, gone=np.union1d(segment.gone, ids))

    def add(self, ids: Sequence[int], embeddings: Vectors) -> None:
        rows = check_rows(ids, embeddings, self._dimension)
        segment = self._make_room(len(rows))
        copying = self._about("COPY {table} FROM STDIN (FORMAT binary, FREEZE)", segment)
        with self._server.telling(), self._connection.cursor().copy(copying) as copy:
            copy.write(_pack(ids, rows, segment))

    def _make_room(self, n_more: int) -> Segment:
        """Return the segment that takes so many more, and count them: another one where it would have too many."""
        if self._made[-1].n_rows and self._made[-1].n_rows + n_more > pgvector_segment.MAX_ROWS:
            self.begin_segment()
        self._made[-1] = replace(self._made[-1], n_rows=self._made[-1].n_rows + n_more)
        return self._made[-1]

    def finish(self) -> int:
        kept = [segment for segment in sorted(self._shared, key=len) if not self._take_in(segment)]
        made = [written for segment in self._made if (written := self._build_graph(segment))]
        self._enter([*kept, *made])
        for segment in made:
            self._do("ALTER TABLE docent_vectors.vectors ATTACH PARTITION {table} FOR VALUES IN ({segment})", segment)
        with self._server.telling():
            self._connection.commit()
        self._held.close()
        return sum(map(len, [*kept, *made]))

    def _enter(self, segments: Sequence[Segment]) -> None:
        named = {"service": self._service_id, "generation": self._generation, "dimension": self._dimension}
        with self._server.telling():
            self._connection.execute(_ENTER, {**named, "n_chunks": sum(map(len, segments))})
            for segment in segments:
                of_it = {"segment": segment.uuid, **vars(segment), "gone": segment.gone.tolist()}
                self._connection.execute(_ENTER_SEGMENT, {**of_it, **named})

    def _take_in(self, segment: Segment) -> bool:
        """Write a shared segment anew, with what has come, where else segments would be many; tell whether it was."""
        is_worn = len(segment.gone) > MAX_GONE * segment.n_rows
        n_new = self._made[-1].n_rows
        is_small = len(segment) < MERGE_BELOW * n_new and len(segment) + n_new <= pgvector_segment.MAX_ROWS
        if is_worn or is_small:
            into = self._make_room(len(segment))
            self._do(_TAKE_IN, into, {"gone": segment.gone.tolist()}, source=segment)
        return is_worn or is_small

    def _build_graph(self, segment: Segment) -> Segment | None:
        """Return it with the ids between which its rows lie; None, and no table, if there are none."""
        counting = "SELECT count(*), min(chunk_id), max(chunk_id) FROM {table}"
        n_rows, lowest, highest = self._do(counting, segment).fetchone()
        if n_rows != segment.n_rows:
            raise VectorsError(f"Of {segment.n_rows} vectors {n_rows} were written.")
        if not n_rows:
            self._do("DROP TABLE {table}", segment)
            return None
        wanted = min(n_rows * (4 * self._dimension + _GRAPH_BYTES), MAX_BUILD_BYTES)
        self._do(_ALLOW_MEMORY, segment, {"kb": wanted // 1024})
        self._do("CREATE INDEX ON {table} USING hnsw ((embedding::vector({dimension})) vector_ip_ops)", segment)
        self._do("ALTER TABLE {table} ADD PRIMARY KEY (service_id, generation, chunk_id)", segment)
        self._do("ANALYZE {table}", segment)
        return replace(segment, lowest=lowest, highest=highest)

    def give_up(self) -> None:
        self._connection.close()  # whoever had not committed has written nothing
        self._held.close()


def _pack(ids: Sequence[int], rows: Vectors, segment: Segment) -> bytes:
    """Write rows as COPY's binary format has them: each value behind its length, big-endian (PostgreSQL's manual)."""
    n_bytes = 4 * rows.shape[1] + 4
    form = np.dtype(
        [
            ("fields", ">i2"), ("a", ">i4"), ("service", ">i8"), ("b", ">i4"), ("segment", "V16"), ("c", ">i4"),
            ("chunk", ">i8"), ("d", ">i4"), ("dimension", ">i2"), ("unused", ">i2"), ("numbers", ">f4", rows.shape[1]),
        ]
    )  # fmt: skip
    packed = np.zeros(len(ids), dtype=form)
    packed["fields"], packed["a"], packed["b"], packed["c"], packed["d"] = 4, 8, 16, 8, n_bytes
    packed["service"], packed["segment"] = segment.service_id, np.void(segment.uuid.bytes)
    packed["chunk"], packed["dimension"], packed["numbers"] = ids, rows.shape[1], rows
    return b"PGCOPY\n\xff\r\n\x00" + bytes(8) + packed.tobytes() + b"\xff\xff"
