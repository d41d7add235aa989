"""What a visitor is shown: the configuration of a widget, a turn, and a chat to keep."""

from __future__ import annotations

from typing import Any

from app.answering import presets
from app.answering.answer import Citation as NewCitation
from app.plans import usage
from models import Chatbot, ChatSession, Citation, Embed, Message, Service
from widget.strings import STRINGS
from widget.theme import theme_of

MAX_MESSAGE_CHARS = 2000
_THUMBS = {"positive": 1, "neutral": 0, "negative": -1}
_PLACES = ("page", "slide", "sheet", "row")


def config(embed: Embed, chatbot: Chatbot, service: Service) -> dict[str, Any]:
    """Return all that the script needs to draw itself."""
    words = presets.manner_of(chatbot)
    return {
        "embed": str(embed.uuid),
        "title": chatbot.name,
        "greeting": words.greeting,
        "closed": "" if service.is_live else words.closed,
        "suggestions": list(words.suggestions),
        "theme": theme_of(chatbot.settings.get("theme", {})),
        "lang": "en",
        "dir": "ltr",
        "strings": STRINGS["en"],
        "features": {"feedback": True, "sources": True, "download": True},
        "limits": {"message_chars": MAX_MESSAGE_CHARS},
        "powered_by": not usage.includes(service, "remove_branding"),
    }


def source(citation: Citation | NewCitation) -> dict[str, Any]:
    """Return a citation, fresh or stored: a visitor sees no difference."""
    return {
        "n": citation.n, "title": citation.title, "url": citation.url, "locator": citation.locator,
        "quote": citation.quote,
    }  # fmt: skip


def turn(message: Message) -> dict[str, Any]:
    """Return a message; answers with their state, sources and feedback (1, 0, -1; null: none given)."""
    words = {
        "id": str(message.uuid), "type": message.type, "text": message.message, "at": message.timestamp.isoformat(),
    }  # fmt: skip
    if message.type != "bot":
        return words
    return {
        **words,
        "state": message.state,
        "finish": message.finish,
        "feedback": _THUMBS.get(message.feedback or ""),
        "sources": [source(citation) for citation in message.citations],
        "offers": offers(message),
    }


def offers(message: Message) -> list[str]:
    """Return the questions that a refusal offered instead."""
    return list((message.evidence or {}).get("offers", ()))


def transcript(chat: ChatSession, chatbot: Chatbot, messages: list[Message]) -> str:
    """Return a chat as a plain text to keep."""
    words = STRINGS["en"]
    lines = [chatbot.name, f"{chat.started_at:%Y-%m-%d %H:%M} UTC", chat.origin, ""]
    for message in messages:
        who = chatbot.name if message.type == "bot" else words["you"]
        lines += [f"{who} ({message.timestamp:%H:%M}):", message.message or words["cut_off"]]
        lines += [f"  [{c.n}] {', '.join(_place(c))}: {' '.join(c.quote.split())}" for c in message.citations]
        lines.append("")
    return "\n".join(lines)


def _place(citation: Citation) -> list[str]:
    words = STRINGS["en"]
    where = [f"{words[name]} {citation.locator[name]}" for name in _PLACES if citation.locator.get(name)]
    heading = citation.locator.get("heading")
    return [citation.title, *(where or ([str(heading)] if heading else [])), *([citation.url] if citation.url else [])]
