"""Figures are read by programs on this machine, or by whoever shows the token; never through a proxy by the world."""

from __future__ import annotations

import pytest

from tests.conftest import make_app

TOKEN = "figures-of-this-house-0123456789-abc"


@pytest.fixture(scope="module")
def make(tmp_path_factory, artifact):
    """Make installations with settings; an installation of the same settings is made once."""
    opened = []

    def make_one(**environ):
        maker = make_app(tmp_path_factory.mktemp("data"), artifact, "", **environ)
        opened.append(maker)
        return next(maker)

    yield make_one
    for maker in opened:
        next(maker, None)


@pytest.fixture(scope="module")
def plain(make):
    return make()


@pytest.fixture(scope="module")
def behind_a_proxy(make):
    return make(BASE_URL="https://chat.example.com", TRUSTED_PROXIES="1")


@pytest.fixture(scope="module")
def untold(make):
    """On the internet, and nobody has said whether by a proxy."""
    return make(BASE_URL="https://chat.example.com")


@pytest.fixture(scope="module")
def with_token(make):
    return make(METRICS_TOKEN=TOKEN)


def status(app, headers=None, **environ) -> int:
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8080", **environ}
    return app.test_client().get("/metrics", headers=headers, environ_overrides=environ).status_code


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.53", "::1"])
def test_a_program_on_this_machine_reads_figures(plain, address):
    assert status(plain, REMOTE_ADDR=address) == 200


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "fe80::1", ""])
def test_others_do_not(plain, address):
    assert status(plain, REMOTE_ADDR=address) == 403


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"]
)
def test_what_a_proxy_passes_on_does_not_come_from_here(plain, behind_a_proxy, header):
    assert status(plain, {header: "127.0.0.1"}) == 403
    assert status(behind_a_proxy, {header: "127.0.0.1"}) == 403


def test_what_comes_past_the_proxy_from_here_does(behind_a_proxy):
    assert status(behind_a_proxy) == 200
    assert status(behind_a_proxy, {"X-Forwarded-For": "127.0.0.1"}, REMOTE_ADDR="192.0.2.7") == 403


def test_where_a_proxy_may_be_that_tells_nothing_the_machine_alone_is_not_enough(untold):
    assert status(untold) == 403


@pytest.mark.parametrize(
    "host", ["evil.example.net", "chat.example.com", "localhost.evil.example.net", "", "[::1", "]"]
)
def test_a_page_whose_name_was_made_to_point_here_does_not(plain, host):
    assert status(plain, HTTP_HOST=host) == 403


def test_with_a_token_it_alone_counts(with_token):
    assert status(with_token) == 401
    assert status(with_token, {"Authorization": f"Bearer {TOKEN}x"}) == 401
    assert status(with_token, {"Authorization": f"Basic {TOKEN}"}) == 401
    assert status(with_token, {"Authorization": "Bearer é"}) == 401
    assert status(with_token, {"Authorization": f"Bearer {TOKEN}"}, REMOTE_ADDR="192.0.2.7") == 200
