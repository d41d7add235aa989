"""Core statements on owned tables: bulk work that the ORM is too slow for. Each takes the scope and holds to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, insert, literal, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from models.base import Model, db
from models.engine import BUSY_TIMEOUT_S
from models.history import ChatSession
from models.knowledge import Chunk, Document, Source
from models.search import SessionWords, fts
from models.tenancy import RAW, ForeignRowError, Scope

_SENT_FROM_HERE = {RAW: True}
_PATIENCE_MS = 1000
_MANY_PAGES, _MANY_MATCHES = 3000, 300  # of a service: from here on, each session is looked at instead
# whoever inserts holds this lock from before an id is given until the transaction has ended
_WRITERS = """
SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = CAST(:name AS regclass)
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
"""


class ChunkRow(NamedTuple):
    """What an index needs of a chunk; `embedding` as it is stored, float16."""

    id: int
    text: str
    heading: str
    embedding: bytes
    embedding_name: str
    title: str


def insert_chunks(scope: Scope, rows: list[dict[str, Any]]) -> None:
    """Insert chunks in one statement.

    Raises:
        ForeignRowError: a row belongs to a service outside the scope.
    """
    if not all(scope.holds_service(row["service_id"]) for row in rows) or scope.workspace_ids is not None:
        raise ForeignRowError("chunks are written by jobs, inside their own service")
    db.session.execute(insert(Model.metadata.tables[Chunk.__tablename__]), rows, execution_options=_SENT_FROM_HERE)


def add_counts(scope: Scope, entity: Any, by: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Add to the counts of rollups, found by the columns of `by`; a row that is not there yet begins with them.

    Raises:
        ForeignRowError: a row belongs to a service outside the scope.
    """
    if not all(scope.holds_service(row["service_id"]) for row in rows) or scope.workspace_ids is not None:
        raise ForeignRowError("rollups are written by jobs, inside their own service")
    if not rows:
        return
    table = Model.metadata.tables[entity.__tablename__]
    adding = (sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert)(table)
    counts = rows[0].keys() - {"service_id", *by}
    summed = {name: table.c[name] + adding.excluded[name] for name in counts}
    adding = adding.on_conflict_do_update(index_elements=by, set_=summed)
    db.session.execute(adding, rows, execution_options=_SENT_FROM_HERE)


def renew_embedding(scope: Scope, chunk_id: int, embedding: bytes, sentences: bytes, name: str) -> None:
    """Replace a chunk's vectors by those of another embedding model; the caller commits."""
    chunks = Model.metadata.tables[Chunk.__tablename__]
    renewing = update(chunks).where(chunks.c.id == chunk_id)
    if scope.service_ids is not None:
        renewing = renewing.where(chunks.c.service_id.in_(scope.service_ids))
    values = {"embedding": embedding, "sentences": sentences, "embedding_name": name}
    db.session.execute(renewing.values(values), execution_options=_SENT_FROM_HERE)


def read_live_chunks(scope: Scope, chatbot_id: int, ids: Collection[int], slice_size: int = 1000) -> Iterator[ChunkRow]:
    """Yield those of these chunks that a chatbot answers from, by id, in slices: memory stays flat, no lock is held."""
    chunks, documents = Chunk.__table__, Document.__table__
    columns = [chunks.c[name] for name in ("id", "text", "heading", "embedding", "embedding_name")]
    wanted = sorted(ids)
    for start in range(0, len(wanted), slice_size):
        query = _live(select(*columns, documents.c.title), scope, chatbot_id)
        query = query.where(chunks.c.id.in_(wanted[start : start + slice_size])).order_by(chunks.c.id)
        rows = [ChunkRow._make(row) for row in db.session.execute(query, execution_options=_SENT_FROM_HERE)]
        db.session.rollback()
        yield from rows


def live_ids(scope: Scope, chatbot_id: int, *, not_by: str | None = None) -> set[int]:
    """Return the chunks that belong into the next generation: of a live document, switched on, its source not deleted.

    `not_by` leaves out those whose embedding that model made.
    """
    chunks = Chunk.__table__
    query = _live(select(chunks.c.id), scope, chatbot_id)
    if not_by is not None:
        query = query.where(chunks.c.embedding_name != not_by)
    return set(db.session.execute(query, execution_options=_SENT_FROM_HERE).scalars())


def showable_ids(scope: Scope, chatbot_id: int, ids: Collection[int]) -> set[int]:
    """Return which of these chunks of any generation may be shown now: switched on, and neither they nor their source
    deleted. Text that was replaced stays until the generations that hold it are gone.
    """
    given: dict[str, Any] = {"chatbot_id": chatbot_id, "ids": list(ids)}
    if scope.service_ids is not None:
        given["service_ids"] = list(scope.service_ids)
    query = _showable(is_narrowed=scope.service_ids is not None)
    return set(db.session.execute(query, given, execution_options=_SENT_FROM_HERE).scalars())


@cache
def _showable(*, is_narrowed: bool) -> Select[Any]:
    """Make the query once: every question asks it, and making it took a third of its time."""
    chunks = Chunk.__table__
    query = _in_use(select(chunks.c.id), bindparam("chatbot_id"))
    query = query.where(chunks.c.id.in_(bindparam("ids", expanding=True)))
    return query.where(chunks.c.service_id.in_(bindparam("service_ids", expanding=True))) if is_narrowed else query


def writers_of(table: str) -> set[str]:
    """Return the transactions that are writing to a table at this moment, of any customer: their names, and no row.

    None on SQLite, where rows become visible in the order of their ids.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        return set()
    return set(db.session.execute(text(_WRITERS), {"name": table}, execution_options=_SENT_FROM_HERE).scalars())


def _live(query: Select[Any], scope: Scope, chatbot_id: int) -> Select[Any]:
    """Cut a query of chunks to what the chatbot's next generation holds; it may name columns of documents."""
    return _allowed(query, scope, chatbot_id).where(Document.__table__.c.live)


def _allowed(query: Select[Any], scope: Scope, chatbot_id: int) -> Select[Any]:
    """Cut a query of chunks to a chatbot's that are in use, and to the scope."""
    query = _in_use(query, chatbot_id)
    return query if scope.service_ids is None else query.where(Chunk.__table__.c.service_id.in_(scope.service_ids))


def _in_use(query: Select[Any], chatbot_id: int | BindParameter[int]) -> Select[Any]:
    """Join documents and sources to a query of chunks, and leave out what was switched off or deleted."""
    chunks, documents, sources = Chunk.__table__, Document.__table__, Source.__table__
    return (
        query.select_from(chunks)
        .join(documents, documents.c.id == chunks.c.document_id)
        .join(sources, sources.c.id == documents.c.source_id)
        .where(chunks.c.chatbot_id == chatbot_id, chunks.c.enabled)
        .where(sources.c.allowed_training, sources.c.deleted_at.is_(None))
    )


def sessions_with_words(scope: Scope, match: str, most: int) -> list[int] | None:
    """Return the ids of sessions in the scope that FTS5 finds by an expression of its own; on SQLite.

    None where more than `most` are found, whosever they are.
    """
    found = select(fts.c.rowid).where(fts.c.session_words_fts.op("MATCH")(match)).limit(most + 1)
    ids = list(db.session.execute(found, execution_options=_SENT_FROM_HERE).scalars())
    if len(ids) > most:
        return None
    words = SessionWords.__table__
    mine = select(words.c.session_id).where(words.c.session_id.in_(ids))
    if scope.service_ids is not None:
        mine = mine.where(words.c.service_id.in_(scope.service_ids))
    return list(db.session.execute(mine, execution_options=_SENT_FROM_HERE).scalars())


def sessions_on_pages(scope: Scope, service_id: int, part: str, most: int) -> list[int] | None:
    """Return the ids of a service's sessions on pages whose address holds a text; none of a service outside the scope.

    None where they are more than `most`, or the pages are too many to look through.
    """
    pages = _pages_with(service_id, part) if scope.holds_service(service_id) else []
    if pages is None:
        return None
    sessions = ChatSession.__table__
    found = select(sessions.c.id).where(sessions.c.service_id == service_id, sessions.c.page.in_(pages)).limit(most + 1)
    ids = list(db.session.execute(found, execution_options=_SENT_FROM_HERE).scalars()) if pages else []
    return ids if len(ids) <= most else None


def _pages_with(service_id: int, part: str) -> list[str] | None:
    """Return the different pages of a service whose address holds a text, each found in the index behind the last."""
    sessions = ChatSession.__table__
    mine = select(sessions.c.page).where(sessions.c.service_id == service_id).order_by(sessions.c.page).limit(1)
    pages = select(mine.scalar_subquery().label("page"), literal(1).label("n")).cte("pages", recursive=True)
    behind = mine.where(sessions.c.page > pages.c.page).scalar_subquery()
    going_on = pages.c.page.is_not(None) & (pages.c.n < _MANY_PAGES)
    pages = pages.union_all(select(behind, pages.c.n + 1).where(going_on))
    wanted = or_(pages.c.page.icontains(part, autoescape=True), pages.c.n == _MANY_PAGES)
    query = select(pages.c.page, pages.c.n).where(pages.c.page.is_not(None), wanted).limit(_MANY_MATCHES + 1)
    found = db.session.execute(query, execution_options=_SENT_FROM_HERE).all()
    is_too_much = len(found) > _MANY_MATCHES or any(n == _MANY_PAGES for _, n in found)
    return None if is_too_much else [page for page, _ in found]


def merge_words(scope: Scope, n_pages: int, *, begins: bool) -> bool:
    """Merge so many pages of SQLite's index of words, which leaves out what was deleted; False once all is merged.

    `begins`: all that there is now is to become one. The caller commits.
    """
    _require_everything(scope)
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        return False
    driver: Any = connection.connection.dbapi_connection
    before = driver.total_changes
    merging = text("INSERT INTO session_words_fts(session_words_fts, rank) VALUES ('merge', :n_pages)")
    n_pages = -n_pages if begins else n_pages
    db.session.execute(merging, {"n_pages": n_pages}, execution_options=_SENT_FROM_HERE)
    return bool(driver.total_changes - before > 1)  # sqlite.org/fts5.html: less tells that nothing was done


def empty_log(scope: Scope) -> None:
    """Have SQLite carry over what its log holds, and cut it off: pages of before lie in it too.

    Left to the next time where somebody reads or writes for longer than a second.
    """
    _require_everything(scope)
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        for statement in (
            f"busy_timeout={_PATIENCE_MS}",
            "wal_checkpoint(TRUNCATE)",
            f"busy_timeout={BUSY_TIMEOUT_S}000",
        ):
            connection.exec_driver_sql(f"PRAGMA {statement}")
    db.session.rollback()


def _require_everything(scope: Scope) -> None:
    if not scope.is_unlimited:
        raise ForeignRowError("the whole file is of everybody")
