"""What a Content-Security-Policy lets through, case by case of the standard."""

from __future__ import annotations

import pytest

from app.domains import csp

PAGE = "https://shop.example.com/returns"
SCRIPT = "https://docent.example.com/widget/v1/widget.js"

ALLOWED = [
    "", "img-src 'self'", "script-src *", "script-src https:", "script-src http:", "script-src docent.example.com",
    "script-src https://docent.example.com", "script-src http://docent.example.com", "script-src *.example.com",
    "script-src https://docent.example.com:443", "script-src docent.example.com:*", "default-src *.example.com",
    "script-src https://docent.example.com/widget/", "script-src https://docent.example.com/widget/v1/widget.js",
    "script-src 'none'; script-src-elem docent.example.com", "SCRIPT-SRC DOCENT.example.com",
    "script-src 'nonce-abc' 'strict-dynamic'", "script-src 'sha384-xyz'", "script-src 'self' docent.example.com",
]  # fmt: skip
FORBIDDEN = [
    "script-src 'none'", "script-src", "script-src 'self'", "default-src 'self'", "script-src https://[", "script-src cdn.example.com",
    "script-src *.docent.example.com", "script-src example.com", "script-src https://docent.example.com:8443",
    "script-src https://docent.example.com/other/", "script-src docent.example.com 'strict-dynamic'",
    "script-src 'nonce-other'", "script-src 'unsafe-inline'", "script-src 'none'; script-src *",
    "script-src *; script-src-elem 'self'", "default-src *; script-src 'self'",
]  # fmt: skip


@pytest.mark.parametrize("policy", ALLOWED)
def test_a_policy_that_allows_the_script(policy):
    assert csp.allows(policy, csp.SCRIPT, SCRIPT, PAGE, ["'nonce-abc'", "'sha384-xyz'"])


@pytest.mark.parametrize("policy", FORBIDDEN)
def test_a_policy_that_forbids_the_script(policy):
    assert not csp.allows(policy, csp.SCRIPT, SCRIPT, PAGE, ["'nonce-abc'", "'sha384-xyz'"])


def test_requests_ask_for_a_directive_of_their_own():
    assert csp.allows("script-src 'none'; connect-src docent.example.com", csp.CONNECT, SCRIPT, PAGE)
    assert not csp.allows("script-src *; default-src 'self'", csp.CONNECT, SCRIPT, PAGE)
    assert csp.allows("connect-src 'self'", csp.CONNECT, "https://shop.example.com/x", PAGE)


def test_each_of_several_policies_counts():
    assert csp.split_policies("script-src *, default-src 'self',") == ["script-src *", " default-src 'self'"]
