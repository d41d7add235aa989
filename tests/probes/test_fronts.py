"""The recipes for nginx and Caddy, run as they stand but for names, ports and certificate, before a real web server."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import uuid
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.process import answers_on_port, find_free_port
from config import ROOT
from tests.conftest import make_customer
from tests.waiting import PATIENCE_S, wait_until
from tests.widget import conftest as widgets
from tests.widget.slow_model import slow_model

RECIPES = ROOT / "docs" / "recipes"
CERTIFICATE = Path(__file__).parents[1] / "app" / "docs.example.pem"
MAIN = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log warn; worker_processes 1; user root;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {recipe}
}}
"""

needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed here (Debian: nginx-light)")
needs_caddy = pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not installed here (Debian: caddy)")


def settled(recipe: str, plain: int, secure: int, docent: int) -> str:
    """The recipe with ports of this test."""
    changes = {
        r"listen 80;\n    listen \[::\]:80;": f"listen 127.0.0.1:{plain};",
        r"listen 443 ssl http2;\n    listen \[::\]:443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
        r"server 127\.0\.0\.1:8080;": f"server 127.0.0.1:{docent};",
        r"ssl_certificate /\S+;": f"ssl_certificate {CERTIFICATE};",
        r"ssl_certificate_key /\S+;": f"ssl_certificate_key {CERTIFICATE};",
    }
    return changed(recipe, changes)


def changed(recipe: str, changes: dict[str, str]) -> str:
    """A recipe with other values; each of them must stand there once."""
    for pattern, replacement in changes.items():
        recipe, n = re.subn(pattern, replacement, recipe)
        assert n == 1, pattern
    return recipe


@pytest.fixture(scope="module")
def place(app, installation):
    return widgets.make_taught_place(app, make_customer(app, "ada"))


@pytest.fixture(scope="module")
def model():
    with slow_model(is_silent=True) as server:
        yield server


@pytest.fixture(scope="module")
def docent(installation, place, model):
    """The port of a web server that knows of one proxy in front."""
    port = find_free_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PORT": str(port), "BASE_URL": "https://chat.example.com", "TRUSTED_PROXIES": "1",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model.server_port}/v1",
        }.items():  # fmt: skip
            patch.setitem(os.environ, name, value)
        installation.start("web")
    wait_until(lambda: answers_on_port("127.0.0.1", port))
    yield port
    model.go_on.set()
    installation.stop("web")


@contextmanager
def running(command: list[str], *ports: int, **environ: str):
    """A program that listens on ports, for as long as the block runs."""
    program = subprocess.Popen(command, env={**os.environ, **environ}, stderr=subprocess.DEVNULL)
    try:
        for port in ports:
            wait_until(lambda port=port: answers_on_port("127.0.0.1", port))
        yield
    finally:
        program.terminate()
        program.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def ports(docent, tmp_path_factory):
    """nginx in front of the web server: (port without TLS, port with it)."""
    plain, secure, folder = find_free_port(), find_free_port(), tmp_path_factory.mktemp("nginx")
    recipe = settled((RECIPES / "nginx.conf").read_text(), plain, secure, docent)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, recipe=recipe))
    with running(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], plain, secure):
        yield plain, secure


@pytest.fixture
def by_caddy(docent, tmp_path):
    """A connection to Caddy in front of the web server; without TLS, for which it would ask for a certificate."""
    port = find_free_port()
    changes = {
        r"\nchat\.example\.com \{": f"\n{{\n\tadmin off\n}}\nhttp://chat.example.com:{port} {{\n\tbind 127.0.0.1",
        r"127\.0\.0\.1:8080": f"127.0.0.1:{docent}",
    }
    (tmp_path / "Caddyfile").write_text(changed((RECIPES / "Caddyfile").read_text(), changes))
    command = ["caddy", "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"]
    with (
        running(command, port, HOME=str(tmp_path)),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as made,
    ):
        yield made


@pytest.fixture
def by_nginx(ports):
    context = ssl.create_default_context(cafile=CERTIFICATE)
    context.check_hostname = False
    made = http.client.HTTPSConnection("127.0.0.1", ports[1], timeout=PATIENCE_S, context=context)
    yield made
    made.close()


def get(connection, path, **headers):
    connection.request("GET", path, headers={"Host": "chat.example.com", **headers})
    response = connection.getresponse()
    return response, response.read().decode()


def send(connection, path, told, **headers):
    headers = {"Host": "chat.example.com", "Content-Type": "application/json", **headers}
    connection.request("POST", path, json.dumps(told), headers)
    return connection.getresponse()


@pytest.mark.parametrize(
    "front", [pytest.param("by_nginx", marks=needs_nginx), pytest.param("by_caddy", marks=needs_caddy)]
)
def test_an_answer_arrives_in_pieces_while_it_is_being_made(front, request, place, model):
    connection = request.getfixturevalue(front)
    model.go_on.clear()
    origin = {"Origin": place.origin}
    opened = send(connection, f"{widgets.API}/embeds/{place.embed}/session", {}, **origin)
    token = json.loads(opened.read())["token"]
    told = {"text": widgets.QUESTION, "idempotency_key": uuid.uuid4().hex}
    answer = send(connection, f"{widgets.API}/messages", told, **origin, Authorization=f"Bearer {token}")
    said = ""
    while "It learns from PDF" not in said:  # else it would wait until `connection` gives up
        said += answer.readline().decode()
    assert not model.go_on.is_set(), "the model has not come to its end"
    model.go_on.set()
    assert "event: done" in answer.read().decode()


@needs_nginx
def test_who_comes_without_tls_is_sent_to_it(ports):
    with closing(http.client.HTTPConnection("127.0.0.1", ports[0], timeout=PATIENCE_S)) as connection:
        response, _ = get(connection, "/plans/")
    assert (response.status, response.headers["Location"]) == (301, "https://chat.example.com/plans/")


@needs_nginx
def test_figures_are_not_for_the_internet_and_readiness_is(by_nginx):
    assert get(by_nginx, "/metrics")[0].status == 404
    assert get(by_nginx, "/metrics", **{"X-Forwarded-For": "127.0.0.1"})[0].status == 404
    response, text = get(by_nginx, "/readyz")
    assert (response.status, json.loads(text)["ready"]) == (200, True)


@needs_nginx
def test_docent_knows_that_it_is_spoken_to_over_tls(by_nginx):
    response, _ = get(by_nginx, "/login/")
    assert "Secure" in response.headers["Set-Cookie"]
    assert response.headers["Strict-Transport-Security"]
