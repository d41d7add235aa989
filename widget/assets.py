"""The widget's script: parts and stylesheet joined into one, under a moving and an unchangeable address."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request

from app.collaborators import here
from app.looks import pictures
from app.storage import Storage, StorageError

blueprint = Blueprint("widget_assets", __name__, url_prefix="/widget")

_FOR_EVER = "public, max-age=31536000, immutable"
_VERSION = re.compile(r"[0-9a-f]{16}")
# comments that begin a line, and those after a finished piece of code
_COMMENT = re.compile(r"^\s*/\*[\s\S]*?\*/\n|^\s*// [^\n]*\n|(?<=[;{,]) // [^\n]*$", re.MULTILINE)
_SPACE_OF_STYLES = re.compile(r"\s*([{};,])\s*|(?<=[a-z]:) ")  # that means nothing: never before a colon
_SPACE_OF_CODE = re.compile(r" ?([=>?:|&<*{}(),;]+) ?")  # not + and -, which a space keeps apart
_LITERAL = re.compile(  # text, a template without another inside, or a pattern; what else begins with / divides
    r"""("(?:[^"\\\n]|\\.)*"|`[^`]*`|(?:(?<=[(,=:&|?])|(?<=[(,=:&|?] ))/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/)"""
)
_STATIC = Path(__file__).parent / "static"
_LICENSE = "/* Docent's widget: no build step, no other host. License: AGPL-3.0-or-later. */"
_PARTS = (
    "dom.js",
    "markdown.js",
    "stream.js",
    "api.js",
    "forms.js",
    "panel.js",
    "widget.js",
)  # each uses what stands before it
_STYLES = ("widget.css", "panel.css")  # for the launcher, and for what it opens


@dataclass(frozen=True)
class Script:
    """The script's bytes, plain and gzipped; `version` names its content; `integrity` is for SRI (W3C)."""

    plain: bytes
    gzipped: bytes
    version: str
    integrity: str


def _read_part(name: str) -> str:
    """Return a part without comments and indentation, a seventh of its size; no literal of ours spans lines."""
    text = _COMMENT.sub("", (_STATIC / name).read_text(encoding="utf-8"))
    return re.sub(r"^\s+", "", text, flags=re.MULTILINE)


def _read_code(name: str) -> str:
    """Return a part of the script without spaces that mean nothing; what is within literals stays as it is."""
    pieces = _LITERAL.split(_read_part(name))
    pieces[::2] = [_SPACE_OF_CODE.sub(r"\1", code) for code in pieces[::2]]
    return "".join(pieces)


def _read_styles(name: str) -> str:
    """Return a stylesheet as a literal of a script."""
    return json.dumps(_SPACE_OF_STYLES.sub(r"\1", _read_part(name)))


def _join() -> str:
    """Return the one script: its parts in a scope of their own, so that nothing of ours meets the page's names."""
    parts = "".join(map(_read_code, _PARTS))
    styles = ", ".join(map(_read_styles, _STYLES))
    return f'{_LICENSE}\n(() => {{\n"use strict";\n{parts}main(document.currentScript, {styles});\n}})();\n'


def _pack(plain: bytes) -> Script:
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(plain).digest()).decode("ascii")
    return Script(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:16], integrity)


@lru_cache(maxsize=1)
def script() -> Script:
    return _pack(_join().encode())


def _key(version: str) -> str:
    return f"widget/{version}.js"


def _keep() -> None:
    """Store the present script: pages that pinned it keep working after the installation is upgraded."""
    key, storage = _key(script().version), here().storage
    if not storage.exists(key):
        storage.save(key, io.BytesIO(script().plain), len(script().plain))


@lru_cache(maxsize=8)
def _read(storage: Storage, version: str) -> Script:
    with storage.open(_key(version)) as stream:
        return _pack(stream.read())


def _serve(found: Script, cache_control: str) -> Response:
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(found.gzipped if accepts_gzip else found.plain, mimetype="text/javascript")
    if accepts_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Accept-Encoding")
    response.set_etag(found.version + ("-gz" if accepts_gzip else ""))
    response.make_conditional(request)  # changes the response it is called on
    return response


@blueprint.get("/v1/widget.js")
def latest() -> Response:
    return _serve(script(), "public, max-age=3600, stale-while-revalidate=86400")


@blueprint.get("/pictures/<name>")
def picture(name: str) -> Response:
    """Serve an avatar or a logo: its name is another one after each change."""
    try:
        response = Response(pictures.load(name), mimetype="image/webp")
    except StorageError:
        abort(404)
    response.headers["Cache-Control"] = _FOR_EVER
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/<version>/widget.js")
def pinned(version: str) -> Response:
    """Serve the script of one content for good; one of an earlier installation, if a page ever asked for it."""
    if version == script().version:
        _keep()
        return _serve(script(), _FOR_EVER)
    if not _VERSION.fullmatch(version):
        abort(404)
    try:
        return _serve(_read(here().storage, version), _FOR_EVER)
    except StorageError:
        abort(404)
