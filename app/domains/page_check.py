"""Looking at a page as a browser would: is the code there, is it the right one, and does the page let it run?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urljoin, urlsplit

from app.collaborators import here
from app.domains import csp, hosts
from app.domains.tags import Tag, read_tags
from app.languages import gettext as _
from app.languages import retold
from app.net import FetchError
from models import Embed, db

RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"
MAX_PAGE_BYTES = 3_000_000
TIMEOUT_S = 15.0
_SCRIPT = re.compile(r"/widget/(v1|[0-9a-f]{16})/widget\.js")
_TAG_MANAGERS = ("googletagmanager.com/gtm.js", "googletagmanager.com/gtag/js")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: right, wrong, or not to be told; `to_add` is what would help."""

    state: str
    words: str
    to_add: str = ""


def check_page(embed: Embed, path: str) -> list[Finding]:
    """Fetch a page of the embed's website and tell what stands in the way of the widget there.

    `path` is a path, or the whole address as a browser shows it.
    """
    domain, path = embed.domain, path.strip()
    address = path if "://" in path else f"{domain.origin}/{path.lstrip('/')}"
    if not _is_there(embed, address):
        return [Finding(WRONG, _("This address is not on %(origin)s, where this embed answers.", origin=domain.origin))]
    ports = (domain.port,) if domain.port else ()
    db.session.commit()  # no connection is held while the page is waited for
    try:
        got = here().fetcher.fetch(address, max_bytes=MAX_PAGE_BYTES, ports=ports, timeout_s=TIMEOUT_S)
    except FetchError as error:
        return [Finding(UNKNOWN, _("The page could not be read: %(advice)s", advice=retold(error.advice)))]
    if got.status != HTTPStatus.OK:
        return [Finding(UNKNOWN, _("The page answered with status %(status)s.", status=got.status))]
    if not _is_there(embed, got.url):
        return [Finding(WRONG, _("The page leads to %(url)s, where this embed does not answer.", url=got.url))]
    return _read(embed, got.url, got.body, got.headers)


def _is_there(embed: Embed, address: str) -> bool:
    try:
        return hosts.covers(embed.domain, hosts.origin_of(urlsplit(address)))
    except ValueError:
        return False


def _read(embed: Embed, page: str, body: bytes, headers: Mapping[str, str]) -> list[Finding]:
    tags = read_tags(body, "script", "meta")
    scripts = [tag for tag in tags if tag.name == "script"]
    widgets = [(tag, source) for tag in scripts if _SCRIPT.fullmatch((source := _source_of(tag, page)).path)]
    ours = [tag for tag, source in widgets if hosts.origin_of(source) == _home()]
    if not ours:
        return [_explain_absence(scripts, strangers=len(widgets))]
    policies = [*csp.split_policies(headers.get("Content-Security-Policy", "")), *_policies_within(tags)]
    return [_judge_code(embed, ours), *_judge_policies(policies, page, ours[0])]


def _source_of(tag: Tag, page: str) -> SplitResult:
    """Return where a script is loaded from; an empty address where that is none."""
    try:
        address = urlsplit(urljoin(page, tag.get("src")))
        hosts.origin_of(address)
    except ValueError:
        return urlsplit("")
    return address


def _home() -> str:
    return hosts.origin_of(urlsplit(here().config.address))


def _explain_absence(scripts: list[Tag], *, strangers: int) -> Finding:
    if strangers:
        return Finding(WRONG, _("The code loads its script from another address than %(home)s.", home=_home()))
    sources = " ".join(tag.get("src") + tag.text for tag in scripts)
    if any(manager in sources for manager in _TAG_MANAGERS):
        words = _(
            "The code is not in the page itself. The page loads a tag manager, which may add it later: open the page "
            "in your browser, then look here whether it was seen."
        )
        return Finding(UNKNOWN, words)
    return Finding(WRONG, _("The code is not in the page. If a script adds it, open the page and look here again."))


def _judge_code(embed: Embed, scripts: list[Tag]) -> Finding:
    found = [tag.get("data-embed") for tag in scripts]
    if str(embed.uuid) not in found:
        return Finding(WRONG, _("The script is there, with the code of another embed."), str(embed.uuid))
    if found[0] != str(embed.uuid):
        return Finding(WRONG, _("The code is there behind that of another embed: the first one on a page counts."))
    if len(found) > 1:
        return Finding(WRONG, _("The code is there %(n)s times. The first one works; remove the others.", n=len(found)))
    return Finding(RIGHT, _("The code is there, once."))


def _policies_within(tags: list[Tag]) -> list[str]:
    return [tag.get("content") for tag in tags if tag.get("http-equiv").lower() == "content-security-policy"]


def _judge_policies(policies: list[str], page: str, script: Tag) -> list[Finding]:
    if not policies:
        return [Finding(RIGHT, _("The page sets no Content-Security-Policy."))]
    source = urljoin(page, script.get("src"))
    proofs = [f"'nonce-{script.get('nonce')}'"] if script.get("nonce") else []
    proofs += [f"'{word}'" for word in script.get("integrity").split()]
    blocked = []
    if not all(csp.allows(policy, csp.SCRIPT, source, page, proofs) for policy in policies):
        blocked.append(
            Finding(WRONG, _("The page's Content-Security-Policy forbids the script."), f"script-src {_home()}")
        )
    if not all(csp.allows(policy, csp.CONNECT, f"{_home()}/api/", page) for policy in policies):
        words = _("The page's Content-Security-Policy forbids the script's requests.")
        blocked.append(Finding(WRONG, words, f"connect-src {_home()}"))
    return blocked or [Finding(RIGHT, _("The page's Content-Security-Policy lets it run."))]
