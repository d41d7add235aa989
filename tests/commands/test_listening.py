"""Where an installation listens: over IPv4 and IPv6, and never twice from one folder."""

from __future__ import annotations

import subprocess
import threading
import urllib.request

import pytest

from app.commands import demo_site
from app.commands.webserver import WebServer
from app.process import answers_on_port, find_free_port, redis_child
from config import read_config
from tests.commands.running import assert_plain, run
from tests.waiting import wait_until

HOSTS = [("127.0.0.1", "localhost"), ("::1", "localhost"), ("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]")]


@pytest.mark.parametrize(("host", "shown"), HOSTS)
def test_it_listens_where_host_says_and_its_address_can_be_opened(host, shown):
    config = read_config({"HOST": host, "PORT": "8123"})
    assert WebServer(config).cfg.address == [(host, 8123)]
    assert config.address == f"http://{shown}:8123"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_demo_website_is_served_there_too(host):
    try:
        port = find_free_port(host)
    except OSError:
        pytest.skip("this machine has no IPv6")
    config = read_config({"HOST": host, "DEMO_PORT": str(port)})
    with demo_site.make_server(config) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://{config.url_host}:{port}/") as answer:
            assert answer.status == 200
        server.shutdown()


def test_a_second_run_from_one_folder_is_refused_before_it_touches_anything(tmp_path):
    running = redis_child(tmp_path, tmp_path / "redis.sock")
    port = find_free_port()
    with subprocess.Popen(running.argv, stdout=subprocess.DEVNULL) as process:
        wait_until(running.is_ready)
        done = run(tmp_path, "serve", PORT=str(port), DEMO_PORT=str(find_free_port()))
        process.kill()
    assert_plain(done, "runs from", "already", "DATA_DIR")
    assert not (tmp_path / "docent.sqlite3").exists()
    assert not answers_on_port("127.0.0.1", port)
