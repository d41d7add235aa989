"""Our static files: gzipped once, under an address that holds their hash, so that browsers keep them for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for
from markupsafe import Markup

FOLDER = Path(__file__).resolve().parent / "static"
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file, plain and gzipped; `version` names its content."""

    plain: bytes
    gzipped: bytes
    version: str
    mimetype: str


def _read(path: Path) -> Asset:
    plain = path.read_bytes()
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:12], mimetype)


@cache
def assets() -> dict[str, Asset]:
    """Return all files by name; what is not here is not sent."""
    return {str(path.relative_to(FOLDER)): _read(path) for path in sorted(FOLDER.rglob("*")) if path.is_file()}


def asset_url(name: str) -> str:
    return url_for("static", filename=name, v=assets()[name].version)


def icon(name: str) -> Markup:
    """Return a picture of the sprite; it decorates words and is not read aloud."""
    address = asset_url("icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(address, name)


def _send(filename: str) -> Response:
    asset = assets().get(filename) or abort(404)
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(asset.gzipped if accepts_gzip else asset.plain, mimetype=asset.mimetype)
    if accepts_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = _A_YEAR if request.args.get("v") == asset.version else "no-cache"
    response.vary.add("Accept-Encoding")
    response.set_etag(asset.version + ("-gz" if accepts_gzip else ""))
    response.make_conditional(request)
    return response


def install(app: Flask) -> None:
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=_send)
    app.jinja_env.globals.update(asset_url=asset_url, icon=icon)
