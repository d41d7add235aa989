"""What a service may have at a time: counted as it stands, and made sure of before anything is added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.languages import gettext as _
from app.plans import periods, usage
from app.plans.features import BY_NAME, DAILY, FLOWS, STOCKS, in_words
from app.plans.periods import alone_with
from app.refusals import Refusal
from models import Chatbot, Document, Domain, Invitation, Service, ServiceMember, Source, Workspace, db, tenancy
from models.base import now
from models.knowledge import UNFINISHED


class QuotaExceeded(Refusal):
    """There is no room; the message says for what, how much there is, and what to do."""

    code = "quota_exceeded"

    def __init__(self, metric: str, limit: int, used: int) -> None:
        noun = BY_NAME[metric].noun
        room = in_words(metric, limit) if metric == "storage_bytes" else f"{in_words(metric, limit)} {noun}"
        super().__init__(
            _(
                "Your plan has room for %(room)s; %(used)s are in use. Remove some, or choose a larger plan.",
                room=room,
                used=in_words(metric, used),
            )
            if limit
            else _("Your plan has no room for %(noun)s now: it has expired, or does not include any.", noun=noun)
        )
        self.metric, self.limit, self.used = metric, limit, used


@dataclass(frozen=True)
class Meter:
    """How much of a quota is used; `limit` is None where there is none: nothing is refused, or no period runs."""

    metric: str
    label: str
    used: int
    limit: int | None

    @property
    def percent(self) -> int:
        if self.limit is None:
            return 0
        return min(100, self.used * 100 // self.limit) if self.limit else 100

    @property
    def renews(self) -> bool:
        """Whether it is counted anew with each month of the service."""
        return self.metric in FLOWS

    @property
    def is_pressing(self) -> bool:
        if self.metric in DAILY:
            return False  # tomorrow there is room again
        return (self.limit or 0) >= usage.MIN_WATCHED and self.percent >= min(usage.WARN_AT)


def _of(model: Any, *conditions: Any) -> Callable[[Any], Any]:
    return lambda service_id: (
        select(func.count(model.id)).where(model.service_id == service_id, *conditions).scalar_subquery()
    )


def _people(service_id: Any) -> Any:
    seated = select(func.count(ServiceMember.id)).where(ServiceMember.service_id == service_id).scalar_subquery()
    invited = select(func.count(func.distinct(Invitation.email))).where(
        Invitation.service_id == service_id, Invitation.status == "pending", Invitation.expired_at > now()
    )
    return seated + invited.scalar_subquery()


def _files(service_id: Any) -> Any:
    size = func.coalesce(func.sum(Source.filesize), 0)
    return select(size).where(Source.service_id == service_id, Source.deleted_at.is_(None)).scalar_subquery()


def _documents(service_id: Any) -> Any:
    live = select(func.count(Document.id)).where(Document.service_id == service_id, Document.live)
    coming = select(func.count(Source.id)).where(
        Source.service_id == service_id, Source.deleted_at.is_(None), Source.state.in_(UNFINISHED)
    )
    return live.scalar_subquery() + coming.scalar_subquery()


COUNTS: dict[str, Callable[[Any], Any]] = {  # metric -> how it is counted, for an id or a column of ids
    "chatbots": _of(Chatbot, Chatbot.status != "deleted"),
    "domains": _of(Domain, Domain.internal.is_(False)),
    "workspaces": _of(Workspace, Workspace.deleted_at.is_(None)),
    "seats": _people,
    "storage_bytes": _files,
    "documents": _documents,
}


def count(service_id: int, metric: str) -> int:
    """Return how many of something a service has now."""
    with tenancy.everything():
        return int(db.session.scalar(select(COUNTS[metric](service_id))) or 0)


def limit_of(service_id: int, metric: str) -> int | None:
    """Return a service's quota; None where nothing is refused."""
    with tenancy.everything():
        service = db.session.scalars(select(Service).where(Service.id == service_id)).one()
        return usage.limit_of(service, metric)


def make_room(service_id: int, metric: str, adding: int = 1) -> None:
    """Make sure that so many may be added, in the transaction that adds them: nobody else can until it ends.

    Raises:
        QuotaExceeded: there is no room.
    """
    with alone_with(service_id):
        service = db.session.scalars(select(Service).where(Service.id == service_id)).one()
        limit = usage.limit_of(service, metric)
        if limit is None:
            return
        used = count(service_id, metric)
        if used + adding > limit:
            raise QuotaExceeded(metric, limit, used)
        usage.warn(service_id, metric, used + adding, limit, periods.month_start(service))


def meters(service: Service) -> list[Meter]:
    """Return every quota of a service with what is used of it."""
    features = periods.features_of(service)
    rows = [(metric, count(service.id, metric)) for metric in STOCKS]
    rows += [(metric, usage.used_now(service, metric)) for metric in (*FLOWS, *DAILY)]
    return [
        Meter(metric, BY_NAME[metric].label, used, int(features.get(metric, 0)) if features else None)
        for metric, used in rows
    ]
