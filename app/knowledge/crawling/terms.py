"""What a service's plan allows of websites: how many pages of one, and how often they are read again."""

from __future__ import annotations

from app.languages import in_english
from app.net import FetchError
from app.plans import periods, quotas
from models import Service
from models.websites import SCHEDULES

MAX_PAGES = 10_000  # of one website, whatever was bought


def page_limit(service: Service, asked: int | None, *, n_held: int) -> int:
    """Return how many pages of a website may be taken.

    Args:
        service: whose plan counts.
        asked: the owner's own limit.
        n_held: pages of this website that are documents already.

    Raises:
        FetchError: none.
    """
    limit = min(MAX_PAGES, MAX_PAGES if asked is None else asked)
    features = periods.features_of(service)
    if features is not None:
        # the website itself counts while it is read
        n_others = max(quotas.count(service.id, "documents") - n_held - 1, 0)
        limit = min(limit, int(features.get("max_crawl_pages", 0)), int(features.get("documents", 0)) - n_others)
    if limit < 1:
        raise FetchError(
            "limit", in_english("Your plan has no room for further pages. Remove some, or choose a larger plan.")
        )
    return limit


def most_pages(service: Service) -> int:
    """Return how many pages a single website may have, whatever else there is."""
    features = periods.features_of(service)
    return MAX_PAGES if features is None else min(MAX_PAGES, int(features.get("max_crawl_pages", 0)))


def allowed_schedules(service: Service) -> tuple[str, ...]:
    """Return how often a website may be read again by itself, from "manual" to what the plan allows."""
    features = periods.features_of(service)
    most = SCHEDULES[-1] if features is None else features.get("recrawl", SCHEDULES[0])
    return SCHEDULES[: SCHEDULES.index(most) + 1] if most in SCHEDULES else SCHEDULES[:1]
