"""A batch's counts on their way into the rollups: added up in memory, then written with a few statements."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import inspect, select

from models import ChatbotDay, ChatbotHour, db, raw, tenancy

HOUR_S = 3600
MAX_PAGES_A_DAY = 200  # of one chatbot; what visitors' browsers name beyond is counted as other pages
MAX_KEY = 300
OTHER = ""

Place = tuple[int, int]  # service, chatbot
COUNTS = tuple(a.key for a in inspect(ChatbotHour).column_attrs if a.key.startswith("n_") or a.key == "cost")


def hour_of(moment: dt.datetime) -> int:
    """Return the number of a moment's hour, counted from 1970 in UTC."""
    return int(moment.timestamp()) // HOUR_S


def path_of(page: str) -> str:
    """Return a page's path, without what may be private in an address: what follows ? or #."""
    try:
        path = urlsplit(page).path
    except ValueError:
        path = ""
    return path[:MAX_KEY] or "/"


def document_key(source_id: int, name: str) -> str:
    """Return what stands for a document, also after it was read again, without its name."""
    return f"{source_id}:{hashlib.sha256(name.encode()).hexdigest()[:16]}"


@dataclass
class Tally:
    """Counts by (place, hour), and by (place, day, kind, key): questions, and those that were answered."""

    hours: dict[tuple[Place, int], Counter[str]] = field(default_factory=dict)
    parts: dict[tuple[Place, dt.date, str, str], Counter[str]] = field(default_factory=dict)

    def add(self, place: Place, moment: dt.datetime, **counts: int) -> None:
        self.hours.setdefault((place, hour_of(moment)), Counter()).update(counts)

    def add_part(self, place: Place, moment: dt.datetime, kind: str, key: str, *, is_answered: bool) -> None:
        found = self.parts.setdefault((place, moment.astimezone(dt.UTC).date(), kind, key), Counter())
        found.update(n=1, n_answered=int(is_answered))

    def write(self) -> None:
        """Add the counts to the rollups. The caller commits, together with what marks the rows as counted."""
        self._limit_pages()
        scope = tenancy.current()
        hours = [
            {"service_id": place[0], "chatbot_id": place[1], "hour": hour, **{name: counts[name] for name in COUNTS}}
            for (place, hour), counts in sorted(self.hours.items(), key=lambda item: item[0])
        ]
        raw.add_counts(scope, ChatbotHour, ("chatbot_id", "hour"), hours)
        parts = [
            {"service_id": place[0], "chatbot_id": place[1], "day": day, "kind": kind, "key": key,
             "n": counts["n"], "n_answered": counts["n_answered"]}
            for (place, day, kind, key), counts in sorted(self.parts.items(), key=lambda item: item[0])
        ]  # fmt: skip
        raw.add_counts(scope, ChatbotDay, ("chatbot_id", "kind", "day", "key"), parts)

    def _limit_pages(self) -> None:
        """Count what is beyond a day's number of pages as other ones: browsers can name as many as they like."""
        pages = sorted(part for part in self.parts if part[2] == "page")
        known = _known_pages({part[0][1] for part in pages}, {part[1] for part in pages})
        for part in pages:
            place, day, kind, key = part
            keys = known.setdefault((place[1], day), set())
            if key not in keys and len(keys) >= MAX_PAGES_A_DAY:
                self.parts.setdefault((place, day, kind, OTHER), Counter()).update(self.parts.pop(part))
            keys.add(key if part in self.parts else OTHER)


def _known_pages(chatbot_ids: set[int], days: set[dt.date]) -> dict[tuple[int, dt.date], set[str]]:
    query = select(ChatbotDay.chatbot_id, ChatbotDay.day, ChatbotDay.key).where(
        ChatbotDay.kind == "page", ChatbotDay.chatbot_id.in_(chatbot_ids), ChatbotDay.day.in_(days)
    )
    found: dict[tuple[int, dt.date], set[str]] = {}
    for chatbot_id, day, key in db.session.execute(query) if days else ():
        found.setdefault((chatbot_id, day), set()).add(key)
    return found
