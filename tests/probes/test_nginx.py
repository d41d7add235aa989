"""The recipe for nginx, run as it stands but for its names, ports and certificate, in front of a real web server."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from app.process import answers_on_port, find_free_port
from config import ROOT
from tests.conftest import make_customer
from tests.waiting import PATIENCE_S, wait_until
from tests.widget import conftest as widgets
from tests.widget.slow_model import slow_model

RECIPE = (ROOT / "docs" / "recipes" / "nginx.conf").read_text()
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

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed here (Debian: nginx-light)")


def settled(recipe: str, plain: int, secure: int, docent: int) -> str:
    """The recipe with ports of this test; each thing that is put into it must stand there once."""
    changes = {
        r"listen 80;\n    listen \[::\]:80;": f"listen 127.0.0.1:{plain};",
        r"listen 443 ssl http2;\n    listen \[::\]:443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
        r"server 127\.0\.0\.1:8080;": f"server 127.0.0.1:{docent};",
        r"ssl_certificate /\S+;": f"ssl_certificate {CERTIFICATE};",
        r"ssl_certificate_key /\S+;": f"ssl_certificate_key {CERTIFICATE};",
    }
    for pattern, replacement in changes.items():
        recipe, n = re.subn(pattern, replacement, recipe)
        assert n == 1, pattern
    return recipe


@pytest.fixture(scope="module")
def place(app, installation):
    return widgets.make_taught_place(app, make_customer(app, "ada"))


@pytest.fixture(scope="module")
def model():
    with slow_model() as server:
        yield server


@pytest.fixture(scope="module")
def ports(installation, place, model, tmp_path_factory):
    """nginx in front of a web server: (port without TLS, port with it)."""
    plain, secure, docent = (find_free_port() for _ in range(3))
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, recipe=settled(RECIPE, plain, secure, docent)))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PORT": str(docent), "BASE_URL": "https://chat.example.com", "TRUSTED_PROXIES": "1",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model.server_port}/v1",
        }.items():  # fmt: skip
            patch.setitem(os.environ, name, value)
        installation.start("web")
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    for port in (docent, plain, secure):
        wait_until(lambda port=port: answers_on_port("127.0.0.1", port))
    yield plain, secure
    model.go_on.set()
    nginx.terminate()
    nginx.wait(PATIENCE_S)
    installation.stop("web")


@pytest.fixture
def connection(ports):
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


def test_an_answer_arrives_in_pieces_while_it_is_being_made(connection, place, model):
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


def test_who_comes_without_tls_is_sent_to_it(ports):
    with closing(http.client.HTTPConnection("127.0.0.1", ports[0], timeout=PATIENCE_S)) as connection:
        response, _ = get(connection, "/plans/")
    assert (response.status, response.headers["Location"]) == (301, "https://chat.example.com/plans/")


def test_figures_are_not_for_the_internet_and_readiness_is(connection):
    assert get(connection, "/metrics")[0].status == 404
    assert get(connection, "/metrics", **{"X-Forwarded-For": "127.0.0.1"})[0].status == 404
    response, text = get(connection, "/readyz")
    assert (response.status, json.loads(text)["ready"]) == (200, True)


def test_docent_knows_that_it_is_spoken_to_over_tls(connection):
    response, _ = get(connection, "/login/")
    assert "Secure" in response.headers["Set-Cookie"]
    assert response.headers["Strict-Transport-Security"]
