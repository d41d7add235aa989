"""`chatbot move-index`: the vectors of a chatbot from one engine to another, while it answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.answering import moving
from app.commands.opening import installation, require_chatbot
from app.commands.saying import say
from app.factory import create_app
from models import Chatbot, Generation, db

if TYPE_CHECKING:
    from config import Config


_NOT_MOVED = (
    "docent: {} was not moved: a golden question would get worse (see its versions), or somebody trained it meanwhile."
    " The index of before goes on answering."
)


def move_index(config: Config, chatbot_uuid: str, engine: str) -> int:
    """Build a chatbot's index by another engine in this process, and publish it; exit code 1 if it is held back."""
    with installation(config, create_app):
        chatbot = require_chatbot(chatbot_uuid)
        if (chatbot.vector_engine, _keeper(chatbot.id) or engine) == (engine, engine):
            say(f"{engine} keeps the vectors of {chatbot.name} already.")
            return 0
        chatbot_id, name = chatbot.id, chatbot.name
        moved = moving.move(chatbot, engine)
        is_moved = (_keeper(chatbot_id) or engine) == engine
    if not is_moved:
        say(_NOT_MOVED.format(name), file=sys.stderr)
        return 1
    n_chunks = moved.published.n_chunks if moved.published else 0
    likeness = "" if moved.likeness is None else f" It finds {moved.likeness:.1%} of what the index before found."
    say(f"{engine} keeps the {n_chunks:,} vectors of {name} from now on.{likeness}")
    return 0


def _keeper(chatbot_id: int) -> str | None:
    """Return the engine of the generation that a chatbot answers from; None where there is none."""
    query = select(Generation.vector_engine).join(Chatbot, Chatbot.generation_id == Generation.id)
    return db.session.scalar(query.where(Chatbot.id == chatbot_id))
