"""Which hosts are this machine's own, by one rule: for figures, for the doctor, and for domains."""

from __future__ import annotations

import pytest

from app.domains import hosts
from app.networks import is_this_machine

OWN = ["localhost", "127.0.0.1", "127.0.0.53", "127.255.255.254", "::1", "::ffff:127.0.0.1"]
OTHERS = [
    None, "", "localhost.example.com", "docent.example.com", "0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "169.254.0.1",
    "128.0.0.1", "fe80::1", "::ffff:10.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]", "127.0.0.1:80",
]  # fmt: skip


@pytest.mark.parametrize("host", OWN)
def test_a_loopback_address_is_this_machine(host):
    assert is_this_machine(host)


@pytest.mark.parametrize("host", OTHERS)
def test_nothing_else_is(host):
    assert not is_this_machine(host)


def test_a_website_on_ones_own_machine_has_a_host_that_a_browser_writes_as_it_is_kept():
    assert [host for host in OWN if hosts.is_local(host)] == ["localhost", "127.0.0.1", "127.0.0.53", "127.255.255.254"]
