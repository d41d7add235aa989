"""What a visitor enters in the forms of a chat: checked, kept, and told to whoever takes care of it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app import limits
from app.leads import forms, handoff, submissions
from app.leads.designs import questions_of, read_answers
from app.looks import languages
from models import ChatSession, db
from widget import access, unused
from widget.access import Visit
from widget.body import read_body
from widget.errors import WidgetError


def register(blueprint: Blueprint) -> None:
    blueprint.post("/forms/<uuid:form_uuid>")(submit)
    blueprint.post("/chat/handoff")(hand_over)


def _enter() -> tuple[Visit, ChatSession, dict[str, Any], dict[str, Any]]:
    """Return who sends a form, the body, and what was entered."""
    visit, chat = access.require_chat()
    body = read_body()
    who = limits.address_group(request.remote_addr)
    for rule, sender in ((limits.FORMS_PER_CHAT, str(chat.uuid)), (limits.FORMS_PER_ADDRESS, who)):
        if not limits.allow(rule, "form", sender):
            raise WidgetError("rate_limited", limits.retry_after_s(rule))
    given = body.get("values")
    if not isinstance(given, dict):
        raise WidgetError("invalid_request")
    unused.note_used(chat)
    return visit, chat, body, given


def submit(form_uuid: uuid.UUID) -> Response:
    visit, chat, body, given = _enter()
    form = forms.find(visit.chatbot, form_uuid)
    if form is None or form.status != "active":
        raise WidgetError("not_found")
    answers, wrong = read_answers(questions_of(form.fields), given)
    if wrong:
        raise WidgetError("form_wrong", fields=wrong)
    submissions.tell(submissions.add(chat, answers, form, form.name), form)
    db.session.commit()
    return jsonify(thanks=form.thanks or languages.words_for(visit.chatbot.settings, _language(body))["form_done"])


def hand_over() -> Response:
    """Send the chat to a person, and say when they answer."""
    visit, chat, body, given = _enter()
    if not handoff.is_offered(visit.chatbot):
        raise WidgetError("not_found")
    wrong = handoff.hand_over(chat, given)
    if wrong:
        raise WidgetError("form_wrong", fields=wrong)
    db.session.commit()
    return jsonify(thanks=handoff.promise(visit.chatbot, _language(body)))


def _language(body: dict[str, Any]) -> str:
    return languages.choose([str(body.get("lang", ""))])
