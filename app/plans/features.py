"""The typed limits of a plan: what each means, its unit, and what may be entered for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import number_in_words, size_in_words
from app.wording import word

MAX_LIMIT = 10**15
GB = 1_000_000_000
API_RATE = "api_requests_per_minute"


class FeaturesError(ValueError):
    """A plan's limits can't be used; `errors` maps a limit's name to what is wrong with it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in errors.items()))
        self.errors = errors


@dataclass(frozen=True)
class Feature:
    """One limit: its name in `plans.features`, its label, the noun that sentences use, its default."""

    name: str
    label: str
    noun: str
    default: Any
    choices: tuple[str, ...] = ()


# Sizes in bytes (decimal), times in days; schedules and switches by word.
FEATURES: tuple[Feature, ...] = (
    Feature("chatbots", _l("Chatbots"), _l("chatbots"), 1),
    Feature("domains", _l("Domains"), _l("domains"), 1),
    Feature("workspaces", _l("Workspaces"), _l("workspaces"), 1),
    Feature("seats", _l("Seats"), _l("people"), 2),
    Feature("storage_bytes", _l("Storage"), _l("files"), GB // 10),
    Feature("documents", _l("Documents and pages"), _l("documents"), 50),
    Feature("max_crawl_pages", _l("Pages per website crawl"), _l("pages of one website"), 50),
    Feature("messages_per_month", _l("Messages per month"), _l("messages a month"), 500),
    Feature("ocr_pages_per_day", _l("Scanned pages per day"), _l("scanned pages a day"), 20),
    Feature("requests_per_minute", _l("Questions per minute"), _l("questions a minute"), 10),
    Feature(API_RATE, _l("API requests per minute of a key"), _l("API requests a minute"), 300),
    Feature("retention_days", _l("History kept, days"), _l("days of history"), 30),
    Feature("grace_days", _l("Kept after expiry, days"), _l("days after expiry"), 30),
    Feature("recrawl", _l("Websites read again"), "", "manual", ("manual", "monthly", "weekly", "daily")),
    Feature("remove_branding", _l("Without our name on the widget"), "", default=False),
)
BY_NAME = {feature.name: feature for feature in FEATURES}
STOCKS = ("chatbots", "domains", "workspaces", "seats", "storage_bytes", "documents")  # counted as they stand
FLOWS = ("messages_per_month",)  # counted from the start of each month of the service
DAILY = ("ocr_pages_per_day",)  # counted from midnight, UTC


def _check(feature: Feature, value: Any) -> str:
    if feature.choices:
        return "" if value in feature.choices else _("choose one of %(choices)s", choices=", ".join(feature.choices))
    if isinstance(feature.default, bool):
        return "" if isinstance(value, bool) else _("choose yes or no")
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_LIMIT
    return "" if is_count else _("enter a whole number from 0")


def parse_features(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan's limits, complete: what is missing gets the smallest plan's value.

    Raises:
        FeaturesError: a limit is unknown, or has a value that it can't have.
    """
    errors = {name: _("there is no such limit") for name in given if name not in BY_NAME}
    complete = {feature.name: given.get(feature.name, feature.default) for feature in FEATURES}
    for name, value in complete.items():
        if wrong := _check(BY_NAME[name], value):
            errors[name] = wrong
    if errors:
        raise FeaturesError(errors)
    return complete


def in_words(name: str, value: Any) -> str:
    """Return a limit as people read it: "10 GB", "5,000", "weekly", "yes"."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return word(value)
    return size_in_words(value) if name == "storage_bytes" else number_in_words(value)
