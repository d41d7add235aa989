"""Open generations: kept in memory per process, fetched when this machine lacks them, rebuilt when damaged."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections import OrderedDict, defaultdict
from pathlib import Path

from sqlalchemy import select

from app.collaborators import here
from app.knowledge import chatbots, local_copies
from app.knowledge.publish import generation_folder
from app.storage import StorageError
from indexes.store import CorruptGeneration, Generation, MissingGeneration, open_generation
from models import Chatbot, db
from models import Generation as GenerationRow

log = logging.getLogger(__name__)

MAX_OPEN = 32
LOOK_AGAIN_AFTER_S = 30  # at a damaged generation: whoever asks next need not read all of its bytes again
_open: OrderedDict[uuid.UUID, Generation] = OrderedDict()
_damaged_at: dict[uuid.UUID, float] = {}  # monotonic
_lock = threading.Lock()
_loading: defaultdict[uuid.UUID, threading.Lock] = defaultdict(threading.Lock)


def open_current(chatbot: Chatbot) -> Generation | None:
    """Return the generation that a chatbot answers from; None when nothing is published yet.

    A damaged one is rebuilt from the database's embeddings by the worker; until then the one before answers.
    """
    if chatbot.generation_id is None:
        return None
    query = select(GenerationRow.id, GenerationRow.uuid, GenerationRow.storage_key).where(
        GenerationRow.chatbot_id == chatbot.id, GenerationRow.id <= chatbot.generation_id
    )
    for row in db.session.execute(query.order_by(GenerationRow.id.desc())).all():
        found = _get(chatbot.uuid, row.uuid, row.storage_key)
        if found is not None:
            return found
        if row.id == chatbot.generation_id and chatbot.changed_count == chatbot.published_count:
            chatbots.mark_due(chatbot)
            db.session.commit()
    return None


def _get(chatbot_uuid: uuid.UUID, generation_uuid: uuid.UUID, key: str) -> Generation | None:
    """Return an open generation; the first of several threads opens it for all."""
    found = _find_open(generation_uuid)
    if found is not None:
        return found
    with _lock:
        loading = _loading[generation_uuid]
    with loading:
        found = _find_open(generation_uuid)
        if found is None and time.monotonic() >= _damaged_at.get(generation_uuid, 0) + LOOK_AGAIN_AFTER_S:
            found = _load(chatbot_uuid, generation_uuid, key)
            _keep(generation_uuid, found)
    return found


def _find_open(generation_uuid: uuid.UUID) -> Generation | None:
    with _lock:
        if generation_uuid in _open:
            _open.move_to_end(generation_uuid)
        return _open.get(generation_uuid)


def _keep(generation_uuid: uuid.UUID, found: Generation | None) -> None:
    with _lock:
        _loading.pop(generation_uuid, None)
        if found is None:
            _damaged_at[generation_uuid] = time.monotonic()
            return
        _damaged_at.pop(generation_uuid, None)
        _open[generation_uuid] = found
        while len(_open) > MAX_OPEN:
            _open.popitem(last=False)


def _load(chatbot_uuid: uuid.UUID, generation_uuid: uuid.UUID, key: str) -> Generation | None:
    """Open this machine's copy; where it is damaged or missing, fetch the stored one and open that."""
    folder = generation_folder(chatbot_uuid, generation_uuid)
    found = _open_folder(folder)
    if found is not None:
        local_copies.touch(folder)
        return found
    shutil.rmtree(folder, ignore_errors=True)
    try:
        here().storage.fetch_folder(key, folder)
    except (StorageError, ValueError) as error:  # gone, or named by no key of ours: the one before answers
        log.warning("generation %s is not in the storage either: %s", generation_uuid, error)
        return None
    return _open_folder(folder)


def _open_folder(folder: Path) -> Generation | None:
    try:
        return open_generation(folder)
    except MissingGeneration:
        return None
    except CorruptGeneration as error:
        log.warning("a generation is damaged: %s", error)
        return None
