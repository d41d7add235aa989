"""What submissions can be narrowed to: a chatbot, a form, whoever takes care of them, days. Choices and conditions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, false, select

from app.languages import gettext as _
from app.values import whole_number
from app.wording import titled
from models import Chatbot, Member, Submission, db

MAX_CHOICES = 300
NOBODY = "nobody"
Choices = list[tuple[str, str]]


def of_workspaces(workspace_ids: Collection[int]) -> ColumnElement[bool]:
    return Submission.chatbot.has(Chatbot.workspace_id.in_(workspace_ids))


def chatbots(workspace_ids: Collection[int]) -> Choices:
    """Return the chatbots that visitors left something with, as uuid and name."""
    query = select(Chatbot.uuid, Chatbot.name).where(Chatbot.workspace_id.in_(workspace_ids))
    query = query.where(select(Submission.id).where(Submission.chatbot_id == Chatbot.id).exists())
    return [(str(row.uuid), row.name) for row in db.session.execute(query.order_by(Chatbot.name).limit(MAX_CHOICES))]


def forms(workspace_ids: Collection[int]) -> Choices:
    """Return the names of forms that were used, also of those that are deleted."""
    query = select(Submission.form_name).where(of_workspaces(workspace_ids)).distinct()
    return [
        (name, titled(name)) for name in db.session.scalars(query.order_by(Submission.form_name).limit(MAX_CHOICES))
    ]


def assignees(workspace_ids: Collection[int]) -> Choices:
    """Return who takes care of something, nobody first."""
    taken = select(Submission.assignee_id).where(of_workspaces(workspace_ids), Submission.assignee_id.is_not(None))
    query = select(Member).where(Member.id.in_(taken)).order_by(Member.first_name, Member.id).limit(MAX_CHOICES)
    return [(NOBODY, _("Nobody yet")), *((str(member.id), str(member)) for member in db.session.scalars(query))]


def is_of_chatbot(word: str) -> ColumnElement[bool]:
    return Submission.chatbot.has(Chatbot.uuid == uuid.UUID(word))


def is_of_form(word: str) -> ColumnElement[bool]:
    return Submission.form_name == word


def is_taken_by(word: str) -> ColumnElement[bool]:
    if word == NOBODY:
        return Submission.assignee_id.is_(None)
    member_id = whole_number(word)
    return false() if member_id is None else Submission.assignee_id == member_id


def is_since(moment: dt.datetime) -> ColumnElement[bool]:
    return Submission.created_at >= moment


def is_before(moment: dt.datetime) -> ColumnElement[bool]:
    return Submission.created_at < moment
