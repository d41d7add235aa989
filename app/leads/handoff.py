"""Talking to a person: the chat goes to the chatbot's contact by mail, who answers the visitor from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel.dates import format_datetime

from app import limits, mail
from app.accounts import preferences
from app.history import transcripts
from app.leads import submissions
from app.leads.designs import Question, read_answers
from app.looks import hours, languages, schema
from app.webhooks import events
from app.wording import HANDOFF
from models import Chatbot, ChatSession, Submission
from models.base import now

MAX_TRANSCRIPT_CHARS = 60_000


def contact_of(chatbot: Chatbot) -> str:
    """Return to whom visitors are handed by mail; empty where nobody is there for that."""
    contact: str = schema.look_of(chatbot.settings or {})["contact"]
    return contact


def is_offered(chatbot: Chatbot) -> bool:
    """Tell whether somebody takes over: a person by mail, or a system of the owner's that is told by a webhook."""
    return bool(contact_of(chatbot)) or events.is_heard("handoff", chatbot.id)


def form_of(strings: Mapping[str, str]) -> dict[str, Any]:
    """Return the form with which a visitor asks for a person, in the widget's words."""
    return {
        "id": "", "name": strings["person"], "intro": strings["person_lead"], "button": strings["person"],
        "after_refusal": True, "words": [],
        "fields": [question.to_json() for question in questions(strings)],
    }  # fmt: skip


def questions(strings: Mapping[str, str]) -> list[Question]:
    return [
        Question("email", "email", strings["email"], required=True),
        Question("name", "text", strings["name"]),
        Question("message", "long", strings["message"]),
    ]


def hand_over(chat: ChatSession, given: Mapping[str, Any]) -> dict[str, str]:
    """Send a chat to its chatbot's contact and webhooks, to be answered to the visitor; mark it as handed over.

    After very many mails of a service on one day, what visitors want stands among the submissions alone.

    Returns field -> the widget's word for what is wrong with it; empty once it is on its way. The caller commits.
    """
    answers, wrong = read_answers(questions(languages.strings("en")), given)
    if wrong:
        return wrong
    submission = submissions.add(chat, answers, None, HANDOFF)
    contact = contact_of(chat.chatbot)
    if contact and limits.allow(limits.HANDOFFS_PER_SERVICE, "hand-offs of", str(chat.service_id)):
        _mail(contact, chat, submission, {answer["name"]: answer["value"] for answer in answers})
    chat.handed_over_at = now()
    return {}


def _mail(contact: str, chat: ChatSession, submission: Submission, said: Mapping[str, str]) -> None:
    mail.post(
        "handoff", contact, page=f"/submission/{submission.uuid}", chatbot=chat.chatbot.name,
        reply_to=said["email"], visitor=said["name"] or said["email"], email=said["email"], message=said["message"],
        where=chat.page or chat.origin, transcript=_transcript(chat),
        else_in=preferences.language_of(chat.chatbot.owner_id),
    )  # fmt: skip


def _transcript(chat: ChatSession) -> list[tuple[str, str]]:
    """Return who said what; the end of it, where it is very long."""
    said, left = list[tuple[str, str]](), MAX_TRANSCRIPT_CHARS
    for turn in reversed(transcripts.read_turns(chat)):
        if left <= 0:
            break
        said.append((turn.type, turn.message[-left:]))
        left -= len(turn.message)
    return said[::-1]


def promise(chatbot: Chatbot, language: str) -> str:
    """Return when a visitor may expect an answer, in their language and on the clock of the business."""
    look, strings = schema.look_of(chatbot.settings or {}), languages.words_for(chatbot.settings or {}, language)
    opening = hours.next_opening(look, now())
    if opening is None:
        return strings["person_soon"]
    when = format_datetime(opening, "EEEE, d MMMM, HH:mm", tzinfo=opening.tzinfo, locale=language)
    return strings["person_later"].replace("{when}", when)
