"""Forms as rows: made from a preset, designed, found for their owner and for visitors."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.languages import gettext as _
from app.leads.designs import DesignRefused, Question, questions_of
from app.leads.presets import PRESETS, Preset, preset_of
from app.plans.periods import alone_with
from app.wording import word
from models import Chatbot, Form, db

MAX_FORMS = 10
MAX_WORDS = 20
LIMITS = {"name": 80, "intro": 600, "thanks": 600, "button": 40}


@dataclass(frozen=True)
class Design:
    """How an owner wants a form."""

    texts: dict[str, str]
    words: list[str]
    after_refusal: bool
    notify: list[int]
    questions: list[Question]


def list_forms(chatbot: Chatbot) -> list[Form]:
    query = select(Form).where(Form.chatbot_id == chatbot.id, Form.status != "deleted")
    return list(db.session.scalars(query.order_by(Form.id)))


def find(chatbot: Chatbot, form_uuid: uuid.UUID) -> Form | None:
    query = select(Form).where(Form.chatbot_id == chatbot.id, Form.uuid == form_uuid, Form.status != "deleted")
    return db.session.scalar(query)


def add_preset(chatbot: Chatbot) -> Form:
    """Add the form that a chatbot's type brings along, ready to be changed; the caller commits.

    Raises:
        DesignRefused: it has many forms already.
    """
    present = select(func.count(Form.id)).where(Form.chatbot_id == chatbot.id, Form.status != "deleted")
    with alone_with(chatbot.service_id):
        if (db.session.scalar(present) or 0) >= MAX_FORMS:
            raise DesignRefused(_("A chatbot has at most %(most)s forms. Delete one first.", most=MAX_FORMS))
        form = _make(chatbot, preset_of(chatbot.type), [])
        db.session.flush()
    return form


def bring_along(chatbot: Chatbot) -> None:
    """Give a new chatbot the form of its type, if that has one: it is offered at once. The caller commits.

    Whoever makes the chatbot is mailed what visitors enter, until they choose otherwise.
    """
    preset = PRESETS.get(chatbot.type)
    if preset is not None:
        _make(chatbot, preset, [chatbot.owner_id] if chatbot.owner_id else [])


def _make(chatbot: Chatbot, preset: Preset, notify: list[int]) -> Form:
    form = Form(
        service_id=chatbot.service_id, chatbot=chatbot, name=str(preset.name), intro=str(preset.intro),
        button=str(preset.button), thanks=str(preset.thanks), words=read_words(str(preset.words)),
        after_refusal=preset.after_refusal, fields=[question.to_json() for question in preset.questions], notify=notify,
    )  # fmt: skip
    db.session.add(form)
    return form


def read_texts(given: Mapping[str, str]) -> dict[str, str]:
    """Return a form's own sentences.

    Raises:
        DesignRefused: one is too long, or it has no name.
    """
    texts = {name: given.get(name, "").replace("\0", "").strip() for name in LIMITS}
    for name, limit in LIMITS.items():
        if len(texts[name]) > limit:
            raise DesignRefused(_("%(name)s: at most %(limit)s characters.", name=word(name), limit=limit))
    if not texts["name"]:
        raise DesignRefused(_("Give the form a name."))
    return texts


def read_words(text: str) -> list[str]:
    """Return the words, separated by commas, after which a form is offered."""
    words = [" ".join(word.split())[:40].lower() for word in text.split(",") if word.strip()]
    return list(dict.fromkeys(words))[:MAX_WORDS]


def change(form: Form, design: Design) -> None:
    """Keep a new design; what was submitted before stays as it was asked. The caller commits."""
    for name, text in design.texts.items():
        setattr(form, name, text)
    form.words, form.after_refusal, form.notify = design.words, design.after_refusal, design.notify
    form.fields = [question.to_json() for question in design.questions]


def offers_of(chatbot: Chatbot) -> list[dict[str, Any]]:
    """Return the forms that visitors may be offered, as the widget draws them."""
    return [
        {
            "id": str(form.uuid), "name": form.name, "intro": form.intro, "button": form.button,
            "after_refusal": form.after_refusal, "words": _texts(form.words),
            "fields": [question.to_json() for question in questions_of(form.fields)],
        }
        for form in list_forms(chatbot) if form.status == "active"
    ]  # fmt: skip


def _texts(words: Collection[object]) -> list[str]:
    return [word for word in words if isinstance(word, str)]
