"""What a form asks: its fields as an owner designs them, and what each kind of field takes."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.accounts.addresses import AddressError, normalize
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from app.values import whole_number

MAX_FIELDS = 12
MAX_LABEL, MAX_HELP, MIN_CHOICES, MAX_CHOICES = 120, 600, 2, 20
MAX_TEXT, MAX_LONG = 200, 4000
STARS = 5
_NAME = re.compile(r"[a-z0-9]{1,16}")
_PHONE = re.compile(r"\+?[\d\s()./-]{5,30}")
_NUMBER = re.compile(r"-?\d{1,15}([.,]\d{1,6})?")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class DesignRefused(Refusal):
    """A form can't be kept as it was designed."""


class Wrong(ValueError):
    """What was entered can't be taken; the argument names the widget's own word for it."""


@dataclass(frozen=True)
class Question:
    """One field. `name` is ours and stays when the label changes; `choices` of kind choice alone."""

    name: str
    kind: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "label": str(self.label), "choices": [str(choice) for choice in self.choices]}


def _text(limit: int) -> Callable[[Question, str], str]:
    def read(_question: Question, text: str) -> str:
        if len(text) > limit:
            raise Wrong("wrong_long")
        return text

    return read


def _matching(pattern: re.Pattern[str], wrong: str) -> Callable[[Question, str], str]:
    def read(_question: Question, text: str) -> str:
        if not pattern.fullmatch(text):
            raise Wrong(wrong)
        return text

    return read


def _email(_question: Question, text: str) -> str:
    try:
        return normalize(text)
    except AddressError as error:
        raise Wrong("wrong_email") from error


def _date(_question: Question, text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Wrong("wrong_date") from error


def _choice(question: Question, text: str) -> str:
    if text not in question.choices:
        raise Wrong("wrong_choice")
    return text


def _rating(_question: Question, text: str) -> str:
    if text not in {str(n) for n in range(1, STARS + 1)}:
        raise Wrong("wrong_choice")
    return text


def _consent(_question: Question, text: str) -> str:
    if text != "yes":
        raise Wrong("wrong_required")
    return text


# kind -> (what a screen calls it, how an answer is read)
KINDS: dict[str, tuple[str, Callable[[Question, str], str]]] = {
    "text": (_l("Short text"), _text(MAX_TEXT)),
    "long": (_l("Long text"), _text(MAX_LONG)),
    "email": (_l("E-mail"), _email),
    "phone": (_l("Phone"), _matching(_PHONE, "wrong_phone")),
    "number": (_l("Number"), _matching(_NUMBER, "wrong_number")),
    "date": (_l("Date"), _date),
    "time": (_l("Time of day"), _matching(_TIME, "wrong_time")),
    "choice": (_l("Choice"), _choice),
    "rating": (_l("Rating, 1 to 5"), _rating),
    "consent": (_l("Consent"), _consent),
}


def questions_of(fields: object) -> list[Question]:
    """Return what is stored of a design; what is none is passed over."""
    stored = [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
    return [
        Question(
            str(field["name"]), field["kind"], str(field["label"]), bool(field.get("required")),
            tuple(field.get("choices", ())),
        )
        for field in stored if field.get("kind") in KINDS
    ]  # fmt: skip


def read_questions(rows: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Return the questions of an owner's rows, in the order of their numbers; rows without a label are left out.

    Raises:
        DesignRefused: too many, or one that can't be asked.
    """
    kept = [row for row in rows if row.get("label", "").strip() and not row.get("gone")]
    ordered = sorted(kept, key=lambda row: _position(row.get("position", "")))
    if not 0 < len(ordered) <= MAX_FIELDS:
        raise DesignRefused(_("A form has 1 to %(most)s fields.", most=MAX_FIELDS))
    questions = [_read_question(row) for row in ordered]
    names = [question.name for question in questions]
    if len(set(names)) != len(names):
        raise DesignRefused(_("Two fields have the same name. Remove one of them and add it again."))
    return questions


def _position(text: str) -> int:
    number = whole_number(text)
    return MAX_FIELDS if number is None else number


def _read_question(row: Mapping[str, Any]) -> Question:
    label, kind, name = " ".join(row["label"].split()), row.get("kind", ""), row.get("name", "")
    choices = tuple(dict.fromkeys(c.strip() for c in row.get("choices", "").split(",") if c.strip()))
    limit = MAX_HELP if kind == "consent" else MAX_LABEL
    if kind not in KINDS:
        raise DesignRefused(_("Choose what kind of field each is."))
    if len(label) > limit or any(len(choice) > MAX_LABEL for choice in choices):
        raise DesignRefused(_("A label or choice has at most %(limit)s characters.", limit=limit))
    if kind == "choice" and not MIN_CHOICES <= len(choices) <= MAX_CHOICES:
        raise DesignRefused(_("A choice needs 2 to %(most)s answers, separated by commas.", most=MAX_CHOICES))
    name = name if _NAME.fullmatch(name) else f"f{secrets.token_hex(4)}"
    return Question(name, kind, label, bool(row.get("required")), choices if kind == "choice" else ())


def read_answers(questions: list[Question], given: Mapping[str, Any]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return label, kind and value of each answer, and field -> the widget's own word for what is wrong with it."""
    answers, wrong = list[dict[str, str]](), dict[str, str]()
    for question in questions:
        try:
            value = _read_answer(question, given.get(question.name))
            answers.append({"name": question.name, "label": question.label, "kind": question.kind, "value": value})
        except Wrong as error:
            wrong[question.name] = str(error)
    return answers, wrong


def _read_answer(question: Question, said: object) -> str:
    text = _storable(said).strip() if isinstance(said, str) else ""
    if not text and question.required:
        raise Wrong("wrong_required")
    return KINDS[question.kind][1](question, text) if text else ""


def _storable(text: str) -> str:
    """Return a text without what a database can't store: nulls, and halves of characters (lone surrogates)."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
