"""Counting what happens to embeds: in Redis while a request is answered, in rows a few seconds later.

So that a request writes nothing to the database, and a flood of refused ones makes no flood of rows. While Redis is
away nothing is counted; nothing else depends on it.
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import NamedTuple

from redis.exceptions import RedisError
from sqlalchemy import select, update

from app.collaborators import here
from models import Embed, EmbedDay, EmbedRefusal, db, tenancy
from models.base import change, now

SEEN, LOADS, REFUSED = "docent:embeds:seen", "docent:embeds:loads", "docent:embeds:refused"
MAX_WAITING = 2000  # refusals told apart between two collections
MAX_ORIGINS = 20  # origins that are told apart for one embed on one day
_ORIGIN = re.compile(r"https?://[^\s/\"'<>\\]{1,280}")
_PAGE = re.compile(r"/[^\s?#\"'<>\\]{0,299}")


class _Refusal(NamedTuple):
    embed_id: int
    day: dt.date
    reason: str
    origin: str
    n: int


def note_load(embed_id: int, page: str) -> None:
    """Count that a page asked for the widget; `page` is its path, as far as it can be shown."""
    shown = page if _PAGE.fullmatch(page) else ""
    with suppress(RedisError, OSError), here().asking_redis() as redis:
        redis.hset(SEEN, str(embed_id), f"{now().isoformat()} {shown}")
        redis.hincrby(LOADS, f"{embed_id} {now().date()}", 1)


def note_refusal(embed_id: int, reason: str, origin: str) -> None:
    """Count that an embed was refused to an origin."""
    shown = origin if _ORIGIN.fullmatch(origin) else ""
    with suppress(RedisError, OSError), here().asking_redis() as redis:
        if shown and int(redis.hlen(REFUSED)) >= MAX_WAITING:
            shown = ""
        redis.hincrby(REFUSED, f"{embed_id} {now().date()} {reason} {shown}", 1)


def collect() -> None:
    """Write into rows what was counted since the last time. Only the scheduler does."""
    seen, loads, refused = map(_take, (SEEN, LOADS, REFUSED))
    days = [(int(name.split(" ")[0]), dt.date.fromisoformat(name.split(" ")[1]), int(n)) for name, n in loads.items()]
    refusals = [_read_refusal(name, n) for name, n in refused.items()]
    wanted = {int(name) for name in seen} | {row[0] for row in days} | {row.embed_id for row in refusals}
    if not wanted:
        return
    with tenancy.everything():
        embeds = {embed.id: embed for embed in db.session.scalars(select(Embed).where(Embed.id.in_(wanted)))}
        for embed in [embeds[int(name)] for name in seen if int(name) in embeds]:
            moment, _, embed.last_seen_page = seen[str(embed.id)].partition(" ")
            embed.last_seen_at = dt.datetime.fromisoformat(moment)
        for embed_id, day, n in days:
            if embed_id in embeds:
                _add_loads(embeds[embed_id], day, n)
        for refusal in refusals:
            if refusal.embed_id in embeds:
                _add_refusals(embeds[refusal.embed_id], refusal)
        db.session.commit()


def _take(key: str) -> dict[str, str]:
    """Return a hash and delete it, at once."""
    try:
        with here().redis.pipeline() as pipe:
            pipe.hgetall(key)
            pipe.delete(key)
            found: dict[bytes, bytes] = pipe.execute()[0]
    except (RedisError, OSError):
        return {}
    return {name.decode(): value.decode() for name, value in found.items()}


def _read_refusal(name: str, n: str) -> _Refusal:
    embed_id, day, reason, origin = name.split(" ", 3)
    return _Refusal(int(embed_id), dt.date.fromisoformat(day), reason, origin, int(n))


def _scope(embed: Embed) -> dict[str, int]:
    return {"service_id": embed.service_id, "chatbot_id": embed.chatbot_id, "embed_id": embed.id}


def _add_loads(embed: Embed, day: dt.date, n: int) -> None:
    row = update(EmbedDay).where(EmbedDay.embed_id == embed.id, EmbedDay.day == day)
    if not change(row.values(n_loads=EmbedDay.n_loads + n)):
        db.session.add(EmbedDay(**_scope(embed), day=day, n_loads=n))
        db.session.flush()


def _add_refusals(embed: Embed, refusal: _Refusal) -> None:
    origin = refusal.origin if _is_told_apart(refusal) else ""
    row = update(EmbedRefusal).where(
        EmbedRefusal.embed_id == embed.id, EmbedRefusal.day == refusal.day,
        EmbedRefusal.reason == refusal.reason, EmbedRefusal.origin == origin,
    )  # fmt: skip
    if not change(row.values(n_refused=EmbedRefusal.n_refused + refusal.n, last_at=now())):
        counted = {"reason": refusal.reason, "origin": origin, "n_refused": refusal.n}
        db.session.add(EmbedRefusal(**_scope(embed), day=refusal.day, **counted))
        db.session.flush()


def _is_told_apart(refusal: _Refusal) -> bool:
    """Tell whether an origin gets a row of its own: it has one, or its day has room for one more."""
    that_day = select(EmbedRefusal.origin).where(
        EmbedRefusal.embed_id == refusal.embed_id, EmbedRefusal.day == refusal.day, EmbedRefusal.origin != ""
    )
    known = set(db.session.scalars(that_day))
    return refusal.origin in known or len(known) < MAX_ORIGINS
