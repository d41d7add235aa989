"""The widget's script: parts and stylesheet joined into one, under a moving and an unchangeable address."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request

blueprint = Blueprint("widget_assets", __name__, url_prefix="/widget")

_STATIC = Path(__file__).parent / "static"
_LICENSE = "/* Docent's widget: no build step, no other host. License: AGPL-3.0-or-later. */"
_PARTS = ("dom.js", "markdown.js", "stream.js", "api.js", "panel.js", "widget.js")  # each uses what stands before it


@dataclass(frozen=True)
class Script:
    """The script's bytes, plain and gzipped; `version` names its content; `integrity` is for SRI (W3C)."""

    plain: bytes
    gzipped: bytes
    version: str
    integrity: str


def _styles() -> str:
    css = re.sub(r"/\*.*?\*/", "", (_STATIC / "widget.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "", css)


def _join() -> str:
    """Return the one script: its parts in a scope of their own, so that nothing of ours meets the page's names."""
    parts = "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in _PARTS)
    start = f"main(document.currentScript, {json.dumps(_styles())});"
    return f'{_LICENSE}\n(() => {{\n"use strict";\n{parts}\n{start}\n}})();\n'


@lru_cache(maxsize=1)
def script() -> Script:
    plain = _join().encode()
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(plain).digest()).decode("ascii")
    return Script(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:16], integrity)


def _serve(cache_control: str) -> Response:
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(script().gzipped if accepts_gzip else script().plain, mimetype="text/javascript")
    if accepts_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.vary.add("Accept-Encoding")
    response.set_etag(script().version + ("-gz" if accepts_gzip else ""))
    response.make_conditional(request)  # changes the response it is called on
    return response


@blueprint.get("/v1/widget.js")
def latest() -> Response:
    return _serve("public, max-age=3600, stale-while-revalidate=86400")


@blueprint.get("/<version>/widget.js")
def pinned(version: str) -> Response:
    if version != script().version:
        abort(404)
    return _serve("public, max-age=31536000, immutable")
