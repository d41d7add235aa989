"""Open generations: kept in memory per process, fetched when this machine lacks them, rebuilt when damaged."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from app.knowledge import chatbots, engines, local_copies
from app.knowledge.local_copies import generation_folder
from indexes.store import CorruptGeneration, Generation, MissingGeneration
from indexes.vector_index import VectorIndexUnreadable, VectorsAway
from models import Chatbot, db
from models import Generation as GenerationRow

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

MAX_OPEN = 32
LOOK_AGAIN_AFTER_S = 30  # at a damaged generation: whoever asks next need not read all of its bytes again
ASK_AGAIN_AFTER_S = 5  # whoever keeps vectors and did not answer: meanwhile nobody waits for it
_open: OrderedDict[uuid.UUID, Generation] = OrderedDict()
_damaged_at: dict[uuid.UUID, float] = {}  # monotonic
_silent_at: dict[uuid.UUID, float] = {}  # whose vectors were out of reach, monotonic
_lock = threading.Lock()
_loading: defaultdict[uuid.UUID, threading.Lock] = defaultdict(threading.Lock)


def open_current(chatbot: Chatbot) -> Generation | None:
    """Return the generation that a chatbot answers from; None when nothing is published yet.

    A damaged one is rebuilt from the database's embeddings by the worker; until then the one before answers, as it does
    while the vectors are out of reach.
    """
    if chatbot.generation_id is None:
        return None
    query = select(GenerationRow.id, GenerationRow.uuid, GenerationRow.storage_key).where(
        GenerationRow.chatbot_id == chatbot.id, GenerationRow.id <= chatbot.generation_id
    )
    for row in db.session.execute(query.order_by(GenerationRow.id.desc())).all():
        try:
            found = _get(chatbot, row.uuid, row.storage_key)
        except VectorsAway:
            continue  # nothing is lost, so nothing is built
        if found is not None:
            return found
        if row.id == chatbot.generation_id and chatbot.changed_count == chatbot.published_count:
            chatbots.mark_due(chatbot)
            db.session.commit()
    return None


def ask_current(chatbot: Chatbot, question: Callable[[Generation], Answer]) -> Answer | None:
    """Ask the generation that a chatbot answers from, or the one before while its vectors are out of reach.

    None: there is none to ask.
    """
    while (generation := open_current(chatbot)) is not None:
        try:
            return question(generation)
        except (VectorsAway, VectorIndexUnreadable) as error:
            _set_aside(uuid.UUID(generation.folder.name), error)
    return None


def _set_aside(generation_uuid: uuid.UUID, error: Exception) -> None:
    log.warning("generation %s does not answer: %s", generation_uuid, error)
    with _lock:
        _loading.pop(generation_uuid, None)
        _open.pop(generation_uuid, None)
        away = _silent_at if isinstance(error, VectorsAway) else _damaged_at
        away[generation_uuid] = time.monotonic()


def _get(chatbot: Chatbot, generation_uuid: uuid.UUID, key: str) -> Generation | None:
    """Return an open generation; the first of several threads opens it for all.

    Raises:
        VectorsAway: whoever keeps its vectors does not answer, or did not a moment ago.
    """
    found = _find_open(generation_uuid)
    if found is not None:
        return found
    with _lock:
        loading = _loading[generation_uuid]
    with loading:
        return _find_open(generation_uuid) or _try_to_open(chatbot, generation_uuid, key)


def _try_to_open(chatbot: Chatbot, generation_uuid: uuid.UUID, key: str) -> Generation | None:
    if not _is_over(_silent_at, generation_uuid, ASK_AGAIN_AFTER_S):
        raise VectorsAway("they were out of reach a moment ago")
    if not _is_over(_damaged_at, generation_uuid, LOOK_AGAIN_AFTER_S):
        return None
    try:
        found = _load(chatbot, generation_uuid, key)
    except VectorsAway as error:
        _set_aside(generation_uuid, error)
        raise
    _keep(generation_uuid, found)
    return found


def _is_over(since: dict[uuid.UUID, float], generation_uuid: uuid.UUID, seconds: float) -> bool:
    return time.monotonic() >= since.get(generation_uuid, -seconds) + seconds


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


def _load(chatbot: Chatbot, generation_uuid: uuid.UUID, key: str) -> Generation | None:
    """Open this machine's copy; where it is damaged or missing, fetch the stored one and open that."""
    folder = generation_folder(chatbot.uuid, generation_uuid)
    found = _open_folder(folder, chatbot.service_id)
    if found is not None:
        local_copies.touch(folder)
        return found
    shutil.rmtree(folder, ignore_errors=True)
    if not local_copies.fetch(key, folder):
        return None  # the one before answers
    return _open_folder(folder, chatbot.service_id)


def _open_folder(folder: Path, service_id: int) -> Generation | None:
    try:
        return engines.open_folder(folder, service_id)
    except MissingGeneration:
        return None
    except CorruptGeneration as error:
        log.warning("a generation is damaged: %s", error)
        return None
