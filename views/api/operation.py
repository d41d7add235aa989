"""Operations of the API: one decorator says what a request may hold and what it is answered with.

What is said there is what is checked, and what the OpenAPI document tells: there is no second description to go stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from flask import Response, g, jsonify, make_response, request
from flask_appbuilder.api import expose
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest

from app.api_errors import ApiError
from models import db
from views.api import idempotency


@dataclass(frozen=True)
class Operation:
    """One method at one address; `query`, `body` and `answer` are schemas, `file` says that an upload is taken.

    `sends`: kinds of a file that is the answer instead.
    """

    method: str
    summary: str
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    answer: type[Schema] | None = None
    status: int = 200
    is_list: bool = False
    file: bool = False
    sends: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True)
class Page:
    """Some rows of a list, the cursor behind which the next ones are, and whether there are any now."""

    rows: list[Any]
    cursor: str | None
    has_more: bool


def operation(path: str, method: str, summary: str, **how: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a method of a resource an operation. It returns what its answer shows, a `Page` of it, a file, or None.

    Whatever it changed is committed here, together with the reply that a repeated request gets.
    """
    op = Operation(method, summary, **how)

    def decorate(view: Callable[..., Any]) -> Any:
        @wraps(view)
        def answered(self: Any, **parts: Any) -> Response:
            given = {**parts, **_read(op)}
            if op.sends:
                return cast("Response", view(self, **given))

            def work() -> tuple[int, dict[str, Any]]:
                found = view(self, **given)
                db.session.flush()
                return op.status, _show(op, found)

            status, shown = idempotency.once(work) if op.method == "POST" else _commit(work)
            for wake in _to_wake():
                wake()
            return make_response(jsonify(shown) if shown else "", status)

        answered.operation = op  # type: ignore[attr-defined]  # what views/api/document.py reads
        return expose(path, methods=(method,))(answered)

    return decorate


def _commit(work: Callable[[], tuple[int, dict[str, Any]]]) -> tuple[int, dict[str, Any]]:
    done = work()
    db.session.commit()
    return done


def after_commit(wake: Callable[..., object], *ids: int) -> None:
    """Let something be done once the rows are there for others to see."""
    g.setdefault("to_wake", []).append(lambda: wake(*ids))


def _to_wake() -> Iterator[Callable[[], object]]:
    yield from g.pop("to_wake", [])


def _read(op: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if op.query is not None:
        found["query"] = _load(op.query, _flat(request.args))
    elif request.args:
        raise ApiError("invalid_request", {name: ["There is no such parameter."] for name in request.args})
    if op.body is not None:
        found["body"] = _load(op.body, _read_json())
    if op.file:
        found["file"] = _read_file()
    return found


def _read_file() -> FileStorage:
    files = request.files.getlist("file")
    if len(files) != 1 or not files[0].filename or len(request.files) > 1 or request.form:
        raise ApiError("invalid_request", {"file": ["Send one file with its name, as multipart/form-data."]})
    return files[0]


def _flat(args: Any) -> dict[str, Any]:
    """Return parameters by name; one that is sent twice is sent wrong."""
    twice = [name for name in args if len(args.getlist(name)) > 1]
    if twice:
        raise ApiError("invalid_request", {name: ["Send this once."] for name in twice})
    return dict(args)


def _read_json() -> Any:
    try:
        return request.get_json(force=True)
    except (BadRequest, RecursionError, ValueError) as error:
        raise ApiError("invalid_request", {"_body": ["Send a JSON object."]}) from error


def _load(schema: type[Schema], given: Any) -> dict[str, Any]:
    """Return what was sent, as the schema reads it; a name that is not in it is refused.

    Raises:
        ApiError: something can't be used.
    """
    try:
        loaded: dict[str, Any] = schema().load(given)
    except ValidationError as error:
        raise ApiError("invalid_request", _messages_of(error)) from error
    return loaded


def _messages_of(error: ValidationError) -> dict[str, Any]:
    messages = error.messages
    return messages if isinstance(messages, dict) else {"_body": messages}


def _show(op: Operation, found: Any) -> dict[str, Any]:
    if op.answer is None:
        return {}
    shown: Any = op.answer().dump(found.rows if op.is_list else found, many=op.is_list)
    return {"result": shown, "next": found.cursor, "has_more": found.has_more} if op.is_list else shown
