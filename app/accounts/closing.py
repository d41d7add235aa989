"""Deleting one's own account. What becomes of each service that the person holds is their choice, and never silent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from app import audit, mail
from app.accounts import devices, leaving, ownership, platform_roles, preferences, second_factor
from app.accounts.passwords import is_right, make_password, set_password
from app.languages import gettext as _
from app.plans import periods, services
from app.plans.services import ServiceError
from app.refusals import Refusal
from models import (
    Invitation,
    Member,
    OutgoingMail,
    Profile,
    Service,
    ServiceMember,
    Verification,
    WorkspaceMember,
    db,
    tenancy,
)
from models.base import change, now
from models.members import SUPERADMIN

CLOSE = "close"


@dataclass(frozen=True)
class Held:
    """A service that its holder has to decide about, and who in it could have it."""

    service: Service
    successors: list[Member]

    @property
    def may_be_closed(self) -> bool:
        return not self.service.is_own

    @property
    def grace_days(self) -> int:
        return periods.grace_days(self.service)


def find_held(member_id: int) -> list[Held]:
    """Return the services that somebody holds, each with the people who could take it over."""
    with tenancy.everything():
        query = select(Service).where(Service.holder_id == member_id, Service.status != "deleted").order_by(Service.id)
        return [Held(service, ownership.find_successors(service)) for service in db.session.scalars(query)]


def close_account(member: Member, password: str, choices: Mapping[int, str]) -> None:
    """Delete a person: services are handed over or closed, everything personal goes. The caller commits.

    `choices` maps the id of each service that is held to a successor's id, or to "close".

    Raises:
        Refusal: the password is wrong, a service was not decided about, or nobody would run the installation.
    """
    if not is_right(member, password):
        raise Refusal(_("The present password is not right."))
    with tenancy.everything():
        if member.platform_role == SUPERADMIN:
            platform_roles.keep_a_superadmin(member)
        for held in find_held(member.id):
            _settle(held, choices.get(held.service.id, ""))
        language = preferences.language_of(member.id)  # the mail is written once they are gone
        mail.post("account_deleted", member.email, name=member.first_name, else_in=language)
        _leave_everything(member)
        _forget(member)
        audit.record("account.delete", member)


def _settle(held: Held, choice: str) -> None:
    if choice == CLOSE and held.may_be_closed:
        close_service(held.service, told=False)
        return
    successor = next((person for person in held.successors if str(person.id) == choice), None)
    if successor is None:
        raise Refusal(
            _("Choose what becomes of %(name)s: somebody in it who takes it over, or its end.", name=held.service.name)
        )
    ownership.hand_over(held.service, successor)
    page = f"/service/{held.service.uuid}"
    mail.post("service_handed_over", successor.email, page=page, name=successor.first_name, service=held.service.name)


def close_service(service: Service, *, told: bool) -> None:
    """End a service at once and tell everybody in it, its holder only where `told`. The caller commits."""
    with suppress(ServiceError):  # it has ended already
        services.cancel(service)
    service.status = "deleted"
    service.expired_at = min(service.expired_at or now(), now())  # what is left of a paid period works no more
    pending = update(Invitation).where(Invitation.service_id == service.id, Invitation.status == "pending")
    change(pending.values(status="revoked"))
    seats = select(ServiceMember).where(ServiceMember.service_id == service.id)
    for seat in db.session.scalars(seats):
        if told or seat.user_id != service.holder_id:
            mail.post("service_closed", seat.member.email, name=seat.member.first_name, service=service.name)
    for kind in (WorkspaceMember, ServiceMember):
        change(delete(kind).where(kind.service_id == service.id))
    audit.record("service.close", service)


def _leave_everything(member: Member) -> None:
    leaving.withdraw_sent_by(member)
    for kind in (WorkspaceMember, ServiceMember, Verification, Profile):
        change(delete(kind).where(kind.user_id == member.id))
    devices.sign_out_all(member.id)
    second_factor.switch_off(member.id)


def _forget(member: Member) -> None:
    """Replace what names the person: the row stays, for orders and the audit trail."""
    gone = f"deleted-{uuid.uuid4().hex}@example.invalid"
    addressed = update(Invitation).where(Invitation.email == member.email, Invitation.status != "pending")
    change(addressed.values(email=gone))
    change(update(OutgoingMail).where(OutgoingMail.recipient == member.email, OutgoingMail.state != "waiting")
           .values(recipient=gone))  # fmt: skip
    member.email, member.first_name, member.last_name = gone, "Deleted", "person"
    member.status, member.verified, member.deleted_at = "deleted", False, now()
    set_password(member, make_password())
    db.session.flush()
