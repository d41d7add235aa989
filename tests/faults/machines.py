"""Several machines of one installation: each with a disk, a web server and a worker of its own; nginx before them."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import uuid
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException

from tests.conftest import ROOT
from tests.faults.installation import PROGRAM, Program
from tests.waiting import PATIENCE_S, wait_until

RECIPE = ROOT / "docs" / "recipes" / "nginx-machines.conf"
API = "/api/widget/v1"
# The same clock as elsewhere here, visitors who wait less long for an answer that a lost machine began, and a training
# that stands still between its files and its row, where the disk says so.
OURS = """
import pathlib, os, time
from app import storage
from app.history import recording
recording.ANSWER_PATIENCE_S = 4
put = storage.Storage.put_folder

def put_and_hold(self, key, folder):
    put(self, key, folder)
    hold = pathlib.Path(os.environ["DATA_DIR"], "hold")
    if hold.exists():
        hold.rename(hold.with_name("held"))
        time.sleep(600)

storage.Storage.put_folder = put_and_hold
import run
"""
CLOCK = PROGRAM.replace("import run\n", OURS)
_visitors = itertools.count(1)
STALE_S = 4  # after so many seconds without a beat another worker takes over


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Door:
    """An address where visitors come in."""

    def __init__(self):
        self.port = free_port()

    def answers(self):
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
                connection.request("GET", "/widget/v1/widget.js")
                response = connection.getresponse()
                return bool(response.read()) and response.status == 200
        except (OSError, HTTPException):
            return False

    @contextmanager
    def post(self, path, body, **headers):
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("POST", API + path, json.dumps(body), {"Content-Type": "application/json", **headers})
            with connection.getresponse() as response:
                yield response


class Visitor(threading.Thread):
    """Asks one question through a door: what came back, up to the end or the loss."""

    def __init__(self, door, embed, question, before=None):
        super().__init__()
        self.door, self.question, self.events, self.words = door, question, [], ""
        self.key = before.key if before else uuid.uuid4().hex
        embed_uuid, origin = embed
        self.headers = {"Origin": origin, "X-Forwarded-For": f"198.51.100.{next(_visitors)}"}  # limits go by address
        resuming = {"resume_token": before.resume_token} if before else {}
        with door.post(f"/embeds/{embed_uuid}/session", resuming, **self.headers) as response:
            opened = json.load(response)
        self.chat, self.resume_token = uuid.UUID(opened["session_id"]), opened["resume_token"]
        self.headers["Authorization"] = "Bearer " + opened["token"]

    def run(self):
        body, name = {"text": self.question, "idempotency_key": self.key}, ""
        with suppress(OSError, HTTPException), self.door.post("/messages", body, **self.headers) as response:
            for line in response:
                field, _, value = line.decode().strip().partition(": ")
                if field == "event":
                    name = value
                    self.events.append(name)
                elif field == "data" and name in ("delta", "replace"):
                    self.words = (self.words if name == "delta" else "") + json.loads(value)["text"]


class Machine:
    """What runs on it ends with it, all at once."""

    def __init__(self, folder, artifact, settings):
        folder.mkdir()
        (folder / "embedder").symlink_to(artifact)
        self.folder, self.door, self._processes = folder, Door(), {}
        self._log = (folder / "processes.log").open("ab")
        self._settings = {**settings, "DATA_DIR": str(folder), "PORT": str(self.door.port), "HOST": "127.0.0.1"}

    def start(self, *names):
        for name in names:
            text = CLOCK.format(command=name, stale=STALE_S)
            self._processes[name] = Program(text, {**os.environ, **self._settings}, self._log)

    def hold_publishing(self, *, is_on=True):
        """Let the next training here stand still once its files are stored, for ever; or let it be."""
        (self.folder / "hold").touch() if is_on else (self.folder / "hold").unlink(missing_ok=True)

    def is_publishing(self):
        return (self.folder / "held").exists()

    def copies(self):
        return sorted(path.name for path in self.folder.glob("generations/*/*"))

    def lose(self):
        """The power goes: no process says goodbye."""
        for process in self._processes.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes = {}
        wait_until(self._is_silent)

    def _is_silent(self):
        return not self.door.answers()

    def close(self):
        self.lose()
        self._log.close()


def _write_configuration(folder, machines, port):
    """Write the recipe of the docs, with the addresses of these machines."""
    servers = "".join(f"    server 127.0.0.1:{each.door.port} max_fails=1 fail_timeout=5s;\n" for each in machines)
    text, n_lists = re.subn(r"(?m)(^    server web\d.*;\n)+", servers, RECIPE.read_text(encoding="utf-8"))
    assert n_lists == 1
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("chat.example.com", "localhost")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds) + "access_log off;\n"
    about = f"pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{about}http {{\n{own}{text}}}\n")


@contextmanager
def balancer(folder, machines):
    """Yield the door of nginx before these machines."""
    door = Door()
    folder.mkdir()
    _write_configuration(folder, machines, door.port)
    command = [shutil.which("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        wait_until(door.answers)
        yield door
    finally:
        process.terminate()
        process.wait()
