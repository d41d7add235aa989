"""Our static files: gzipped once, under an address that holds their hash, so that browsers keep them for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for
from markupsafe import Markup

FOLDER = Path(__file__).resolve().parent / "static"
# what every page needs comes as one file of each kind: a browser works on each file that it is told of
BUNDLES = {
    "page.css": tuple(f"css/{name}.css" for name in (
        "tokens", "base", "shell", "sheet", "components", "dialog", "finder", "tables", "forms", "pages", "plans",
        "workbench", "look", "chatbot", "handbook",
    )),
    "page.js": tuple(f"js/{name}.js" for name in ("shell", "forms", "drafts", "connection")),
    "frame.js": tuple(f"js/{name}.js" for name in ("finder", "shortcuts")),
}  # fmt: skip
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file, plain and gzipped; `version` names its content."""

    plain: bytes
    gzipped: bytes
    version: str
    mimetype: str


def _make(name: str, plain: bytes) -> Asset:
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:12], mimetype)


@cache
def assets() -> dict[str, Asset]:
    """Return all files by name, and the bundles of some; what is not here is not sent."""
    paths = [path for path in sorted(FOLDER.rglob("*")) if path.is_file()]
    plain = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}
    plain |= {name: b"\n".join(plain[part] for part in parts) for name, parts in BUNDLES.items()}
    return {name: _make(name, content) for name, content in plain.items()}


def asset_url(name: str) -> str:
    return _address(name, request.script_root)


@lru_cache(maxsize=1024)  # a page names dozens of files, and building addresses was a tenth of what it took to render
def _address(name: str, _root: str) -> str:
    """Return where a file lies for those who come by the same root."""
    return url_for("static", filename=name, v=assets()[name].version)


def icon(name: str) -> Markup:
    """Return a picture of the sprite; it decorates words and is not read aloud."""
    return _picture(name, asset_url("icons.svg"))


@lru_cache(maxsize=1024)
def _picture(name: str, sprite: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(sprite, name)


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
