"""The preview as a workbench: one question, and everything that happened on the way to its answer."""

from __future__ import annotations

import uuid
from typing import Any

from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_login import current_user
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app import answering
from app.answering import budgets, citing, prices
from app.answering.places import places_of
from app.answering.search import MAX_QUESTION_CHARS
from app.caller import limit_previews, standing
from app.collaborators import here
from app.domains import embeds
from app.history import overview
from app.languages import lazy_gettext as _l
from models import Chatbot, db
from views.chatbot_places import find_chatbot, trail_of
from views.chatbot_state import describe


class QuestionForm(DynamicForm):
    """A question, and the one that a visitor asked before it."""

    question = TextAreaField(
        _l("Question"), validators=[InputRequired(), Length(max=MAX_QUESTION_CHARS)], render_kw={"rows": 2}
    )
    before = StringField(
        _l("Asked before it"), validators=[Length(max=MAX_QUESTION_CHARS)],
        description=_l("To see how a question is understood that leans on another."),
    )  # fmt: skip


class WorkbenchPage(BaseView):
    """What visitors see in the corner, and what is behind it in the middle."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/preview")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        return self._page(find_chatbot(chatbot_uuid, "chatbot.preview"), QuestionForm(formdata=None))

    @expose("/<uuid:chatbot_uuid>/preview", methods=["POST"])
    @has_access
    def ask(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, form = find_chatbot(chatbot_uuid, "chatbot.preview"), QuestionForm()
        if not form.validate_on_submit():
            return self._page(chatbot, form), 400
        limit_previews("preview")
        before = (form.before.data or "").strip()
        trace = answering.Trace()
        for _ in answering.stream(chatbot, form.question.data, [answering.Turn(before)] if before else [], trace):
            pass
        if trace.answer and trace.answer.cost:
            budgets.spend(chatbot.service_id, chatbot.id, trace.answer.cost)
            db.session.commit()
        return self._page(find_chatbot(chatbot_uuid, "chatbot.preview"), form, trace)

    def _page(self, chatbot: Chatbot, form: QuestionForm, trace: answering.Trace | None = None) -> Any:
        embed, facts = embeds.preview_embed(chatbot), overview.facts_of(chatbot)
        db.session.commit()
        return self.render_template(
            "chatbot/preview.html", chatbot=chatbot, form=form, trace=trace, embed=embed, trail=trail_of(chatbot),
            token=embeds.sign_preview(embed, current_user.get_id()), may=_rights(chatbot),
            state=describe(chatbot, facts), facts=facts,
            waits=trace is None and chatbot.generation_id is None and describe(chatbot, facts).is_moving,
            places=places_of([hit.chunk_id for hit in trace.hits]) if trace else {},
            cost=prices.in_words(trace.answer.cost, here().config.currency) if trace and trace.answer else "",
            plain_answer=citing.clean(trace.answer.text, (), trace.answer.text) if trace and trace.answer else "",
            appbuilder=self.appbuilder,
        )  # fmt: skip


def _rights(chatbot: Chatbot) -> dict[str, bool]:
    asked = ("chatbot.edit", "source.view", "source.edit")
    return {action: standing().may_with(action, chatbot) for action in asked}
