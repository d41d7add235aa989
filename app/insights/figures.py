"""Figures of some chatbots over a period, read from the rollups alone: totals, days and hours of the day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, func, select

from app.insights.histogram import quantile
from app.insights.periods import Period
from app.insights.tally import COUNTS
from models import ChatbotDay, ChatbotHour, db


@dataclass(frozen=True)
class Totals:
    """What a time comes to. Shares in percent, of all answers; None where there is nothing to take a share of."""

    counts: Counter[str] = field(default_factory=Counter)
    response_times: dict[int, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def n_answers(self) -> int:
        return sum(self.counts[f"n_{state}"] for state in ("grounded", "curated", "refused", "error"))

    @property
    def n_answered(self) -> int:
        return self.counts["n_grounded"] + self.counts["n_curated"]

    @property
    def n_rated(self) -> int:
        return sum(self.counts[f"n_{feedback}"] for feedback in ("positive", "neutral", "negative"))

    @property
    def answered_percent(self) -> int | None:
        return _percent(self.n_answered, self.n_answers)

    @property
    def liked_percent(self) -> int | None:
        return _percent(self.counts["n_positive"], self.n_rated)

    @property
    def p50_ms(self) -> int | None:
        return quantile(self.response_times, 0.5)

    @property
    def p95_ms(self) -> int | None:
        return quantile(self.response_times, 0.95)


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


@dataclass(frozen=True)
class Slot:
    """One bar of a chart: a day, or the days of a week."""

    first: dt.date
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def n_answered(self) -> int:
        return self.counts["n_grounded"] + self.counts["n_curated"]

    @property
    def n_refused(self) -> int:
        return self.counts["n_refused"] + self.counts["n_error"]


@dataclass(frozen=True)
class Figures:
    """All that is drawn of a period: `by_hour` holds questions by the hour of the reader's day, from 0 to 23."""

    period: Period
    totals: Totals
    before: Totals
    slots: Sequence[Slot]
    by_hour: Sequence[int]

    @property
    def is_empty(self) -> bool:
        return not any(self.totals.counts.values())


def read_figures(chatbot_ids: Sequence[int], period: Period) -> Figures:
    """Read what some chatbots of the scope were asked in a period and in the one before, in two queries."""
    hours, table = _hours(chatbot_ids, range(period.before.hours.start, period.hours.stop))
    start = period.hours.start
    n_before = sum(hour < start for hour in hours)
    before, counts = table[:n_before], table[n_before:]
    response_times, response_times_before = _response_times_of_both(chatbot_ids, period)
    local = [period.local(hour) for hour in hours[n_before:]]
    firsts = [period.first + dt.timedelta(days=n) for n in range(0, period.n_days, period.step)]
    by_slot = np.zeros((len(firsts), len(COUNTS)), np.int64)
    np.add.at(by_slot, [(moment.date() - period.first).days // period.step for moment in local], counts)
    by_hour = np.zeros(24, np.int64)
    np.add.at(by_hour, [moment.hour for moment in local], counts[:, COUNTS.index("n_questions")])
    return Figures(
        period, Totals(_named(counts.sum(axis=0)), response_times),
        Totals(_named(before.sum(axis=0)), response_times_before),
        [Slot(first, _named(row)) for first, row in zip(firsts, by_slot, strict=True)], by_hour.tolist(),
    )  # fmt: skip


def _named(row: NDArray[np.int64]) -> Counter[str]:
    return Counter(dict(zip(COUNTS, row.tolist(), strict=True)))


def _sums() -> list[Any]:
    return [func.sum(getattr(ChatbotHour, name)) for name in COUNTS]


def _within(chatbot_ids: Sequence[int], hours: range) -> tuple[Any, ...]:
    return ChatbotHour.chatbot_id.in_(chatbot_ids), ChatbotHour.hour >= hours.start, ChatbotHour.hour < hours.stop


def _hours(chatbot_ids: Sequence[int], hours: range) -> tuple[list[int], NDArray[np.int64]]:
    """Return the hours in which something happened, the earliest first, and their counts: (hours, COUNTS)."""
    query = select(ChatbotHour.hour, *_sums()).where(*_within(chatbot_ids, hours)).group_by(ChatbotHour.hour)
    rows = [tuple(row) for row in db.session.execute(query.order_by(ChatbotHour.hour))]
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 1 + len(COUNTS))
    return table[:, 0].tolist(), table[:, 1:]


def read_totals(chatbot_ids: Sequence[int], period: Period) -> Totals:
    """Read what a period comes to, without its days."""
    row = db.session.execute(select(*_sums()).where(*_within(chatbot_ids, period.hours))).one()
    counts = Counter({name: int(value or 0) for name, value in zip(COUNTS, row, strict=True)})
    return Totals(counts, _response_times(chatbot_ids, period))


def _response_times(chatbot_ids: Sequence[int], period: Period) -> dict[int, int]:
    query = select(ChatbotDay.key, func.sum(ChatbotDay.n)).where(*days_within("response", chatbot_ids, period))
    return {int(key): int(n) for key, n in db.session.execute(query.group_by(ChatbotDay.key))}


def _response_times_of_both(chatbot_ids: Sequence[int], period: Period) -> tuple[dict[int, int], dict[int, int]]:
    """Return the response times of a period, and those of the one before."""
    is_now = ChatbotDay.day >= period.first
    both = Period(period.before.first, period.last)
    query = select(
        ChatbotDay.key, func.sum(case((is_now, ChatbotDay.n), else_=0)), func.sum(case((is_now, 0), else_=ChatbotDay.n))
    )
    query = query.where(*days_within("response", chatbot_ids, both)).group_by(ChatbotDay.key)
    rows = [(int(key), int(n), int(n_before)) for key, n, n_before in db.session.execute(query)]
    return {key: n for key, n, _ in rows if n}, {key: n for key, _, n in rows if n}


def days_within(kind: str, chatbot_ids: Sequence[int], period: Period) -> tuple[Any, ...]:
    """Return the conditions for one kind of parts in a period."""
    return ChatbotDay.kind == kind, *days_of(chatbot_ids, period)


def days_of(chatbot_ids: Sequence[int], period: Period) -> tuple[Any, ...]:
    """Return the conditions for a period's days, which are those of UTC."""
    return ChatbotDay.chatbot_id.in_(chatbot_ids), ChatbotDay.day >= period.first, ChatbotDay.day <= period.last
