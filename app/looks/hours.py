"""Business hours: whether somebody is there, and when somebody will be next."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from typing import Any

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(look: Mapping[str, Any]) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(look.get("time_zone") or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _span(look: Mapping[str, Any], day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    """Return when a day's hours begin and end, on the clock of its time zone."""
    hours = look.get(DAYS[day.weekday()])
    if not hours:
        return None
    midnight = dt.datetime.combine(day, dt.time(), _zone(look))
    first, last = (part.split(":") for part in hours.split("-"))
    begin = midnight.replace(hour=int(first[0]), minute=int(first[1]))
    if last[0] == "24":
        return begin, midnight + dt.timedelta(days=1)
    return begin, midnight.replace(hour=int(last[0]), minute=int(last[1]))


def next_opening(look: Mapping[str, Any], moment: dt.datetime) -> dt.datetime | None:
    """Return when somebody is there next; None: now, or no hours are set."""
    today = moment.astimezone(_zone(look)).date()
    for n_days in range(8):
        span = _span(look, today + dt.timedelta(days=n_days))
        if span and moment < span[1]:
            return span[0] if moment < span[0] else None
    return None
