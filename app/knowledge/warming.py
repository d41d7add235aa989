"""Keeping a web server warm: what another machine has published is fetched and opened before anybody asks for it.

Only where this machine has a copy of an earlier generation of that chatbot; in the background, one after the other.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from sqlalchemy import select

from app.collaborators import here
from app.knowledge import generations, hints
from models import Chatbot, db, tenancy

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

MAX_DUE = 500  # chatbots that wait to be fetched for; beyond it the first question fetches
AGAIN_S = 5.0  # until Redis is tried again


def begin(app: Flask) -> None:
    """Keep this process warm for as long as it lives; on a machine that has no others, do nothing."""
    with app.app_context():
        if hints.are_given():
            threading.Thread(target=_keep_warm, args=(app,), daemon=True, name="warming").start()


def _keep_warm(app: Flask) -> None:
    while True:
        try:
            _listen(app)
        except (RedisError, OSError) as error:
            log.info("hints can't be heard, first questions fetch what is published: %s", error)
            time.sleep(AGAIN_S)


def _listen(app: Flask) -> None:
    """Hear hints and follow them until Redis goes away; of a chatbot that is named again, the last one counts."""
    with app.app_context():
        redis = here().redis
    due: dict[int, None] = {}
    with closing(hints.Listener(redis)) as listener:
        while True:
            for chatbot_id in listener.hear(0 if due else hints.SILENT_S):
                due.pop(chatbot_id, None)
                due[chatbot_id] = None
            for chatbot_id in list(due)[:-MAX_DUE]:
                del due[chatbot_id]
            if due:
                chatbot_id = next(iter(due))
                del due[chatbot_id]
                _try(app, chatbot_id)


def _try(app: Flask, chatbot_id: int) -> None:
    try:
        with app.app_context():
            warm(chatbot_id)
    except Exception:
        log.exception("what chatbot %s answers from could not be fetched; its first question will", chatbot_id)


def warm(chatbot_id: int) -> None:
    """Open what a chatbot answers from now, fetched where it is not here, if this machine has answered for it."""
    with tenancy.everything():
        chatbot = db.session.scalar(select(Chatbot).where(Chatbot.id == chatbot_id, Chatbot.status != "deleted"))
        if chatbot is not None and _has_copy(chatbot):
            generations.open_current(chatbot)


def _has_copy(chatbot: Chatbot) -> bool:
    return any((here().generations_dir / str(chatbot.uuid)).glob("*"))
