"""Counting what happens to embeds: in Redis while a request is answered, in rows a few seconds later.

So that a request writes nothing to the database, and a flood of refused ones makes no flood of rows. While Redis is
away nothing is counted; nothing else depends on it. What stands there and can't be read is left out.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeVar

from redis.exceptions import RedisError
from sqlalchemy import select, update

from app.collaborators import here
from models import Embed, EmbedDay, EmbedRefusal, db, tenancy
from models.base import change, now

log = logging.getLogger(__name__)

SEEN, LOADS, REFUSED = "docent:embeds:seen", "docent:embeds:loads", "docent:embeds:refused"
MAX_WAITING = 2000  # refusals told apart between two collections
MAX_ORIGINS = 20  # origins that are told apart for one embed on one day
_ORIGIN = re.compile(r"https?://[^\s/\"'<>\\]{1,280}")
_PAGE = re.compile(r"/[^\s?#\"'<>\\]{0,299}")


_REASON = re.compile(r"[a-z_]{1,32}")
_NUMBER = re.compile(r"[0-9]{1,15}")
_Counted = TypeVar("_Counted")


class _Sight(NamedTuple):
    embed_id: int
    moment: dt.datetime
    page: str


class _Loads(NamedTuple):
    embed_id: int
    day: dt.date
    n: int


class _Refusal(NamedTuple):
    embed_id: int
    day: dt.date
    reason: str
    origin: str
    n: int


def note_load(embed_id: int, page: str) -> None:
    """Count that a page asked for the widget; `page` is its path, as far as it can be shown."""
    shown = _shown(_PAGE, page)
    with suppress(RedisError, OSError), here().asking_redis() as redis:
        redis.hset(SEEN, str(embed_id), f"{now().isoformat()} {shown}")
        redis.hincrby(LOADS, f"{embed_id} {now().date()}", 1)


def note_refusal(embed_id: int, reason: str, origin: str) -> None:
    """Count that an embed was refused to an origin."""
    shown = _shown(_ORIGIN, origin)
    with suppress(RedisError, OSError), here().asking_redis() as redis:
        if shown and int(redis.hlen(REFUSED)) >= MAX_WAITING:
            shown = ""
        redis.hincrby(REFUSED, f"{embed_id} {now().date()} {reason} {shown}", 1)


def collect() -> None:
    """Write into rows what was counted since the last time. Only the scheduler does."""
    sights, loads, refusals = _read(SEEN, _as_sight), _read(LOADS, _as_loads), _read(REFUSED, _as_refusal)
    wanted = {row.embed_id for rows in (sights, loads, refusals) for row in rows}
    if not wanted:
        return
    with tenancy.everything():
        embeds = {embed.id: embed for embed in db.session.scalars(select(Embed).where(Embed.id.in_(wanted)))}
        for sight in sights:
            if sight.embed_id in embeds:
                embed = embeds[sight.embed_id]
                embed.last_seen_at, embed.last_seen_page = sight.moment, sight.page
        for each in loads:
            if each.embed_id in embeds:
                _add_loads(embeds[each.embed_id], each)
        for refusal in refusals:
            if refusal.embed_id in embeds:
                _add_refusals(embeds[refusal.embed_id], refusal)
        db.session.commit()


def _read(key: str, parse: Callable[[str, str], _Counted]) -> list[_Counted]:
    """Return what a hash holds and delete it, at once."""
    fields = _take(key)
    found = list(_parse_all(fields, parse))
    if len(found) < len(fields):
        log.warning("%s in Redis held what can't be read; left out: %s", key, len(fields) - len(found))
    return found


def _parse_all(fields: Mapping[bytes, bytes], parse: Callable[[str, str], _Counted]) -> Iterator[_Counted]:
    for name, value in fields.items():
        with suppress(ValueError, OverflowError):
            yield parse(name.decode(), value.decode())


def _take(key: str) -> dict[bytes, bytes]:
    try:
        with here().redis.pipeline() as pipe:
            pipe.hgetall(key)
            pipe.delete(key)
            found: dict[bytes, bytes] = pipe.execute()[0]
    except (RedisError, OSError):
        return {}
    return found


def _as_sight(name: str, value: str) -> _Sight:
    moment, _, page = value.partition(" ")
    return _Sight(_as_number(name), dt.datetime.fromisoformat(moment).astimezone(dt.UTC), _shown(_PAGE, page))


def _as_loads(name: str, value: str) -> _Loads:
    embed_id, day = name.split(" ")
    return _Loads(_as_number(embed_id), dt.date.fromisoformat(day), _as_number(value))


def _as_refusal(name: str, value: str) -> _Refusal:
    embed_id, day, reason, origin = name.split(" ", 3)
    if not _REASON.fullmatch(reason):
        raise ValueError(reason)
    return _Refusal(
        _as_number(embed_id), dt.date.fromisoformat(day), reason, _shown(_ORIGIN, origin), _as_number(value)
    )


def _as_number(text: str) -> int:
    """Return a number that a column holds."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _shown(shape: re.Pattern[str], text: str) -> str:
    """Return a page or an origin as far as it can be shown: whole, or not at all."""
    return text if shape.fullmatch(text) else ""


def _scope(embed: Embed) -> dict[str, int]:
    return {"service_id": embed.service_id, "chatbot_id": embed.chatbot_id, "embed_id": embed.id}


def _add_loads(embed: Embed, loads: _Loads) -> None:
    row = update(EmbedDay).where(EmbedDay.embed_id == embed.id, EmbedDay.day == loads.day)
    if not change(row.values(n_loads=EmbedDay.n_loads + loads.n)):
        db.session.add(EmbedDay(**_scope(embed), day=loads.day, n_loads=loads.n))
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
