"""Months counted on from a day: ends of months, leap days, years, and never a drift."""

from __future__ import annotations

import datetime as dt

import pytest

from app.plans.calendar import add_months, next_anniversary, start_of_month


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2026-01-31", 2, "2026-03-31"),
        ("2028-02-29", 12, "2029-02-28"), ("2028-02-29", 48, "2032-02-29"), ("2026-11-15", 2, "2027-01-15"),
    ],
)  # fmt: skip
def test_a_month_on_is_the_same_day_or_the_last_one(start, n, expected):
    assert add_months(day(start), n) == day(expected)


def test_renewals_do_not_drift_away_from_the_31st():
    anchor = moment = day("2026-01-31")
    ends = []
    for _ in range(5):
        moment = next_anniversary(anchor, moment)
        ends.append(moment.date().isoformat())
    assert ends == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]


def test_the_next_anniversary_is_always_later_and_at_most_one_cycle_away():
    anchor = day("2024-02-29")
    moment = anchor
    for _ in range(3000):
        moment += dt.timedelta(hours=13)
        found = next_anniversary(anchor, moment)
        assert moment < found <= add_months(moment, 1) + dt.timedelta(days=3)


def test_the_month_of_a_service_holds_the_moment():
    anchor = day("2026-01-31")
    moment = anchor
    for _ in range(2000):
        moment += dt.timedelta(hours=11)
        start = start_of_month(anchor, moment)
        assert start <= moment < next_anniversary(anchor, start)


def test_a_moment_before_the_anchor_belongs_to_the_first_month():
    assert start_of_month(day("2026-05-10"), day("2026-05-09")) == day("2026-05-10")
