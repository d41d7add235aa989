"""A real browser on a customer's page: ask, and see the answer with its source."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from app.process import answers_on_port
from tests.conftest import copy_initialized
from tests.e2e.conftest import environ_of_run
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.browser
def test_a_visitor_asks_on_the_demo_customers_page(browser, installation):
    _, _, ports, _ = installation
    page = browser.new_page(viewport={"width": 390, "height": 800})
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://localhost:{ports[1]}/")
    page.wait_for_selector("docent-chat", state="attached")
    page.click("docent-chat .launch")
    page.fill("docent-chat textarea", "Which file formats can a chatbot learn from?")
    page.keyboard.press("Enter")
    page.wait_for_selector("docent-chat .bot:not(.first) details")
    said = page.inner_text("docent-chat .log")
    page.close()
    assert "PDF" in said
    assert complaints == []


def test_a_second_start_prints_no_password(installation):
    command, environ, _, _ = installation
    said = subprocess.run([*command, "init"], env=environ, capture_output=True, text=True, check=True)
    assert said.stdout == ""


def test_every_child_ends_with_its_parent(artifact, tmp_path):
    copy_initialized(artifact, tmp_path)
    environ = environ_of_run(tmp_path, artifact)
    port = int(environ["PORT"])
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "serve", "--no-demo"], env=environ, stdout=subprocess.PIPE
    )
    for line in process.stdout:
        if b"Ctrl-C" in line:
            break
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/") as response:
        assert response.status == 200
    process.kill()
    process.wait()
    process.stdout.close()
    wait_until(lambda: not answers_on_port("127.0.0.1", port))
