"""The four plans that an installation starts with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.languages import in_english
from app.plans.features import GB, parse_features
from models import Plan, db

SEEDS: tuple[dict[str, Any], ...] = (
    {
        "name": "free", "price": 0, "trial_period": 0,
        "description": in_english("One chatbot on one website, to try it or for a small one."),
        "features": {"api_requests_per_minute": 60},
    },
    {
        "name": "silver", "price": 1900, "trial_period": 14,
        "description": in_english("For one team with a few websites."),
        "features": {
            "chatbots": 3, "domains": 3, "workspaces": 2, "seats": 5, "storage_bytes": GB, "documents": 500,
            "max_crawl_pages": 500, "messages_per_month": 5_000, "requests_per_minute": 30, "retention_days": 90,
            "recrawl": "monthly", "ocr_pages_per_day": 200, "api_requests_per_minute": 120,
        },
    },
    {
        "name": "gold", "price": 4900, "trial_period": 14,
        "description": in_english("For several teams, without our name on the widget."),
        "features": {
            "chatbots": 10, "domains": 10, "workspaces": 5, "seats": 20, "storage_bytes": 10 * GB, "documents": 5_000,
            "max_crawl_pages": 2_000, "messages_per_month": 25_000, "requests_per_minute": 60, "retention_days": 365,
            "recrawl": "weekly", "remove_branding": True, "ocr_pages_per_day": 1_000,
        },
    },
    {
        "name": "premium", "price": 14900, "trial_period": 30,
        "description": in_english("For whole organizations."),
        "features": {
            "chatbots": 100, "domains": 100, "workspaces": 50, "seats": 200, "storage_bytes": 100 * GB,
            "documents": 100_000, "max_crawl_pages": 10_000, "messages_per_month": 200_000, "ocr_pages_per_day": 5_000,
            "requests_per_minute": 300, "api_requests_per_minute": 1_200, "retention_days": 730, "grace_days": 90,
            "recrawl": "daily", "remove_branding": True,
        },
    },
)  # fmt: skip


def seed_plans() -> None:
    """Add the plans that are missing; what staff changed stays."""
    present = set(db.session.scalars(select(Plan.name)))
    for seed in SEEDS:
        if seed["name"] not in present:
            db.session.add(Plan(**{**seed, "features": parse_features(seed["features"])}))
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


def plans_on_offer() -> list[Plan]:
    """Return the plans that can be chosen, cheapest first."""
    query = select(Plan).where(Plan.status == "enabled", Plan.deleted_at.is_(None))
    return list(db.session.scalars(query.order_by(Plan.price, Plan.id)))


def copy_terms(plan: Plan) -> dict[str, Any]:
    """Return what is bought with a plan, as it stands now: a later change of the plan never touches it."""
    return {
        "plan": plan.name,
        "price": plan.price,
        "currency": plan.currency,
        "billing_cycle": plan.billing_cycle,
        "features": parse_features(plan.features),
    }
