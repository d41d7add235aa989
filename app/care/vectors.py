"""Whether PostgreSQL can keep the vectors of those chatbots that it is to keep them of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from app.care.finding import GOOD, OFF, WRONG, Finding
from app.knowledge import engines, holds
from app.languages import gettext as _
from app.languages import ngettext, retold
from indexes.vector_index import EngineMissing, VectorsAway
from models import Chatbot, Generation, db


def look() -> Finding:
    """Ask PostgreSQL only where a chatbot needs it."""
    moved = (Chatbot.vector_engine != engines.DEFAULT, Chatbot.status != "deleted")
    n_moved = db.session.scalar(select(func.count(Chatbot.id)).where(*moved)) or 0
    if not n_moved:
        return Finding("vectors", OFF, _("Each chatbot's lie in its index."))
    words = ngettext(
        "PostgreSQL is to keep those of %(num)s chatbot.", "PostgreSQL is to keep those of %(num)s chatbots.", n_moved
    )
    good = ngettext(
        "PostgreSQL keeps those of %(num)s chatbot.", "PostgreSQL keeps those of %(num)s chatbots.", n_moved
    )
    return _look_at_server(words) or _look_at_rows(words, moved) or Finding("vectors", GOOD, good)


def _look_at_server(words: str) -> Finding | None:
    try:
        engines.require(engines.OUTSIDE)
    except EngineMissing as error:
        cure = _("Let a superuser of that database run CREATE EXTENSION vector, or set VECTOR_DATABASE_URL.")
        cure += " " + _("Until then they are kept in memory.")
        return Finding("vectors", WRONG, f"{words} {retold(str(error))}", cure)
    except VectorsAway as error:
        cure = _("Start it, or correct VECTOR_DATABASE_URL. Until then earlier versions answer, where they are kept.")
        return Finding("vectors", WRONG, f"{words} {retold(str(error))}", cure)
    return None


def _look_at_rows(words: str, moved: Sequence[ColumnElement[bool]]) -> Finding | None:
    """Look for those that were built in memory instead, unless their owners went back to a version of before."""
    at_home = select(func.count(Chatbot.id)).join(Generation, Generation.id == Chatbot.generation_id)
    unasked = (Generation.vector_engine == engines.DEFAULT, Chatbot.held_for != holds.ROLLBACK)
    n_left = db.session.scalar(at_home.where(*moved, *unasked)) or 0
    if not n_left:
        return None
    words += " " + _("Still in memory: %(n)s.", n=n_left)
    return Finding("vectors", WRONG, words, _("Train them, or run `run.py chatbot move-index`."))
