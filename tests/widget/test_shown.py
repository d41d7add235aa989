"""What a visitor is shown, and the one script."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from app.answering.answer import Citation
from tests.widget.conftest import API
from widget import assets, shown
from widget.assets import script


def test_the_script_is_at_most_sixteen_kilobytes(record_property):
    size = len(gzip.compress(script().plain, 9))
    record_property("gzip_bytes", size)
    assert size <= 16 * 1024


def test_the_script_is_the_parts_without_what_only_people_read():
    text = script().plain.decode()
    assert text.startswith("/* Docent's widget")
    assert " // " not in text
    assert 'credentials:preview?"same-origin":"omit"' in text


@pytest.mark.parametrize(
    "literal", ["/^([^:]*):? ?(.*)$/", '"(max-width: 520px), (max-height: 480px)"', "`${n} / ${limit}`"]
)
def test_what_stands_in_a_literal_of_the_script_stays_as_it_is(literal):
    assert any(literal in path.read_text() for path in Path(assets.__file__).with_name("static").glob("*.js"))
    assert literal in script().plain.decode()


@pytest.mark.parametrize("accepted", ["", "gzip"])
def test_the_configuration_is_kept_for_a_minute_and_recognized(client, place, accepted):
    asking = {"Origin": place.origin, "Accept-Encoding": accepted, "Sec-Fetch-Site": "cross-site"}
    response = client.get(f"{API}/embeds/{place.embed}/config", headers=asking)
    assert response.headers.get("Content-Encoding", "") == accepted
    assert response.headers["ETag"].startswith("W/")
    assert response.headers["Cache-Control"] == "private, max-age=60"
    assert {"Origin", "Accept-Encoding"} <= set(response.vary.as_set(preserve_casing=True))
    assert "Set-Cookie" not in response.headers
    again = client.get(
        f"{API}/embeds/{place.embed}/config", headers={**asking, "If-None-Match": response.headers["ETag"]}
    )
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", response.headers["ETag"])


def test_everything_else_is_kept_by_nobody(client, place):
    response = client.post(f"{API}/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin})
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/widget/v1/widget.js", "/widget/{version}/widget.js"])
def test_the_script_is_served_to_every_page_plain_and_compressed(client, path):
    path = path.format(version=script().version)
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(packed.data) == plain.data == script().plain
    for response in (plain, packed):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.mimetype == "text/javascript"
        assert "Accept-Encoding" in response.vary
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304


def test_a_pinned_script_outlives_an_upgrade(app, client, monkeypatch):
    old = script()
    assert client.get(f"/widget/{old.version}/widget.js").status_code == 200
    monkeypatch.setattr(assets, "script", lambda: assets._pack(b"// the next one"))
    response = client.get(f"/widget/{old.version}/widget.js")
    assert (response.status_code, response.data) == (200, old.plain)
    assert client.get("/widget/v1/widget.js").data == b"// the next one"
    for wrong in ("0123456789abcdef", "..%2f..%2fetc", "v2", "0123456789ABCDEF"):
        assert client.get(f"/widget/{wrong}/widget.js").status_code == 404


def test_the_pinned_script_is_the_one_of_its_hash_and_never_another(client):
    response = client.get(f"/widget/{script().version}/widget.js")
    assert "immutable" in response.headers["Cache-Control"]
    digest = base64.b64encode(hashlib.sha384(response.data).digest()).decode()
    assert script().integrity == f"sha384-{digest}"
    assert client.get("/widget/0123456789abcdef/widget.js").status_code == 404


QUOTE = "Goods may be returned within forty-five days, if they are unused & whole."
WORDS = ":~:text=Goods%20may%20be%20returned,are%20unused%20%26%20whole."


@pytest.mark.parametrize(
    ("url", "locator", "address"),
    [(None, {"page": 3}, None), ("https://x.example/a.pdf", {"page": 12}, "https://x.example/a.pdf#page=12"),
     ("https://x.example/a", {}, f"https://x.example/a#{WORDS}"),
     ("https://x.example/a#returns", {"heading": "Returns"}, f"https://x.example/a#returns{WORDS}")],
)  # fmt: skip
def test_a_source_opens_where_the_quote_stands(url, locator, address):
    assert shown.deep_link(url, locator, QUOTE) == address


@pytest.mark.parametrize(("title", "is_own"), [("Questions and answers", True), ("Terms of sale", False)])
def test_an_owner_s_own_answers_are_told_from_documents_since_each_widget_calls_them_in_its_language(title, is_own):
    assert shown.source(Citation(1, title, {}, QUOTE, None, 1))["own"] is is_own


def test_the_words_of_a_quote_end_no_directive_of_their_own():
    link = shown.deep_link("https://x.example/a", {}, "a-b, c & d#e e, f-g h")
    assert link == "https://x.example/a#:~:text=a%2Db%2C%20c%20%26%20d%23e,e%2C%20f%2Dg%20h"


@pytest.mark.parametrize(
    ("language", "greeting", "first"),
    [
        ("en", "Hello! What can I help you with?", "Something does not work"),
        ("de", "Hallo! Wobei kann ich Ihnen helfen?", "Etwas funktioniert nicht"),
        ("fr", "Bonjour ! Comment puis-je vous aider ?", None),
    ],
)
def test_a_chatbot_begins_in_its_type_s_words_where_there_are_any_in_the_visitor_s_language(
    client, place, language, greeting, first
):
    address = f"{API}/embeds/{place.embed}/config?lang={language}"
    begun = client.get(address, headers={"Origin": place.origin}).json
    assert (begun["greeting"], next(iter(begun["suggestions"]), None)) == (greeting, first)
