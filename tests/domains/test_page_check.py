"""Looking at a page of a real web server: the code, twice, wrong, absent, or kept from running by the page's policy."""

from __future__ import annotations

import time

import pytest

from app.collaborators import here
from app.domains import embeds, page_check
from models import Chatbot, db
from tests.domains.conftest import make_domain

HOME = "http://localhost"  # the installation of the tests


@pytest.fixture
def embed(world, ada):
    domain = make_domain(ada.service_id, world.port)
    domain.verified = True
    made = embeds.add(db.session.get(Chatbot, ada.chatbot_id), domain)
    db.session.commit()
    return made


def code(embed, more: str = "", home: str = HOME, version: str = "v1") -> str:
    return f'<script async src="{home}/widget/{version}/widget.js" {more} data-embed="{embed}"></script>'


def look(world, embed, body: str, path: str = "/", **headers: str):
    world.put("/", f"<!doctype html><html><head><title>x</title></head><body>{body}</body></html>", **headers)
    return [(f.state, f.words, f.to_add) for f in page_check.check_page(embed, path)]


def test_a_page_with_the_code_is_right(world, embed):
    assert [f[0] for f in look(world, embed, code(embed.uuid))] == ["right", "right"]
    pinned = code(embed.uuid, 'integrity="sha384-x" crossorigin="anonymous"', version="0123456789abcdef")
    assert [f[0] for f in look(world, embed, pinned)] == ["right", "right"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<p>nothing</p>", "not in the page"),
        ("{other}", "code of another embed"),
        ("{right}{right}", "there 2 times"),
        ("{other}{right}", "behind that of another"),
        ("{elsewhere}", "another address"),
        ("<!-- {right} -->", "not in the page"),
    ],
)
def test_what_is_wrong_with_the_code_is_told(world, embed, body, words):
    filled = body.format(
        right=code(embed.uuid), other=code("11111111-2222-4333-8444-555555555555"),
        elsewhere=code(embed.uuid, home="https://old.example.com"),
    )  # fmt: skip
    found = look(world, embed, filled)
    assert found[0][0] == "wrong"
    assert words in found[0][1]


def test_a_tag_manager_may_add_it_later(world, embed):
    found = look(world, embed, '<script src="https://www.googletagmanager.com/gtm.js?id=GTM-X"></script>')
    assert (found[0][0], "tag manager" in found[0][1]) == ("unknown", True)


def test_a_policy_that_stands_in_the_way_is_told_with_what_to_add(world, embed):
    found = look(world, embed, code(embed.uuid), Content_Security_Policy="default-src 'self'")
    assert [f[2] for f in found[1:]] == [f"script-src {HOME}", f"connect-src {HOME}"]
    found = look(world, embed, code(embed.uuid), Content_Security_Policy=f"script-src {HOME}; connect-src 'none'")
    assert [f[2] for f in found[1:]] == [f"connect-src {HOME}"]
    fits = f"default-src 'none'; script-src {HOME}; connect-src {HOME}"
    assert [f[0] for f in look(world, embed, code(embed.uuid), Content_Security_Policy=fits)] == ["right", "right"]


def test_a_policy_within_the_page_counts_too(world, embed):
    meta = '<meta http-equiv="Content-Security-Policy" content="script-src \'nonce-abc\'">'
    assert [f[0] for f in look(world, embed, meta + code(embed.uuid, 'nonce="abc"'))] == ["right", "right"]
    assert look(world, embed, meta + code(embed.uuid))[1][2] == f"script-src {HOME}"


def test_a_page_that_leads_elsewhere_or_answers_with_an_error_is_told(world, embed):
    world.put("/gone", "", "404 Not Found")
    world.put("/away", "", "302 Found", Location=f"http://elsewhere.example.com:{world.port}/")
    world.put("/within", "", "302 Found", Location="/")
    world.put("/", code(embed.uuid))
    assert "status 404" in page_check.check_page(embed, "/gone")[0].words
    assert "elsewhere.example.com" in page_check.check_page(embed, "away")[0].words
    assert page_check.check_page(embed, f"{embed.domain.origin}/within")[0].state == "right"


@pytest.mark.parametrize("path", ["https://evil.example/", "http://[", "//evil.example/x", "http://127.0.0.1:1/"])
def test_only_pages_of_the_embeds_own_website_are_looked_at(world, embed, path):
    found = page_check.check_page(embed, path)
    assert found[0].state in ("wrong", "unknown")
    assert "evil" not in found[0].words


@pytest.mark.parametrize(
    "body", ["", "\0\0\0", "<script>" * 3000, "<html><body><script src='http://[/widget/v1/widget.js'>"]
)
def test_nonsense_is_no_error(world, embed, body):
    assert look(world, embed, body)


def test_no_database_connection_is_held_while_the_page_is_waited_for(world, embed, monkeypatch):
    held = []
    fetcher = type(here().fetcher)
    fetch = fetcher.fetch

    def fetch_and_look(self, *args, **kwargs):
        held.append(db.engine.pool.checkedout())
        return fetch(self, *args, **kwargs)

    monkeypatch.setattr(fetcher, "fetch", fetch_and_look)
    assert look(world, embed, code(embed.uuid))[0][0] == "right"
    assert held == [0]


@pytest.mark.parametrize(
    "filling", ["<div>" * 590_000, "<div><p>hello <b>x</b></p></div>" * 90_000, "<script></script>" * 170_000, "<" * 2_900_000],
    ids=["deep", "wide", "scripts", "broken"],
)  # fmt: skip
def test_three_megabytes_of_tags_are_read_in_no_time(world, embed, filling):
    page = f"<!doctype html><html><body>{code(embed.uuid)}{filling}</body></html>".encode()
    started = time.process_time()
    found = page_check._read(embed, "http://localhost/", page, {})
    took = time.process_time() - started
    assert [finding.state for finding in found] == ["right", "right"]
    assert took < 3  # of processor, on however crowded a machine; it was seven seconds


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"<", b"\xff\xfe<script", "<script>ü".encode("latin-1"), b"<!doctype html>"]
)
def test_what_is_no_page_holds_no_code(world, embed, body):
    assert page_check._read(embed, "http://localhost/", body, {})[0].words.startswith("The code is not in the page")
