"""The time that figures are of: whole days on the reader's clock, and as many before them to compare with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.insights.tally import HOUR_S
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from models.base import now

LENGTHS = {7: _l("7 days"), 30: _l("30 days"), 90: _l("90 days"), 365: _l("a year")}
_NO_DATE = {
    "from": _l("From is no date: write it as 2026-11-25."), "to": _l("To is no date: write it as 2026-11-25."),
}  # fmt: skip
USUAL = 30
MAX_DAYS = 1100
EARLIEST = dt.date(2000, 1, 1)
MAX_SINGLE_DAYS = 92  # drawn day by day; what is longer, week by week
_DAY = dt.timedelta(days=1)


class PeriodError(Refusal):
    """An address asks for a time that can't be understood; `fields` maps a parameter to what is wrong with it."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included. `length` is one of LENGTHS, or 0 for dates of one's own."""

    first: dt.date
    last: dt.date
    zone: ZoneInfo = ZoneInfo("UTC")
    length: int = 0

    @property
    def n_days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The same number of days just before."""
        return Period(self.first - self.n_days * _DAY, self.first - _DAY, self.zone)

    @property
    def hours(self) -> range:
        """Return the hours, counted from 1970 in UTC, that begin in it."""
        return range(
            -(-_midnight(self.first, self.zone) // HOUR_S), -(-_midnight(self.last + _DAY, self.zone) // HOUR_S)
        )

    @property
    def step(self) -> int:
        """How many days are drawn as one bar."""
        return 1 if self.n_days <= MAX_SINGLE_DAYS else 7

    def local(self, hour: int) -> dt.datetime:
        """Return when an hour begins on the reader's clock."""
        return dt.datetime.fromtimestamp(hour * HOUR_S, self.zone)

    def to_args(self) -> dict[str, str]:
        if self.length:
            return {"days": str(self.length)}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def _midnight(day: dt.date, zone: ZoneInfo) -> int:
    return int(dt.datetime.combine(day, dt.time(), zone).timestamp())


def last_days(length: int, zone: ZoneInfo) -> Period:
    """Return the days that end today."""
    today = now().astimezone(zone).date()
    return Period(today - (length - 1) * _DAY, today, zone, length)


def read(args: Mapping[str, str], zone: ZoneInfo) -> Period:
    """Return the period that the parameters of an address ask for: `days`, or `from` and `to`.

    Raises:
        PeriodError: with every field that is wrong.
    """
    if not args.get("from") and not args.get("to"):
        text = args.get("days") or str(USUAL)
        if text not in map(str, LENGTHS):
            raise PeriodError(days=_("Days can be 7, 30, 90 or 365."))
        return last_days(int(text), zone)
    usual = last_days(USUAL, zone)
    dates = {"from": usual.first, "to": usual.last}
    wrong: dict[str, str] = {}
    for name, usually in dates.items():
        try:
            dates[name] = dt.date.fromisoformat(args.get(name) or usually.isoformat())
        except ValueError:
            wrong[name] = str(_NO_DATE[name])
    _check(wrong, dates["from"], dates["to"], usual.last)
    return Period(dates["from"], min(dates["to"], usual.last), zone)


def _check(wrong: dict[str, str], first: dt.date, last: dt.date, today: dt.date) -> None:
    if not wrong and first > min(last, today):
        wrong["to"] = _("From lies after To.") if first > last else _("From lies in the future.")
    if first < EARLIEST:
        wrong["from"] = _("From lies before the year 2000.")
    if not wrong and (last - first).days >= MAX_DAYS:
        wrong["from"] = _("Choose three years at most.")
    if wrong:
        raise PeriodError(**wrong)
