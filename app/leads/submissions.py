"""What visitors have entered: kept with its chat, told to people and webhooks, listed, and taken care of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from app import mail
from app.accounts.permissions import HOLDER, allows
from app.history import summary
from app.webhooks import events
from models import Chatbot, ChatSession, Form, Member, ServiceMember, Submission, WorkspaceMember, db

VIEW = "submission.view"
Answers = list[dict[str, str]]
_IN_SUMMARY = ("text", "email", "phone", "long", "choice", "rating", "date")


def add(chat: ChatSession, answers: Answers, form: Form | None, form_name: str) -> Submission:
    """Keep what a visitor entered, and note who is to be told of it; a form of None: they want to talk to a person.

    The caller commits.
    """
    submission = Submission(
        service_id=chat.service_id, chatbot_id=chat.chatbot_id, session_id=chat.id, form_id=form.id if form else None,
        kind="form" if form else "handoff", form_name=form_name, answers=answers, page=chat.page,
        summary=_summarize(answers),
    )  # fmt: skip
    db.session.add(submission)
    db.session.flush()
    if summary.lock(chat.id) is not None:
        summary.renew(chat)
    events.announce(submission.kind, submission.chatbot_id, submission_id=submission.id)
    return submission


def _summarize(answers: Answers) -> str:
    said = [answer["value"] for answer in answers if answer["kind"] in _IN_SUMMARY and answer["value"]]
    return " ".join(", ".join(said).split())[:200]


def tell(submission: Submission, form: Form) -> None:
    """Mail a submission to the members whom its form names, as far as they may still read it; the caller commits."""
    for member in people_of(submission.chatbot) if form.notify else ():
        if member.id in form.notify:
            mail.post(
                "submission", member.email, page=f"/submission/{submission.uuid}", form=form.name,
                chatbot=submission.chatbot.name, said=to_text(submission.answers),
            )  # fmt: skip


def people_of(chatbot: Chatbot) -> list[Member]:
    """Return the members who may read what visitors leave, and so can be told of it and take care of it."""
    here = WorkspaceMember.workspace_id == chatbot.workspace_id
    seats = db.session.execute(select(WorkspaceMember.user_id, WorkspaceMember.role).where(here))
    holders = select(ServiceMember.user_id).where(
        ServiceMember.service_id == chatbot.service_id, ServiceMember.role == HOLDER
    )
    ids = {member_id for member_id, role in seats if allows(role, VIEW)} | set(db.session.scalars(holders))
    members = db.session.scalars(
        select(Member).where(Member.id.in_(ids), Member.status == "enabled").order_by(Member.id)
    )
    return list(members)


def to_text(answers: Iterable[object]) -> str:
    """Return answers as lines of a mail."""
    return "\n".join(f"{answer['label']}: {answer['value'] or '-'}" for answer in answers if isinstance(answer, dict))


def find(submission_uuid: uuid.UUID) -> Submission | None:
    return db.session.scalar(select(Submission).where(Submission.uuid == submission_uuid))


def of_chat(chat: ChatSession) -> list[Submission]:
    """Return what a visitor entered in a chat."""
    return list(db.session.scalars(select(Submission).where(Submission.session_id == chat.id).order_by(Submission.id)))


def assign(submission: Submission, member: Member | None, *, by_id: int | None) -> None:
    """Give a submission to somebody, who is told by mail unless they took it themselves. The caller commits."""
    is_new = member is not None and member.id != submission.assignee_id
    submission.assignee_id = member.id if member else None
    if member is not None and is_new and member.id != by_id:
        mail.post(
            "assigned", member.email, page=f"/submission/{submission.uuid}", form=submission.form_name,
            chatbot=submission.chatbot.name, said=to_text(submission.answers),
        )  # fmt: skip


def session_of(submission: Submission) -> ChatSession | None:
    """Return the chat that it was left in, if that is still there."""
    return db.session.scalar(select(ChatSession).where(ChatSession.id == submission.session_id))


def remove(submission: Submission) -> None:
    """Delete one for good; its chat stays. The caller commits."""
    chat = summary.lock(submission.session_id) if submission.session_id else None
    db.session.delete(submission)
    if chat is not None:
        summary.renew(chat)
