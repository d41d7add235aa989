"""The audit trail: one append-only row for every change that a person makes."""

from __future__ import annotations

from typing import Any

from flask import has_request_context
from flask_login import current_user
from sqlalchemy import inspect

from models import AuditEvent, Service, db

_SECRET = ("password", "token", "hash", "secret", "key")


def _actor_id() -> int | None:
    if has_request_context() and current_user.is_authenticated:
        return int(current_user.id)
    return None


def _service_id(row: Any) -> int | None:
    service_id: int | None = row.id if isinstance(row, Service) else getattr(row, "service_id", None)
    return service_id


def _visible_fields(row: Any) -> dict[str, str]:
    columns = inspect(type(row)).columns.keys()
    words = {name: row.__dict__[name] for name in columns if name in row.__dict__}
    return {
        name: str(value)[:200]
        for name, value in words.items()
        if value is not None and not isinstance(value, bytes) and not any(part in name for part in _SECRET)
    }


def record(action: str, row: Any, **changes: Any) -> None:
    """Write who did `action` to `row`, in the transaction of the change itself. Secrets are left out."""
    target = f"{row.__tablename__}:{row.id}"
    event = AuditEvent(
        service_id=_service_id(row),
        actor_id=_actor_id(),
        action=action[:64],
        target=target,
        changes=changes or _visible_fields(row),
    )
    db.session.add(event)
