"""The audit trail: one append-only row for every change that a person makes.

`record` names what somebody did. What they changed is watched at each flush, so that a change that nobody named is
written down all the same, under the name of its table, in the transaction of the change itself.
"""

from __future__ import annotations

from typing import Any

from flask import g, has_app_context, has_request_context, request
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

from app.networks import shorten_address
from models import AuditEvent, Chatbot, Invitation, Member, Service, Workspace, db, tenancy
from models.base import Table
from models.tenancy import ChatbotOwned, PerhapsChatbotOwned

_SECRET = ("password", "token", "hash", "secret", "key", "verification_link", "embedding")
_PLAIN = {"id", "uuid", "service_id", "created_at"}  # what a row is, not what was done to it
_OF_VISITORS = {"answers", "summary", "page", "asked"}  # what was said or searched: erased, as the trail is not
_PRIVATE = {"first_name", "last_name", "username", "email"}  # of people: that they changed is told, not to what
# what follows from an act and is no act itself, or belongs to visitors
_UNWATCHED = {
    "audit_events", "notices", "usage_counters", "outgoing_mails", "user_verification", "devices", "recovery_codes",
    "documents", "chunks", "generations", "websites", "web_pages", "chat_sessions", "chat_history", "citations",
    "retentions", "erasures", "redactions", "session_words", "api_replies",
}  # fmt: skip
_WATCHED = "watched changes"  # of a session's transaction: row -> (verb, changes)


def set_actor(member_id: int | None, acting_as_id: int | None = None, *, key_id: int | None = None) -> None:
    """Say who sends this request, as whom they look at it, and by which key of theirs a program sends it."""
    g.actor_id, g.acting_as_id, g.key_id = member_id, acting_as_id, key_id


def actor_id() -> int | None:
    """Return the member who sent this request; None outside of one."""
    found: int | None = g.get("actor_id") if has_app_context() else None
    return found


def _network() -> str:
    return shorten_address(request.remote_addr) if has_request_context() else ""


def mask_email(email: str) -> str:
    """Return an address that its owner recognizes and nobody else can write to: "a…@example.com"."""
    name, at, host = email.partition("@")
    return f"{name[:1]}…{at}{host}"


def _in_words(row: Any, field: str, value: Any) -> str | None:
    if value is None:
        return None
    if field in _PRIVATE and isinstance(row, Member | Invitation):
        return mask_email(value) if "@" in value else "…"
    return str(value)[:200]


def is_secret(field: str) -> bool:
    """Tell whether a field's name says that what it holds is for nobody to read."""
    return any(part in field for part in _SECRET)


def _fields(row: Any) -> list[str]:
    keys = inspect(type(row)).column_attrs.keys()
    return [key for key in keys if key not in _PLAIN | _OF_VISITORS and not is_secret(key)]


def _values(row: Any) -> dict[str, Any]:
    """Return what a row that is made or deleted holds, without secrets."""
    held = {field: getattr(row, field) for field in _fields(row)}
    return {
        field: _in_words(row, field, value)
        for field, value in held.items()
        if value not in (None, "") and not isinstance(value, bytes)
    }


def _differences(row: Any) -> dict[str, Any]:
    """Return field -> [before, after] of what is about to change, without secrets."""
    found = {}
    for field in _fields(row):
        history = inspect(row).attrs[field].history
        if history.has_changes():
            before = history.deleted[0] if history.deleted else _stored(row, field)
            found[field] = [_in_words(row, field, before), _in_words(row, field, getattr(row, field))]
    return found


def _stored(row: Any, field: str) -> Any:
    """Return what the database holds of a field that was set without having been read."""
    kind = type(row)
    return db.session.scalar(select(getattr(kind, field)).where(kind.id == row.id))


def _label(row: Any) -> str:
    """Return what people call a row. People are not named: their names go with their accounts, the trail stays."""
    person = row if isinstance(row, Member) else getattr(row, "member", None)
    if person is not None or isinstance(row, Invitation):
        return mask_email((person or row).email)
    names = (getattr(row, name, None) for name in ("name", "title", "domain", "question"))
    return str(next(filter(None, names), ""))[:120]


def _place(row: Any) -> tuple[int | None, int | None]:
    """Return the service and the workspace that a row lies in, as far as it lies in one."""
    if isinstance(row, Service):
        return row.id, None
    service_id = getattr(row, "service_id", None)
    if isinstance(row, Workspace):
        return service_id, row.id
    if isinstance(row, ChatbotOwned | PerhapsChatbotOwned) and row.chatbot_id is not None:
        return service_id, db.session.scalar(select(Chatbot.workspace_id).where(Chatbot.id == row.chatbot_id))
    return service_id, getattr(row, "workspace_id", None)


def _watched(session: Session) -> dict[Any, tuple[str, dict[str, Any]]]:
    found: dict[Any, tuple[str, dict[str, Any]]] = session.info.setdefault(_WATCHED, {})
    return found


def _is_watched(row: Any) -> bool:
    return isinstance(row, Table | Member) and row.__tablename__ not in _UNWATCHED


def _watch_edit(session: Session, row: Any) -> None:
    """Add what is about to change to what changed before, in the same transaction: from the first value to the last."""
    verb, seen = _watched(session).get(row, ("edit", {}))
    for field, (before, after) in _differences(row).items():
        seen[field] = [seen[field][0] if field in seen else before, after] if verb == "edit" else after
    if seen:
        _watched(session)[row] = (verb, seen)


def _before_flush(session: Session, _context: object, _instances: object) -> None:
    if actor_id() is not None:
        with session.no_autoflush:
            for row in filter(_is_watched, session.dirty):
                _watch_edit(session, row)
            for row in filter(_is_watched, session.deleted):
                _watched(session)[row] = ("delete", _values(row))


def _after_flush(session: Session, _context: object) -> None:
    if actor_id() is not None:
        for row in filter(_is_watched, session.new):
            _watched(session)[row] = ("add", _values(row))


def _before_commit(session: Session) -> None:
    """Write down what nobody named; at the very end: a savepoint that closes comes by here too."""
    if actor_id() is None or session.in_nested_transaction():
        return
    session.flush()
    for row, (verb, changes) in list(_watched(session).items()):
        _write(f"{row.__tablename__}.{verb}", row, changes)
    _watched(session).clear()


def _forget(session: Session, previous: SessionTransaction) -> None:
    if not previous.nested:
        _watched(session).clear()


def _write(action: str, row: Any, changes: dict[str, Any]) -> None:
    """Add an event. All else was flushed before, so that nothing but the event passes the wall unasked."""
    service_id, workspace_id = _place(row)
    acting_as_id, key_id = (g.get("acting_as_id"), g.get("key_id")) if has_app_context() else (None, None)
    made = AuditEvent(
        service_id=service_id, workspace_id=workspace_id, actor_id=actor_id(), acting_as_id=acting_as_id,
        key_id=key_id, action=action[:64],
        target=f"{row.__tablename__}:{row.id}", label=_label(row), changes=changes, network=_network(),
    )  # fmt: skip
    with tenancy.everything():
        db.session.add(made)
        db.session.flush()


def record(action: str, row: Any, **changes: Any) -> None:
    """Write who did `action` to `row`, with what they changed of it. Secrets are left out. The caller commits."""
    db.session.flush()
    _, seen = _watched(db.session()).pop(row, ("", {}))
    _write(action, row, changes or seen)


def watch(session: scoped_session[Any]) -> None:
    """Watch what people change through a session, once."""
    event.listen(session, "before_flush", _before_flush)
    event.listen(session, "after_flush", _after_flush)
    event.listen(session, "before_commit", _before_commit)
    event.listen(session, "after_soft_rollback", _forget)
