"""Inviting people into workspaces by e-mail, and what becomes of an invitation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from app import limits, mail
from app.accounts import admission, preferences
from app.accounts.addresses import AddressError, normalize
from app.accounts.members import find_by_email
from app.accounts.passwords import check_strength
from app.accounts.signup import make_proven
from app.languages import gettext as _
from app.plans import quotas
from app.plans.periods import alone_with
from app.refusals import Refusal
from app.tokens import digest
from app.wording import word
from models import Invitation, Member, Service, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.base import change, now
from models.workspaces import WORKSPACE_ROLES

VALID_DAYS = 7

Places = Mapping[int, str]  # workspace id -> the role there


class InvitationError(Refusal):
    """Somebody can't be invited; the message says why."""


@dataclass(frozen=True)
class Offer:
    """What an open invitation offers, in words that its page shows."""

    email: str
    service_name: str
    places: str
    is_member: bool


@dataclass(frozen=True)
class Outcome:
    """What inviting somebody has done: `said` in words; `link` where no mail server could carry it."""

    row: Invitation | WorkspaceMember
    said: str
    link: str | None = None


def invite(service: Service, email: str, places: Places, inviter_id: int | None) -> Outcome:
    """Let somebody into workspaces: by mail, or at once where they are in the service already. The caller commits.

    Raises:
        InvitationError: not an address, no such workspace, or nothing that they don't have yet.
        QuotaExceeded: no seat is left.
    """
    try:
        address = normalize(email)
        admission.check_address(address)
    except (AddressError, admission.NotAdmitted) as error:
        raise InvitationError(str(error)) from error
    with alone_with(service.id):
        _check_places(service.id, places)
        if (member := find_by_email(address)) is not None and _find_seat(service.id, member.id) is not None:
            return _assign(service, member, places)
        pending = _find_pending(service.id, address)
        if pending is not None and pending.is_open:
            return _extend(pending, places, inviter_id)
        if pending is not None:
            pending.status = "revoked"
            db.session.flush()
        return _offer_seat(service, address, places, inviter_id)


def _check_places(service_id: int, places: Places) -> None:
    query = select(Workspace.id).where(Workspace.service_id == service_id, Workspace.deleted_at.is_(None))
    if not places or not set(places) <= set(db.session.scalars(query)):
        raise InvitationError(_("Choose at least one workspace, all of one service."))
    if not set(places.values()) <= set(WORKSPACE_ROLES):
        raise InvitationError(_("A role is owner, admin or user."))


def _find_seat(service_id: int, member_id: int) -> ServiceMember | None:
    return db.session.scalar(select(ServiceMember).filter_by(service_id=service_id, user_id=member_id))


def _find_pending(service_id: int, email: str) -> Invitation | None:
    return db.session.scalar(select(Invitation).filter_by(service_id=service_id, email=email, status="pending"))


def _assign(service: Service, member: Member, places: Places) -> Outcome:
    """Give somebody of the service further workspaces; no mail is needed for that."""
    if service.holder_id == member.id:
        raise InvitationError(_("%(email)s holds this service, and is an owner everywhere in it.", email=member.email))
    added = _take_places(service.id, member, places)
    if not added:
        raise InvitationError(
            _("%(email)s is in this workspace already: change the role under Members.", email=member.email)
        )
    words = {"name": member.name, "n": len(added)}
    return Outcome(added[0], _("%(name)s is in the service already, and now in %(n)s more of its workspaces.", **words))


def _extend(pending: Invitation, places: Places, inviter_id: int | None) -> Outcome:
    """Add workspaces to an invitation that waits; its link stays the same. Who did it last stands for all of it."""
    further = {key: role for key, role in places.items() if key not in pending.places}
    if not further:
        raise InvitationError(
            _("%(email)s is invited already: send that invitation again, or withdraw it.", email=pending.email)
        )
    pending.further_places = {**pending.further_places, **{str(key): role for key, role in further.items()}}
    pending.invited_by_id = inviter_id
    db.session.flush()
    said = _("%(email)s is invited already; the same link now opens these workspaces too.", email=pending.email)
    return Outcome(pending, said)


def _offer_seat(service: Service, email: str, places: Places, inviter_id: int | None) -> Outcome:
    quotas.make_room(service.id, "seats")
    (first, role), *further = places.items()
    made = Invitation(
        service_id=service.id, workspace_id=first, role=role, email=email, invited_by_id=inviter_id,
        further_places={str(key): further_role for key, further_role in further},
    )  # fmt: skip
    said = _("A mail to %(email)s is on its way; the invitation's page shows whether it arrived.", email=email)
    return Outcome(made, said, _mail(made, service))


def _mail(invitation: Invitation, service: Service) -> str | None:
    """Give an invitation a new link and mail it; the link before is dead. Return it where no mail server carries it."""
    _spare_mailboxes(service.id, invitation.email)
    seed, token = mail.make_link_token()
    invitation.token_hash = digest(token)
    invitation.status, invitation.expired_at = "pending", now() + dt.timedelta(days=VALID_DAYS)
    db.session.add(invitation)
    db.session.flush()
    mail.post(
        "invitation", invitation.email, page="/invitation/", seed=seed, invitation_id=invitation.id,
        service=service.name, places=_places_of([invitation])[invitation.id],
        else_in=preferences.language_of(invitation.invited_by_id),
    )  # fmt: skip
    return None if mail.has_server() else mail.link(f"/invitation/{token}")


def _spare_mailboxes(service_id: int, email: str) -> None:
    """Hold a service to so many mails: what it writes to strangers carries its name, and ours."""
    if not limits.allow(limits.MAILS_PER_ACCOUNT, "invitation of", f"{service_id} {email}"):
        raise InvitationError(
            _("%(email)s was sent several invitations within the hour: the last one works.", email=email)
        )
    if not limits.allow(limits.INVITATIONS_PER_SERVICE, "invitations by", str(service_id)):
        raise InvitationError(_("This service has sent many invitations today. Go on tomorrow."))


def resend(invitation: Invitation, sender_id: int | None) -> Outcome:
    """Send an invitation again, for seven days from now, with a new link, as the sender's own. The caller commits.

    Raises:
        InvitationError: it was accepted or withdrawn.
        QuotaExceeded: it had expired, and no seat is left.
    """
    with alone_with(invitation.service_id):
        db.session.refresh(invitation)
        if invitation.status != "pending":
            words = {"status": word(invitation.status), "email": invitation.email}
            raise InvitationError(_("This invitation is %(status)s: invite %(email)s anew.", **words))
        if not invitation.is_open:
            quotas.make_room(invitation.service_id, "seats")
        invitation.invited_by_id = sender_id
        link = _mail(invitation, invitation.workspace.service)
        said = _("A new mail to %(email)s is on its way; the link before is dead.", email=invitation.email)
        return Outcome(invitation, said, link)


def offers_of(rows: Sequence[Invitation]) -> dict[int, str]:
    """Return what each invitation opens, in words: "Main (admin), Sales (user)", by its id.

    Workspaces out of sight or deleted are left out.
    """
    places = _places_of(rows).items()
    return {row_id: ", ".join(f"{name} ({word(role)})" for name, role in opened) for row_id, opened in places}


def _places_of(rows: Sequence[Invitation]) -> dict[int, list[tuple[str, str]]]:
    ids = {workspace_id for row in rows for workspace_id in row.places}
    query = select(Workspace).where(Workspace.id.in_(ids), Workspace.deleted_at.is_(None)).order_by(Workspace.id)
    found = [(place.id, place.service_id, " ".join(place.name.split())) for place in db.session.scalars(query)]
    return {
        row.id: [
            (name, row.places[i]) for i, service_id, name in found if i in row.places and service_id == row.service_id
        ]
        for row in rows
    }


def revoke(invitation: Invitation) -> None:
    """Withdraw an invitation. The caller commits.

    Raises:
        InvitationError: it was accepted already.
    """
    withdrawing = update(Invitation).where(Invitation.id == invitation.id, Invitation.status != "accepted")
    n_withdrawn = change(withdrawing.values(status="revoked"))
    db.session.refresh(invitation)
    if not n_withdrawn:
        raise InvitationError(_("It was accepted already: remove the person under Members."))


def _find_open(token: str) -> Invitation | None:
    found = db.session.scalar(select(Invitation).where(Invitation.token_hash == digest(token)))
    if found is None or not found.is_open or found.workspace.service.status != "enabled":
        return None
    return found if offers_of([found])[found.id] else None


def find_offer(token: str) -> Offer | None:
    """Return what a link offers; None when it is unknown, used, revoked or expired."""
    addressee = select(Member.verified).join(Invitation, Invitation.email == Member.email)
    with tenancy.everything():
        # before: who accepts in between is a member by then, and has used the link up
        is_member = bool(db.session.scalar(addressee.where(Invitation.token_hash == digest(token))))
        if (found := _find_open(token)) is None:
            return None
        return Offer(found.email, found.workspace.service.name, offers_of([found])[found.id], is_member)


def _use_up(invitation: Invitation) -> bool:
    """Tell whether nobody else did. Who adds workspaces to it has done so before, or finds a member: see `invite`."""
    taking = update(Invitation).where(Invitation.id == invitation.id, Invitation.status == "pending")
    with alone_with(invitation.service_id):
        is_taken = bool(change(taking.values(status="accepted", accepted_at=now())))
        db.session.refresh(invitation)
    return is_taken


def _take_places(service_id: int, member: Member, places: Places) -> list[WorkspaceMember]:
    """Add somebody to the workspaces that they are not in yet; roles that they have stay."""
    query = select(WorkspaceMember.workspace_id).filter_by(service_id=service_id, user_id=member.id)
    present = set(db.session.scalars(query))
    live = select(Workspace.id).where(Workspace.service_id == service_id, Workspace.deleted_at.is_(None))
    added = [
        WorkspaceMember(service_id=service_id, workspace_id=workspace_id, member=member, role=places[workspace_id])
        for workspace_id in db.session.scalars(live)
        if workspace_id in places and workspace_id not in present
    ]
    db.session.add_all(added)
    db.session.flush()
    return added


def _give_seat(invitation: Invitation, member: Member) -> ServiceMember:
    seat = _find_seat(invitation.service_id, member.id)
    if seat is None:
        seat = ServiceMember(service_id=invitation.service_id, member=member)
        db.session.add(seat)
    _take_places(invitation.service_id, member, invitation.places)
    return seat


def accept(token: str, member_id: int) -> ServiceMember | None:
    """Let a signed-in member take a seat; of two tries one wins, the other gets None. The caller commits."""
    with tenancy.everything():
        found, member = _find_open(token), db.session.get(Member, member_id)
        if found is None or member is None or member.email != found.email or not _use_up(found):
            return None
        return _give_seat(found, member)


def accept_as_new(token: str, name: str, password: str) -> ServiceMember | None:
    """Make a member of somebody whose address the link has proven, and give them the seat. The caller commits.

    Raises:
        PasswordError: the password is too weak.
    """
    with tenancy.everything():
        found = _find_open(token)
        if found is None:
            return None
        check_strength(password, name, found.email)
        if not _use_up(found):
            return None
        return _give_seat(found, make_proven(name, found.email, password))
