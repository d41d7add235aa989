"""What an owner has set about the chats of a chatbot: for how long they are kept, and whether they are redacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.history import redaction
from app.languages import gettext as _
from app.plans import usage
from app.refusals import Refusal
from models import Chatbot, Service, db, tenancy

MAX_DAYS = 36_500  # a century: a date can't say much more


@dataclass(frozen=True)
class Rules:
    """`days` of None: as long as the plan allows."""

    days: int | None = None
    redacts: bool = False


def rules_of(chatbot: Chatbot) -> Rules:
    chosen: dict[str, Any] = (chatbot.settings or {}).get("privacy") or {}
    return Rules(chosen.get("days"), redaction.is_on(chatbot))


def keep(chatbot: Chatbot, rules: Rules) -> None:
    """Store what an owner has chosen. The caller commits.

    Raises:
        Refusal: chats would be kept for longer than the plan allows.
    """
    most = most_days(chatbot)
    if rules.days is not None and most is not None and rules.days > most:
        raise Refusal(_("Your plan keeps chats for %(most)s days at most.", most=f"{most:,}"))
    chatbot.settings = {**(chatbot.settings or {}), "privacy": {"days": rules.days, "redacts": rules.redacts}}


def most_days(chatbot: Chatbot) -> int | None:
    """Return for how long the plan keeps chats, a day at least; None: for ever."""
    with tenancy.everything():
        service = db.session.scalars(select(Service).where(Service.id == chatbot.service_id)).one()
        limit = usage.limit_of(service, "retention_days")
    return None if limit is None or limit > MAX_DAYS else max(1, limit)


def wanted_days(chatbot: Chatbot) -> int | None:
    """Return for how long chats shall be kept: what was chosen, within the plan; None: for ever."""
    bounds = [days for days in (rules_of(chatbot).days, most_days(chatbot)) if days is not None]
    return min(bounds, default=None)
