"""What Insights shows as charts, and the same as tables and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from babel.dates import format_date

from app.caller import preferred
from app.insights import charts, parts
from app.insights.charts import Chart
from app.insights.figures import Figures, Slot, read_figures
from app.insights.periods import Period
from app.insights.places import Place
from app.insights.tally import COUNTS
from views.insights_facts import RATINGS, STATES, facts_of

_OF_SLOTS = (("n_sessions", "Chats"), ("n_questions", "Questions"), ("n_visitors", "Visitors"), *STATES, *RATINGS)
_HEADINGS = {
    "cluster": "Question", "document": "Document", "page": "Page", "domain": "Website", "language": "Language",
}  # fmt: skip
Rows = Iterable[Sequence[str]]


def name_of(slot: Slot, period: Period) -> str:
    """Return what a bar stands for: "Mon 2 Mar", or "week of 2 Mar"."""
    locale = preferred().locale
    if period.step == 1:
        return format_date(slot.first, "EEE d MMM", locale=locale)
    return f"week of {format_date(slot.first, 'd MMM y', locale=locale)}"


def charts_of(figures: Figures) -> dict[str, Chart]:
    days = [
        (
            f"{name_of(slot, figures.period)}: {slot.n_answered:,} answered, {slot.n_refused:,} not",
            [("answered", slot.n_answered), ("refused", slot.n_refused)],
        )
        for slot in figures.slots
    ]
    hours = [
        (f"{hour}:00 to {hour + 1}:00: {n:,} questions", [("answered", n)]) for hour, n in enumerate(figures.by_hour)
    ]
    return {"days": charts.draw(days), "hours": charts.draw(hours)}


def rows_of(name: str, place: Place, period: Period) -> Rows | None:
    """Return the table of a name with its heading; None where there is no such table."""
    if name in _HEADINGS:
        found = parts.read_parts(name, place.chatbot_ids, period, parts.N_EXPORTED)
        lines = [(part.label, str(part.n), str(part.n_answered)) for part in found]
        return [(_HEADINGS[name], "Questions", "Answered"), *lines]
    if name == "uncited":
        never = parts.read_uncited(place.chatbot_ids, period, parts.N_EXPORTED).documents
        return [("Document",), *((part.label,) for part in never)]
    make = {"days": _days, "hours": _hours, "figures": _figures}.get(name)
    return make(read_figures(place.chatbot_ids, period)) if make else None


def _days(figures: Figures) -> Rows:
    yield ["From" if figures.period.step > 1 else "Day", *(label for _, label in _OF_SLOTS)]
    for slot in figures.slots:
        yield [slot.first.isoformat(), *(str(slot.counts[name]) for name, _ in _OF_SLOTS)]


def _hours(figures: Figures) -> Rows:
    yield ["Hour", "Questions"]
    for hour, n in enumerate(figures.by_hour):
        yield [f"{hour:02}:00", str(n)]


def _figures(figures: Figures) -> Rows:
    """All totals, with the words of the page and as they are counted."""
    yield ["Figure", "This time", "Before"]
    yield from ([fact.label, fact.value, fact.before] for fact in facts_of(figures))
    yield from ([name, str(figures.totals[name]), str(figures.before[name])] for name in COUNTS)


def state_rows(figures: Figures) -> list[dict[str, Any]]:
    """Return how many answers were of each state and rating, with their share."""
    totals = figures.totals
    groups = ((STATES, totals.n_answers), (RATINGS, totals.n_rated))
    return [
        {"label": label, "n": totals[name], "percent": round(100 * totals[name] / whole) if whole else 0}
        for names, whole in groups for name, label in names
    ]  # fmt: skip
