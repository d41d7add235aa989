"""The look of a widget is taken from its owner's website, as far as that says something, through the guarded fetcher."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from models import Chatbot, db
from tests.conftest import inside, make_app, make_customer, sign_in


def picture(color):
    made = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(made, "PNG")
    return made.getvalue()


PAGES = {
    "/": b"<html><head><title>Returns | Shop of Ada</title><meta name=theme-color content='#0A7'>"
         b"<link rel=icon href=/icon.png></head></html>",
    "/plain": b"<html><head><meta property='og:site_name' content='Ada &amp; Co'><meta name=theme-color content='#fff'>"
              b"<link rel=apple-touch-icon href=icon.png></head></html>",
    "/hostile": b"<html><head><title>Ada</title><link rel=icon href='http://[x'>"
                b"<link rel=icon href='data:image/png;base64,x'><link rel=icon href=/icon.png></head></html>",
    "/nothing": b"<p>Hello</p>", "/empty": b"", "/icon.png": picture("#c81e1e"), "/broken": b"\x00\xff<<<",
}  # fmt: skip


class _Site(BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_args):
        """Say nothing."""


@contextmanager
def running():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def site():
    with running() as address:
        yield address


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url, ALLOW_PRIVATE_ADDRESSES="1")


@pytest.fixture
def take(app):
    """Take the look of an address for a new chatbot; return what the page says then, and the chatbot's settings."""

    def take(address):
        owner = make_customer(app, "ada")
        page = sign_in(app, owner).post(
            f"/chatbot/{owner.chatbot_uuid}/look/website", data={"website": address}, follow_redirects=True
        )
        assert page.status_code == 200
        with inside(app):
            return page.text, db.session.get(Chatbot, owner.chatbot_id).settings or {}

    return take


def test_color_name_and_picture_are_taken(take, site):
    page, settings = take(site)
    assert (settings["look"]["accent"], settings["look"]["title"]) == ("#00aa77", "Returns")
    assert settings["avatar"]
    assert "Saved" in page


def test_where_the_page_names_no_color_its_picture_s_is_taken(take, site):
    _, settings = take(f"{site}/plain")
    assert settings["look"]["accent"] == "#c81e1e"
    assert settings["look"]["title"] == "Ada & Co"


@pytest.mark.parametrize("path", ["/nothing", "/empty", "/missing", "/broken"])
def test_a_page_that_says_nothing_changes_nothing_and_says_so(take, site, path):
    page, settings = take(site + path)
    assert "look" not in settings
    assert "Saved" not in page
    assert "flash-warning" in page


@pytest.mark.parametrize("address", ["", "http://", "ftp://example.com", "http://127.0.0.1:1"])
def test_an_address_that_leads_nowhere_is_refused_in_words(take, address):
    page, settings = take(address)
    assert "look" not in settings
    assert "flash-warning" in page


def test_addresses_of_pictures_that_are_none_are_passed_by(take, site):
    _, settings = take(f"{site}/hostile")
    assert settings["avatar"]
    assert settings["look"]["title"] == "Ada"
