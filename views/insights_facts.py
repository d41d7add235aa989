"""The figures at the head of Insights, each in words beside what it was in the time before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.insights.figures import Figures, Totals
from app.languages import lazy_gettext as _l
from views.columns import cost_in_words
from views.source_state import seconds_in_words

A_SECOND_MS = 1000


@dataclass(frozen=True)
class Fact:
    """`change` in percent of what it was before; None where that can't be said. `note` says what is meant."""

    name: str
    label: str
    value: str
    before: str
    change: int | None
    note: str = ""


def _number(value: Any) -> str:
    return f"{value or 0:,}"


def _percent(value: Any) -> str:
    return "–" if value is None else f"{value} %"


def _time(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value} ms" if value < A_SECOND_MS else seconds_in_words(value / A_SECOND_MS)


_Read = Callable[[Totals], Any]
_FACTS: tuple[tuple[str, str, _Read, Callable[[Any], str], str], ...] = (
    ("sessions", _l("Chats"), lambda t: t["n_sessions"], _number, _l("in which something was asked")),
    ("questions", _l("Questions"), lambda t: t["n_questions"], _number, ""),
    ("visitors", _l("Visitors"), lambda t: t["n_visitors"], _number, _l("a day's visitors, added up")),
    ("answered", _l("Answered"), lambda t: t.answered_percent, _percent, _l("of all answers")),
    ("liked", _l("Liked"), lambda t: t.liked_percent, _percent, _l("of the answers that were rated")),
    ("p50", _l("Typical answer"), lambda t: t.p50_ms, _time, _l("half of them are faster")),
    ("p95", _l("Slow answer"), lambda t: t.p95_ms, _time, _l("one in twenty takes longer")),
    ("cost", _l("Cost"), lambda t: t["cost"], cost_in_words, _l("of chat models, as far as prices are known")),
    ("submissions", _l("Forms sent"), lambda t: t["n_submissions"], _number, ""),
    ("handoffs", _l("Handed to a person"), lambda t: t["n_handoffs"], _number, ""),
)  # fmt: skip
STATES = (
    ("n_grounded", _l("From documents")), ("n_curated", _l("In your own words")), ("n_refused", _l("Refused")),
    ("n_error", _l("Failed")),
)  # fmt: skip
RATINGS = (("n_positive", _l("Liked")), ("n_neutral", _l("So-so")), ("n_negative", _l("Disliked")))


def facts_of(figures: Figures) -> list[Fact]:
    return [
        Fact(name, label, write(now), write(then), _change(now, then), note)
        for name, label, read, write, note in _FACTS
        for now, then in [(read(figures.totals), read(figures.before))]
    ]


def _change(now: int | None, then: int | None) -> int | None:
    return round(100 * (now - then) / then) if then and now is not None else None
