"""Months and years counted on from a day, by the calendar, in UTC: the 31st is the last day of a shorter month."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange

MONTHS = {"monthly": 1, "yearly": 12}


def add_months(moment: dt.datetime, n_months: int) -> dt.datetime:
    """Return the same day and time so many months on; where the month is shorter, its last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + n_months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def next_anniversary(anchor: dt.datetime, after: dt.datetime, n_months: int = 1) -> dt.datetime:
    """Return the first moment later than `after` that is a multiple of `n_months` on from `anchor`.

    Always counted from the anchor: from 31 January it goes to 28 February, and then to 31 March.
    """
    passed = (after.year - anchor.year) * 12 + after.month - anchor.month
    step = max(0, passed // n_months - 1)
    while add_months(anchor, step * n_months) <= after:
        step += 1
    return add_months(anchor, step * n_months)


def start_of_month(anchor: dt.datetime, moment: dt.datetime) -> dt.datetime:
    """Return when the month of a service began that `moment` lies in; never earlier than the anchor."""
    months = (moment.year - anchor.year) * 12 + moment.month - anchor.month
    while months > 0 and add_months(anchor, months) > moment:
        months -= 1
    return add_months(anchor, max(0, months))
