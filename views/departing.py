"""What becomes of visitors' chats when a chatbot or a website is deleted: asked together with the deletion itself."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.forms import DynamicForm
from sqlalchemy import ColumnElement, func, select
from wtforms import SelectField

from app.caller import standing
from app.knowledge.chatbots import last_day
from app.languages import day_in_full, ngettext, number_in_words
from app.languages import gettext as _
from app.privacy import erasures, purging
from app.privacy.erasures import Wish
from models import Chatbot, ChatSession, Domain, db

KEEP, ERASE = "keep", "erase"


def before_chatbot(chatbot: Chatbot) -> tuple[str, Any]:
    """Return what deleting a chatbot means, and what is asked of its chats where there are any."""
    gone, until = _("It disappears from your websites at once."), day_in_full(last_day(chatbot))
    n_chats = _count(ChatSession.chatbot_id == chatbot.id)
    if not n_chats:
        return gone, None
    stays = _("Its chats can be read until %(day)s; then they are erased, with what was entered in them.", day=until)
    words = f"{gone} {stays}"
    if not standing().may_with("history.erase", chatbot):
        return words, None
    return words, _ask(n_chats, _("Keep them until then"))


def after_chatbot(chatbot: Chatbot) -> None:
    """Erase the chats of a deleted chatbot where that was chosen: a worker does it. The caller commits."""
    if _is_erasing() and standing().may_with("history.erase", chatbot):
        purging.erase_at_once(chatbot)


def before_domain(domain: Domain) -> tuple[str, Any]:
    """Return what deleting a website means, and what is asked of the chats on it that the person may erase."""
    gone, mine = _("The chatbot disappears from that website at once."), [each.id for each in _erasable(domain)]
    n_chats = _count((ChatSession.domain_id == domain.id) & ChatSession.chatbot_id.in_(mine))
    if not n_chats:
        stays = _("Chats that were held there stay in the history of their chatbots.")
        return f"{gone} {stays}", None
    return gone, _ask(n_chats, _("Keep them in the history"))


def after_domain(domain: Domain) -> None:
    """Erase the chats on a deleted website where that was chosen: a worker does it. The caller commits."""
    if _is_erasing():
        erasures.ask(Wish("domain", str(domain.id), tuple(_erasable(domain))))


def _ask(n_chats: int, kept: str) -> Any:
    chats = SelectField(
        ngettext("Its one chat", "Its %(count)s chats", n_chats, count=number_in_words(n_chats)),
        choices={KEEP: kept, ERASE: _("Erase them at once")},
    )
    return type("ChatsForm", (DynamicForm,), {"chats": chats})(formdata=None)


def _is_erasing() -> bool:
    return request.form.get("chats") == ERASE


def _erasable(domain: Domain) -> list[Chatbot]:
    """Return the chatbots with chats on a website that the person may erase."""
    there = select(ChatSession.chatbot_id).where(ChatSession.domain_id == domain.id)
    found = db.session.scalars(select(Chatbot).where(Chatbot.id.in_(there)).order_by(Chatbot.id))
    return [chatbot for chatbot in found if standing().may_with("history.erase", chatbot)]


def _count(condition: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(ChatSession.id)).where(condition)) or 0
