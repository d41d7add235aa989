"""Rows and files that nothing needs any more: rows first, then files that no row names and that are an hour old.

A file is stored before its row is committed: the hour is how long a writer may take between the two.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator
from itertools import groupby

from redis.exceptions import RedisError
from sqlalchemy import delete, func, select, update

from app.collaborators import here
from app.knowledge import clearing, engines, local_copies
from app.knowledge.publish import KEPT_GENERATIONS
from app.looks import pictures
from app.storage import StorageError
from models import Chatbot, Generation, Source, db, tenancy
from models.base import change, now
from models.knowledge import STORED_KINDS

log = logging.getLogger(__name__)

AGE = dt.timedelta(hours=1)
LEFT, LEFT_S = "docent:sweep:left", 3600
MAX_NOTED = 1000


def sweep() -> int:
    """Remove dead rows, then orphaned files; return how many files and folders went."""
    before = now() - AGE
    with tenancy.everything():
        _sweep_rows(before)
        orphans = find_orphans()
        left = [key for key in orphans if not _is_removed(key)]
        n_removed = len(orphans) - len(left) + here().storage.sweep_drafts(before) + local_copies.tidy()
        n_removed += engines.drop_orphans(AGE)
    _note_left(left)
    if n_removed:
        log.info("%s files and folders that nothing needs were removed", n_removed)
    return n_removed


def find_orphans() -> list[str]:
    """Return the keys of what is stored, is old enough, and is named by no row."""
    return [key for keys in orphans_by_service() for key in keys]


def orphans_by_service() -> Iterator[list[str]]:
    """Yield such keys of one kind and service after the other, also where there are none."""
    before = now() - AGE
    for kind, named in (
        ("uploads", _named_uploads),
        ("pictures", _named_pictures),
        ("generations", _named_generations),
    ):
        for service_id, keys in _old_keys(kind, before):
            with tenancy.everything():
                orphans = sorted(keys - named(service_id))
                db.session.rollback()
            yield orphans


def _sweep_rows(before: dt.datetime) -> None:
    """Remove the text of what was deleted, the generations of deleted chatbots, and sources deleted a while ago."""
    deleted = select(Chatbot.id).where(Chatbot.status == "deleted").scalar_subquery()
    forgotten = update(Source).where(Source.chatbot_id.in_(deleted), Source.deleted_at.is_(None))
    change(forgotten.values(deleted_at=now(), fence=Source.fence + 1))
    _forget_generations()
    db.session.commit()
    clearing.drop_documents(clearing.dead_documents())
    change(delete(Generation).where(Generation.chatbot_id.in_(deleted)))
    pointing = update(Chatbot).where(Chatbot.status == "deleted", Chatbot.generation_id.is_not(None))
    change(pointing.values(generation_id=None))
    change(delete(Source).where(Source.deleted_at < before))
    db.session.commit()


def _forget_generations() -> None:
    """Forget generations beyond those that are kept: publishing does it, unless the database went away right then."""
    place = func.row_number().over(partition_by=Generation.chatbot_id, order_by=Generation.number.desc())
    ranked = select(Generation.id, place.label("place")).subquery()
    answering = select(Chatbot.generation_id).where(Chatbot.generation_id.is_not(None))
    beyond = select(ranked.c.id).where(ranked.c.place > KEPT_GENERATIONS, ranked.c.id.not_in(answering))
    change(delete(Generation).where(Generation.id.in_(beyond)))


def _old_keys(kind: str, before: dt.datetime) -> Iterator[tuple[int, set[str]]]:
    """Yield (service, keys of its stored uploads, pictures or generations); those with anything young are left out."""
    for service, files in groupby(here().storage.list_files(kind), key=lambda found: found[0].split("/")[1]):
        if not service.isdigit():
            continue
        old, young = set[str](), set[str]()
        for key, written_at in files:
            (young if written_at >= before else old).add("/".join(key.split("/")[:3]))
        yield int(service), old - young


def _named_uploads(service_id: int) -> set[str]:
    named = select(Source.data_loc).where(Source.service_id == service_id, Source.kind.in_(STORED_KINDS))
    return set(db.session.scalars(named.where(Source.deleted_at.is_(None))))


def _named_pictures(service_id: int) -> set[str]:
    of_service = select(Chatbot.settings).where(Chatbot.service_id == service_id, Chatbot.status != "deleted")
    return {key for settings in db.session.scalars(of_service) for key in pictures.keys_in(settings)}


def _named_generations(service_id: int) -> set[str]:
    return set(db.session.scalars(select(Generation.storage_key).where(Generation.service_id == service_id)))


def files_left() -> list[str]:
    """Return the keys of what the last sweep could not remove, for those who run the installation."""
    try:
        with here().asking_redis() as redis:
            noted = json.loads(redis.get(LEFT) or "[]")
    except (RedisError, ValueError, RecursionError):
        return []
    return [key for key in noted if isinstance(key, str)] if isinstance(noted, list) else []


def _note_left(left: list[str]) -> None:
    """Keep it until the sweeps after have looked again: a lost Redis costs minutes."""
    try:
        here().redis.set(LEFT, json.dumps(left[:MAX_NOTED]), ex=LEFT_S)
    except RedisError as error:
        log.warning("%s files that could not be removed are not shown to staff: %s", len(left), error)


def _is_removed(key: str) -> bool:
    try:
        here().storage.delete_folder(key)
    except StorageError as error:
        log.warning("%s could not be removed: %s", key, error)
        return False
    return True
