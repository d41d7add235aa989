"""Fetching from real sockets on loopback: what works, and every way in which a server may misbehave."""

from __future__ import annotations

import gzip
import random
import resource
import socket
import ssl
import threading
import time
import zlib
from pathlib import Path

import pytest

from app.net import Fetcher, FetchError, FetchSettings
from tests.app.webserver import drip, say, serving
from tests.waiting import PATIENCE_S, SOON_S

CERTIFICATE = Path(__file__).with_name("docs.example.pem")  # self-signed, for tests alone
OPEN = FetchSettings(allow_private=True, timeout_s=PATIENCE_S)


def fetch(url, *, timeout_s=PATIENCE_S, max_bytes=100_000, **options):
    return Fetcher(OPEN).fetch(url, max_bytes=max_bytes, timeout_s=timeout_s, **options)


def expect(kind, url, **options):
    """Fetch, and return (the error, the seconds it took)."""
    start = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch(url, **options)
    assert caught.value.kind == kind, caught.value
    return caught.value, time.monotonic() - start


def test_it_brings_a_page_with_its_headers():
    def answer(conn, path, headers):
        say(conn, "200 OK", b"hello", Content_Type="Text/HTML; charset=utf-8", ETag='"a"', Last_Modified="then")

    with serving(answer) as site:
        got = fetch(f"{site.url}/x?y=ä#z")
        assert (got.status, got.body, got.content_type, got.etag) == (200, b"hello", "text/html", '"a"')
        assert (got.last_modified, got.hops, got.location) == ("then", (), None)
        assert got.url == f"{site.url}/x?y=%C3%A4"
        (path, headers) = site.asked[0]
        assert path == "/x?y=%C3%A4"
        assert headers["host"] == f"127.0.0.1:{site.port}"
        assert headers["user-agent"].startswith("DocentBot/")
        assert headers["accept-encoding"] == "gzip, deflate"


def test_it_asks_whether_a_page_changed():
    def answer(conn, path, headers):
        if headers.get("if-none-match") == '"a"' and headers.get("if-modified-since") == "Mon":
            say(conn, "304 Not Modified", ETag='"a"')
        else:
            say(conn, "200 OK", b"new")

    with serving(answer) as site:
        got = fetch(site.url, etag='"a"', last_modified="Mon")
        assert (got.status, got.body) == (304, b"")
        assert fetch(site.url).status == 200


@pytest.mark.parametrize("tag", ['"a"\r\nX-Evil: 1', '"a"\n b', "\x00", "ä", "a" * 300, " "])
def test_a_tag_that_would_smuggle_headers_is_neither_kept_nor_sent(tag):
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"x", ETag="a\x01b")) as site:
        assert fetch(site.url, etag=tag).etag is None
        assert "if-none-match" not in site.asked[0][1]
        assert "x-evil" not in site.asked[0][1]


def test_a_download_lies_on_the_disk_until_the_block_ends():
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"%PDF", Content_Type="application/pdf")) as site:
        with Fetcher(OPEN).download(f"{site.url}/a/b", max_bytes=10) as page:
            assert page.path.read_bytes() == b"%PDF"
            assert page.name == "page.pdf"
            assert page.path.stat().st_mode & 0o077 == 0
        assert not page.path.exists()


@pytest.mark.parametrize(
    "status", ["404 Not Found", "410 Gone", "429 Slow", "500 Oh", "503 Later", "304 Same", "204 None"]
)
def test_a_download_of_another_status_is_an_error_that_names_it(status):
    with serving(lambda conn, _path, _headers: say(conn, status, Retry_After="7")) as site:
        with pytest.raises(FetchError, match=status[:3]) as caught, Fetcher(OPEN).download(site.url, max_bytes=10):
            pass
        assert (caught.value.status, caught.value.retry_after_s) == (int(status[:3]), 7)
        assert fetch(site.url).retry_after_s == 7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("120", 120), ("999999999", 86400), ("-1", None), ("soon", None), ("1e9", None), ("９", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 21 Oct 2115 07:28:00 GMT", 86400), ("", None)],
)  # fmt: skip
def test_it_reads_when_to_come_back(value, seconds):
    def answer(conn, path, headers):
        conn.sendall(f"HTTP/1.1 503 Later\r\nContent-Length: 0\r\nRetry-After: {value}\r\n\r\n".encode())

    with serving(answer) as site:
        assert fetch(site.url).retry_after_s == seconds


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_it_follows_a_redirect(status):
    def answer(conn, path, headers):
        if path == "/":
            say(conn, f"{status} There", Location="/größe x")
        else:
            say(conn, "200 OK", path.encode())

    with serving(answer) as site:
        got = fetch(site.url)
        assert got.body == b"/gr%C3%B6%C3%9Fe%20x"
        assert got.hops == (f"{site.url}/",)
        held = fetch(site.url, follow=False)
        assert (held.status, held.location, held.body) == (int(status), f"{site.url}/größe%20x", b"")


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize("n_before", [0, 3])
def test_a_redirect_to_a_private_address_reaches_nobody(status, n_before):
    """The first site is reached by a fetcher that believes loopback's second address to be public."""

    def answer(conn, path, headers):
        n = int(path[1:] or 0)
        where = f"http://127.0.0.1:{canary.port}/" if n == n_before else f"/{n + 1}"
        say(conn, f"{status} There", Location=where)

    with (
        serving(lambda conn, _path, _headers: say(conn, "200 OK")) as canary,
        serving(answer, host="127.0.0.2") as site,
    ):
        with pytest.raises(FetchError) as caught, pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.net.addresses.is_public", lambda address: address == "127.0.0.2")
            resolve = {"docs.example": ["127.0.0.2"], "127.0.0.1": ["127.0.0.1"]}.__getitem__
            fetcher = Fetcher(FetchSettings(timeout_s=PATIENCE_S), resolve=lambda host, _port: resolve(host))
            fetcher.fetch(f"http://docs.example:{site.port}/", max_bytes=10, ports={site.port, canary.port})
        assert caught.value.kind == "blocked_address"
        assert len(site.asked) == n_before + 1
        assert canary.connections == 0


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://docs.example/", "javascript:alert(1)", "http://user@docs.example/", "//[", "http://[::1",
     "http://docs.example:22/", "\\\\docs.example\\x", "http://docs.example\x00/", "https:\\\\x", "data:,x"],
)  # fmt: skip
def test_a_redirect_to_what_is_never_fetched_is_refused(location):
    def answer(conn, path, headers):
        say(conn, "302 There", Location=location)

    with serving(answer) as site:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(FetchError):
            patch.setattr("app.net.addresses.is_public", lambda address: address == "127.0.0.1")
            fetcher = Fetcher(FetchSettings(timeout_s=PATIENCE_S), resolve=lambda _host, _port: ["127.0.0.1"])
            fetcher.fetch(f"http://docs.example:{site.port}/", max_bytes=10, ports={site.port})
        assert site.connections == 1


def test_the_own_port_of_a_domain_is_not_lent_to_another_host():
    with serving(
        lambda conn, _path, _headers: say(conn, "302 There", Location=f"http://other.example:{site.port}/")
    ) as site:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(FetchError, match="port"):
            patch.setattr("app.net.addresses.is_public", lambda _address: True)
            fetcher = Fetcher(FetchSettings(timeout_s=PATIENCE_S), resolve=lambda _host, _port: ["127.0.0.1"])
            fetcher.fetch(f"http://docs.example:{site.port}/", max_bytes=10, ports={site.port})
        assert site.connections == 1


def test_a_redirect_loop_ends_after_five():
    with serving(lambda conn, _path, _headers: say(conn, "302 There", Location="/")) as site:
        expect("fetch_failed", site.url)
        assert len(site.asked) == 6


def test_a_second_answer_of_the_name_server_changes_nothing():
    """Rebinding: the name is resolved once per hop, and the address that was checked is the one connected to."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])
    with serving(lambda conn, _path, _headers: say(conn, "200 OK")) as canary:
        fetcher = Fetcher(FetchSettings(timeout_s=0.5), resolve=lambda _host, _port: next(answers))
        with pytest.raises(FetchError):
            fetcher.fetch(f"http://docs.example:{canary.port}/", max_bytes=10, ports={canary.port})
        assert next(answers) == ["127.0.0.1"]
        assert canary.connections == 0


def test_rebinding_between_two_hops_is_refused_at_the_second():
    asked = []

    def resolve(host, port):
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    with serving(lambda conn, _path, _headers: say(conn, "302 There", Location="/again"), host="127.0.0.2") as site:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(FetchError) as caught:
            patch.setattr("app.net.addresses.is_public", lambda address: address == "127.0.0.2")
            Fetcher(FetchSettings(timeout_s=PATIENCE_S), resolve=resolve).fetch(
                f"http://docs.example:{site.port}/", max_bytes=10, ports={site.port}
            )
        assert caught.value.kind == "blocked_address"
        assert len(asked) == 2
        assert site.connections == 1


def test_the_next_address_of_a_name_is_tried_when_one_is_dead():
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"here")) as site:
        fetcher = Fetcher(OPEN, resolve=lambda _host, _port: ["::1", "127.0.0.3", "127.0.0.1"])
        assert fetcher.fetch(f"http://docs.example:{site.port}/", max_bytes=10).body == b"here"
        assert site.asked[0][1]["host"] == f"docs.example:{site.port}"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_proxies_of_the_environment_are_not_used(name, monkeypatch):
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"proxy")) as proxy:
        monkeypatch.setenv(name, proxy.url)
        with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"site")) as site:
            assert fetch(site.url).body == b"site"
        assert proxy.connections == 0


def test_a_slow_name_server_ends_at_the_deadline():
    start, over = time.monotonic(), threading.Event()
    with pytest.raises(FetchError) as caught:
        Fetcher(OPEN, resolve=lambda _host, _port: over.wait(PATIENCE_S)).fetch(
            "http://docs.example/", max_bytes=1, timeout_s=0.4
        )
    assert caught.value.kind == "timeout"
    assert time.monotonic() - start < SOON_S
    over.set()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "before",
    [b"", b"HTTP/1.1 200 OK\r\nX-A: b", HEAD + b"\r\n", HEAD + b"Content-Length: 99999\r\n\r\n",
     HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")],
    ids=["status", "header", "body", "length", "gzip"],
)  # fmt: skip
def test_a_slow_drip_ends_at_the_deadline(before):
    def answer(conn, path, headers):
        conn.sendall(before)
        drip(conn, b"a")

    with serving(answer) as site:
        _, seconds = expect("timeout", site.url, timeout_s=0.6)
        assert seconds < SOON_S


def test_a_drip_of_interim_answers_ends_too():
    with serving(lambda conn, _path, _headers: drip(conn, b"HTTP/1.1 100 Go\r\n\r\n", pause_s=0.002)) as site:
        _, seconds = expect("timeout", site.url, timeout_s=0.6)
        assert seconds < SOON_S


def test_the_deadline_is_for_all_hops_together():
    def answer(conn, path, headers):
        time.sleep(0.25)
        say(conn, "302 There", Location="/x")

    with serving(answer) as site:
        expect("timeout", site.url, timeout_s=0.6)


def endless(start: bytes, block: bytes):
    def answer(conn, path, headers):
        conn.sendall(start)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            conn.sendall(block)

    return answer


@pytest.mark.parametrize(
    ("start", "block"),
    [(HEAD + b"\r\n", b"x" * 65536), (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
     (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 4096), (HEAD, b"X-A: b\r\n"), (b"", b"HTTP/1.1 100 Go\r\n\r\n"), (b"", b"\x00" * 4096),
     (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 4096),
     (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n"),
     (HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")), (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n", b"X: y\r\n")],
    ids=["body", "chunks", "header", "headers", "interim", "noise", "extension", "trailers", "empty-members", "lengths"],
)  # fmt: skip
def test_an_endless_answer_is_cut(start, block):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(endless(start, block)) as site, pytest.raises(FetchError) as caught:
        fetch(site.url, timeout_s=SOON_S)
    assert caught.value.kind in ("limit", "fetch_failed")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda data: gzip.compress(gzip.compress(data))])
def test_a_bomb_is_cut_while_it_unpacks(pack):
    bomb = pack(bytes(200_000_000))
    packing = "gzip, gzip" if len(bomb) < 10_000 else ("gzip" if bomb[:2] == b"\x1f\x8b" else "deflate")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", bomb, Content_Encoding=packing)) as site:
        error, seconds = expect("limit", site.url, max_bytes=1_000_000)
    assert "1 MB" in error.advice
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB
    assert seconds < SOON_S


def test_a_page_of_just_the_limit_is_taken_and_one_byte_more_is_not():
    for pack, packing in ((bytes, "identity"), (gzip.compress, "gzip"), (zlib.compress, "deflate")):
        body = pack(b"x" * 1000)
        with serving(lambda conn, _p, _h, b=body, e=packing: say(conn, "200 OK", b, Content_Encoding=e)) as site:
            assert fetch(site.url, max_bytes=1000).body == b"x" * 1000
            expect("limit", site.url, max_bytes=999)


@pytest.mark.parametrize("packing", ["br", "zstd", "compress", "gzip, br", "x", "gzip," * 50])
def test_packings_that_were_not_asked_for_are_refused(packing):
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"x" * 100, Content_Encoding=packing)) as site:
        expect("fetch_failed", site.url)


@pytest.mark.parametrize(
    "text",
    [b"", b"\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 xyz\r\n\r\n", b"HTTP/9 200 OK\r\n\r\n", b"+PONG\r\n",
     HEAD + b"Content-Length: 10\r\n\r\nabc", HEAD + b"Content-Length: 5, 6\r\n\r\nabc", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
     HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
     HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", HEAD + b"\x00\xff: \xfe\r\n\r\n" * 200],
)  # fmt: skip
def test_broken_http_is_an_error_in_plain_words(text):
    with serving(lambda conn, _path, _headers: conn.sendall(text)) as site:
        try:
            fetch(site.url)
        except FetchError as error:
            assert error.kind == "fetch_failed"
            assert str(error).endswith(".")


def test_random_bytes_raise_nothing_else():
    chance = random.Random(5)
    parts = [HEAD, b"Content-Length: ", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"\r\n", b"5", b": ",
             b"Location: ", b"HTTP/1.1 302 x\r\n", b"http://[", b"\xff\xfe", gzip.compress(b"x" * 99), b"\x00", b"\r", b"99999999999999999999"]  # fmt: skip
    text = {"now": b""}
    with serving(lambda conn, _path, _headers: conn.sendall(text["now"])) as site:
        for _ in range(300):
            text["now"] = b"".join(chance.choices(parts, k=chance.randint(1, 12)))
            try:
                fetch(site.url, max_bytes=1000, timeout_s=SOON_S)
            except FetchError as error:
                assert error.kind in ("fetch_failed", "blocked_address", "limit")


def test_a_closed_port_is_an_error_in_plain_words():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        error, _ = expect("fetch_failed", f"http://127.0.0.1:{holder.getsockname()[1]}/")
        assert "can't be reached" in error.advice


@pytest.fixture
def secured(monkeypatch):
    """A site with a certificate for docs.example; the function fetches it by a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with serving(lambda conn, _path, headers: say(conn, "200 OK", headers["host"].encode()), context) as site:
        from app.net import connection

        connection._tls_context.cache_clear()

        def ask(host, *, trusted):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
            fetcher = Fetcher(OPEN, resolve=lambda _host, _port: ["127.0.0.1"])
            return fetcher.fetch(f"https://{host}:{site.port}/", max_bytes=1000)

        yield ask
        connection._tls_context.cache_clear()


@pytest.mark.parametrize("host", ["docs.example", "docs.example."])
def test_the_certificate_is_held_against_the_name_and_not_the_address(secured, host):
    assert secured(host, trusted=True).body.startswith(b"docs.example:")


@pytest.mark.parametrize(
    ("host", "trusted"),
    [("docs.example", False), ("other.example", True), ("127.0.0.1", True), ("x.docs.example", True)],
)
def test_a_certificate_of_nobody_or_of_somebody_else_is_refused(secured, host, trusted):
    with pytest.raises(FetchError, match="certificate") as caught:
        secured(host, trusted=trusted)
    assert caught.value.kind == "fetch_failed"


def test_a_tls_handshake_that_never_ends_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, seconds = expect("timeout", f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.5)
        assert seconds < SOON_S
