"""Which engine keeps the vectors of a generation: FAISS in its folder, or PostgreSQL for very large chatbots."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from pathlib import Path

from sqlalchemy import select

from app.collaborators import here
from app.languages import in_english
from indexes.pgvector_index import PgvectorEngine
from indexes.pgvector_server import Kept
from indexes.store import FAISS, Generation, open_generation
from indexes.vector_index import EngineMissing, VectorEngine, VectorsAway
from models import Generation as GenerationRow
from models import db, tenancy

log = logging.getLogger(__name__)

DEFAULT, OUTSIDE = FAISS.name, PgvectorEngine.name


def open_folder(folder: Path, service_id: int) -> Generation:
    """Open a generation of a service from its folder, whose name is its uuid, whichever engine keeps its vectors.

    Raises:
        MissingGeneration, CorruptGeneration, VectorsAway.
    """
    return open_generation(folder, *_outside(service_id, uuid.UUID(folder.name)))


def _outside(service_id: int, generation_uuid: uuid.UUID) -> list[VectorEngine]:
    """Return the engines that are set up here besides FAISS."""
    server = here().vector_server
    return [PgvectorEngine(server, service_id, generation_uuid)] if server else []


def require(name: str) -> None:
    """Look whether an engine can keep vectors here; one that was never used is set up.

    Raises:
        EngineMissing, VectorsAway.
    """
    server = here().vector_server
    if name == DEFAULT:
        return
    if server is None:
        raise EngineMissing(in_english("No PostgreSQL is set up that could keep vectors: see VECTOR_DATABASE_URL."))
    server.prepare()


def choose(wanted: str, service_id: int, generation_uuid: uuid.UUID) -> VectorEngine:
    """Return the engine that is to build a generation: FAISS where the one that is wanted is not set up any more.

    Raises:
        VectorsAway: it is set up, but can't be reached now.
    """
    try:
        require(wanted)
    except EngineMissing as error:
        log.warning("an index is built with FAISS instead of %s: %s", wanted, error)
        return FAISS
    known: list[VectorEngine] = [FAISS, *_outside(service_id, generation_uuid)]
    return next(engine for engine in known if engine.name == wanted)


def drop(name: str, service_id: int, generation_uuid: uuid.UUID) -> bool:
    """Remove the vectors of a generation that an engine keeps outside of its folder; tell whether they are gone."""
    try:
        for engine in _outside(service_id, generation_uuid):
            if engine.name == name:
                engine.drop()
    except VectorsAway as error:
        log.warning("vectors of generation %s are removed later: %s", generation_uuid, error)
        return False
    return True


def drop_orphans(age: dt.timedelta) -> int:
    """Remove vectors that no row names and that were finished so long ago; return of how many generations."""
    try:
        old = [one for one in _kept() if one.age_s > age.total_seconds()]
    except VectorsAway as error:
        log.warning("vectors that nothing needs are removed later: %s", error)
        return 0
    if (server := here().vector_server) is not None:
        server.close()  # until the next sweep
    named = _named() if old else set()
    orphans = [one for one in old if (one.service_id, one.generation) not in named]
    return sum(drop(OUTSIDE, one.service_id, one.generation) for one in orphans)


def _kept() -> list[Kept]:
    server = here().vector_server
    return server.list_kept() if server else []


def _named() -> set[tuple[int, uuid.UUID]]:
    with tenancy.everything():
        rows = db.session.execute(select(GenerationRow.service_id, GenerationRow.uuid)).all()
        db.session.rollback()
    return {(row.service_id, row.uuid) for row in rows}


def without_vectors() -> list[int]:
    """Return the ids of generations whose vectors should lie in PostgreSQL and don't; none while that is away."""
    query = select(GenerationRow.id, GenerationRow.service_id, GenerationRow.uuid)
    with tenancy.everything():
        rows = db.session.execute(query.where(GenerationRow.vector_engine == OUTSIDE)).all()
        db.session.rollback()
    try:
        there = {(one.service_id, one.generation) for one in _kept()} if rows else set()
    except VectorsAway:
        return []
    return [row.id for row in rows if (row.service_id, row.uuid) not in there]
