"""The form that each chatbot type brings along."""

from __future__ import annotations

from dataclasses import dataclass

from app.leads.designs import Question


@dataclass(frozen=True)
class Preset:
    """A form to begin with."""

    name: str
    intro: str
    button: str
    questions: tuple[Question, ...]
    words: tuple[str, ...] = ()
    after_refusal: bool = False
    thanks: str = "Thank you. We will get back to you."


def _ask(name: str, kind: str, label: str, *choices: str, required: bool = True) -> Question:
    return Question(name, kind, label, required, choices)


_WHO, _MAIL = _ask("name", "text", "Name"), _ask("email", "email", "E-mail")
_CONTACT = Preset(
    "Contact", "Leave us a line, and we will get back to you.", "Contact us",
    (_WHO, _MAIL, _ask("phone", "phone", "Phone", required=False), _ask("message", "long", "What can we do for you?")),
    ("contact", "offer", "quote", "call me"), after_refusal=True,
)  # fmt: skip

PRESETS: dict[str, Preset] = {
    "sales": _CONTACT,
    "marketing": _CONTACT,
    "booking": Preset(
        "Booking", "Tell us when you would like to come; we confirm it by e-mail.", "Ask for a date",
        (_ask("date", "date", "Date"), _ask("time", "time", "Time"), _ask("party", "number", "How many people"),
         _WHO, _MAIL, _ask("wishes", "long", "Wishes", required=False)),
        ("book", "table", "reserve", "appointment"),
    ),
    "feedback": Preset(
        "Feedback", "How was it?", "Give feedback",
        (_ask("rating", "rating", "Your rating"), _ask("reason", "long", "Why?", required=False)),
        ("feedback", "complaint", "disappointed"), thanks="Thank you. We read all of it.",
    ),
    "event": Preset(
        "Registration", "Register for the event; we confirm it by e-mail.", "Register",
        (_WHO, _MAIL, _ask("seats", "number", "Number of people"),
         _ask("needs", "long", "Anything we should know?", required=False)),
        ("register", "ticket", "sign up"),
    ),
    "e-commerce": Preset(
        "Question about an order", "We look it up and answer by e-mail.", "About my order",
        (_ask("order", "text", "Order number"), _MAIL, _ask("question", "long", "Your question")),
        ("my order", "order number", "parcel", "refund"), after_refusal=True,
    ),
    "support": Preset(
        "Support request", "Describe what is wrong; we answer by e-mail.", "Report a problem",
        (_MAIL, _ask("problem", "long", "What happened?"),
         _ask("urgency", "choice", "How urgent is it?", "It can wait", "Soon", "Nothing works")),
        ("broken", "error", "does not work"), after_refusal=True,
    ),
}  # fmt: skip


def preset_of(chatbot_type: str) -> Preset:
    """Return a type's own form; a contact form where it has none."""
    return PRESETS.get(chatbot_type, _CONTACT)
