"""Proof that a service owns a website: a DNS record, a file on it, or a tag on its start page. Any one is enough.

The token belongs to one service and one host (a digest of both): what proves it for one customer proves nothing for
another. It is no secret, and follows from no secret key: records that owners have made outlive a change of keys.
Compare RFC 8555, section 8, for the ways.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from app.collaborators import here
from app.domains import hosts
from app.domains.lookup import LookupFailed, find_txt
from app.domains.tags import read_tags
from app.languages import gettext as _
from app.languages import in_english, retold
from app.net import FetchError
from models import Domain, db

PURPOSE = "domain-proof"
LABEL = "_docent-challenge"
FILE = "/.well-known/docent-verification.txt"
META = "docent-verification"
PROVEN, MISSING, WRONG, UNKNOWN = "proven", "missing", "wrong", "unknown"
GONE = (MISSING, WRONG)
MAX_FILE_BYTES = 4096
MAX_PAGE_BYTES = 1_000_000
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Finding:
    """What one way showed: `state` is proven, missing, wrong (something else is there) or unknown (no answer)."""

    way: str
    state: str
    words: str


def token_of(domain: Domain) -> str:
    """Return the value that proves a domain for its service."""
    told = f"docent.{PURPOSE}:{domain.service.uuid}/{domain.domain}"
    return base64.urlsafe_b64encode(hashlib.sha256(told.encode()).digest()).rstrip(b"=").decode("ascii")


def record_name(domain: Domain) -> str:
    return f"{LABEL}.{domain.domain}"


def meta_tag(domain: Domain) -> str:
    return f'<meta name="{META}" content="{token_of(domain)}">'


def _is_token(domain: Domain, found: str) -> bool:
    return found.strip() == token_of(domain)


def _judge(way: str, domain: Domain, found: list[str], what: str, hint: str) -> Finding:
    if any(_is_token(domain, value) for value in found):
        return Finding(way, PROVEN, _("%(what)s holds the right value.", what=what))
    if found:
        shown = ", ".join(f"“{value[:80]}”" for value in found[:3])
        return Finding(
            way, WRONG, _("%(what)s is there, but its value is %(shown)s. %(hint)s", what=what, shown=shown, hint=hint)
        )
    return Finding(way, MISSING, _("%(what)s was not found. %(hint)s", what=what, hint=hint))


def look_at_dns(domain: Domain) -> Finding:
    """Look for the TXT record."""
    what, hint = (
        _("The TXT record at %(record_name)s", record_name=record_name(domain)),
        _("A change of DNS can take an hour to be seen."),
    )
    try:
        return _judge("dns", domain, find_txt(record_name(domain), here().config.dns_servers), what, hint)
    except LookupFailed:
        return Finding("dns", UNKNOWN, _("The name servers gave no answer. Try again in a few minutes."))


def _fetch(domain: Domain, path: str, max_bytes: int) -> tuple[int, bytes]:
    """Return (status, body) of a page of the website itself: where it sends us elsewhere, that proves nothing.

    Raises:
        FetchError: blocked, unreachable, too slow, too large, or it leads to another website.
    """
    ports = (domain.port,) if domain.port else ()
    got = here().fetcher.fetch(domain.origin + path, max_bytes=max_bytes, ports=ports, timeout_s=TIMEOUT_S)
    for address in (*got.hops, got.url):
        parts = urlsplit(address)
        if hosts.origin_of(parts) != domain.origin:
            raise FetchError(
                "fetch_failed", in_english("it leads to %(host)s, which is another website.", host=parts.hostname)
            )
    return got.status, got.body


def _says_nothing(status: int) -> bool:
    """Tell whether an answer leaves open what is there: a broken server, or one that asks for patience."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def look_at_file(domain: Domain) -> Finding:
    """Look for the file."""
    what, hint = (
        _("The file %(origin)s%(file)s", origin=domain.origin, file=FILE),
        _("It holds the value and nothing else."),
    )
    try:
        status, body = _fetch(domain, FILE, MAX_FILE_BYTES)
    except FetchError as error:
        return Finding("file", UNKNOWN, _("The website could not be asked: %(advice)s", advice=retold(error.advice)))
    if _says_nothing(status):
        return Finding(
            "file", UNKNOWN, _("The website answered with status %(status)s. Try again later.", status=status)
        )
    found = [body.decode("utf-8", "replace").strip()] if status == HTTPStatus.OK and body.strip() else []
    return _judge("file", domain, found, what, hint)


def look_at_page(domain: Domain) -> Finding:
    """Look for the tag on the start page."""
    what, hint = _("The tag on %(origin)s/", origin=domain.origin), _("It stands in the head of the start page.")
    try:
        status, body = _fetch(domain, "/", MAX_PAGE_BYTES)
    except FetchError as error:
        return Finding("meta", UNKNOWN, _("The website could not be asked: %(advice)s", advice=retold(error.advice)))
    if _says_nothing(status):
        return Finding(
            "meta", UNKNOWN, _("The website answered with status %(status)s. Try again later.", status=status)
        )
    return _judge("meta", domain, _read_tags(body), what, hint)


def _read_tags(body: bytes) -> list[str]:
    return [tag.get("content") for tag in read_tags(body, "meta") if tag.is_in_head and tag.get("name") == META]


def look(domain: Domain) -> list[Finding]:
    """Look for a proof in every way, until one is found. No database connection is held meanwhile."""
    db.session.commit()
    findings = []
    for way in (look_at_dns, look_at_file, look_at_page):
        findings.append(way(domain))
        if findings[-1].state == PROVEN:
            break
    return findings
