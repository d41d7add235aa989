"""Which chat model answers for a chatbot: its own, else the installation's; none: the extractive reader."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import select

from app.answering import budgets, prices
from app.answering.prices import Price
from app.collaborators import here
from app.languages import in_english
from app.sealing import SealBroken
from models import Chatbot, ChatModel, db

PURPOSE = "chat model key"


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server and a model there. `is_typed` marks an address that an owner entered."""

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    is_typed: bool = False
    price: Price | None = None

    @property
    def name(self) -> tuple[str, str, str]:
        """Return what failures are counted for: one customer's wrong key must not rest the server for another's."""
        return self.base_url, self.model, hashlib.sha256(self.key.encode()).hexdigest()

    @property
    def whose(self) -> str:
        """Return who set it up, as figures tell it; not the address, which may be an owner's own."""
        return "owner" if self.is_typed else "installation"


@dataclass(frozen=True)
class Choice:
    """The endpoint that answers, or why none does although one is configured."""

    endpoint: Endpoint | None = None
    trouble: str = ""


def of_installation() -> Endpoint | None:
    """Return the chat model that the environment names."""
    config = here().config
    if not (config.openai_api_key or config.openai_base_url):
        return None
    return Endpoint(config.openai_base_url, config.chat_model, config.openai_api_key)


def find_own(chatbot: Chatbot) -> ChatModel | None:
    """Return what an owner entered about a chatbot's chat model."""
    return db.session.scalar(select(ChatModel).where(ChatModel.chatbot_id == chatbot.id))


def read_own(own: ChatModel) -> Endpoint:
    """Return a chatbot's own endpoint.

    Raises:
        SealBroken: its key was sealed with another SECRET_KEY.
    """
    key = here().sealer.open(PURPOSE, own.sealed_key) if own.sealed_key else ""
    return Endpoint(own.base_url, own.model, key, is_typed=True)


def choose(chatbot: Chatbot) -> Choice:
    """Return the chat model that answers for a chatbot now, with what it costs."""
    own = find_own(chatbot)
    if own is not None and own.is_off:
        return Choice()
    try:
        endpoint = read_own(own) if own is not None and own.base_url else of_installation()
    except SealBroken:
        return Choice(trouble=in_english("the key of the chat model can't be opened: enter it again"))
    if endpoint is None:
        return Choice()
    price = prices.find(endpoint.model)
    trouble = _over_budget(chatbot, price)
    priced = Endpoint(endpoint.base_url, endpoint.model, endpoint.key, endpoint.is_typed, price)
    return Choice(None, trouble) if trouble else Choice(priced)


def _over_budget(chatbot: Chatbot, price: Price | None) -> str:
    """Return why a budget keeps the chat model from answering; empty where it does not."""
    limits = budgets.limits_of(chatbot.service_id, chatbot.id)
    if limits and price is None:
        return in_english("there is a budget, and the price of the model is unknown")
    if any(used >= budget for used, budget in limits.values()):
        return in_english("the month's budget is used up")
    return ""
