"""Suspending a service, a chatbot or a person for a reason, and lifting that again: one act, whoever it meets.

Staff do it. It counts with the next request: a suspended service or chatbot answers nobody and is only read, a
suspended person is signed out everywhere. Whoever it concerns reads why in a mail, and on each page that is left.
"""

from __future__ import annotations

from typing import Any

from app import audit, mail
from app.accounts import leaving, platform_roles
from app.accounts.standing import Standing
from app.languages import gettext as _
from app.plans import notices
from app.plans.periods import alone_with
from app.refusals import Refusal
from models import Chatbot, Member, Service, db, tenancy
from models.base import now
from models.members import SUPERADMIN

Subject = Service | Chatbot | Member

MAX_REASON = 2000
_NAMES: dict[type, str] = {Service: "service", Chatbot: "chatbot", Member: "member"}


class SuspensionError(Refusal):
    """Something can't be suspended, or not be lifted; the message says why."""


def suspend(me: Standing, subject: Subject, reason: str) -> None:
    """Stop a service or a chatbot, or shut a person out, for a reason that they read. The caller commits.

    Raises:
        SuspensionError: no reason, it is suspended already, or it is not for `me` to suspend.
        RoleError: the installation would be without a superadmin.
    """
    if not reason.strip():
        raise SuspensionError(_("Say why: whoever it concerns reads it."))
    _check_right(me, subject)
    with tenancy.everything():
        if isinstance(subject, Service):
            with alone_with(subject.id):
                _stop_service(subject)
        elif isinstance(subject, Member):
            _shut_out(subject)
        elif subject.is_suspended or subject.status == "deleted":
            raise SuspensionError(_("This chatbot is suspended or deleted already."))
        subject.suspended_for, subject.suspended_at = reason.strip()[:MAX_REASON], now()
        _settle(subject, "suspend", "suspended")


def lift(me: Standing, subject: Subject) -> None:
    """Let what is suspended work again, as far as nothing else keeps it from that. The caller commits.

    Raises:
        SuspensionError: it is not suspended, or it is not for `me` to lift.
    """
    _check_right(me, subject)
    if not subject.is_suspended:
        raise SuspensionError(_("This is not suspended."))
    with tenancy.everything():
        if isinstance(subject, Service | Member):
            subject.status = "enabled"
        subject.suspended_for, subject.suspended_at = "", None
        _settle(subject, "lift", "lifted")


def _check_right(me: Standing, subject: Subject) -> None:
    may = platform_roles.may_change(me, subject) if isinstance(subject, Member) else me.sells
    if not may:
        raise SuspensionError(_("This is not yours to suspend."))


def _stop_service(service: Service) -> None:
    if service.is_own or service.status != "enabled":
        raise SuspensionError(_("Only a customer's service that is not suspended yet can be suspended."))
    service.status = "disabled"


def _shut_out(person: Member) -> None:
    """Sign every device of a person out, and withdraw the open invitations that they sent."""
    if person.status != "enabled" or not person.verified:
        raise SuspensionError(_("Only somebody who can sign in can be suspended."))
    if person.platform_role == SUPERADMIN:
        platform_roles.keep_a_superadmin(person)
    person.status = "disabled"
    person.session_version += 1
    leaving.withdraw_sent_by(person)


def _settle(subject: Subject, act: str, state: str) -> None:
    db.session.flush()
    audit.record(f"{_NAMES[type(subject)]}.{act}", subject)
    words: dict[str, Any] = {"reason": subject.suspended_for} if subject.suspended_for else {}
    if isinstance(subject, Service):
        notices.add(subject.id, state, now().isoformat(), **words)
    elif isinstance(subject, Chatbot):
        page = f"/chatbot/{subject.uuid}"
        notices.add(subject.service_id, f"chatbot_{state}", now().isoformat(), page=page, chatbot=subject.name, **words)
    else:
        mail.post(f"member_{state}", subject.email, page="/login/", name=subject.first_name, **words)
