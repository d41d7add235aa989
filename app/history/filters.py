"""What a reader wants to see of the history: one Filter, read from an address and written to one.

`read(args, zone, service_id=...)` returns a `Filter` or raises `FilterError`, which names each wrong field in words;
`Filter.to_args()` gives back the parameters of an address. `app/history/matching.py` puts a filter to queries.
Times are those at which a session began (an answer was given), from `since` to before `until`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from models.history import ANSWER_STATES
from models.marks import MARKS

FEEDBACK = ("positive", "neutral", "negative")
UNREVIEWED = "unreviewed"  # no answer of it was marked as reviewed
MAX_CHARS = 200
MAX_SLOWER_S = 3600.0
_UTC = ZoneInfo("UTC")
_DAY = dt.timedelta(days=1)


class FilterError(Refusal):
    """An address asks for what can't be understood; `fields` maps a parameter to what is wrong with it."""

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__(" ".join(wrong.values()))
        self.fields = wrong


@dataclass(frozen=True)
class Filter:
    """What is wanted; a field that is None or empty asks for nothing. `until` is the first moment that isn't wanted."""

    service_id: int | None = None  # not from the parameters: the path of an address names it
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    workspace: uuid.UUID | None = None
    domain: uuid.UUID | None = None
    chatbot: uuid.UUID | None = None
    state: str = ""
    feedback: str = ""
    mark: str = ""
    language: str = ""
    page: str = ""
    words: str = ""
    slower_s: float | None = None
    has_form: bool | None = None
    handed_over: bool | None = None
    zone: ZoneInfo = _UTC

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for anything beside the place."""
        return any(getattr(self, name) not in (None, "") for name in _PARAMETERS if name not in _PLACES)

    def to_args(self) -> dict[str, str]:
        """Return the parameters of an address that asks for the same, without those that ask for nothing."""
        return {
            parameter: _write(getattr(self, name), self.zone, is_last=name == "until")
            for name, (parameter, _) in _PARAMETERS.items()
            if getattr(self, name) not in (None, "")
        }

    def to_trail(self) -> dict[str, str]:
        """Return what it asks for as the audit trail keeps it for ever: that words were searched, and not which."""
        return {name: "…" if name in _TYPED else value for name, value in self.to_args().items()}


def _write(value: Any, zone: ZoneInfo, *, is_last: bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, dt.datetime):
        return f"{value:g}" if isinstance(value, float) else str(value)
    local = value.astimezone(zone)
    if local.time() != dt.time():
        return local.isoformat()
    return (local.date() - _DAY if is_last else local.date()).isoformat()


def _read_moment(text: str, zone: ZoneInfo) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(_("is no date: write it as 2026-11-25")) from error


def _read_last(text: str, zone: ZoneInfo) -> dt.datetime:
    """A day counts to its end, on the reader's clock; a moment as it is."""
    try:
        day = dt.date.fromisoformat(text) + _DAY
    except (ValueError, OverflowError):
        return _read_moment(text, zone)
    return _read_moment(day.isoformat(), zone)


def _read_uuid(text: str, _zone: ZoneInfo) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise ValueError(_("names nothing that there is")) from error


def _read_text(text: str, _zone: ZoneInfo) -> str:
    if len(text) > MAX_CHARS:
        raise ValueError(_("may have %(most)s characters at most", most=MAX_CHARS))
    if not text.isprintable():
        raise ValueError(_("may not have control characters"))
    return text


def _read_seconds(text: str, _zone: ZoneInfo) -> float:
    try:
        seconds = float(text.replace(",", "."))  # an address is read alike in every language
    except ValueError as error:
        raise ValueError(_("is no number of seconds")) from error
    if not 0 <= seconds <= MAX_SLOWER_S:
        raise ValueError(_("must lie between 0 and %(most)s seconds", most=f"{MAX_SLOWER_S:.0f}"))
    return seconds


def _read_yes(text: str, zone: ZoneInfo) -> bool:
    return _one_of("yes", "no")(text, zone) == "yes"


def _one_of(*words: str) -> Callable[[str, ZoneInfo], str]:
    def read(text: str, _zone: ZoneInfo) -> str:
        if text not in words:
            raise ValueError(_("can be %(words)s or %(last)s", words=", ".join(words[:-1]), last=words[-1]))
        return text

    return read


# field -> (parameter of an address, how it is read)
_PARAMETERS: dict[str, tuple[str, Callable[[str, ZoneInfo], Any]]] = {
    "since": ("from", _read_moment),
    "until": ("to", _read_last),
    "workspace": ("workspace", _read_uuid),
    "domain": ("domain", _read_uuid),
    "chatbot": ("chatbot", _read_uuid),
    "state": ("state", _one_of(*ANSWER_STATES)),
    "feedback": ("feedback", _one_of(*FEEDBACK)),
    "mark": ("mark", _one_of(*MARKS, UNREVIEWED)),
    "language": ("language", _read_text),
    "page": ("page", _read_text),
    "words": ("q", _read_text),
    "slower_s": ("slower", _read_seconds),
    "has_form": ("form", _read_yes),
    "handed_over": ("handed", _read_yes),
}
_PLACES = ("workspace", "domain", "chatbot")
_TYPED = ("q", "page", "language")  # may name a visitor, who can be erased
_NAMES = {
    "from": _l("From"), "to": _l("Until"), "workspace": _l("Workspace"), "domain": _l("Website"),
    "chatbot": _l("Chatbot"), "state": _l("Answers"),
    "feedback": _l("Feedback"), "mark": _l("Mark"), "language": _l("Language"), "page": _l("Page"), "q": _l("Words"),
    "slower": _l("Slower than"), "form": _l("Form"), "handed": _l("Handed to a person"),
}  # fmt: skip


def read(args: Mapping[str, str], zone: ZoneInfo = _UTC, *, service_id: int | None = None) -> Filter:
    """Return what the parameters of an address ask for; others than those of a filter are left alone.

    Raises:
        FilterError: with every field that is wrong.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, (parameter, understand) in _PARAMETERS.items():
        text = args.get(parameter, "").strip()
        try:
            if text:
                values[name] = understand(text, zone)
        except ValueError as error:
            wrong[parameter] = _("“%(name)s” %(error)s.", name=_NAMES[parameter], error=error)
    wanted = Filter(service_id=service_id, zone=zone, **values)
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        wrong["to"] = _("Until lies before From.")
    if wrong:
        raise FilterError(wrong)
    return wanted
