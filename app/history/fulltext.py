"""Full-text search of chats, the same on both databases and in every script.

A chat is found when each of the searched words begins a word that was said in it, by whomever and in whatever order;
capital letters and accents don't matter. In scripts without spaces between words, text is searched by pairs of
letters. Words come from the code (`words_of`), so SQLite's FTS5 and PostgreSQL's tsvector hold the very same ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, cast, false, select
from sqlalchemy.dialects.postgresql import TSQUERY

from indexes.words import split_words
from models import ChatSession, SessionWords, db, raw, tenancy
from models.search import fts

MAX_BYTES = 400_000  # of a session's words: a tsvector takes 1 MiB
MIN_BEGINNING = 3  # letters from which on a searched word may be the beginning of a longer one
MAX_SEARCHED = 12
FEW = 1000
_ACCENTS = re.compile("[\u0300-\u036f]")


def words_of(*texts: str) -> list[str]:
    """Return the words of some texts as search compares them, in order."""
    text = "\n".join(texts)
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return split_words(text)


def _place(service_id: int) -> str:
    """Return the word that all sessions of a service hold, and that no text yields: one customer's search stays small,
    however much the others have said. (No wall: that is put around the sessions that are found.)
    """
    return f"§{service_id}"


def renew(chat: ChatSession, texts: Iterable[str]) -> None:
    """Put what was said in a session in the place of what was known of it. The caller commits."""
    words = fit(chat.service_id, texts)
    row = db.session.scalar(select(SessionWords).where(SessionWords.session_id == chat.id))
    if row is None:
        ids = {"service_id": chat.service_id, "chatbot_id": chat.chatbot_id, "session_id": chat.id}
        db.session.add(SessionWords(**ids, words=words))
    else:
        row.words = words
    db.session.flush()


def fit(service_id: int, texts: Iterable[str]) -> str:
    """Return what is kept of the texts of a session: its words, each once, as many as there is room for."""
    room, kept = MAX_BYTES, [_place(service_id)]
    for word in sorted(set(words_of(*texts))):
        room -= len(word.encode()) + 1
        if room < 0:
            break
        kept.append(word)
    return " ".join(kept)


def is_said(searched: str, service_id: int | None) -> ColumnElement[bool]:
    """Return the condition on a session that all of the searched words were said in it; it never holds without a word.

    It is a filter, not a wall: the query of sessions that it stands in is cut to the scope.
    """
    words = list(dict.fromkeys(words_of(searched)))[:MAX_SEARCHED]
    if not words:
        return false()
    place = "" if service_id is None else _place(service_id)
    return (_is_in_fts if db.session.get_bind().dialect.name == "sqlite" else _is_in_vector)(place, words)


def _is_in_vector(place: str, words: list[str]) -> ColumnElement[bool]:
    terms = [f"'{place}'"] if place else []
    query = " & ".join(terms + [_with_star(f"'{word}'", word, ":*") for word in words])
    found = select(SessionWords.session_id).where(SessionWords.words.op("@@")(cast(query, TSQUERY)))
    return ChatSession.id.in_(found)


def _is_in_fts(place: str, words: list[str]) -> ColumnElement[bool]:
    """Let SQLite go to the few sessions that are found, or walk all of a service and look at each.

    It can't guess which is shorter, and would sort the many by time.
    """
    match = " AND ".join(_with_star(f'"{word}"', word, "*") for word in words)
    few = raw.sessions_with_words(tenancy.current(), match, most=FEW)
    if few is not None:
        return ChatSession.id.in_(few) if few else false()
    inside = f'"{place}" AND {match}' if place else match
    return (ChatSession.id + 0).in_(select(fts.c.rowid).where(fts.c.session_words_fts.op("MATCH")(inside)))


def _with_star(term: str, word: str, star: str) -> str:
    """Let a word that is long enough be the beginning of what was said."""
    return term + star if len(word) >= MIN_BEGINNING else term
