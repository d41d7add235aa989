"""No form of an address leads to a machine of ours: a canary on loopback counts connections, and there are none."""

from __future__ import annotations

import socket
import struct

import pytest

from app.net import Fetcher, FetchError, FetchSettings, is_public, read_target, resolve_by_system
from tests.app.webserver import Site, say, serving
from tests.waiting import PATIENCE_S

NAMES_THAT_LEAD_HERE = [
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "ⓛocalhost", "127.0.0.1", "127.0.0.1.",
    "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0X7F.0X0.0X0.0X1",
    "2130706433", "017700000001", "0177.0.0.1", "0177.0.0.01", "00000177.0.0.1", "0x7f.0.1", "127.000.000.001",
    "１２７.0.0.1", "127。0。0。1", "127.0.0.1%00", "①②⑦.⓪.⓪.①", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]",
    "[fe80::1%lo]", "[::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::ffff:0:127.0.0.1]",
    "[2001:db8::1]", "[2001:2::1]", "[100::1]", "[3fff::1]", "[5f00::1]",
]  # fmt: skip

PRIVATE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "192.0.0.192", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "0.0.0.1", "168.63.129.16", "127.0.0.53",
    "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::808:808", "2002:808:808::1",
    "2001:0:808:808::1", "2001:10::1", "2001:20::1", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fd12::1", "ff0e::1",
]  # fmt: skip

FORMS_NEVER_FETCHED = [
    "http://user@{here}/", "http://user:secret@{here}/", "http://:@{here}/", "http://@{here}/", "http://example.com@{here}/",
    "http://example.com\\@{here}/", "http://{here}\\.example.com/", "http:\\\\{here}/", "http:///{here}/", "http:/{here}/",
    "http:{here}/", "//{here}/", "{here}", "ftp://{here}/", "file:///etc/passwd", "gopher://{here}/_x", "dict://{here}/",
    "javascript:alert(1)", "data:text/html,x", "unix:/run/redis.sock", "http+unix://%2Frun%2Fredis.sock/", "", "http://", "https://",
    " http://{here}/", "http://{here}/\n", "http://{here}/a b", "http://{here}/\x00", "http://{here}\t/", "ht\ntp://{here}/",
    "http://{here}/\r\nHost: x", "http://{here}/\u2028", "http://{here}/\xa0", "http://{here}\u3000/", "http://%31%32%37.0.0.1:{port}/",
    "http://127.0.0.1%2f@{here}/", "http://127.0.0.1:{port}%20/", "http://[::1/", "http://::1/", "http://[127.0.0.1]:{port}/",
    "http://[v1.x]/", "http://127.0.0.1:-{port}/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:{port}:80/",
    "http://127.0.0.1:８０/", "http://./", "http://../", "http://a..b/", "http://*.example.com/", "http://a,b/", "http://-/",
    "http://{long}.example.com/", "http://example.com/{longer}", "http://exa mple.com/", "http://\u202eelpmaxe.com:{port}@x/",
]  # fmt: skip


@pytest.fixture(scope="module")
def canary():
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"inside")) as site:
        yield site


def fetch(url: str, canary: Site, *, resolve=resolve_by_system, ports=True):
    """Fetch with the canary's port allowed, so that the address alone can be what stops it."""
    fetcher = Fetcher(FetchSettings(timeout_s=PATIENCE_S), resolve=resolve)
    return fetcher.fetch(url, max_bytes=1000, ports={canary.port} if ports else ())


def test_the_canary_sings_where_private_addresses_are_allowed():
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"inside")) as site:
        assert Fetcher(FetchSettings(allow_private=True)).fetch(site.url, max_bytes=10).body == b"inside"
        assert site.connections == 1


@pytest.mark.parametrize("scheme", ["http", "HTTPS"])
@pytest.mark.parametrize("host", NAMES_THAT_LEAD_HERE)
def test_it_refuses_each_name_of_this_machine(host, scheme, canary):
    before = canary.connections
    with pytest.raises(FetchError) as caught:
        fetch(f"{scheme}://{host}:{canary.port}/", canary)
    assert caught.value.kind in ("blocked_address", "fetch_failed")
    assert canary.connections == before


@pytest.mark.parametrize("form", FORMS_NEVER_FETCHED)
def test_it_refuses_forms_that_parsers_disagree_about(form, canary):
    before = canary.connections
    url = form.format(here=f"127.0.0.1:{canary.port}", port=canary.port, long="a" * 64, longer="a" * 5000)
    with pytest.raises(FetchError) as caught:
        fetch(url, canary)
    assert caught.value.kind in ("blocked_address", "fetch_failed")
    assert caught.value.advice.endswith(".")
    assert canary.connections == before


@pytest.mark.parametrize("who", ["ada@", "ada:secret@", ":@", "@", "ada%40x@"])
def test_it_refuses_a_user_name_even_for_a_public_address(who):
    with pytest.raises(FetchError, match="user name"):
        read_target(f"http://{who}8.8.8.8/")


@pytest.mark.parametrize("address", PRIVATE)
def test_it_refuses_a_name_that_leads_to_a_private_address(address, canary):
    assert not is_public(address)
    with pytest.raises(FetchError) as caught:
        fetch("http://docs.example/", canary, resolve=lambda _host, _port: [address])
    assert caught.value.kind == "blocked_address"


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "193.0.6.139", "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_it_knows_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "x", "0x7f.1", "127.1", "8.8.8.8 ", "8.8.8.8:80", "[::1]", "017700000001"])
def test_what_is_no_ip_address_is_not_public(address):
    assert not is_public(address)


def test_every_address_of_the_private_ranges_is_refused():
    for network in (10 << 24, 127 << 24, 169 << 24 | 254 << 16, 192 << 24 | 168 << 16, 100 << 24 | 64 << 16):
        for step in range(0, 1 << 16, 257):
            address = socket.inet_ntoa(struct.pack("!I", network + step))
            assert not is_public(address)
            assert not is_public(f"::ffff:{address}")
            assert not is_public(f"64:ff9b::{address}")


def test_one_private_address_among_public_ones_is_enough_to_refuse(canary):
    with pytest.raises(FetchError) as caught:
        fetch("http://docs.example/", canary, resolve=lambda _host, _port: ["8.8.8.8", "127.0.0.1"])
    assert caught.value.kind == "blocked_address"


@pytest.mark.parametrize("answer", [[], ["not an address"], [""], ["127.0.0.1\n"], ["0177.0.0.1"]])
def test_it_refuses_what_a_broken_resolver_says(answer, canary):
    with pytest.raises(FetchError):
        fetch("http://docs.example/", canary, resolve=lambda _host, _port: answer)


@pytest.mark.parametrize("port", [21, 22, 25, 6379, 5432, 8080, 11211])
def test_it_refuses_ports_that_are_not_of_websites(port):
    with pytest.raises(FetchError, match=f"port {port}"):
        Fetcher(FetchSettings(), resolve=lambda _host, _port: ["8.8.8.8"]).fetch(
            f"http://docs.example:{port}/", max_bytes=10
        )


def test_the_canarys_port_alone_is_refused_too(canary):
    before = canary.connections
    with pytest.raises(FetchError, match="port"):
        fetch(canary.url, canary, ports=False)
    assert canary.connections == before


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Docs.Example", "http://docs.example/"),
        ("https://docs.example:443/a?b#c", "https://docs.example/a?b"),
        ("https://docs.example./", "https://docs.example/"),
        ("http://bücher.example/größe?q=ä", "http://xn--bcher-kva.example/gr%C3%B6%C3%9Fe?q=%C3%A4"),
        ("http://docs.example/a/../b/./c", "http://docs.example/b/c"),
        ("http://my_host.example:8080/%7Ex", "http://my_host.example:8080/%7Ex"),
        ("http://[2606:4700:0:0::1]/", "http://[2606:4700::1]/"),
    ],
)
def test_it_brings_an_address_into_its_normal_form(url, normal):
    assert read_target(url).url == normal
    assert read_target(normal).url == normal
