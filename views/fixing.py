"""Fix this answer: what a visitor was told, what would be said now, and a better answer in the owner's words."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.answering import golden
from app.caller import standing
from app.knowledge import pairs
from app.languages import gettext as _
from app.learning import fixing
from app.learning.fixing import Exchange
from app.refusals import Refusal
from jobs import queues
from models import Message, db


class FixPage(BaseView):
    """One message of a chat, before and after. A stranger's is a 404."""

    route_base = "/fix"
    default_view = "show"

    @expose("/<uuid:message_uuid>")
    @has_access
    def show(self, message_uuid: uuid.UUID) -> Any:
        exchange = _find(message_uuid, "history.view")
        return self._page(exchange, {"question": exchange.question, "answer": _draft(exchange)})

    @expose("/<uuid:message_uuid>/answer", methods=["POST"])
    @has_access
    def answer(self, message_uuid: uuid.UUID) -> Any:
        exchange = _find(message_uuid, "source.edit")
        typed = {name: request.form.get(name, "") for name in ("question", "answer")}
        try:
            source, (row,) = pairs.add(exchange.answer.chat_session.chatbot, [pairs.make_pair(**typed)])
        except Refusal as refusal:
            return self._refuse(exchange, refusal, typed)
        audit.record("answer.write", row)
        db.session.commit()
        queues.wake_ingestion(source.id)
        flash(_("Kept. From now on this question gets your answer."), "success")
        return redirect(url_for(".show", message_uuid=message_uuid))

    @expose("/<uuid:message_uuid>/golden", methods=["POST"])
    @has_access
    def golden(self, message_uuid: uuid.UUID) -> Any:
        """Keep the question as one that every version must go on answering."""
        exchange = _find(message_uuid, "source.edit")
        typed = {name: request.form.get(name, "") for name in ("question", "document", "words")}
        try:
            row = golden.add(exchange.answer.chat_session.chatbot, *typed.values())
        except Refusal as refusal:
            return self._refuse(exchange, refusal, typed)
        audit.record("golden.add", row)
        db.session.commit()
        flash(_("Kept: each new version is asked this before it answers anybody."), "success")
        return redirect(url_for(".show", message_uuid=message_uuid))

    def _refuse(self, exchange: Exchange, refusal: Refusal, typed: dict[str, str]) -> Any:
        db.session.rollback()
        flash(str(refusal), "danger")
        return self._page(exchange, {"answer": _draft(exchange), **typed}), 400

    def _page(self, exchange: Exchange, typed: dict[str, str]) -> Any:
        chat = exchange.answer.chat_session
        return self.render_template(
            "learning/fix.html", appbuilder=self.appbuilder, exchange=exchange, chat=chat, chatbot=chat.chatbot,
            now=fixing.ask_again(exchange), typed=typed, limits=pairs, max_golden=golden.MAX_CHARS,
            may_edit=standing().may_with("source.edit", chat.chatbot),
        )  # fmt: skip


def _draft(exchange: Exchange) -> str:
    """Return what the owner begins with: the words that were given, unless they said nothing."""
    return "" if exchange.answer.state in (None, "refused", "error") else exchange.answer.message


def _find(message_uuid: uuid.UUID, action: str) -> Exchange:
    message: Message = fixing.find_message(message_uuid) or abort(404)
    chatbot = message.chat_session.chatbot
    if chatbot.status == "deleted":
        abort(404)
    if not standing().may_with("history.view", chatbot) or not standing().may_with(action, chatbot):
        abort(403)
    exchange: Exchange = fixing.exchange_of(message) or abort(404)
    return exchange
