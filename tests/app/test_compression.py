"""Pages travel gzipped; what is written while it is sent does not wait, and a length tells nobody a secret."""

from __future__ import annotations

import gzip

import pytest
from flask import g
from flask_wtf.csrf import generate_csrf
from itsdangerous import TimestampSigner

from app import compression
from models import Source, db
from tests.conftest import inside

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def page(ada):
    return f"/chatbot/{ada.chatbot_uuid}/sources"


def test_a_page_comes_in_less_than_a_third_of_its_bytes_and_reads_as_before(as_ada, page):
    plain, packed = as_ada.get(page), as_ada.get(page, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert gzip.decompress(packed.data).decode().partition("<body")[0] == plain.text.partition("<body")[0]
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, packed):
        assert {"Accept-Encoding", "Accept-Language", "Cookie"} <= set(answer.vary.as_set(preserve_casing=True))


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
def test_who_takes_no_gzip_gets_none(as_ada, page, accepted):
    assert "Content-Encoding" not in as_ada.get(page, headers={"Accept-Encoding": accepted}).headers


def test_errors_and_answers_to_programs_come_gzipped_too(app, as_ada):
    assert gzip.decompress(as_ada.get("/nowhere", headers=GZIP).data).lstrip().startswith(b"<!doctype")
    description = app.test_client().get("/api/v1/openapi.json", headers=GZIP)
    assert gzip.decompress(description.data).startswith(b"{")


@pytest.mark.parametrize(("site", "is_packed"), [
    ("cross-site", False), ("same-site", False), ("same-origin", True), ("none", True),
])  # fmt: skip
def test_what_another_website_asks_for_with_somebodys_cookie_has_the_length_of_its_text(as_ada, page, site, is_packed):
    answer = as_ada.get(page, headers={**GZIP, "Sec-Fetch-Site": site})
    assert ("Content-Encoding" in answer.headers) == is_packed


def test_what_anybody_may_read_is_gzipped_for_other_websites(app):
    answer = app.test_client().get("/login/", headers={**GZIP, "Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Content-Encoding"] == "gzip"


def test_one_text_has_many_lengths():
    text = b"the token is 12345 " * 200
    packed = {compression.pack(text) for _ in range(60)}
    assert {gzip.decompress(each) for each in packed} == {text}
    lengths = {len(each) for each in packed}
    assert len(lengths) > 20
    assert max(lengths) - min(lengths) <= compression.MAX_PADDING


def test_the_token_of_a_form_is_another_one_each_second(app, monkeypatch):
    tokens = []
    with app.test_request_context():
        for second in (1_800_000_000, 1_800_000_001):
            monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self, at=second: at)
            g.pop("csrf_token", None)  # it is made once for each request
            tokens.append(generate_csrf())
    first, second = (token.rpartition(".")[2] for token in tokens)
    assert first[:4] != second[:4]


def test_what_is_written_while_it_is_sent_is_sent_as_it_is(app, ada, as_ada):
    with inside(app):
        own = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id}
        db.session.add_all(Source(**own, kind="file", title=f"{i}.pdf", data_loc="x", state="ready") for i in range(50))
        db.session.commit()
    file = as_ada.post("/sourceview/export.csv", headers=GZIP)
    assert file.status_code == 200
    assert b"49.pdf" in file.data
    stream = as_ada.get(f"/live/{ada.chatbot_uuid}", headers={**GZIP, "Accept": "text/event-stream"})
    assert stream.mimetype == "text/event-stream"
    for answer in (file, stream):
        assert "Content-Encoding" not in answer.headers
