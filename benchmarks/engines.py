"""Engines for the vectors of large chatbots, side by side: `engines.py [N_VECTORS...]` (20000 200000).

FAISS and pgvector are asked through Docent's own seam, PostgreSQL is the one that `pgserver` brings. Beside them, if
asked for, a table of pgvector that holds three generations in one graph (`--one-graph`), and Milvus Lite (`--milvus`),
where pymilvus can be imported. Vectors lie around subjects, as those of documents do; numpy says which are the nearest.
Processor time is that of this process and of the server together.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from installation import ROOT, print_machine, print_rows, quantile

sys.path.insert(0, str(ROOT))

from indexes import pgvector_server
from indexes.faiss_index import FaissEngine
from indexes.pgvector_index import PgvectorEngine, PgvectorIndex
from indexes.pgvector_server import PgvectorServer
from indexes.vector_index import Ids, VectorEngine, VectorIndex, Vectors
from tests.faults.postgres import running_postgres

DIMENSION, K, N_QUERIES, SLICE = 384, 50, 200, 2000
OPTIONS = "-c shared_buffers=1GB -c autovacuum=off"  # whose processor time would be counted as a search's
Search = Callable[[Vectors, int, "Ids | None"], "tuple[Ids, Vectors]"]


def make_vectors(n: int, seed: int) -> Vectors:
    """Unit vectors around one subject for each 500 chunks; two of a subject have a cosine of .5."""
    subjects = np.random.default_rng(1).normal(size=(400, DIMENSION)).astype(np.float32)
    random = np.random.default_rng(seed)
    made = np.empty((n, DIMENSION), dtype=np.float32)
    for start in range(0, n, SLICE):
        m = min(SLICE, n - start)
        rows = subjects[random.integers(len(subjects), size=m)] + random.normal(size=(m, DIMENSION))
        made[start : start + m] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made.astype(np.float16).astype(np.float32)


@dataclass
class Clock:
    """Seconds by the wall, and of processor in this process and a server's processes."""

    wall: float = 0.0
    cpu: float = 0.0


def _cpu_of(server: psutil.Process | None) -> float:
    total = time.process_time()
    if server is not None:
        times = server.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
        for child in server.children(recursive=True):
            try:
                total += sum(child.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
    return total


@contextmanager
def timing(server: psutil.Process | None) -> Iterator[Clock]:
    clock, cpu, started = Clock(), _cpu_of(server), time.perf_counter()
    yield clock
    clock.wall, clock.cpu = time.perf_counter() - started, _cpu_of(server) - cpu


@dataclass(frozen=True)
class Bench:
    """What is asked of each engine: the vectors, ids being their places, and the questions."""

    vectors: Vectors
    queries: Vectors

    def measure(self, search: Search, server: psutil.Process | None, allowed: Ids | None = None) -> str:
        """Return p50 and p95 by the wall, the processor's part, and recall@10."""
        times, found = [], []
        queries = self.queries if allowed is None else self.queries[:40]
        with timing(server) as clock:
            for query in queries:
                started = time.perf_counter()
                found.append(search(query, K, allowed)[0][:10])
                times.append(1000 * (time.perf_counter() - started))
        recall = np.mean([self._recall(q, ids, allowed) for q, ids in zip(queries, found, strict=True)])
        spread = f"{quantile(times, 0.5):.1f} / {quantile(times, 0.95):.1f} ms"
        return f"{spread}, {1000 * clock.cpu / len(queries):.1f} ms of processor, recall@10 {recall:.3f}"

    def _recall(self, query: Vectors, ids: Ids, allowed: Ids | None) -> float:
        cosines = self.vectors @ query if allowed is None else self.vectors[allowed] @ query
        best = np.argpartition(-cosines, 10)[:10]
        nearest = best if allowed is None else allowed[best]
        return len(set(ids.tolist()) & set(nearest.tolist())) / 10


def build(
    engine: VectorEngine, folder: Path, vectors: Vectors, first_id: int = 0, base: VectorIndex | None = None
) -> VectorIndex:
    folder.mkdir()
    draft = engine.begin(folder, DIMENSION, base, ())
    for start in range(0, len(vectors), SLICE):
        rows = vectors[start : start + SLICE]
        draft.add(list(range(first_id + start, first_id + start + len(rows))), rows)
    return engine.open(folder, DIMENSION, draft.finish())


@contextmanager
def candidates(index: VectorIndex, n: int) -> Iterator[None]:
    """Let new connections of a server keep so many candidates."""
    usual = pgvector_server.EF_SEARCH
    pgvector_server.EF_SEARCH = n or usual
    if isinstance(index, PgvectorIndex):
        index.server.close()
    yield
    pgvector_server.EF_SEARCH = usual


def compare(bench: Bench, make: Callable[[], VectorEngine], size: Callable[[Path], int], server: Any) -> Any:
    """Return the rows of one engine's table."""
    n = len(bench.vectors)
    random = np.random.default_rng(2)
    some, tenth = (np.sort(random.permutation(n)[:m]) for m in (100, n // 10))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with timing(server) as building:
            index = build(make(), folder / "one", bench.vectors)
        n_bytes = size(folder / "one")
        yield "build", f"{building.wall:.1f} s, {building.cpu:.1f} s of processor"
        yield "bytes of a vector and what belongs to it", f"{n_bytes / n:,.0f}"
        for n_candidates in (100, 200, pgvector_server.EF_SEARCH) if isinstance(index, PgvectorIndex) else (0,):
            words = f"search, {n_candidates} candidates" if n_candidates else "search"
            with candidates(index, n_candidates):
                yield words, bench.measure(index.search, server)
        yield "among 100", bench.measure(index.search, server, some)
        yield "among a tenth", bench.measure(index.search, server, tenth)
        with timing(server) as extending:
            index = build(make(), folder / "two", make_vectors(10, 4), n, index)
        yield "10 more, as the next generation", f"{extending.wall:.1f} s, {extending.cpu:.1f} s of processor"
        yield "search in that", bench.measure(index.search, server)


def compare_pgvector(bench: Bench, postgres: Any) -> Any:
    server = PgvectorServer(postgres.url, query_s=30)  # beside much other work
    yield from compare(
        bench,
        lambda: PgvectorEngine(server, 1, uuid.uuid4()),
        lambda _folder: _size(server),
        psutil.Process(postgres.pid),
    )
    server.close()


def measure_one_graph(bench: Bench, postgres: Any) -> Any:
    """One graph for three generations: a search finds neighbors of all, and drops those of the others."""
    import psycopg

    n = len(bench.vectors)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE together (generation int, chunk_id bigint, embedding vector(384))")
        with connection.cursor().copy("COPY together FROM STDIN") as copy:
            for generation, vectors in ((1, make_vectors(n, 21)), (2, bench.vectors), (3, make_vectors(n, 22))):
                for i, row in enumerate(vectors):
                    copy.write_row((generation, i, str(row.tolist())))
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("CREATE INDEX ON together USING hnsw (embedding vector_ip_ops)")
        connection.execute("ANALYZE together")
        connection.execute("SET hnsw.ef_search = 200")

        def search(query: Vectors, k: int, _allowed: Ids | None) -> tuple[Ids, Vectors]:
            rows = connection.execute(
                "SELECT chunk_id FROM together WHERE generation = 2 ORDER BY embedding <#> %s::vector LIMIT %s",
                (str(query.tolist()), k),
            ).fetchall()
            lengths.append(len(rows))
            return np.array([row[0] for row in rows], dtype=np.int64), query

        lengths: list[int] = []
        yield "search", bench.measure(search, None)
        yield f"found of {K} wanted, at least", str(min(lengths))


def measure_milvus(bench: Bench) -> Any:
    """Milvus Lite, within this process, as far as it comes with `pip install milvus-lite`."""
    from pymilvus import MilvusClient

    with tempfile.TemporaryDirectory() as name, timing(None) as building:
        client = MilvusClient(str(Path(name) / "milvus.db"))
        client.create_collection("one", dimension=DIMENSION, metric_type="IP", auto_id=False)
        for start in range(0, len(bench.vectors), SLICE):
            rows = enumerate(bench.vectors[start : start + SLICE].tolist(), start)
            client.insert("one", [{"id": i, "vector": row} for i, row in rows])

        def search(query: Vectors, k: int, _allowed: Ids | None) -> tuple[Ids, Vectors]:
            [found] = client.search("one", [query.tolist()], limit=k)
            return np.array([hit["id"] for hit in found], dtype=np.int64), query

        few = Bench(bench.vectors, bench.queries[:20])
        yield "search", few.measure(search, None)
    yield "all of this", f"{building.wall:.1f} s, {building.cpu:.1f} s of processor"


def main(words: list[str]) -> int:
    print_machine()
    sizes = [int(word) for word in words if word.isdigit()] or [20_000, 200_000]
    queries = make_vectors(N_QUERIES, 5)
    for n in sizes:
        bench = Bench(make_vectors(n, 3), queries)
        in_file = compare(bench, FaissEngine, lambda folder: sum(p.stat().st_size for p in folder.iterdir()), None)
        print_rows(f"FAISS, {n:,} vectors of {DIMENSION}", in_file)
        with running_postgres(with_pgvector=True, options=OPTIONS) as postgres:
            print_rows(f"pgvector, {n:,}", compare_pgvector(bench, postgres))
            if "--one-graph" in words:
                print_rows(f"pgvector, {n:,} of three generations in one graph", measure_one_graph(bench, postgres))
        if "--milvus" in words:
            print_rows(f"Milvus Lite, {n:,}", measure_milvus(bench))
    return 0


def _size(server: PgvectorServer) -> int:
    query = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace s ON s.oid = relnamespace"
    with server.connected() as connection:
        row = connection.execute(f"{query} WHERE nspname = 'docent_vectors' AND relkind = 'r'").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
