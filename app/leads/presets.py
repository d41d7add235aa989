"""The form that each chatbot type brings along, in the language of whoever makes the chatbot."""

from __future__ import annotations

from dataclasses import dataclass

from app.languages import lazy_gettext as _l
from app.leads.designs import Question


@dataclass(frozen=True)
class Preset:
    """A form to begin with."""

    name: str
    intro: str
    button: str
    questions: tuple[Question, ...]
    words: str = ""  # parted by commas
    after_refusal: bool = False
    thanks: str = _l("Thank you. We will get back to you.")


def _ask(name: str, kind: str, label: str, *choices: str, required: bool = True) -> Question:
    return Question(name, kind, label, required, choices)


_WHO, _MAIL = _ask("name", "text", _l("Name")), _ask("email", "email", _l("E-mail"))
_CONTACT = Preset(
    _l("Contact"), _l("Leave us a line, and we will get back to you."), _l("Contact us"),
    (_WHO, _MAIL, _ask("phone", "phone", _l("Phone"), required=False),
     _ask("message", "long", _l("What can we do for you?"))),
    _l("contact, offer, quote, call me"), after_refusal=True,
)  # fmt: skip

PRESETS: dict[str, Preset] = {
    "sales": _CONTACT,
    "marketing": _CONTACT,
    "booking": Preset(
        _l("Booking"), _l("Tell us when you would like to come; we confirm it by e-mail."), _l("Ask for a date"),
        (_ask("date", "date", _l("Date")), _ask("time", "time", _l("Time of day")),
         _ask("party", "number", _l("How many people")),
         _WHO, _MAIL, _ask("wishes", "long", _l("Wishes"), required=False)),
        _l("book, table, reserve, appointment"),
    ),
    "feedback": Preset(
        _l("Feedback"), _l("How was it?"), _l("Give feedback"),
        (_ask("rating", "rating", _l("Your rating")), _ask("reason", "long", _l("Why?"), required=False)),
        _l("feedback, complaint, disappointed"), thanks=_l("Thank you. We read all of it."),
    ),
    "event": Preset(
        _l("Registration"), _l("Register for the event; we confirm it by e-mail."), _l("Register"),
        (_WHO, _MAIL, _ask("seats", "number", _l("Number of people")),
         _ask("needs", "long", _l("Anything we should know?"), required=False)),
        _l("register, ticket, sign up"),
    ),
    "e-commerce": Preset(
        _l("Question about an order"), _l("We look it up and answer by e-mail."), _l("About my order"),
        (_ask("order", "text", _l("Order number")), _MAIL, _ask("question", "long", _l("Your question"))),
        _l("my order, order number, parcel, refund"), after_refusal=True,
    ),
    "support": Preset(
        _l("Support request"), _l("Describe what is wrong; we answer by e-mail."), _l("Report a problem"),
        (_MAIL, _ask("problem", "long", _l("What happened?")),
         _ask("urgency", "choice", _l("How urgent is it?"), _l("It can wait"), _l("Soon"), _l("Nothing works"))),
        _l("broken, error, does not work"), after_refusal=True,
    ),
}  # fmt: skip


def preset_of(chatbot_type: str) -> Preset:
    """Return a type's own form; a contact form where it has none."""
    return PRESETS.get(chatbot_type, _CONTACT)
