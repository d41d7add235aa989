"""What visitors have entered: a list to narrow and export, and a page for each, to take care of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import ColumnElement

from app import audit
from app.caller import preferred, standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import present
from app.leads import exporting, finding, submissions
from app.looks import languages
from app.wording import titled, word
from models import Submission, db
from models.leads import SUBMISSION_STATES
from views import submission_acts
from views.base import Screen, rows_where, table
from views.columns import moment, path, status_badge
from views.listing import Narrowing


def _mine() -> list[int]:
    return standing().workspaces_where(submissions.VIEW)


def _since(day: str) -> ColumnElement[bool]:
    return finding.is_since(preferred().midnight(dt.date.fromisoformat(day)))


def _until(day: str) -> ColumnElement[bool]:
    return finding.is_before(preferred().midnight(dt.date.fromisoformat(day) + dt.timedelta(days=1)))


class SubmissionView(Screen):
    """What visitors have entered in all forms of your chatbots."""

    datamodel = table(Submission)
    list_title = _l("Submissions")
    lead = _l("What visitors have entered in your chatbots' forms, and who wants to talk to a person.")
    list_columns = ["summary", "form_name", "chatbot", "state", "assignee", "page", "created_at"]
    show_columns = ["summary"]
    add_columns = edit_columns = ["summary"]
    search_columns = ["summary", "form_name", "state", "kind"]
    search_label = _l("Search what was entered")
    order_columns = ["form_name", "state", "created_at"]
    base_permissions = ["can_list", "can_show"]
    base_filters = rows_where(submissions.VIEW, "chatbot.workspace_id")
    base_order = ("id", "desc")
    filter_choices = {"state": SUBMISSION_STATES, "kind": ("form", "handoff")}
    narrowings = (
        Narrowing("chatbot", _l("Chatbot"), finding.is_of_chatbot, lambda: finding.chatbots(_mine())),
        Narrowing("form", _l("Form"), finding.is_of_form, lambda: finding.forms(_mine())),
        Narrowing("assignee", _l("Assignee"), finding.is_taken_by, lambda: finding.assignees(_mine())),
        Narrowing("from", _l("From"), _since),
        Narrowing("to", _l("Until"), _until),
    )
    label_columns = {
        "summary": _l("Entered"),
        "form_name": _l("Form"),
        "created_at": _l("Received"),
        "kind": _l("What"),
    }
    formatters_columns = {"form_name": titled, "state": status_badge, "created_at": moment, "page": path}
    holds_people = True
    bulk_acts = submission_acts.BULK_ACTS
    picture, next_step = "mail", ("ChatbotView.list", _l("Open your chatbots"))
    empty_words = _l("Nothing yet. Open a chatbot's Look and add a form.")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        return redirect(url_for("SubmissionPage.show", submission_uuid=self._find(pk).uuid))

    def file_blocks(self, ids: Sequence[int]) -> Iterator[str]:
        """Write what was entered in full, a column for each label."""
        return exporting.to_csv(lambda: self.batches(ids, exporting.RELATED))


class SubmissionPage(BaseView):
    """One submission. A stranger's is a 404."""

    route_base = "/submission"
    default_view = "show"

    @expose("/<uuid:submission_uuid>")
    @has_access
    def show(self, submission_uuid: uuid.UUID) -> Any:
        submission = self._find(submission_uuid, submissions.VIEW)
        chat = submissions.session_of(submission)
        may = {name: standing().may_with(name, submission.chatbot) for name in ("submission.edit", "history.view")}
        return self.render_template(
            "leads/submission.html", submission=submission, chat=chat, may=may, states=SUBMISSION_STATES,
            people=submissions.people_of(submission.chatbot), appbuilder=self.appbuilder,
            labels=languages.strings(present()) if submission.kind == "handoff" else {},
        )  # fmt: skip

    @expose("/<uuid:submission_uuid>", methods=["POST"])
    @has_access
    def change(self, submission_uuid: uuid.UUID) -> Any:
        submission = self._find(submission_uuid, "submission.edit")
        state, assignee = request.form.get("state", ""), request.form.get("assignee", "")
        people = {str(member.id): member for member in submissions.people_of(submission.chatbot)}
        if state not in SUBMISSION_STATES or (assignee and assignee not in people):
            abort(400)
        submission.state = state
        submissions.assign(submission, people.get(assignee), by_id=standing().member_id)
        audit.record("submission.edit", submission)
        db.session.commit()
        flash(_("Saved: %(state)s.", state=word(state)), "success")
        return redirect(url_for("SubmissionPage.show", submission_uuid=submission_uuid))

    @expose("/<uuid:submission_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def delete(self, submission_uuid: uuid.UUID) -> Any:
        submission = self._find(submission_uuid, "submission.edit")
        if request.method != "POST":
            return self.render_template(
                "confirm.html", question=_("Delete what was entered in %(name)s?", name=titled(submission.form_name)),
                verb=_("Delete"), consequence=_("It is gone for good. The chat that it was entered in stays."),
                appbuilder=self.appbuilder, trail=[(_("Submissions"), url_for("SubmissionView.list"))],
            )  # fmt: skip
        submissions.remove(submission)
        audit.record("submission.delete", submission)
        db.session.commit()
        flash(_("Deleted."), "success")
        return redirect(url_for("SubmissionView.list"))

    def _find(self, submission_uuid: uuid.UUID, action: str) -> Submission:
        submission: Submission = submissions.find(submission_uuid) or abort(404)
        if not standing().may_with(action, submission.chatbot):
            abort(403)
        return submission
