"""A chatbot's chats as something that is kept, held and erased: one page about it, and questions about one chat."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from sqlalchemy import select
from wtforms import BooleanField, IntegerField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from app import audit
from app.caller import preferred, standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.looks import schema
from app.privacy import erasures, holds, redacting, retention, rules
from app.privacy.erasures import Wish
from app.privacy.rules import MAX_DAYS, Rules
from app.refusals import Refusal
from jobs import queues
from models import Chatbot, ChatSession, db
from views.chatbot_places import find_chatbot, trail_of
from views.meanwhile import FormValues, is_overtaken, seen
from views.questions import ask, is_answered

ERASE, HOLD_WORDS = (
    "history.erase",
    _l("It is deleted by nobody until then: not by time, not by its visitor, not by you."),
)
REDACT_WORDS = _l(
    "A worker looks through all chats of this chatbot. What it takes out can't be brought back; chats under a legal "
    "hold stay as they are."
)


class RulesForm(DynamicForm):
    """How long chats are kept, and whether they are redacted."""

    days = IntegerField(_l("Delete a chat after, days"), validators=[Optional(), NumberRange(1, MAX_DAYS)])
    redacts = BooleanField(_l("Take e-mail addresses, phone and card numbers and IBANs out of messages"))


class HoldForm(DynamicForm):
    """Why a chat has to be kept."""

    reason = TextAreaField(_l("Reason"), validators=[DataRequired(), Length(max=500)])


@dataclass(frozen=True)
class Entered:
    """What somebody typed to find chats by, as the form shows it again."""

    kind: str = "visitor"
    sought: str = ""
    everywhere: bool = False
    wrong: str = ""


NOTHING_YET = Entered()


class PrivacyPage(BaseView):
    """Everything about the privacy of one chatbot's visitors."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/privacy")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "history.view")
        chosen = rules.rules_of(chatbot)
        return self._page(chatbot, RulesForm(formdata=None, days=chosen.days, redacts=chosen.redacts))

    @expose("/<uuid:chatbot_uuid>/privacy", methods=["POST"])
    @has_access
    def save(self, chatbot_uuid: uuid.UUID) -> Any:
        """Store the rules; where chats would go by them, ask first."""
        chatbot, form = find_chatbot(chatbot_uuid, "privacy.edit"), RulesForm()
        if not form.validate_on_submit():
            return self._page(chatbot, form), 400
        entered = FormValues(form)
        if is_overtaken(chatbot, lambda: _chosen(chatbot), entered, entered.labels):
            return self._page(chatbot, form)
        try:
            rules.keep(chatbot, Rules(form.days.data, form.redacts.data))
        except Refusal as refused:
            form.days.errors = [str(refused)]
            return self._page(chatbot, form), 400
        n_going = retention.count_older(chatbot.id, rules.wanted_days(chatbot))
        if retention.shortens(chatbot) and n_going and "sure" not in request.form:
            db.session.rollback()
            return self._page(chatbot, form, n_going=n_going)
        retention.apply_choice(chatbot)
        audit.record("chatbot.privacy", chatbot)
        db.session.commit()
        queues.wake_retention(chatbot.id)
        flash(_("Saved. It counts from the next message on."), "success")
        return redirect(_address(chatbot))

    @expose("/<uuid:chatbot_uuid>/privacy/erase", methods=["POST"])
    @has_access
    def erase(self, chatbot_uuid: uuid.UUID) -> Any:
        """Show what would be erased; erase it when that was confirmed."""
        chatbot = find_chatbot(chatbot_uuid, ERASE)
        entered = Entered(request.form.get("kind", ""), request.form.get("sought", ""), "everywhere" in request.form)
        places = _all_of(chatbot) if entered.everywhere else [chatbot]
        try:
            wish = erasures.read_wish(entered.kind, entered.sought, places)
        except Refusal as refused:
            wrong = Entered(entered.kind, entered.sought, entered.everywhere, str(refused))
            return self._page(chatbot, entered=wrong), 400
        found = erasures.preview(wish)
        if "sure" not in request.form or found.is_empty:
            return self.render_template(
                "privacy/erase.html", chatbot=chatbot, entered=entered, wish=wish, found=found,
                trail=[*trail_of(chatbot), (_("Privacy"), _address(chatbot))], appbuilder=self.appbuilder,
            )  # fmt: skip
        _fulfill(wish, found.counts.n_sessions)
        return redirect(_address(chatbot) + "#erased")

    @expose("/<uuid:chatbot_uuid>/privacy/redact", methods=["GET", "POST"])
    @has_access
    def redact(self, chatbot_uuid: uuid.UUID) -> Any:
        """Have what was stored before redacted too, when that was confirmed."""
        chatbot = find_chatbot(chatbot_uuid, ERASE)
        if not is_answered():
            trail = [*trail_of(chatbot), (_("Privacy"), _address(chatbot))]
            return ask(self, _("Redact earlier messages?"), _("Redact them"), trail, consequence=REDACT_WORDS)
        wish = redacting.ask(chatbot)
        db.session.commit()
        queues.wake_redactions(wish.id)
        return redirect(_address(chatbot) + "#redacted")

    def _page(
        self, chatbot: Chatbot, form: RulesForm | None = None, *, entered: Entered = NOTHING_YET, n_going: int = 0
    ) -> Any:
        chosen, may_with = rules.rules_of(chatbot), standing().may_with
        return self.render_template(
            "privacy/show.html", chatbot=chatbot, trail=trail_of(chatbot), entered=entered, n_going=n_going,
            form=form or RulesForm(formdata=None, days=chosen.days, redacts=chosen.redacts),
            seen=seen(_chosen(chatbot)), redacts=chosen.redacts, redaction=redacting.find_latest(chatbot.id),
            most=rules.most_days(chatbot), row=retention.find(chatbot.id), weeks=retention.weeks_ahead(chatbot),
            days=retention.days_in_force(chatbot), holds=holds.list_holds(chatbot.id),
            look=schema.look_of(chatbot.settings or {}), in_words=preferred().day,
            erased=erasures.list_erasures(chatbot.id), appbuilder=self.appbuilder,
            may_edit=may_with("privacy.edit", chatbot), may_erase=may_with(ERASE, chatbot),
        )  # fmt: skip


def _chosen(chatbot: Chatbot) -> dict[str, Any]:
    return asdict(rules.rules_of(chatbot))


class ChatCarePage(BaseView):
    """One chat, held and erased."""

    route_base = "/dialogue"
    default_view = "hold"

    @expose("/<uuid:session_uuid>/hold", methods=["GET", "POST"])
    @has_access
    def hold(self, session_uuid: uuid.UUID) -> Any:
        chat, form = _find(session_uuid), HoldForm()
        if not is_answered(form):
            question = _("Keep this chat until you take the hold off?")
            words = {"consequence": HOLD_WORDS, "form": form, "is_harmless": True, "picture": "check"}
            return ask(self, question, _("Keep it"), _trail(chat), **words)
        audit.record("history.hold", holds.hold(chat, form.reason.data, standing().member_id))
        return _done(chat, _("This chat is kept until the hold is taken off."))

    @expose("/<uuid:session_uuid>/release", methods=["GET", "POST"])
    @has_access
    def release(self, session_uuid: uuid.UUID) -> Any:
        chat = _find(session_uuid)
        held = holds.find(chat) or abort(404)
        if not is_answered():
            waits = _("Its visitor has asked to have it erased: it is erased at once.")
            words = waits if held.wished_at else _("Its time counts again from its last message.")
            return ask(self, _("Take the hold off this chat?"), _("Take it off"), _trail(chat), consequence=words)
        is_wished = held.wished_at is not None
        holds.release(held)
        audit.record("history.release", held)
        return _erase_one(chat) if is_wished else _done(chat, _("The hold is off."))

    @expose("/<uuid:session_uuid>/erase", methods=["GET", "POST"])
    @has_access
    def erase(self, session_uuid: uuid.UUID) -> Any:
        chat = _find(session_uuid)
        if holds.find(chat) is not None:
            raise Refusal(_("This chat is held. Take the hold off first."))
        if not is_answered():
            words = _("All that was said in it, and what was entered in its forms, is deleted for good. Figures stay.")
            return ask(self, _("Erase this chat?"), _("Erase"), _trail(chat), consequence=words)
        return _erase_one(chat)


def _find(session_uuid: uuid.UUID) -> ChatSession:
    chat: ChatSession = erasures.find_chat(session_uuid) or abort(404)
    if not standing().may_with(ERASE, chat.chatbot):
        abort(403)
    return chat


def _all_of(chatbot: Chatbot) -> list[Chatbot]:
    """Return all chatbots of the same service whose chats the person may erase, deleted ones too."""
    query = select(Chatbot).where(Chatbot.service_id == chatbot.service_id).order_by(Chatbot.id)
    return [each for each in db.session.scalars(query) if standing().may(ERASE, each.workspace_id)]


def _fulfill(wish: Wish, n_sessions: int) -> None:
    """Erase what is little at once; leave what is much to a worker, who writes the receipt when it is done."""
    made = erasures.ask(wish)
    db.session.commit()
    ids = [erasure.id for erasure in made]
    if n_sessions > erasures.AT_ONCE:
        queues.wake_erasures(*ids)
        flash(_("A worker is erasing them. The receipt stands below once it is done."), "success")
        return
    for erasure_id in ids:
        erasures.run(erasure_id)
    queues.wake_forgetting()
    flash(_("Erased."), "success")


def _erase_one(chat: ChatSession) -> Any:
    chatbot = chat.chatbot
    _fulfill(Wish("session", str(chat.uuid), (chatbot,)), 1)
    return redirect(_address(chatbot))


def _done(chat: ChatSession, said: str) -> Any:
    db.session.commit()
    flash(said, "success")
    return redirect(_address(chat.chatbot) + "#holds")


def _trail(chat: ChatSession) -> list[tuple[str, str]]:
    return [*trail_of(chat.chatbot), (_("Privacy"), _address(chat.chatbot))]


def _address(chatbot: Chatbot) -> str:
    return url_for("PrivacyPage.show", chatbot_uuid=chatbot.uuid)
