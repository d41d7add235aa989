"""How a chatbot behaves: every setting of it that answers depend on, as its type's preset or its owner has it."""

from __future__ import annotations

from dataclasses import dataclass

from app.languages import in_english

MAX_INSTRUCTIONS_CHARS = 2000
MAX_SENTENCE_CHARS = 300
N_SUGGESTIONS = 4

STRICTNESS = ("generous", "balanced", "cautious")
AUDIENCES = ("everyone", "members")
SMALL_TALK = ("thanks", "farewell", "who", "human")

_CLOSED = in_english("This chatbot is taking a break. Please come back later.")
_QUOTA = in_english("This chatbot has answered all the questions of this month.")
_REFUSAL = in_english("I found nothing about that in the documents I was given, so I would rather not guess.")


@dataclass(frozen=True)
class Manner:
    """A chatbot's sentences and ways. Empty small talk is said in our words, in the visitor's language."""

    greeting: str
    suggestions: tuple[str, ...] = ()
    tone: str = ""  # for a chat model
    instructions: str = ""  # for a chat model, too
    refusal: str = _REFUSAL
    strictness: str = "balanced"  # of the gate
    audience: str = "everyone"  # members: in the preview alone
    contact: str = ""  # where a person is reached
    notice: str = ""  # said below every answer
    prefers_recent: bool = False  # of passages that fit alike, those of newer documents
    asks_back: bool = False  # an answer ends with a question that leads on
    quotes_at_length: bool = False
    is_medical: bool = False  # no diagnosis; no dose that no document states
    thanks: str = ""
    farewell: str = ""
    who: str = ""
    human: str = ""
    closed: str = _CLOSED  # while the service does not run
    quota: str = _QUOTA  # once the month's questions are used up

    @property
    def small_talk(self) -> dict[str, str]:
        """Return the owner's own answers to small talk, by kind."""
        return {kind: getattr(self, kind) for kind in SMALL_TALK if getattr(self, kind)}


SPOKEN = ("greeting", "tone", "instructions", "refusal", "notice", "closed", "quota")  # beside `suggestions`
EDITABLE = (
    "greeting", "suggestions", "tone", "refusal", "strictness", "audience", "contact", "notice",
    "prefers_recent", "asks_back", "quotes_at_length", *SMALL_TALK,
)  # fmt: skip
