"""Which workspaces of a service may use a domain: all of them, also new ones, unless it is kept to some."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, delete, or_, select

from app.accounts.standing import Standing
from app.languages import gettext as _
from app.refusals import Refusal
from models import Chatbot, Domain, DomainGrant, Workspace, db, tenancy
from models.base import change


def is_open_to(workspace_id: int) -> ColumnElement[bool]:
    """Return the condition under which a domain may be used by a workspace."""
    granted = select(DomainGrant.domain_id).where(DomainGrant.workspace_id == workspace_id)
    return or_(Domain.is_kept.is_(False), Domain.id.in_(granted))


def lets_in(domain: Domain, chatbot: Chatbot) -> bool:
    """Tell whether a domain may be used by the workspace in which a chatbot is now."""
    return not domain.is_kept or chatbot.workspace_id in ids_of(domain)


def ids_of(domain: Domain) -> set[int]:
    """Return the workspaces that a domain is kept to, as far as the scope shows them; none where all may use it."""
    return set(db.session.scalars(select(DomainGrant.workspace_id).where(DomainGrant.domain_id == domain.id)))


def may(standing: Standing, action: str, domain: Domain) -> bool:
    """Tell whether a person may do something with a domain: by a role in one of the workspaces that may use it."""
    if not domain.is_kept or standing.is_superadmin:
        return standing.may_in_service(action, domain.service_id)
    return any(standing.may(action, workspace_id) for workspace_id in ids_of(domain))


def _workspaces_of(service_id: int) -> list[Workspace]:
    mine = select(Workspace).where(Workspace.service_id == service_id, Workspace.deleted_at.is_(None))
    return list(db.session.scalars(mine.order_by(Workspace.name)))


def choices(standing: Standing, domain: Domain) -> list[Workspace]:
    """Return the workspaces to which a person may give a domain, and from which they may take it."""
    mine = _workspaces_of(domain.service_id)
    return [workspace for workspace in mine if standing.may("domain.edit", workspace.id)]


def open_to_all(domain: Domain) -> None:
    """Let every workspace of the service use a domain, also those to come. The caller commits."""
    change(delete(DomainGrant).where(DomainGrant.domain_id == domain.id))
    domain.is_kept = False


def keep(standing: Standing, domain: Domain, wanted: Collection[Workspace]) -> None:
    """Keep a domain to some workspaces, of those that the person manages. The caller commits.

    Workspaces that they don't manage lose nothing: what is open to all can be kept by those who manage all of them.

    Raises:
        Refusal: none is chosen, or one would lose it in which the person has no say.
    """
    managed = choices(standing, domain)
    with tenancy.everything():
        others = {workspace.id for workspace in _workspaces_of(domain.service_id)} - {row.id for row in managed}
        kept = ids_of(domain)
    if others and not domain.is_kept:
        raise Refusal(_("Other workspaces use it too, which you don't manage. Ask the holder of the service."))
    if not wanted and not kept & others:
        raise Refusal(_("Choose at least one workspace, or let all of them use it."))
    gone = {row.id for row in managed} - {row.id for row in wanted}
    change(delete(DomainGrant).where(DomainGrant.domain_id == domain.id, DomainGrant.workspace_id.in_(gone)))
    for workspace in wanted:
        if workspace.id not in kept:
            db.session.add(DomainGrant(service_id=domain.service_id, workspace_id=workspace.id, domain_id=domain.id))
    domain.is_kept = True
    db.session.flush()
