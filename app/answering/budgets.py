"""Monthly budgets of chat models, of a chatbot and of its service: told of at 80 %, kept at 100 %.

Months are those of the calendar, in UTC, as chat models are billed. Two answers at once may both pass the last check:
a budget can be overrun by what is being written at that moment.
"""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.collaborators import here
from app.languages import in_english
from app.mail import Money
from app.plans import notices
from models import Chatbot, ChatModel, ModelSpending, Service, db
from models.base import change, now

WARN_AT = (80, 100)  # percent


def _month() -> str:
    return f"{now():%Y-%m}"


def spent(service_id: int, chatbot_id: int | None = None) -> int:
    """Return what a service, or one chatbot of it, spent this month, in millionths."""
    query = select(func.coalesce(func.sum(ModelSpending.amount), 0)).where(
        ModelSpending.service_id == service_id, ModelSpending.month == _month()
    )
    if chatbot_id is not None:
        query = query.where(ModelSpending.chatbot_id == chatbot_id)
    return int(db.session.scalar(query) or 0)


def limits_of(service_id: int, chatbot_id: int) -> dict[str, tuple[int, int]]:
    """Return the budgets that are set, as whose -> (spent, budget): "service", "chatbot"."""
    of_service = db.session.scalar(select(Service.model_budget).where(Service.id == service_id))
    of_chatbot = db.session.scalar(select(ChatModel.monthly_budget).where(ChatModel.chatbot_id == chatbot_id))
    budgets = {"service": (of_service, None), "chatbot": (of_chatbot, chatbot_id)}
    return {whose: (spent(service_id, only), budget) for whose, (budget, only) in budgets.items() if budget is not None}


def spend(service_id: int, chatbot_id: int, amount: int) -> None:
    """Count what an answer cost, and tell the holder when a budget is nearly or wholly used up. The caller commits."""
    if not _add(chatbot_id, amount):
        try:
            with db.session.begin_nested():
                db.session.add(
                    ModelSpending(service_id=service_id, chatbot_id=chatbot_id, month=_month(), amount=amount)
                )
        except IntegrityError:
            _add(chatbot_id, amount)  # somebody else made the row in the same moment
    for whose, (used, budget) in limits_of(service_id, chatbot_id).items():
        _warn(service_id, chatbot_id, whose, used, budget)


def _add(chatbot_id: int, amount: int) -> bool:
    mine = update(ModelSpending).where(ModelSpending.chatbot_id == chatbot_id, ModelSpending.month == _month())
    return bool(change(mine.values(amount=ModelSpending.amount + amount)))


def _warn(service_id: int, chatbot_id: int, whose: str, used: int, budget: int) -> None:
    reached = [level for level in WARN_AT if used * 100 >= budget * level]
    if not reached:
        return
    name = db.session.scalar(select(Chatbot.name).where(Chatbot.id == chatbot_id)) if whose == "chatbot" else None
    currency, place = here().config.currency, f"{whose}-{chatbot_id if name else service_id}"
    notices.add(
        service_id, "model_budget", f"{place}-{reached[-1]}-{_month()}", level=str(reached[-1]),
        whose=in_english("the chatbot %(name)s", name=name) if name else in_english("your whole service"),
        used=Money(used, currency), limit=Money(budget, currency),
    )  # fmt: skip
