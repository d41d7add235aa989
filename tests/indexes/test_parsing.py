import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from indexes.errors import LoadError, ParserError
from indexes.parsing import ParserPool
from tests.waiting import PATIENCE_S, SOON_S, wait_until

MISBEHAVING = "tests.indexes.fixtures"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "upload"
    path.write_text("hello")
    return path


@pytest.fixture
def pool():
    with ParserPool(loader=MISBEHAVING, timeout_s=PATIENCE_S) as pool:
        yield pool


def get_pid(pool, path):
    return int(pool.parse(path, "pids").segments[0].text.split()[0])


def get_kind(pool, path, name):
    with pytest.raises(LoadError) as caught:
        pool.parse(path, name)
    return caught.value.kind


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def test_a_file_is_parsed_in_another_process_of_ours(pool, path):
    child, parent = map(int, pool.parse(path, "pids").segments[0].text.split())
    assert child != parent == os.getpid()


def test_the_process_is_used_again_until_it_has_read_its_share(path):
    with ParserPool(loader=MISBEHAVING, max_files=3) as pool:
        pids = [get_pid(pool, path) for _ in range(6)]
    assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4] == pids[5]


@pytest.mark.parametrize("name", ["spin in C", "sleep in C"])
def test_a_parser_that_never_returns_is_killed_on_time(path, name):
    with ParserPool(loader=MISBEHAVING, timeout_s=PATIENCE_S) as pool:
        first = get_pid(pool, path)
        pool._timeout_s = 1
        begin = time.monotonic()
        assert get_kind(pool, path, name) == "timeout"
        assert time.monotonic() - begin < SOON_S
        assert not is_running(first)
        pool._timeout_s = PATIENCE_S
        assert pool.parse(path, "fine").segments[0].text == "hello"


def test_processor_time_is_limited_by_the_kernel_too(path, monkeypatch):
    pool = ParserPool(loader=MISBEHAVING, timeout_s=PATIENCE_S)
    pool._command[-1] = "1"
    with pool:
        begin = time.monotonic()
        assert get_kind(pool, path, "spin in C") == "timeout"
        assert time.monotonic() - begin < PATIENCE_S / 2


@pytest.mark.parametrize("name", ["eat memory", "eat memory in Rust"])
def test_a_parser_that_eats_memory_is_stopped_at_the_limit(path, name):
    with ParserPool(loader=MISBEHAVING, memory_bytes=300 << 20) as pool:
        assert get_kind(pool, path, name) == "limit"
        assert pool.parse(path, "fine").segments[0].text == "hello"


def test_a_parser_that_somebody_kills_costs_its_file_nothing(pool, path):
    (path.parent / "killed").touch()
    assert pool.parse(path, "be killed once").segments[0].text == "hello"


def test_a_parser_that_is_killed_again_and_again_lacks_memory(pool, path):
    assert get_kind(pool, path, "be killed") == "limit"


def test_a_parser_that_crashes_is_replaced(pool, path):
    first = get_pid(pool, path)
    assert get_kind(pool, path, "crash") == "corrupt"
    assert get_pid(pool, path) != first


def test_a_process_that_died_between_files_is_not_noticed_by_callers(pool, path):
    first = get_pid(pool, path)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not is_running(first))
    assert get_pid(pool, path) != first


def test_a_library_that_prints_does_not_disturb_the_answer(pool, path):
    assert pool.parse(path, "print").segments[0].text == "hello"


def test_a_missing_package_is_no_fault_of_the_file(pool, path):
    with pytest.raises(ParserError, match="pymupdf"):
        pool.parse(path, "miss a package")


def test_a_loader_that_cannot_start_says_why(path):
    with ParserPool(loader="no.such.loader") as pool, pytest.raises(ParserError, match="No module named"):
        pool.parse(path, "fine")


def test_secrets_of_the_environment_stay_here(pool, path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    names = pool.parse(path, "environment").segments[0].text.split("\n")
    assert {"SECRET_KEY", "DATABASE_URL"}.isdisjoint(names)


def test_a_file_that_vanished_is_an_error_of_the_file(tmp_path):
    with ParserPool() as pool:
        assert get_kind(pool, tmp_path / "gone", "gone.txt") == "corrupt"
        assert get_kind(pool, tmp_path, "folder.txt") == "corrupt"


def test_threads_share_the_pool_and_wait_for_a_place(path):
    with ParserPool(2, loader=MISBEHAVING) as pool:
        pids, begin = set(), time.monotonic()

        def parse():
            pool.parse(path, "linger")
            pids.add(get_pid(pool, path))

        threads = [threading.Thread(target=parse) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 1 <= len(pids) <= 2
    assert time.monotonic() - begin >= 0.9  # six waits of 0.3 s in two places


def test_the_process_outlives_the_thread_that_started_it(pool, path):
    pids = []
    thread = threading.Thread(target=lambda: pids.append(get_pid(pool, path)))
    thread.start()
    thread.join()
    assert get_pid(pool, path) == pids[0]


def test_after_a_fork_each_process_has_parsers_of_its_own(pool, path):
    """What a work horse does that its worker forked."""
    ours = get_pid(pool, path)
    reading, writing = os.pipe()
    horse = os.fork()
    if horse == 0:
        theirs = get_pid(pool, path)
        os.write(writing, str(theirs).encode())
        pool.close()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        theirs = int(pipe.read())
    os.waitpid(horse, 0)
    assert theirs != ours
    assert get_pid(pool, path) == ours


def test_a_fork_while_a_thread_is_parsing_does_not_block_the_child(pool, path):
    thread = threading.Thread(target=pool.parse, args=(path, "linger"))
    thread.start()
    time.sleep(0.15)  # the thread holds the only place now, and in a forked child nobody would ever give it back
    horse = os.fork()
    if horse == 0:
        signal.alarm(int(PATIENCE_S))
        pool.parse(path, "fine")
        pool.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(horse, 0)[1]) == 0
    thread.join()


@pytest.mark.parametrize("name", ["idle", "sleep in C"])
def test_a_parser_dies_with_its_parent_even_inside_c_code(path, name):
    program = (
        "import sys, threading, time\nfrom indexes.parsing import ParserPool\n"
        f"pool = ParserPool(loader={MISBEHAVING!r})\npath = sys.argv[1]\n"
        "print(pool.parse(path, 'pids').segments[0].text.split()[0], flush=True)\n"
        f"threading.Thread(target=pool.parse, args=(path, {name!r})).start()\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        pid = int(parent.stdout.readline())
        time.sleep(0.5)
        assert is_running(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    wait_until(lambda: not is_running(pid))


def test_closing_ends_every_process_and_the_pool_can_start_again(path):
    pool = ParserPool(loader=MISBEHAVING)
    first = get_pid(pool, path)
    pool.close()
    assert not is_running(first)
    assert get_pid(pool, path) != first
    pool.close()
