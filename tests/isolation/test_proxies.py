"""Whose X-Forwarded headers count: with TRUSTED_PROXIES=2 those that our own two proxies wrote, and with 0 nobody's.

A proxy adds to a header at its end. What stands further left came with the request and may be anybody's invention.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Device, db
from tests.conftest import forget_tries, inside, make_app, make_customer

EVIL = "evil.example.net"
INNER_PROXY = {"REMOTE_ADDR": "10.0.0.1"}  # the one that the web server sees


@pytest.fixture(scope="module")
def behind_two(tmp_path_factory, artifact):
    yield from make_app(
        tmp_path_factory.mktemp("behind"), artifact, "", TRUSTED_PROXIES="2", BASE_URL="https://chat.example.com"
    )


@pytest.fixture(scope="module")
def in_front(tmp_path_factory, artifact):
    yield from make_app(tmp_path_factory.mktemp("front"), artifact, "")


@pytest.fixture(autouse=True)
def _nothing_was_tried(in_front):
    forget_tries()


def forwarded(visitor: str, *, said: str = "", host: str = "chat.example.com", proto: str = "https") -> dict[str, str]:
    """Return the headers of a visitor who said something, as two proxies of ours hand them on."""

    def through(forged: str, *ours: str) -> str:
        return ", ".join(filter(None, (forged, *ours)))

    return {
        "X-Forwarded-For": through(said, visitor, "10.0.0.2"),
        "X-Forwarded-Host": through(EVIL if said else "", host, "inner.internal"),
        "X-Forwarded-Proto": through("http" if said else "", proto, "http"),
    }  # fmt: skip


def sign_in(app, headers, **form):
    form = {"email": "nobody@example.com", "password": "not this one", **form}
    return app.test_client().post("/login/", data=form, headers=headers, environ_overrides=INNER_PROXY)


def guess(app, n, headers):
    """Try so many accounts once each; return the last status."""
    return [sign_in(app, headers(i), email=f"person{i}@example.com").status_code for i in range(n)][-1]


def test_visitors_are_told_apart_by_what_our_outer_proxy_saw(behind_two):
    assert guess(behind_two, 10, lambda _: forwarded("198.51.100.7")) == 401
    assert guess(behind_two, 1, lambda _: forwarded("198.51.100.7")) == 429
    assert guess(behind_two, 1, lambda _: forwarded("198.51.100.8")) == 401


def test_an_invented_address_gives_nobody_more_tries(behind_two):
    assert guess(behind_two, 11, lambda i: forwarded("198.51.100.9", said=f"192.0.2.{i}")) == 429


def test_without_trusted_proxies_every_header_is_an_invention(in_front):
    assert guess(in_front, 11, lambda i: forwarded(f"198.51.100.{i}")) == 429


def test_who_comes_past_a_proxy_is_who_was_seen(behind_two):
    """One address where there should be two: the header is short, and not believed."""
    assert guess(behind_two, 11, lambda i: {"X-Forwarded-For": f"192.0.2.{i}"}) == 429


@pytest.mark.parametrize(("trusts", "network"), [(True, "198.51.100.0/24"), (False, "10.0.0.0/24")])
def test_the_trail_and_the_devices_name_the_network_that_counts(behind_two, in_front, trusts, network):
    app = behind_two if trusts else in_front
    ada = make_customer(app, "ada")
    answer = sign_in(app, forwarded("198.51.100.7", said="192.0.2.1"), email=ada.email, password=ada.password)
    assert answer.status_code == 302
    with inside(app):
        assert db.session.scalars(select(Device.network).where(Device.user_id == ada.member_id)).one() == network


def test_a_forged_host_or_scheme_reaches_no_link(behind_two, in_front):
    said = forwarded("198.51.100.7", said="192.0.2.1")
    for app in (behind_two, in_front):
        for path in ("/", "/login/", "/plans/", "/profile/", "/chatbotview/list/", "/nothing", "/widget.js"):
            answer = app.test_client().get(path, headers=said, environ_overrides=INNER_PROXY)
            assert EVIL not in answer.get_data(as_text=True) + str(answer.headers), path
            assert "inner.internal" not in answer.get_data(as_text=True) + str(answer.headers), path


def test_the_cookie_is_kept_from_scripts_other_sites_and_open_lines(behind_two, in_front):
    for app, is_secure in ((behind_two, True), (in_front, False)):
        ada = make_customer(app, "ada")
        answer = sign_in(app, forwarded("198.51.100.7"), email=ada.email, password=ada.password)
        (cookie,) = answer.headers.getlist("Set-Cookie")
        kept = {part.strip() for part in cookie.split(";")}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= kept
        assert ("Secure" in kept) == is_secure == cookie.startswith("__Host-")
        assert not any(part.startswith("Domain=") for part in kept)


def test_https_is_what_our_outer_proxy_saw(tmp_path_factory, artifact):
    """Without a BASE_URL, which settles it."""
    for app in make_app(
        tmp_path_factory.mktemp("plain"), artifact, "", TRUSTED_PROXIES="2", BASE_URL="http://chat.example.com"
    ):

        def is_strict(app=app, **how):
            answer = app.test_client().get(
                "/login/", headers=forwarded("198.51.100.7", **how), environ_overrides=INNER_PROXY
            )
            return "Strict-Transport-Security" in answer.headers

        assert is_strict(said="192.0.2.1", proto="https")
        assert not is_strict(said="192.0.2.1", proto="http")
