"""Who holds a service: offered by the holder to somebody in it, taken by that person's own click."""

from __future__ import annotations

from sqlalchemy import delete, select

from app import audit, mail
from app.languages import gettext as _
from app.plans import periods
from app.plans.periods import alone_with
from app.refusals import Refusal
from models import Handover, Member, Service, ServiceMember, Subscription, Workspace, WorkspaceMember, db, tenancy
from models.base import change


def find_successors(service: Service) -> list[Member]:
    """Return the people in a service who could hold it, by name."""
    with tenancy.everything():
        query = select(Member).join(ServiceMember, ServiceMember.user_id == Member.id).where(
            ServiceMember.service_id == service.id, ServiceMember.role == "member", Member.status == "enabled"
        )  # fmt: skip
        return list(db.session.scalars(query.order_by(Member.first_name, Member.id)))


def offer(service: Service, successor_id: int) -> Member:
    """Offer a service to somebody in it, in place of an earlier offer. The caller commits.

    Raises:
        Refusal: the person is not in the service.
    """
    found = next((person for person in find_successors(service) if person.id == successor_id), None)
    if found is None:
        raise Refusal(_("A service can be handed over to somebody who is in it: invite the person first."))
    withdraw(service)
    made = Handover(service_id=service.id, successor=found)
    db.session.add(made)
    audit.record("handover.offer", made)
    words = {"name": found.first_name, "service": service.name, "holder": service.holder.name}
    mail.post("service_offered", found.email, page=f"/service/{service.uuid}/handover", **words)
    return found


def find_offer(service: Service) -> Handover | None:
    """Return the offer of a service that waits for an answer."""
    return db.session.scalar(select(Handover).where(Handover.service_id == service.id))


def withdraw(service: Service) -> None:
    """Take an offer back, or decline it. The caller commits."""
    if (waiting := find_offer(service)) is not None:
        db.session.delete(waiting)
        db.session.flush()


def accept(service: Service, member: Member) -> None:
    """Take over a service that was offered to this member; of two clicks one wins. The caller commits.

    Raises:
        Refusal: the offer was taken back, or the member holds a free service already.
    """
    with tenancy.everything():
        taking = delete(Handover).where(Handover.service_id == service.id, Handover.successor_id == member.id)
        if not change(taking):
            raise Refusal(_("This service is not offered to you any more."))
        hand_over(service, member)


def hand_over(service: Service, successor: Member) -> None:
    """Make somebody the holder; who held it stays as owner of every workspace. The caller commits.

    Raises:
        Refusal: it runs free or on trial, and the successor has had such a service: one for each person.
    """
    with alone_with(service.id):
        period = periods.find_current(service.id)
        if period is not None and period.kind != "paid" and _holds_free(successor.id):
            raise Refusal(
                _("%(name)s holds a free or trial service already: order a paid plan first.", name=successor.name)
            )
        former_id = service.holder_id
        service.holder_id = successor.id
        for seat in db.session.scalars(select(ServiceMember).where(ServiceMember.service_id == service.id)):
            seat.role = "holder" if seat.user_id == successor.id else "member"
        change(delete(Handover).where(Handover.service_id == service.id))
        _make_owner_everywhere(service.id, former_id)
        audit.record("service.hand-over", service)


def _holds_free(member_id: int) -> bool:
    query = select(Service.id).join(Subscription, Subscription.service_id == Service.id).where(
        Service.holder_id == member_id, Service.status != "deleted", Subscription.status != "expired",
        Subscription.kind.in_(("free", "trial")),
    )  # fmt: skip
    return db.session.scalar(query.limit(1)) is not None


def _make_owner_everywhere(service_id: int, member_id: int) -> None:
    roles = select(WorkspaceMember).where(
        WorkspaceMember.service_id == service_id, WorkspaceMember.user_id == member_id
    )
    present = {row.workspace_id: row for row in db.session.scalars(roles)}
    workspaces = select(Workspace.id).where(Workspace.service_id == service_id, Workspace.deleted_at.is_(None))
    for workspace_id in db.session.scalars(workspaces).all():
        if workspace_id in present:
            present[workspace_id].role = "owner"
        else:
            place = {"service_id": service_id, "workspace_id": workspace_id, "user_id": member_id}
            db.session.add(WorkspaceMember(**place, role="owner"))
    db.session.flush()
