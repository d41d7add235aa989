"""A real browser on a customer's page: ask, and see the answer with its source."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        message = "Chromium is not installed: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def installation(tmp_path_factory, artifact):
    """The whole one-machine run, as `make run` starts it."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "embedder").symlink_to(artifact)
    ports = free_port(), free_port()
    environ = {**os.environ, "DATA_DIR": str(folder), "PORT": str(ports[0]), "DEMO_PORT": str(ports[1])}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environ.pop(name, None)
    command = [sys.executable, str(ROOT / "run.py")]
    log = (folder / "log").open("wb")
    process = subprocess.Popen([*command, "serve"], env=environ, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 90
        while b"Ctrl-C" not in (folder / "log").read_bytes():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
        yield command, environ, ports, folder
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


@pytest.mark.browser
def test_a_visitor_asks_on_the_demo_customers_page(chromium, installation):
    from playwright.sync_api import sync_playwright

    _, _, ports, _ = installation
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://localhost:{ports[1]}/")
        page.wait_for_selector("docent-chat", state="attached")
        page.click("docent-chat .launch")
        page.fill("docent-chat textarea", "Which file formats can a chatbot learn from?")
        page.keyboard.press("Enter")
        page.wait_for_selector("docent-chat .bot:not(.first) details", timeout=20_000)
        said = page.inner_text("docent-chat .log")
        browser.close()
    assert "PDF" in said
    assert complaints == []


def test_a_second_start_prints_no_password(installation):
    command, environ, _, _ = installation
    said = subprocess.run([*command, "init"], env=environ, capture_output=True, text=True, check=True)
    assert said.stdout == ""


def test_every_child_ends_with_its_parent(artifact, tmp_path):
    (tmp_path / "embedder").symlink_to(artifact)
    ports = free_port(), free_port()
    environ = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(ports[0]), "DEMO_PORT": str(ports[1])}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environ.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "serve", "--no-demo"], env=environ, stdout=subprocess.PIPE
    )
    for line in process.stdout:
        if b"Ctrl-C" in line:
            break
    with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/login/") as response:
        assert response.status == 200
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", ports[0])) != 0:
                return
        time.sleep(0.1)
    pytest.fail("the web server outlived its parent")
