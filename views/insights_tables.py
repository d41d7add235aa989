"""What Insights shows as charts, and the same as tables and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from babel.dates import format_skeleton

from app.caller import preferred
from app.insights import charts, parts
from app.insights.charts import Chart
from app.insights.figures import Figures, Slot, read_figures
from app.insights.periods import Period
from app.insights.places import Place
from app.insights.tally import COUNTS
from app.languages import day_in_words, ngettext, number_in_words
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from views.insights_facts import RATINGS, STATES, facts_of

_OF_SLOTS = (
    ("n_sessions", _l("Chats")),
    ("n_questions", _l("Questions")),
    ("n_visitors", _l("Visitors")),
    *STATES,
    *RATINGS,
)
_HEADINGS = {
    "cluster": _l("Question"), "document": _l("Document"), "page": _l("Page"), "domain": _l("Website"),
    "language": _l("Language"),
}  # fmt: skip
Rows = Iterable[Sequence[str]]


def name_of(slot: Slot, period: Period) -> str:
    """Return what a bar stands for: "Mon 2 Mar", or "week of 2 Mar"."""
    locale = preferred().locale
    if period.step == 1:
        return format_skeleton("MMMEd", slot.first, locale="en_GB" if locale == "en" else locale)
    return _("week of %(day)s", day=day_in_words(slot.first, locale))


def _hour_in_words(hour: int, n: int) -> str:
    return ngettext(
        "%(start)s to %(end)s: %(count)s question", "%(start)s to %(end)s: %(count)s questions", n,
        start=f"{hour}:00", end=f"{hour + 1}:00", count=number_in_words(n),
    )  # fmt: skip


def charts_of(figures: Figures) -> dict[str, Chart]:
    days = [
        (
            _(
                "%(slot)s: %(answered)s answered, %(refused)s not",
                slot=name_of(slot, figures.period),
                answered=number_in_words(slot.n_answered),
                refused=number_in_words(slot.n_refused),
            ),
            [("answered", slot.n_answered), ("refused", slot.n_refused)],
        )
        for slot in figures.slots
    ]
    hours = [(_hour_in_words(hour, n), [("answered", n)]) for hour, n in enumerate(figures.by_hour)]
    return {"days": charts.draw(days), "hours": charts.draw(hours)}


def rows_of(name: str, place: Place, period: Period) -> Rows | None:
    """Return the table of a name with its heading; None where there is no such table."""
    if name in _HEADINGS:
        found = parts.read_parts(name, place.chatbot_ids, period, parts.N_EXPORTED)
        lines = [(part.label, str(part.n), str(part.n_answered)) for part in found]
        return [(str(_HEADINGS[name]), _("Questions"), _("Answered")), *lines]
    if name == "uncited":
        never = parts.read_uncited(place.chatbot_ids, period, parts.N_EXPORTED).documents
        return [(_("Document"),), *((part.label,) for part in never)]
    make = {"days": _days, "hours": _hours, "figures": _figures}.get(name)
    return make(read_figures(place.chatbot_ids, period)) if make else None


def _days(figures: Figures) -> Rows:
    yield [_("From") if figures.period.step > 1 else _("Day"), *(str(label) for _, label in _OF_SLOTS)]
    for slot in figures.slots:
        yield [slot.first.isoformat(), *(str(slot.counts[name]) for name, _ in _OF_SLOTS)]


def _hours(figures: Figures) -> Rows:
    yield [_("Hour"), _("Questions")]
    for hour, n in enumerate(figures.by_hour):
        yield [f"{hour:02}:00", str(n)]


def _figures(figures: Figures) -> Rows:
    """All totals, with the words of the page and as they are counted."""
    yield [_("Figure"), _("This time"), _("Before")]
    yield from ([str(fact.label), fact.value, fact.before] for fact in facts_of(figures))
    yield from ([name, str(figures.totals[name]), str(figures.before[name])] for name in COUNTS)


def state_rows(figures: Figures) -> list[dict[str, Any]]:
    """Return how many answers were of each state and rating, with their share."""
    totals = figures.totals
    groups = ((STATES, totals.n_answers), (RATINGS, totals.n_rated))
    return [
        {"label": label, "n": totals[name], "percent": round(100 * totals[name] / whole) if whole else 0}
        for names, whole in groups for name, label in names
    ]  # fmt: skip
