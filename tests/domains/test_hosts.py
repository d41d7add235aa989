"""Reading hosts from whatever was pasted, refusing what nobody can own, and which origins a domain covers."""

from __future__ import annotations

import dataclasses

import pytest

from app.collaborators import here
from app.domains import hosts
from app.domains.hosts import HostError
from models import Domain
from tests.conftest import inside

PASTED = {
    "https://Shop.Example.com/en/?a=b#c": ("https", "shop.example.com", None),
    "  shop.example.com  ": ("https", "shop.example.com", None),
    "//shop.example.com/en": ("https", "shop.example.com", None),
    "shop.example.com/?from=http://elsewhere.example": ("https", "shop.example.com", None),
    "http://shop.example.com:80": ("http", "shop.example.com", None),
    "https://shop.example.com:8443/x": ("https", "shop.example.com", 8443),
    "https://ada:secret@shop.example.com": ("https", "shop.example.com", None),
    "shop.example.com.": ("https", "shop.example.com", None),
    "MÜLLER.de": ("https", "xn--mller-kva.de", None),
    "https://faß.de": ("https", "xn--fa-hia.de", None),
    "shop。example。com": ("https", "shop.example.com", None),
    "http://localhost:3000": ("http", "localhost", 3000),
}
NO_WEBSITES = [
    "", "https://", "ftp://example.com", "javascript://example.com", "https://exa mple.com", "https://-a.example.com",
    "https://a..example.com", "https://example.com:99999", "https://example.com:0", "https://[::1]/", "1.2.3.4",
    "127.1", "https://0x7f.1", "https://2130706433", "https://0177.0.0.0x1", "https://a_b.example.com", "x" * 300,
    "https://10\u30020\u30020\u30021", "\uff10\uff58\uff17\uff46\u30021",  # an address once its letters are plain
]  # fmt: skip
NOBODYS = {
    "com": "whole name", "intranet": "whole name", "co.uk": "nobody alone", "github.io": "nobody alone",
    "公司.cn": "nobody alone", "s3.amazonaws.com": "nobody alone", "shop.invalid": "no websites",
    "docent.example.com": "Docent's own", "http://docent.example.com:81": "Docent's own",
    "localhost": "Docent's own", "http://localhost:3000": "ALLOW_LOCAL_DOMAINS",
}  # fmt: skip


@pytest.mark.parametrize("pasted", PASTED)
def test_a_host_is_read_from_whatever_was_pasted(pasted):
    assert hosts.parse_host(pasted) == PASTED[pasted]


@pytest.mark.parametrize("pasted", NO_WEBSITES)
def test_what_is_no_website_is_refused_with_a_reason(pasted):
    with pytest.raises(HostError, match=r"\w+ \w+"):
        hosts.parse_host(pasted)


@pytest.mark.parametrize("pasted", NOBODYS)
def test_what_nobody_can_own_is_refused_with_a_reason(app, ada, pasted):
    with inside(app):
        held, before = here(), here().config
        base = "https://localhost" if pasted == "localhost" else "https://docent.example.com"
        held.config = dataclasses.replace(before, base_url=base)
        try:
            with pytest.raises(HostError, match=NOBODYS[pasted]):
                hosts.prepare(Domain(domain=pasted, service_id=ada.service_id), allow_local="3000" not in pasted)
        finally:
            held.config = before


COVERED = {
    "https://example.com": True,
    "https://www.example.com": True,
    "https://a.b.example.com": True,
    "https://xn--mller-kva.example.com": True,
    "https://a_b.example.com": True,
    "https://evilexample.com": False,
    "https://example.com.evil.com": False,
    "https://www.example.com.evil.com": False,
    "https://www.example.com:444": False,
    "http://www.example.com": False,
    "https://.example.com": False,
    "https://www..example.com": False,
    "https://www.example.com.": False,
    "https://WWW.example.com": False,
    "https://evil.com/.example.com": False,
    "https://evil.com#.example.com": False,
    "https://a@b.example.com": False,
    "https://evil.com?.example.com": False,
    "https://a.example.com, https://b.example.com": False,
    "https://exаmple.com": False,  # a Cyrillic letter
    "null": False,
    "": False,
}


@pytest.mark.parametrize("origin", COVERED)
def test_a_domain_with_subdomains_covers_them_and_no_look_alike(origin):
    domain = Domain(scheme="https", domain="example.com", with_subdomains=True)
    assert hosts.covers(domain, origin) is COVERED[origin]


@pytest.mark.parametrize("origin", COVERED)
def test_a_domain_alone_covers_its_very_host(origin):
    domain = Domain(scheme="https", domain="example.com", with_subdomains=False)
    assert hosts.covers(domain, origin) is (origin == "https://example.com")


def test_a_port_is_part_of_what_is_covered():
    domain = Domain(scheme="http", domain="example.com", port=8080, with_subdomains=True)
    assert hosts.covers(domain, "http://www.example.com:8080")
    assert not hosts.covers(domain, "http://www.example.com")
    assert not hosts.covers(domain, "http://www.example.com:80801")
