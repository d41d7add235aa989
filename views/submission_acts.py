"""What is done with several submissions at once: a new state, and somebody who takes care of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.forms import DynamicForm
from wtforms import SelectField

from app import audit
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazily, ngettext
from app.languages import lazy_gettext as _l
from app.leads import submissions
from app.wording import words
from models import Member, Submission
from models.leads import SUBMISSION_STATES
from views.selected import BulkAct


class StateForm(DynamicForm):
    """How far somebody is with it."""

    state = SelectField(_l("State"), choices=[(state, lazily(words, state)) for state in SUBMISSION_STATES])


class AssigneeForm(DynamicForm):
    """Who takes care of it: those who may read all of what was ticked."""

    people: dict[int, Member]
    assignee = SelectField(_l("Taken care of by"))


def _ask_for_assignee(rows: Sequence[Submission]) -> AssigneeForm:
    chatbots = {row.chatbot_id: row.chatbot for row in rows}.values()
    known = [{member.id: member for member in submissions.people_of(chatbot)} for chatbot in chatbots]
    people = {number: member for number, member in known[0].items() if all(number in others for others in known)}
    form = AssigneeForm()
    form.people = people
    form.assignee.choices = [("", _("Nobody yet")), *((str(number), str(row)) for number, row in people.items())]
    return form


def _may_edit(_view: Any, row: Submission) -> bool:
    return standing().may_with("submission.edit", row.chatbot)


def _put_state(_view: Any, row: Submission, form: StateForm) -> None:
    row.state = form.state.data
    audit.record("submission.edit", row)


def _assign(_view: Any, row: Submission, form: AssigneeForm) -> None:
    member = form.people.get(int(form.assignee.data)) if form.assignee.data else None
    submissions.assign(row, member, by_id=standing().member_id)
    audit.record("submission.edit", row)


def _delete(_view: Any, row: Submission, _form: Any) -> None:
    submissions.remove(row)
    audit.record("submission.delete", row)


BULK_ACTS = (
    BulkAct(
        "state", _l("Change state"), "check",
        lambda n: ngettext("Change the state of %(num)s submission?", "Change the state of %(num)s submissions?", n),
        lambda n: ngettext("%(num)s submission has its new state.", "%(num)s submissions have their new state.", n),
        _put_state, may=_may_edit, form=lambda _rows: StateForm(),
    ),
    BulkAct(
        "assign", _l("Hand over"), "people",
        lambda n: ngettext("Who takes care of %(num)s submission?", "Who takes care of %(num)s submissions?", n),
        lambda n: ngettext("%(num)s submission is handed over.", "%(num)s submissions are handed over.", n),
        _assign, may=_may_edit, form=_ask_for_assignee,
        consequence=_l("Whoever you choose is told by mail, unless it is you."),
    ),
    BulkAct(
        "delete", _l("Delete"), "trash",
        lambda n: ngettext("Delete %(num)s submission?", "Delete %(num)s submissions?", n),
        lambda n: ngettext("%(num)s submission is deleted.", "%(num)s submissions are deleted.", n),
        _delete, may=_may_edit, is_harmless=False,
        consequence=_l("What was entered is gone for good. The chats that it was entered in stay."),
    ),
)  # fmt: skip
