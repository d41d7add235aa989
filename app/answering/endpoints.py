"""Which chat model answers for a chatbot: its own, else the installation's; none: the extractive reader."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.collaborators import here
from models import Chatbot


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server and a model there. `is_typed` marks an address that an owner entered."""

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    is_typed: bool = False

    @property
    def name(self) -> tuple[str, str]:
        """Return what failures are counted for."""
        return self.base_url, self.model


def of_installation() -> Endpoint | None:
    """Return the chat model that the environment names."""
    config = here().config
    if not (config.openai_api_key or config.openai_base_url):
        return None
    return Endpoint(config.openai_base_url, config.chat_model, config.openai_api_key)


def endpoint_of(_chatbot: Chatbot) -> Endpoint | None:
    """Return the chat model that answers for a chatbot now."""
    return of_installation()
