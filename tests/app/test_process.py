"""Whatever ends the run ends every process of it: tried on real processes, children of children included."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from app.process import answers_on_port, find_free_port, is_port_free, redis_child
from app.process.redis_server import answers_ping
from tests.waiting import PATIENCE_S, SOON_S, wait_until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to count processes: run these on Linux")

DRIVER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from app.process import Child, Supervisor, redis_child, supervisor
supervisor.STOP_PATIENCE_S = {patience}
supervisor.READY_PATIENCE_S = {ready}
supervisor._FIRST_PAUSE_S = 0.05
folder = Path({folder!r})
def python(name, text, **options):
    return Child(name, [sys.executable, "-c", text, {tag!r}], **options)
sys.exit(Supervisor([{children}], log_file={log!r}).run(lambda: print("READY", flush=True)))
"""
SLEEP = "import time; time.sleep(60)"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("no"))
print("up")
time.sleep(60)
"""
CLOCK = "import time\nwhile True: print('tick'); time.sleep(0.05)"
# a child with two of its own: one that ignores SIGTERM, and one in a process group of its own, as RQ's horses are
FAMILY = """
import os, signal, time
for grouped in (False, True):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if grouped:
            os.setpgrp()
        time.sleep(60)
time.sleep(60)
"""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Run:
    """A supervisor in a process of its own, with all that it starts."""

    def __init__(self, folder, children, *, patience=1.0, ready=PATIENCE_S, log=None):
        self.tag = f"tag-{uuid.uuid4().hex}"
        text = DRIVER.format(
            root=str(ROOT), folder=str(folder), tag=self.tag, children=children, patience=patience, ready=ready, log=log,
        )  # fmt: skip
        self.said_file = folder / "said.txt"
        with self.said_file.open("w") as said:
            command = [sys.executable, "-c", text.replace("log_file='", "log_file=folder / '"), self.tag]
            self.process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)

    @property
    def said(self):
        return self.said_file.read_text()

    def find(self, text=""):
        """Return the pids of all living processes of this run whose command line holds a text."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command, state = (path / "cmdline").read_text(), (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if state[0] != "Z" and self.tag in command and text in command:
                found.append(int(path.name))
        return found

    def find_watcher(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next((int(pid) for pid in children if "watch" in Path(f"/proc/{pid}/cmdline").read_text()), None)

    def wait_for(self, condition):
        try:
            wait_until(condition, PATIENCE_S / 2)  # children end by themselves after a minute
        except AssertionError as error:
            raise AssertionError(self.said) from error

    def wait_for_text(self, text):
        self.wait_for(lambda: text in self.said)

    def wait(self):
        return self.process.wait(timeout=PATIENCE_S)

    def finish(self):
        self.process.kill()
        self.process.wait()
        for pid in self.find():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(tmp_path):
    started = []

    def start(children, **options):
        started.append(Run(tmp_path, children, **options))
        return started[-1]

    yield start
    for each in started:
        each.finish()


def test_children_start_in_order_each_when_the_one_before_is_ready(run, tmp_path):
    first = "import time, pathlib; time.sleep(0.3); pathlib.Path('{}').touch(); time.sleep(60)".format(tmp_path / "up")
    second = "import pathlib, time; print(pathlib.Path('{}').exists()); time.sleep(60)".format(tmp_path / "up")
    started = run(f"""python("first", {first!r}, is_ready=(folder / "up").exists), python("second", {second!r})""")
    started.wait_for_text("READY")
    started.wait_for_text("second    | True")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_children_and_all_they_started(run, number):
    started = run(f"""python("one", {FAMILY!r}), python("two", {FAMILY!r}), python("three", {STUBBORN!r})""")
    started.wait_for_text("READY")
    started.wait_for(lambda: len(started.find()) == 8)
    started.wait_for_text("three     | up")
    start = time.monotonic()
    os.kill(started.process.pid, number)
    assert started.wait() == 0
    assert time.monotonic() - start < SOON_S
    assert started.find() == []


def test_polite_children_are_given_time_and_nobody_waits_for_more(run):
    polite = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), print("bye"), sys.exit()))
print("up")
time.sleep(60)
"""
    started = run(f"""python("one", {polite!r})""", patience=PATIENCE_S)
    started.wait_for_text("one       | up")
    start = time.monotonic()
    os.kill(started.process.pid, signal.SIGINT)
    assert started.wait() == 0
    assert 0.3 < time.monotonic() - start < SOON_S
    assert "one       | bye" in started.said


def test_a_second_ctrl_c_does_not_wait(run):
    started = run(f"""python("one", {STUBBORN!r})""", patience=60)
    started.wait_for_text("one       | up")
    os.kill(started.process.pid, signal.SIGINT)
    started.wait_for_text("one       | no")
    assert started.process.poll() is None
    os.kill(started.process.pid, signal.SIGINT)
    started.process.wait(timeout=SOON_S)
    assert started.find() == []


def test_what_stops_last_outlives_the_others(run, tmp_path):
    at_end = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("end"), sys.exit()))
print("up")
time.sleep(60)
"""
    started = run(f"""python("store", {at_end!r}, stops_last=True), python("user", {at_end!r})""")
    started.wait_for(lambda: started.said.count("| up") == 2)
    os.kill(started.process.pid, signal.SIGTERM)
    started.wait()
    assert started.said.index("user      | end") < started.said.index("store     | end")


def test_kill_9_of_the_parent_ends_all(run):
    started = run(f"""python("one", {FAMILY!r}), python("two", {FAMILY!r})""")
    started.wait_for(lambda: len(started.find()) == 7)
    started.wait_for_text("READY")
    watcher = started.find_watcher()
    started.process.kill()
    started.process.wait()
    started.wait_for(lambda: started.find() == [])
    started.wait_for(lambda: not is_alive(watcher))


def test_kill_9_of_the_parent_while_it_starts_ends_all(run):
    for pause_s in (0.1, 0.15, 0.2, 0.25, 0.3):
        started = run(f"""python("one", {FAMILY!r}), python("two", {FAMILY!r}, is_ready=lambda: False)""")
        time.sleep(pause_s)
        started.process.kill()
        started.process.wait()
        started.wait_for(lambda started=started: started.find() == [])


def test_kill_9_of_the_watcher_and_then_of_the_parent_ends_all(run):
    started = run(f"""python("one", {FAMILY!r}), python("clock", {CLOCK!r})""")
    started.wait_for(lambda: len(started.find()) == 5)
    started.wait_for_text("READY")
    first = started.find_watcher()
    os.kill(first, signal.SIGKILL)
    started.wait_for(lambda: started.find_watcher() not in (first, None))
    n_ticks = started.said.count("tick")
    started.wait_for(lambda: started.said.count("tick") > n_ticks)  # by then the new watcher has been told what to end
    started.process.kill()
    started.process.wait()
    started.wait_for(lambda: started.find() == [])


def test_children_die_with_their_parent_even_if_the_watcher_was_killed_before(run):
    started = run(f"""python("one", {STUBBORN!r}), python("two", {STUBBORN!r})""")
    started.wait_for(lambda: started.said.count("| up") == 2)
    os.kill(started.process.pid, signal.SIGSTOP)  # so that it starts no other watcher
    os.kill(started.find_watcher(), signal.SIGKILL)
    started.process.kill()
    started.process.wait()
    started.wait_for(lambda: started.find() == [])


def test_a_child_that_dies_is_started_again_and_named_and_leaves_nothing_behind(run):
    started = run(f"""python("one", {FAMILY!r}), python("two", {SLEEP!r})""")
    started.wait_for_text("READY")
    started.wait_for(lambda: len(started.find("fork")) == 4)  # the driver's own text holds it too
    before = set(started.find("fork"))
    leader = next(pid for pid in before if os.getsid(pid) == pid and pid != started.process.pid)
    os.kill(leader, signal.SIGKILL)
    started.wait_for_text("docent    | one was ended by SIGKILL; it is started again in 0.05 s")
    started.wait_for(lambda: len(started.find("fork")) == 4 and leader not in started.find("fork"))
    assert before & set(started.find("fork")) == {started.process.pid}


def test_a_child_that_dies_again_and_again_ends_the_run_with_one_sentence(run):
    started = run(f"""python("good", {FAMILY!r}), python("bad", "print('no table'); raise SystemExit(3)")""")
    assert started.wait() == 1
    sentences = [line for line in started.said.splitlines() if line.startswith("docent ")]
    assert len(sentences) == 5
    assert "bad ended with exit code 3, the 5th time within a minute, so all stops" in sentences[-1]
    assert started.said.count("bad       | no table") == 5
    assert "Traceback" not in started.said
    assert started.find() == []


@pytest.mark.parametrize(
    ("children", "ready", "sentence"),
    [
        (
            """python("web", "raise SystemExit(2)", is_ready=lambda: False)""",
            PATIENCE_S,
            "web ended with exit code 2 before it was ready",
        ),
        (
            """python("web", "import time; time.sleep(60)", is_ready=lambda: False)""",
            2,
            "web was not ready within 2 seconds",
        ),
        (
            """Child("web", ["/no/such/program"], is_ready=lambda: False)""",
            PATIENCE_S,
            "web ended with exit code 1 before it was ready",
        ),
    ],
)
def test_a_child_that_does_not_come_up_ends_the_run_with_one_sentence(run, children, ready, sentence):
    started = run(f"""python("good", {FAMILY!r}), {children}""", ready=ready)
    assert started.wait() == 1
    assert sentence in started.said
    assert "READY" not in started.said
    assert started.find() == []


def test_what_children_say_goes_behind_their_name_even_if_it_is_no_text(run, tmp_path):
    text = r"""
import os, sys, time
os.write(1, b"\xff\xfe\r\nhalf")
time.sleep(0.2)
os.write(2, b" a line\n" + b"x" * 40000 + b"\nlast without end")
time.sleep(0.2)
print(os.environ["GREETING"], end="")
open(os.environ["SAID"], "w").close()
time.sleep(60)
"""
    all_is_said = tmp_path / "said"
    started = run(f"""python("one", {text!r}, env={{"GREETING": "hello ada", "SAID": {str(all_is_said)!r}}})""")
    started.wait_for(all_is_said.exists)
    os.kill(started.process.pid, signal.SIGINT)
    started.wait()
    lines = [line for line in started.said.splitlines() if line != "READY"]
    assert all(line.startswith("one       | ") for line in lines)
    assert "one       | half a line" in lines
    assert "".join(line[12:] for line in lines).count("x") == 40000
    assert lines[-1].endswith("last without endhello ada")


def test_what_children_say_goes_to_a_log_file(run, tmp_path):
    started = run("""python("one", "import time; print('hello'); time.sleep(60)")""", log="run.log")
    started.wait_for(lambda: (tmp_path / "run.log").exists() and "hello" in (tmp_path / "run.log").read_text())
    assert "hello" not in started.said


def test_a_closed_terminal_does_not_stop_the_run(tmp_path):
    chatty = "import time\nwhile True: print('x' * 100); time.sleep(0.01)"
    text = DRIVER.format(
        root=str(ROOT),
        folder=str(tmp_path),
        tag="t",
        patience=1,
        ready=60,
        log=None,
        children=f'python("one", {chatty!r})',
    )
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"READY\n"
    process.stderr.close()
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_S) == 0
    process.stdout.close()


REDIS = """redis_child(Path({folder!r}), Path({path!r})), python("user", {text!r})"""


def command(path, *words):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE_S)
        client.connect(str(path))
        client.sendall(" ".join(words).encode() + b"\r\n")
        return client.recv(4096)


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "data füßen"
    return folder, folder / "redis.sock"


def start_redis(run, place):
    folder, path = place
    started = run(REDIS.format(folder=str(folder), path=str(path), text=SLEEP))
    started.wait_for_text("READY")
    return started


def test_the_embedded_redis_listens_on_a_private_socket_alone_and_keeps_what_it_has(run, place):
    folder, path = place
    started = start_redis(run, place)
    assert path.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    assert b"\r\n0\r\n" in command(path, "CONFIG", "GET", "port")
    assert b"noeviction" in command(path, "CONFIG", "GET", "maxmemory-policy")
    assert command(path, "SET", "a", "1") == b"+OK\r\n"
    os.kill(started.process.pid, signal.SIGINT)
    assert started.wait() == 0
    assert "Redis" not in started.said
    start_redis(run, place)
    assert command(path, "GET", "a") == b"$1\r\n1\r\n"


def test_a_killed_redis_comes_back_over_its_stale_socket(run, place):
    _, path = place
    started = start_redis(run, place)
    pid = int(command(path, "INFO", "server").partition(b"process_id:")[2].split()[0])
    os.kill(pid, signal.SIGKILL)
    started.wait_for_text("redis was ended by SIGKILL")
    assert "Redis is starting" in started.said
    started.wait_for(lambda: answers_ping(path))


def test_kill_9_of_the_parent_ends_redis_too(run, place):
    started = start_redis(run, place)
    started.process.kill()
    started.wait_for(lambda: not answers_ping(place[1]))


def test_a_second_run_on_the_same_folder_is_refused_and_harms_nobody(run, place):
    start_redis(run, place)
    second = run(REDIS.format(folder=str(place[0]), path=str(place[1]), text=SLEEP))
    assert second.wait() == 1
    assert "runs from" in second.said
    assert "already: stop it first" in second.said
    assert answers_ping(place[1])


def test_describing_redis_touches_nothing(tmp_path):
    redis_child(tmp_path / "data", tmp_path / "data" / "redis.sock")
    assert list(tmp_path.iterdir()) == []


def test_a_socket_where_nobody_or_something_else_listens_is_not_ready(tmp_path):
    path = tmp_path / "s.sock"
    assert not answers_ping(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert not answers_ping(path)
        listener.listen()
        start = time.monotonic()
        assert not answers_ping(path)
        assert time.monotonic() - start < SOON_S


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
def test_it_tells_free_ports_from_taken_ones(host):
    port = find_free_port(host)
    assert is_port_free(host, port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family):
        assert not is_port_free(host, port)
        assert answers_on_port(host, port)
    assert is_port_free(host, port)
    assert not answers_on_port(host, port)
