"""On a website that changes pages by Turbo (Hotwire): it fetches the next page and swaps the body, and loads nothing anew."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from tests.e2e.widget_page import CHAT, ask, in_chat, open_chat, opened
from tests.widget import stub

pytestmark = pytest.mark.browser

TURBO = Path(__file__).parent / "vendor" / "turbo-8.0.23.js.gz"  # MIT; dist/turbo.es2017-umd.js of @hotwired/turbo
SHA_256 = "f9e09e3a3093874fe56d5341ca3594ac959f8b097c9b6171a5b37838da3aec81"


def turbo() -> str:
    script = gzip.decompress(TURBO.read_bytes())
    assert hashlib.sha256(script).hexdigest() == SHA_256
    return script.decode()


@pytest.fixture
def servers(widget_servers):
    api, site = widget_servers
    api.reset()
    return api, site


def put_pages(site, place: str) -> str:
    """Two pages with Turbo and the embed code in their head or body, each leading to the other; return the first."""
    code = {"head": ("", site.code()), "body": (site.code(), "")}[place]
    site.pages["/turbo.js"] = turbo(), {}
    for name, other in (("one", "two"), ("two", "one")):
        page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {name}</title>
<script src="/turbo.js"></script>{code[1]}</head>
<body><main><h1>Page {name}</h1><a href="/{other}">Go to {other}</a></main>{code[0]}</body></html>"""
        site.pages[f"/{name}"] = page, {}
    return site.origin + "/one"


def go(page, name: str) -> None:
    page.click(f"text=Go to {name}")
    page.wait_for_function(
        f"() => document.title === 'Page {name}' && document.querySelector('h1').innerText === 'Page {name}'"
    )
    page.wait_for_function("() => !document.documentElement.hasAttribute('data-turbo-preview')")


def assert_one_widget(page) -> None:
    """One host, the last element of the body, alive."""
    page.wait_for_function(
        f"() => document.body.lastElementChild?.matches('{CHAT}') && document.body.lastElementChild.shadowRoot"
    )
    assert page.locator(CHAT).count() == 1
    assert page.evaluate("() => window.mark") == "never loaded anew"


@pytest.mark.parametrize("place", ["head", "body"])
def test_the_chat_goes_along_from_page_to_page_and_back(browser, servers, place):
    api, site = servers
    with opened(browser, put_pages(site, place)) as page:
        page.evaluate("() => { window.mark = 'never loaded anew'; }")
        open_chat(page)
        ask(page)
        for name in ("two", "one", "two"):  # from the second on, out of Turbo's cache
            go(page, name)
            assert_one_widget(page)
            assert "Hello" in page.inner_text(f"{CHAT} .bot:not(.first) .b")
        page.go_back()
        page.wait_for_function("() => document.title === 'Page one'")
        assert_one_widget(page)
        api.stream = stub.answer("Still here.")
        ask(page, "And now?", until=f"{CHAT} .b:has-text('Still here')")
        assert in_chat(page, "root.querySelectorAll('.client').length") == 2
        assert len(api.calls("GET", "/config")) == 1
        assert api.n_sessions == 1
