"""What each of the 15 chatbot types says on its own: greeting, first questions, and the sentence of a refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models import Chatbot

_CLOSED = "This chatbot is taking a break. Please come back later."
_QUOTA = "This chatbot has answered all the questions of this month."
_REFUSAL = "I found nothing about that in the documents I was given, so I would rather not guess."


@dataclass(frozen=True)
class Words:
    """A chatbot's own sentences. Owners may replace each of them."""

    greeting: str
    refusal: str = _REFUSAL
    suggestions: tuple[str, ...] = ()
    closed: str = _CLOSED  # while the service does not run
    quota: str = _QUOTA  # once the month's questions are used up


PRESETS: dict[str, Words] = {
    "sales": Words("Hello! What would you like to know about our products?"),
    "support": Words("Hello! What can I help you with?"),
    "onboarding": Words("Welcome! Ask me anything about getting started."),
    "feedback": Words("Hello! I am glad to hear what you think, and to answer what I can."),
    "booking": Words("Hello! Ask me about dates, places and how to book."),
    "e-commerce": Words("Hello! Ask me about products, delivery and returns."),
    "internal_assistant": Words("Hello! Ask me about our rules and processes."),
    "knowledge_base": Words("Hello! I look things up in our documents for you."),
    "marketing": Words("Hello! Ask me about what we offer."),
    "event": Words("Hello! Ask me about the program, the place and the tickets."),
    "education": Words("Hello! What would you like to understand better?"),
    "healthcare": Words(
        "Hello! I answer from our documents and give no medical advice. In an emergency call the emergency number.",
        "Our documents say nothing about that. Please ask a doctor or pharmacist.",
    ),
    "entertainment": Words("Hello! What are you curious about?"),
    "news": Words("Hello! Ask me about what we have reported."),
    "custom": Words("Hello! How can I help?"),
}


def words_of(chatbot: Chatbot) -> Words:
    """Return a chatbot's sentences: its type's, with what its owner changed."""
    own = chatbot.settings or {}
    names = {"greeting": "greeting", "refusal": "refusal", "closed": "closed_words", "quota": "quota_words"}
    changed = {name: own[setting] for name, setting in names.items() if own.get(setting)}
    return replace(PRESETS[chatbot.type], **changed, suggestions=tuple(own.get("suggestions", ()))[:4])
