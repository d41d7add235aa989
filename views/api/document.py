"""The OpenAPI document of the API, made from its operations, and the page on which people read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import current_app, jsonify
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.api import BaseApi
from marshmallow import Schema, fields

from app.api_errors import ERRORS
from app.collaborators import here
from app.languages import in_english
from views.api.idempotency import HEADER, MAX_CHARS
from views.api.operation import Operation

_PART = re.compile(r"<(\w+):(\w+)>")
_WORDS = {
    400: "Something in the request can't be used; `fields` says what", 401: "No key, or one that opens nothing",
    403: "The key's rights don't include it, or the service does not run", 404: "Not there, or not the key's to see",
    409: "It can't be done as things stand; the message says why", 413: "Larger than this installation accepts",
    415: "Not the kind of content that is taken", 429: "Too many requests; `Retry-After` says how long to wait",
    503: "A part of the installation can't be reached; try again",
}  # fmt: skip


class ErrorDetail(Schema):
    """Why nothing was done."""

    code = fields.String(metadata={"description": f"For programs: {', '.join(ERRORS)}, and others"})
    message = fields.String(metadata={"description": "For people"})
    request_id = fields.String()
    fields_ = fields.Dict(data_key="fields", metadata={"description": "Name to what is wrong with it, with status 400"})


class ErrorAnswer(Schema):
    """What is answered when nothing was done."""

    error = fields.Nested(ErrorDetail)


def operations() -> Iterator[tuple[Any, str, str, Operation]]:
    """Yield (resource, name, path as OpenAPI writes it, operation) for everything that the API can do."""
    for view in current_app.extensions["appbuilder"].baseviews:
        if isinstance(view, BaseApi):
            for name in sorted(dir(type(view))):
                method = getattr(view, name)
                if hasattr(method, "operation"):
                    for url, _ in method._urls:  # noqa: SLF001 - what FAB's `expose` notes, and has no name for
                        yield view, name, view.route_base + url, method.operation


def build(address: str) -> dict[str, Any]:
    """Return the OpenAPI document of an installation at an address."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title="Docent", version="1", openapi_version="3.0.3", plugins=[plugin], servers=[{"url": address}],
        info={"description": "What a program with a key reads and changes. Times are ISO 8601 with their zone."},
        security=[{"key": []}],
    )  # fmt: skip
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for view, name, url, op in operations():
        path = _PART.sub(r"{\2}", url)
        described = _describe(op, _parts_of(url))
        described |= {"operationId": f"{view.resource_name}-{name}".replace("_", "-"), "tags": [view.openapi_spec_tag]}
        spec.path(path=path, operations={op.method.lower(): described})
    document: dict[str, Any] = spec.to_dict()
    return document


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__


def _parts_of(url: str) -> list[dict[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string", "format": kind}}
        for kind, name in _PART.findall(url)
    ]


def _describe(op: Operation, parts: list[dict[str, Any]]) -> dict[str, Any]:
    parameters = list(parts)
    if op.query is not None:
        parameters.append({"in": "query", "schema": op.query})
    if op.method == "POST":
        words = in_english("A name of yours for this request, kept for a day: sent again under it, it is done once")
        size = {"type": "string", "maxLength": MAX_CHARS, "pattern": "^[!-~]+$"}
        parameters.append({"in": "header", "name": HEADER, "description": words, "schema": size})
    described: dict[str, Any] = {"summary": op.summary, "parameters": parameters, "responses": _responses(op, parts)}
    if op.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": op.body}}}
    if op.file:
        upload = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "format": "binary"}},
        }
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": upload}}}
    return described


def _responses(op: Operation, parts: list[dict[str, Any]]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": op.summary}
    if op.answer is not None:
        done["content"] = {"application/json": {"schema": _answer(op)}}
    if op.sends:
        done["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in op.sends}
    not_there, not_now = (
        [404] if parts or op.writes else [],
        [409, 413, 415] if op.writes else [409] if op.sends else [],
    )
    statuses = [400, 401, 403, *not_there, *not_now, 429, 503]
    error = {"application/json": {"schema": ErrorAnswer}}
    refused = {str(status): {"description": _WORDS[status], "content": error} for status in statuses}
    return {str(op.status): done, **refused}


def _answer(op: Operation) -> Any:
    if not op.is_list:
        return op.answer
    cursor = {"type": "string", "nullable": True, "description": "Names the place where the next page begins"}
    properties = {"result": {"type": "array", "items": op.answer}, "next": cursor, "has_more": {"type": "boolean"}}
    return {"type": "object", "required": list(properties), "properties": properties}


class ApiDocument(BaseView):
    """The document for programs, open to all as it holds nobody's rows; and the page for people."""

    route_base = "/api"
    default_view = "read"

    @expose("/v1/openapi.json")
    def show(self) -> Any:
        return jsonify(build(here().config.address))

    @expose("/reference")
    @has_access
    def read(self) -> Any:
        document = build(here().config.address)
        return self.render_template("keys/reference.html", appbuilder=self.appbuilder, **_readable(document))


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows: tag -> its operations, each with its parts, fields and a line for curl."""
    schemas, groups = document["components"]["schemas"], dict[str, list[dict[str, Any]]]()
    for path, methods in sorted(document["paths"].items()):
        for method, found in methods.items():
            groups.setdefault(found["tags"][0], []).append(
                {
                    "id": found["operationId"], "method": method.upper(), "path": path, "summary": found["summary"],
                    "parameters": found["parameters"], "body": _body_of(found, schemas),
                    "answer": _fields_of(_schema_of(found["responses"]), schemas),
                    "curl": _curl(method.upper(), path, found, document["servers"][0]["url"], schemas),
                }
            )  # fmt: skip
    return {"groups": groups, "errors": ERRORS}


def _schema_of(responses: dict[str, Any]) -> dict[str, Any]:
    done = next(response for status, response in responses.items() if status.startswith("2"))
    found: dict[str, Any] = done.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _body_of(found: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    [content] = found.get("requestBody", {}).get("content", {"": {"schema": {}}}).values()
    return _fields_of(content["schema"], schemas)


def _fields_of(schema: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a schema's fields, with those of what it lists below `result`."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    properties = schema.get("properties", {})
    if "result" in properties:
        return _fields_of(properties["result"]["items"], schemas)
    required = schema.get("required", [])
    return [{"name": name, "is_required": name in required, **about} for name, about in properties.items()]


def _curl(method: str, path: str, found: dict[str, Any], address: str, schemas: dict[str, Any]) -> str:
    parts = ["curl", '-H "Authorization: Bearer $KEY"']
    if method != "GET":
        parts.append(f"-X {method}")
    content = found.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        parts.append("-F file=@handbook.pdf")
    elif content:
        example = {field["name"]: _example(field) for field in _body_of(found, schemas)}
        parts.append(f"-d '{json.dumps(example)}'")
    return " ".join([*parts, address + re.sub(r"\{(\w+)\}", lambda part: f"${part[1].upper()}", path)])


def _example(field: dict[str, Any]) -> Any:
    if "enum" in field:
        return next(word for word in field["enum"] if word is not None)
    return field.get("example", {"boolean": True, "integer": 1, "array": []}.get(field.get("type", ""), "…"))
