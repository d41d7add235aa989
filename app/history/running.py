"""What those who run the installation look after day by day: work that failed, and who asks most.

Everything must be open while it is read. It returns counts, codes and services, and no word of a customer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, func, literal, select, union_all

from app.languages import gettext as _
from app.languages import retold
from app.wording import word
from indexes.errors import KINDS
from models import Chatbot, ChatbotHour, Export, Service, Source, db
from models.base import now

FAILED_DAYS = 14
USAGE_DAYS = 30
MAX_ROWS = 8
HOUR_S = 3600  # as `ChatbotHour.hour` counts
SOURCE, TRAINING, EXPORT = "source", "training", "export"


@dataclass(frozen=True)
class Failing:
    """How often one kind of work failed at a service for one reason; `code` of a training or an export is empty."""

    service: Service
    kind: str
    code: str
    n: int
    last_at: dt.datetime

    @property
    def reason(self) -> str:
        if self.kind == TRAINING:
            return _("A chatbot's training failed: the log says why.")
        if self.kind == EXPORT:
            return _("An export could not be written: the log says why.")
        if self.code in KINDS:
            return retold(KINDS[self.code].happened)
        return _("A source could not be read: %(reason)s.", reason=word(self.code or "unknown"))


@dataclass(frozen=True)
class Usage:
    """What was asked at all chatbots of a service, and how much of it was answered."""

    service: Service
    n_questions: int
    n_answered: int

    @property
    def answered_percent(self) -> int | None:
        return round(100 * self.n_answered / self.n_questions) if self.n_questions else None


def read_failing() -> list[Failing]:
    """Return what fails most since two weeks, in one query."""
    failed = union_all(_failed_sources(), _failed_trainings(), _failed_exports()).subquery()
    query = select(Service, failed.c.kind, failed.c.code, failed.c.n, failed.c.last_at)
    query = query.join(failed, failed.c.service_id == Service.id)
    rows = db.session.execute(query.order_by(failed.c.n.desc(), failed.c.last_at.desc()).limit(MAX_ROWS))
    return [Failing(*row) for row in rows]


def _failed_sources() -> Select[int, str, str, int, dt.datetime]:
    code, at = func.coalesce(Source.error_code, ""), func.coalesce(Source.finished_at, Source.created_at)
    last_at = func.max(at, type_=Source.created_at.type).label("last_at")
    columns = (Source.service_id, literal(SOURCE).label("kind"), code.label("code"), func.count().label("n"), last_at)
    query = select(*columns).where(Source.state == "failed", Source.deleted_at.is_(None), at > _since(FAILED_DAYS))
    return query.group_by(Source.service_id, code)


def _failed_trainings() -> Select[int, str, str, int, dt.datetime]:
    at = func.coalesce(Chatbot.training_heartbeat_at, Chatbot.created_at)
    last_at = func.max(at, type_=Source.created_at.type).label("last_at")
    columns = (Chatbot.service_id, literal(TRAINING).label("kind"), literal("").label("code"), func.count().label("n"))
    query = select(*columns, last_at).where(Chatbot.training_status == "failed", Chatbot.status != "deleted")
    return query.where(at > _since(FAILED_DAYS)).group_by(Chatbot.service_id)


def _failed_exports() -> Select[int, str, str, int, dt.datetime]:
    at = func.coalesce(Export.heartbeat_at, Export.created_at)
    last_at = func.max(at, type_=Source.created_at.type).label("last_at")
    columns = (Export.service_id, literal(EXPORT).label("kind"), literal("").label("code"), func.count().label("n"))
    query = select(*columns, last_at).where(Export.state == "failed", at > _since(FAILED_DAYS))
    return query.group_by(Export.service_id)


def read_usage() -> list[Usage]:
    """Return the services that were asked most in 30 days, from the hours that are counted, in one query.

    (By way of the chatbots, each of whose hours an index holds in their order.)
    """
    n_questions, n_answered = func.sum(ChatbotHour.n_questions), ChatbotHour.n_grounded + ChatbotHour.n_curated
    counts = (
        select(Chatbot.service_id, n_questions.label("n"), func.sum(n_answered).label("n_answered"))
        .join(ChatbotHour, ChatbotHour.chatbot_id == Chatbot.id)
        .where(ChatbotHour.hour >= _since(USAGE_DAYS).timestamp() // HOUR_S)
        .group_by(Chatbot.service_id).having(n_questions > 0)
        .order_by(n_questions.desc()).limit(MAX_ROWS).subquery()
    )  # fmt: skip
    query = select(Service, counts.c.n, counts.c.n_answered).join(counts, counts.c.service_id == Service.id)
    rows = db.session.execute(query.order_by(counts.c.n.desc(), Service.id))
    return [Usage(service, int(n), int(n_answered)) for service, n, n_answered in rows]


def _since(days: int) -> dt.datetime:
    return now() - dt.timedelta(days=days)
