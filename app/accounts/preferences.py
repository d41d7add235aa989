"""What somebody tells about themselves: their name, and how they read moments."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

from babel.dates import format_time
from sqlalchemy import select

from app.accounts.members import split_name
from app.languages import SHIPPED, day_in_words, present
from models import Member, Profile, db, tenancy


@dataclass(frozen=True)
class Preferences:
    """How one person reads; without a language, as their browser asks."""

    time_zone: str = "UTC"
    language: str = ""

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone if self.time_zone in time_zones() else "UTC")

    @property
    def locale(self) -> str:
        return self.language if self.language in SHIPPED else present()

    def midnight(self, day: dt.date) -> dt.datetime:
        """Return the moment in which a day begins on the person's own clock."""
        return dt.datetime.combine(day, dt.time(), self.zone)

    def day(self, day: dt.date) -> str:
        return day_in_words(day, self.locale)

    def exactly(self, moment: dt.datetime) -> str:
        """Return a moment as the person's own clock shows it: "25 Nov 2026, 16:13 CET"."""
        local = moment.astimezone(self.zone)
        time = format_time(local, "HH:mm z", tzinfo=self.zone, locale=self.locale)
        return f"{self.day(local.date())}, {time}"


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Return the names of the IANA time zones that this machine knows, UTC first."""
    named = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")}
    return ("UTC", *sorted(named))


def _find_profile(member_id: int) -> Profile | None:
    return db.session.scalar(select(Profile).where(Profile.user_id == member_id))


def read(member_id: int) -> Preferences:
    """Return somebody's preferences; what was never chosen is the default."""
    with tenancy.everything():
        profile = _find_profile(member_id)
    kept: dict[str, Any] = profile.meta_data if profile is not None else {}
    names = {field.name for field in fields(Preferences)}
    return Preferences(**{name: str(value) for name, value in kept.items() if name in names})


def zones_of(member_ids: Collection[int]) -> dict[int, zoneinfo.ZoneInfo]:
    """Return the time zones of some people, in one query."""
    with tenancy.everything():
        profiles = list(db.session.scalars(select(Profile).where(Profile.user_id.in_(member_ids))))
    chosen = {profile.user_id: str(profile.meta_data.get("time_zone", "")) for profile in profiles}
    return {member_id: Preferences(chosen.get(member_id, "")).zone for member_id in member_ids}


def recall(member_id: int, name: str) -> Any:
    """Return what was kept of a person under a name; None where nothing was."""
    with tenancy.everything():
        profile = _find_profile(member_id)
    return profile.meta_data.get(name) if profile is not None else None


def keep(member_id: int, name: str, value: Any) -> None:
    """Keep something small of a person's. The caller commits."""
    profile = _find_profile(member_id)
    if profile is None:
        profile = Profile(user_id=member_id, meta_data={})
        db.session.add(profile)
    profile.meta_data = {**profile.meta_data, name: value}
    db.session.flush()


def keep_language(member_id: int) -> None:
    """Keep the language that is spoken now as a person's own: mails ask no browser. The caller commits."""
    keep(member_id, "language", present())


def language_of(member_id: int | None) -> str:
    """Return the language of somebody whose doing is known to a stranger by mail: kept, else what is spoken now."""
    return (read(member_id).language if member_id is not None else "") or present()


def save(member: Member, name: str, chosen: Preferences) -> None:
    """Keep a person's name and preferences. The caller commits."""
    member.first_name, member.last_name = split_name(name)
    for kept, value in asdict(chosen).items():
        keep(member.id, kept, value)
