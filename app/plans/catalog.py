"""The four plans that an installation starts with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import Plan, db

GB = 1_000_000_000
_LIMITS = (
    "chatbots", "domains", "workspaces", "seats", "storage_bytes", "max_crawl_pages", "documents",
    "messages_per_month", "requests_per_minute", "retention_days",
)  # fmt: skip


def _features(*limits: int, remove_branding: bool = False) -> dict[str, Any]:
    return {**dict(zip(_LIMITS, limits, strict=True)), "remove_branding": remove_branding}


SEEDS: tuple[dict[str, Any], ...] = (
    {
        "name": "free", "price": 0, "trial_period": 0,
        "description": "One chatbot on one website, to try it or for a small one.",
        "features": _features(1, 1, 1, 2, GB // 10, 50, 50, 500, 10, 30),
    },
    {
        "name": "silver", "price": 1900, "trial_period": 14,
        "description": "For one team with a few websites.",
        "features": _features(3, 3, 2, 5, GB, 500, 500, 5_000, 30, 90),
    },
    {
        "name": "gold", "price": 4900, "trial_period": 14,
        "description": "For several teams, without our name on the widget.",
        "features": _features(10, 10, 5, 20, 10 * GB, 2_000, 5_000, 25_000, 60, 365, remove_branding=True),
    },
    {
        "name": "premium", "price": 14900, "trial_period": 30,
        "description": "For whole organizations.",
        "features": _features(100, 100, 50, 200, 100 * GB, 10_000, 100_000, 200_000, 300, 730, remove_branding=True),
    },
)  # fmt: skip


def seed_plans() -> None:
    """Add the plans that are missing; what staff changed stays."""
    present = set(db.session.scalars(select(Plan.name)))
    db.session.add_all(Plan(**seed) for seed in SEEDS if seed["name"] not in present)
    db.session.flush()


def find_plan(name: str) -> Plan:
    """Return a plan by name.

    Raises:
        LookupError: there is none of that name.
    """
    plan = db.session.scalar(select(Plan).where(Plan.name == name))
    if plan is None:
        raise LookupError(f"there is no plan named {name}")
    return plan
