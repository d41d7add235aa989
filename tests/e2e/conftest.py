"""What browser tests share: Chromium, a page of it, and a whole running installation."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.isolation.conftest import clients, of_ada, people, planted, shown, websites_say_their_color  # noqa: F401 - fixtures
from tests.prepared import copy_demo
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(ROOT / "run.py")]


@pytest.fixture(scope="session")
def chromium():
    """The path of Debian's Chromium, without its windows if it is there so; tests are skipped without it, and CI fails."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        message = "Chromium is not installed: apt-get install chromium-headless-shell"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def running_browser(chromium, playwright):
    """Chromium, started once for each test process."""
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def browser_rules():
    """Where names lead in this module's browser, as `--host-resolver-rules` says it; empty: where they lead anywhere."""
    return ""


@pytest.fixture(scope="module")
def browser(chromium, playwright, running_browser, browser_rules):
    """Chromium without a page: what a file's tests leave open ends with them. One of its own where names lead elsewhere."""
    if browser_rules:
        args = ["--no-sandbox", f"--host-resolver-rules={browser_rules}"]
        browser = playwright.chromium.launch(executable_path=chromium, args=args)
        yield browser
        browser.close()
        return
    yield running_browser
    for context in running_browser.contexts:
        context.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environ_of_run(folder: Path, artifact: Path) -> dict[str, str]:
    """The environment of an installation of its own: its data folder, free ports, no server from outside."""
    if not (folder / "embedder").exists():
        (folder / "embedder").symlink_to(artifact)
    environ = {**os.environ, "DATA_DIR": str(folder), "PORT": str(free_port()), "DEMO_PORT": str(free_port())}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environ.pop(name, None)
    return environ


@dataclass
class WholeRun:
    """A one-machine run: its process, environment and folder, and what its first start said."""

    process: subprocess.Popen
    environ: dict[str, str]
    folder: Path
    said: str

    @property
    def ports(self) -> tuple[int, int]:
        """Of the web server and of the demo customer's website."""
        return int(self.environ["PORT"]), int(self.environ["DEMO_PORT"])

    @property
    def addresses(self) -> tuple[str, str]:
        return tuple(f"http://localhost:{port}" for port in self.ports)


@contextmanager
def whole_run(folder: Path, artifact: Path, **settings):
    """A run as `make run` starts it, its demo ready; it ends as it is asked to."""
    said = copy_demo(artifact, folder)
    environ = {**environ_of_run(folder, artifact), **settings}
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([*COMMAND, "serve"], env=environ, stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 90
            while b"Ctrl-C" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield WholeRun(process, environ, folder, said)
            if process.poll() is None:
                process.terminate()
                assert process.wait(timeout=PATIENCE_S) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def own_settings():
    """What a module's installation is set to, beside what all are."""
    return {}


@pytest.fixture(scope="module")
def installation(tmp_path_factory, artifact, own_settings):
    with whole_run(tmp_path_factory.mktemp("run"), artifact, **own_settings) as running:
        yield running


@pytest.fixture(scope="module")
def widget_servers():
    """A scripted API of the widget, and a customer's website on another origin: (api, site)."""
    from tests.widget.stub import servers

    with servers() as found:
        yield found


@pytest.fixture(scope="module")
def stage(tmp_path_factory, artifact):
    """A web server with the cast's rows and no worker: (address, what stands there, application)."""
    from tests.e2e.stage import running_stage

    folder = tmp_path_factory.mktemp("stage")
    with running_stage(folder, artifact) as running:
        yield running
