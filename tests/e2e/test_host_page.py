"""A real browser on a customer's page: ask, and see the answer with its source."""

from __future__ import annotations

import sqlite3
import subprocess
import urllib.request
from contextlib import closing

import pytest

from app.process import answers_on_port
from tests.e2e.conftest import COMMAND
from tests.waiting import wait_until


@pytest.mark.browser
def test_a_visitor_asks_on_the_demo_customers_page(browser, installation):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(installation.addresses[1])
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
    said = subprocess.run([*COMMAND, "init"], env=installation.environ, capture_output=True, text=True, check=True)
    assert said.stdout == ""


def test_the_superadmin_was_given_a_password_and_the_demos_owner_has_one_to_keep(installation):
    with closing(sqlite3.connect(installation.folder / "docent.sqlite3")) as database:
        found = database.execute("SELECT email, password_is_given FROM ab_user ORDER BY id").fetchall()
    assert [given for _, given in found] == [1, 0], found


def test_every_child_ends_with_its_parent(installation):
    """The last test of this run."""
    with urllib.request.urlopen(f"{installation.addresses[0]}/login/") as response:
        assert response.status == 200
    installation.process.kill()
    installation.process.wait()
    wait_until(lambda: not any(answers_on_port("127.0.0.1", port) for port in installation.ports))
