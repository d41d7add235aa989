"""Text is sent gzipped, in a way that lets nobody on the line read secrets from its length (BREACH, CVE-2013-3587).

Whoever wants to guess a secret of a page has to have a person's browser fetch it again and again with guesses in it,
from a page of their own. What another website asks for with somebody's cookie is therefore sent as it is, and the
length of all else says little: the header of gzip holds a name of random length ("Heal the Breach", IEEE Access 2022).
"""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

MIN_BYTES = 1_000  # below, it fits into one packet of the network as it is
MAX_PADDING = 100
_LEVEL = 5
_EVENTS = "text/event-stream"
_TEXTS = ("application/json", "application/problem+json", "image/svg+xml", "text/javascript")


def _compress(response: Response) -> Response:
    if not _is_text(response) or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    etag, is_weak = response.get_etag()
    if etag and not is_weak:
        response.set_etag(etag, weak=True)  # one page, in bytes of two kinds
    if _is_worth_it(response) and _is_wanted():
        response.set_data(pack(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _is_text(response: Response) -> bool:
    mimetype = response.mimetype or ""
    return mimetype != _EVENTS and (mimetype.startswith("text/") or mimetype in _TEXTS)


def _is_worth_it(response: Response) -> bool:
    """Tell whether there is enough of it; what is written while it is sent stays as it is."""
    is_whole = not response.is_streamed and not response.direct_passthrough
    return is_whole and response.status_code not in (204, 206, 304) and len(response.get_data()) >= MIN_BYTES


def _is_wanted() -> bool:
    is_led_by_others = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return request.accept_encodings.quality("gzip") > 0 and not (is_led_by_others and request.cookies)


def pack(plain: bytes) -> bytes:
    """Return bytes gzipped, up to `MAX_PADDING` longer than they need be."""
    packed, name = io.BytesIO(), "a" * secrets.randbelow(MAX_PADDING)
    with gzip.GzipFile(name, "wb", _LEVEL, packed, mtime=0) as stream:
        stream.write(plain)
    return packed.getvalue()


def install(app: Flask) -> None:
    """Call it first: what is called after a request is called in the reverse order, and this is the last word."""
    app.after_request(_compress)
