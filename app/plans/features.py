"""The typed limits of a plan: what each means, its unit, and what may be entered for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    Feature("chatbots", "Chatbots", "chatbots", 1),
    Feature("domains", "Domains", "domains", 1),
    Feature("workspaces", "Workspaces", "workspaces", 1),
    Feature("seats", "Seats", "people", 2),
    Feature("storage_bytes", "Storage", "files", GB // 10),
    Feature("documents", "Documents and pages", "documents", 50),
    Feature("max_crawl_pages", "Pages per website crawl", "pages of one website", 50),
    Feature("messages_per_month", "Messages per month", "messages a month", 500),
    Feature("ocr_pages_per_day", "Scanned pages per day", "scanned pages a day", 20),
    Feature("requests_per_minute", "Questions per minute", "questions a minute", 10),
    Feature(API_RATE, "API requests per minute of a key", "API requests a minute", 300),
    Feature("retention_days", "History kept, days", "days of history", 30),
    Feature("grace_days", "Kept after expiry, days", "days after expiry", 30),
    Feature("recrawl", "Websites read again", "", "manual", ("manual", "monthly", "weekly", "daily")),
    Feature("remove_branding", "Without our name on the widget", "", default=False),
)
BY_NAME = {feature.name: feature for feature in FEATURES}
STOCKS = ("chatbots", "domains", "workspaces", "seats", "storage_bytes", "documents")  # counted as they stand
FLOWS = ("messages_per_month",)  # counted from the start of each month of the service
DAILY = ("ocr_pages_per_day",)  # counted from midnight, UTC


def _check(feature: Feature, value: Any) -> str:
    if feature.choices:
        return "" if value in feature.choices else f"choose one of {', '.join(feature.choices)}"
    if isinstance(feature.default, bool):
        return "" if isinstance(value, bool) else "choose yes or no"
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_LIMIT
    return "" if is_count else "enter a whole number from 0"


def parse_features(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan's limits, complete: what is missing gets the smallest plan's value.

    Raises:
        FeaturesError: a limit is unknown, or has a value that it can't have.
    """
    errors = {name: "there is no such limit" for name in given if name not in BY_NAME}
    complete = {feature.name: given.get(feature.name, feature.default) for feature in FEATURES}
    for name, value in complete.items():
        if wrong := _check(BY_NAME[name], value):
            errors[name] = wrong
    if errors:
        raise FeaturesError(errors)
    return complete


def size_in_words(n_bytes: int) -> str:
    """Return a size as plans name it: "100 MB", "10 GB"."""
    for unit, size in (("GB", GB), ("MB", 1_000_000), ("KB", 1000)):
        if n_bytes >= size:
            return f"{n_bytes / size:.3g} {unit}"
    return f"{n_bytes} bytes"


def in_words(name: str, value: Any) -> str:
    """Return a limit as people read it: "10 GB", "5,000", "weekly", "yes"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return size_in_words(value) if name == "storage_bytes" else f"{value:,}"
