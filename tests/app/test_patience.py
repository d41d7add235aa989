"""A web server with two threads stays open to everybody, whatever a few clients do or leave undone."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from tests.waiting import PATIENCE_S, SOON_S, wait_until

PROGRAM = textwrap.dedent("""
    import sys
    from gunicorn.app.base import BaseApplication
    from app.commands import patience

    patience.READ_S, patience.FAREWELL_S, patience.WRITE_S = 1.0, 1.0, 1.0

    def answer(environ, start):
        body = environ["wsgi.input"].read()
        size = 50_000_000 if environ["PATH_INFO"] == "/large" else 2
        start("200 OK", [("Content-Length", str(size)), ("X-Read", str(len(body)))])
        return [b"x" * size]

    class Server(BaseApplication):
        def load_config(self):
            for name, value in {
                "bind": f"127.0.0.1:{sys.argv[1]}", "worker_class": patience.PatientWorker, "threads": 2,
                "control_socket_disable": True, "graceful_timeout": 1, "keepalive": 5,
            }.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self):
            return answer

    Server().run()
""")


def is_open(port) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", PROGRAM, str(number)], stderr=subprocess.PIPE)
    wait_until(lambda: server.poll() is not None or is_open(number))
    assert server.poll() is None, server.stderr.read().decode()
    yield number
    server.terminate()
    complaints = server.communicate(timeout=PATIENCE_S)[1].decode()
    assert "Traceback" not in complaints, complaints


@pytest.fixture
def clients(port):
    """Connections that have sent something and do nothing more."""
    with contextlib.ExitStack() as all_of_them:

        def open_many(sent: bytes, n: int = 8):
            made = [all_of_them.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(n)]
            for client in made:
                client.sendall(sent)
            return made

        yield open_many


def ask(port, path="/", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST" if body else "GET", path, body)
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


def seconds_to_answer(port) -> float:
    begun = time.monotonic()
    assert ask(port).status == 200
    return time.monotonic() - begun


def test_silent_clients_take_no_thread(port, clients):
    clients(b"")
    assert seconds_to_answer(port) < SOON_S


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nHost: x\r\nX-Half", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_half_requests_hold_their_threads_only_for_a_while(port, clients, begun):
    clients(begun, n=4)
    assert seconds_to_answer(port) < SOON_S


def test_a_drip_of_single_bytes_does_not_hold_a_thread_longer(port, clients):
    dripping = clients(b"GET / HTTP/1.1\r\nHost: x\r\nX-Drip: ", n=2)
    wait_until(lambda: {_takes_a_byte(client) for client in dripping} == {False}, SOON_S, every_s=0.2)


def _takes_a_byte(client) -> bool:
    try:
        client.sendall(b"a")
        client.setblocking(False)
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        client.setblocking(True)


def test_clients_that_never_hang_up_stop_nobody(port, clients):
    clients(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", n=10)
    assert seconds_to_answer(port) < SOON_S


def test_clients_that_take_no_answer_lose_their_connection(port, clients):
    clients(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", n=4)
    assert seconds_to_answer(port) < SOON_S


def test_a_large_body_on_a_slow_line_is_read_to_its_end(port, clients):
    (client,) = clients(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", n=1)
    for _ in range(6):
        client.sendall(b"x" * 10_000)
        time.sleep(0.4)
    assert b"X-Read: 60000" in client.recv(1000)


def test_a_connection_is_used_again(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    for _ in range(3):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"xx")
    connection.close()
