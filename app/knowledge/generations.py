"""Open generations: kept in memory per process, fetched when this machine lacks them, rebuilt when damaged."""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from collections import OrderedDict

from sqlalchemy import select

from app.collaborators import here
from app.knowledge import chatbots
from app.knowledge.publish import generation_folder
from app.storage import StorageError
from indexes.store import CorruptGeneration, Generation, MissingGeneration, open_generation
from models import Chatbot, db
from models import Generation as GenerationRow

log = logging.getLogger(__name__)

MAX_OPEN = 32
_open: OrderedDict[uuid.UUID, Generation] = OrderedDict()
_lock = threading.Lock()


def open_current(chatbot: Chatbot) -> Generation | None:
    """Return the generation that a chatbot answers from; None when nothing is published yet.

    A damaged one is rebuilt from the database's embeddings by the worker; until then the one before answers.
    """
    if chatbot.generation_id is None:
        return None
    query = select(GenerationRow).where(
        GenerationRow.chatbot_id == chatbot.id, GenerationRow.id <= chatbot.generation_id
    )
    for row in db.session.scalars(query.order_by(GenerationRow.id.desc())):
        found = _get(chatbot, row)
        if found is not None:
            return found
        if row.id == chatbot.generation_id:
            chatbots.mark_due(chatbot)
            db.session.commit()
    return None


def _get(chatbot: Chatbot, row: GenerationRow) -> Generation | None:
    with _lock:
        if row.uuid in _open:
            _open.move_to_end(row.uuid)
            return _open[row.uuid]
    found = _load(chatbot, row)
    if found is not None:
        with _lock:
            _open[row.uuid] = found
            while len(_open) > MAX_OPEN:
                _open.popitem(last=False)
    return found


def _load(chatbot: Chatbot, row: GenerationRow) -> Generation | None:
    folder = generation_folder(chatbot.uuid, row.uuid)
    for is_last_try in (False, True):
        try:
            return open_generation(folder)
        except (MissingGeneration, CorruptGeneration) as error:
            log.warning("generation %s of chatbot %s: %s", row.uuid, chatbot.uuid, error)
        if is_last_try:
            break
        shutil.rmtree(folder, ignore_errors=True)
        try:
            here().storage.fetch_folder(row.storage_key, folder)
        except StorageError as error:
            log.warning("generation %s is not in the storage either: %s", row.uuid, error)
            break
    return None
