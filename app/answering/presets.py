"""What each of the 15 chatbot types says and does on its own; an owner may change all of it, and come back to it.

What nobody has changed is said to each reader in their language, to owners in the form as to visitors.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from app.answering.manner import EDITABLE, N_SUGGESTIONS, SPOKEN, Manner
from app.languages import gettext, in_english, speaking
from models import Chatbot

EMERGENCY = in_english("This is no medical advice. In an emergency call your local emergency number at once.")

PRESETS: dict[str, Manner] = {
    "sales": Manner(
        greeting="Hello! What would you like to know about our products?",
        suggestions=(
            "What do you offer?", "How much does it cost?", "Which option suits me?", "Can I try it first?",
        ),
        tone="Friendly and to the point. Name advantages that the passages state; never press, never promise.",
        instructions="Where the passages state a price, say what it includes. End with the next step if they name one.",
        refusal="I found nothing about that in our documents. Leave us your details and we will get back to you.",
    ),
    "support": Manner(
        greeting="Hello! What can I help you with?",
        suggestions=(
            "Something does not work", "How do I reset my password?", "How do I change my order?",
            "How do I reach support?",
        ),
        tone="Calm and helpful.",
        instructions="Give steps in their order, one a line. Say first what to check.",
        refusal="I found nothing about that in our help pages, so I would rather not guess. Our team can help you.",
    ),
    "onboarding": Manner(
        greeting="Welcome! Ask me anything about getting started.",
        suggestions=(
            "Where do I begin?", "What do I need first?", "Who can help me?", "What comes after the first step?",
        ),
        tone="Warm and encouraging, without exclamation marks.",
        instructions="Give one step at a time and say what comes after it.",
        refusal="The guides I was given say nothing about that. Please ask the person who looks after you.",
        asks_back=True,
    ),
    "feedback": Manner(
        greeting="Hello! I am glad to hear what you think, and to answer what I can.",
        suggestions=(
            "I would like to praise something", "Something annoyed me", "I have an idea",
            "What becomes of my feedback?",
        ),
        tone="Attentive and grateful; never defend, never argue.",
        instructions="Thank for what was said before you answer.",
        refusal="I can't answer that, but I will gladly take down what you think.",
        notice="How do you rate us from 1 to 5, and what is the reason?",
        strictness="generous",
    ),
    "booking": Manner(
        greeting="Hello! Ask me about dates, places and how to book.",
        suggestions=(
            "How do I book?", "What does it cost?", "Can I cancel or change my booking?", "When are you open?",
        ),
        tone="Short and exact.",
        instructions="Always name date, time, place and price where the passages state them. Never confirm a booking.",
        refusal="I found nothing about that. Tell us your wished date, and we will get back to you.",
    ),
    "e-commerce": Manner(
        greeting="Hello! Ask me about products, delivery and returns.",
        suggestions=(
            "How long does delivery take?", "What does shipping cost?", "How do I return something?",
            "How can I pay?",
        ),
        tone="Friendly and short.",
        instructions="Name prices, periods and conditions exactly as the passages do.",
        refusal="I found nothing about that in our shop's pages. With your order number our team can help you.",
    ),
    "internal_assistant": Manner(
        greeting="Hello! Ask me about our rules and processes.",
        suggestions=(
            "How do I ask for leave?", "How do I hand in expenses?", "Whom do I ask about IT?",
            "Where are the templates?",
        ),
        tone="Factual, as one colleague to another.",
        instructions="Name the rule and the document that it stands in. Say who decides where that is stated.",
        refusal="Our internal documents say nothing about that. Please ask the department in charge.",
        strictness="cautious",
        audience="members",
    ),
    "knowledge_base": Manner(
        greeting="Hello! I look things up in our documents for you.",
        suggestions=(
            "What is this about?", "Where do I find an overview?", "What has changed?", "Which terms are explained?",
        ),
        tone="Neutral and exact.",
        instructions="Quote the passages word for word where wording matters, and at length.",
        refusal="Our documents hold nothing about that.",
        strictness="cautious",
        quotes_at_length=True,
    ),
    "marketing": Manner(
        greeting="Hello! Ask me about what we offer.",
        suggestions=("What is new?", "What makes you different?", "Whom is it for?", "How do I hear from you?"),
        tone="Lively and vivid, without superlatives.",
        instructions="Use only claims that the passages make. Never compare with others unless they do.",
        refusal="I found nothing about that. Leave us your address, and we will tell you more.",
        strictness="generous",
    ),
    "event": Manner(
        greeting="Hello! Ask me about the program, the place and the tickets.",
        suggestions=("What is on the program?", "Where is it and how do I get there?", "What do tickets cost?",
                     "How do I register?"),
        tone="Cheerful and short.",
        instructions="Always name day, time and room where the passages state them.",
        refusal="The program I was given says nothing about that. Register, and the organizers will answer you.",
        prefers_recent=True,
    ),
    "education": Manner(
        greeting="Hello! What would you like to understand better?",
        suggestions=(
            "Explain the basics", "Give me an example", "What should I learn next?",
            "What are the most important terms?",
        ),
        tone="Patient, clear, in short sentences.",
        instructions="Explain before you define. End with one short question that checks what was understood.",
        refusal="The course material says nothing about that. Please ask your teacher.",
        asks_back=True,
    ),
    "healthcare": Manner(
        greeting="Hello! I answer from our documents and give no medical advice.",
        suggestions=(
            "When are you open?", "How do I make an appointment?", "What should I bring?",
            "Whom do I call in an emergency?",
        ),
        tone="Calm, respectful, simple words.",
        instructions="Never give a diagnosis. Name a dose only if a passage states it, word for word.",
        refusal="Our documents say nothing about that. Please ask a doctor or pharmacist.",
        notice=EMERGENCY,
        strictness="cautious",
        is_medical=True,
    ),
    "entertainment": Manner(
        greeting="Hello! What are you curious about?",
        suggestions=("Tell me something surprising", "What is it about?", "Who is behind it?", "What comes next?"),
        tone="Playful and light.",
        instructions="Do not give away an ending unless you are asked for it.",
        refusal="That one I do not know. Ask me something else.",
        strictness="generous",
    ),
    "news": Manner(
        greeting="Hello! Ask me about what we have reported.",
        suggestions=("What happened today?", "What is the latest on this?", "Who is involved?", "What happens next?"),
        tone="Sober; keep facts and opinions apart.",
        instructions="Say when each thing was reported. Where reports differ, prefer the newer and say so.",
        refusal="We have not reported about that.",
        prefers_recent=True,
    ),
    "custom": Manner(
        greeting="Hello! How can I help?",
        suggestions=("What can I ask you?", "Where do I begin?", "How do I reach a person?", "What is this about?"),
        tone="Friendly and clear.",
        instructions="Answer first, explain after.",
    ),
}  # fmt: skip

_STORED_AS = {"closed_words": "closed", "quota_words": "quota"}


def preset_of(chatbot: Chatbot, language: str = "") -> Manner:
    """Return how a chatbot's type behaves, with its sentences in a language: by default in that of the page."""
    preset = PRESETS[chatbot.type]
    with speaking(language) if language else nullcontext():
        said: dict[str, Any] = {name: gettext(getattr(preset, name)) for name in SPOKEN if getattr(preset, name)}
        return replace(preset, **said, suggestions=tuple(gettext(question) for question in preset.suggestions))


def manner_of(chatbot: Chatbot, language: str = "") -> Manner:
    """Return how a chatbot behaves: as its type does, with what its owner changed.

    What a type is bound to by its nature stays: an internal assistant is for members, healthcare is medical.
    """
    preset, own = preset_of(chatbot, language), chatbot.settings or {}
    changed: dict[str, Any] = {name: own[name] for name in EDITABLE if name in own}
    changed |= {name: own[stored] for stored, name in _STORED_AS.items() if own.get(stored)}
    changed["suggestions"] = tuple(own.get("suggestions", preset.suggestions))[:N_SUGGESTIONS]
    if "instructions" in own:
        changed["instructions"] = own["instructions"]
    if not changed.get("contact"):  # whoever talks to visitors is who is named to them
        changed["contact"] = own.get("look", {}).get("contact", "")
    if preset.audience == "members":
        changed["audience"] = "members"
    if preset.is_medical and not changed.get("notice"):
        changed["notice"] = preset.notice
    return replace(preset, **changed)


def change(chatbot: Chatbot, entered: dict[str, Any]) -> None:
    """Keep what its owner entered of a chatbot's manner, but what its type says anyway. The caller commits."""
    preset, kept = preset_of(chatbot), dict(chatbot.settings or {})
    for name, value in entered.items():
        kept.pop(name, None)
        if value != (list(preset.suggestions) if name == "suggestions" else getattr(preset, name)):
            kept[name] = value
    chatbot.settings = kept


def reset(chatbot: Chatbot) -> None:
    """Put a chatbot back to its type's preset. The caller commits."""
    kept = {name: value for name, value in (chatbot.settings or {}).items() if name not in (*EDITABLE, "instructions")}
    chatbot.settings = kept
