"""The same request twice is done once: its reply is kept for a day, in the transaction of what it did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import g, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.api_errors import ApiError
from app.keyholder import used_key
from models import ApiReply, db

HEADER = "Idempotency-Key"
MAX_CHARS = 64
_BLOCK = 1 << 20

Reply = tuple[int, dict[str, Any]]


def once(work: Callable[[], Reply]) -> Reply:
    """Do a request's work and commit it, unless a request of the same name was answered before.

    Raises:
        ApiError: another request had that name, or the same one is being worked on.
    """
    name = request.headers.get(HEADER, "").strip()
    if not name:
        done = work()
        db.session.commit()
        return done
    if len(name) > MAX_CHARS or not name.isascii() or not name.isprintable():
        raise ApiError("invalid_request", {HEADER: [f"At most {MAX_CHARS} printable ASCII characters."]})
    this = _hash_request()
    kept = _find(name)
    return _reply(kept, this) if kept is not None else _do(work, name, this)


def _do(work: Callable[[], Reply], name: str, this: str) -> Reply:
    key = used_key()
    key_id, service_id = key.id, key.service_id
    status, body = work()
    db.session.add(
        ApiReply(
            service_id=service_id, key_id=key_id, idempotency_key=name, request_hash=this, status=status, body=body
        )
    )
    try:
        db.session.commit()
    except IntegrityError:  # the same request was faster; what this one did is taken back
        db.session.rollback()
        g.pop("to_wake", None)
        kept = _find(name)
        if kept is None:
            raise
        return _reply(kept, this)
    return status, body


def _find(name: str) -> ApiReply | None:
    query = select(ApiReply).where(ApiReply.key_id == used_key().id, ApiReply.idempotency_key == name)
    return db.session.scalar(query)


def _reply(kept: ApiReply, this: str) -> Reply:
    if kept.request_hash != this:
        raise ApiError("idempotency_key_reused")
    return kept.status, kept.body


def _hash_request() -> str:
    """Return what tells a request from others: how, where and what, with the content of its files."""
    found = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if not request.files and request.mimetype != "multipart/form-data":
        found.update(request.get_data())
    for name, value in sorted(request.form.items(multi=True)):
        found.update(f"{name}={value}\n".encode("utf-8", "surrogatepass"))
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        found.update(f"{name}: {file.filename}\n".encode("utf-8", "surrogatepass"))
        while block := file.stream.read(_BLOCK):
            found.update(block)
        file.stream.seek(0)
    return found.hexdigest()
