"""Take the pictures of the README from a demo of its own: `make screenshots`. Needs Debian's chromium."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent
RUN = FOLDER.parents[1] / "run.py"
QUESTION = "Which file formats can a chatbot learn from?"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_demo() -> Iterator[dict[str, str]]:
    """Run an installation in a folder that goes afterwards; yield its ports and who owns the demo."""
    with tempfile.TemporaryDirectory() as folder:
        ports = {"PORT": str(_free_port()), "DEMO_PORT": str(_free_port())}
        environ = {**os.environ, **ports, "DATA_DIR": folder}
        command = [sys.executable, str(RUN), "serve"]
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
            try:
                said = _read_until_ready(process)
                found = re.search(r"demo owner: (\S+)\npassword:\s+(\S+)", said)
                if found is None:
                    raise SystemExit(f"The demo did not start: {said}")
                yield {**ports, "email": found[1], "password": found[2]}
            finally:
                process.terminate()


def _read_until_ready(process: subprocess.Popen[str]) -> str:
    lines: list[str] = []
    for line in process.stdout or ():
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


def _open(browser: Any, width: int, height: int) -> Any:
    return browser.new_page(viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce")


def take_chatbot(browser: Any, demo: dict[str, str]) -> None:
    """Take the owner's page of a chatbot."""
    page = _open(browser, 1280, 860)
    page.goto(f"http://localhost:{demo['PORT']}/login/")
    page.fill("#email", demo["email"])
    page.fill("#password", demo["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Handbook", exact=True).click()
    page.get_by_role("link", name="Versions", exact=True).wait_for()
    page.screenshot(path=FOLDER / "chatbot.png")


def take_answer(browser: Any, demo: dict[str, str]) -> None:
    """Take a customer's page with an answer and its source."""
    page = _open(browser, 760, 720)
    page.goto(f"http://localhost:{demo['DEMO_PORT']}/")
    page.wait_for_selector("docent-chat", state="attached")
    page.click("docent-chat .launch")
    page.fill("docent-chat textarea", QUESTION)
    page.keyboard.press("Enter")
    page.locator("docent-chat .bot:not(.first) details summary").first.click(timeout=60_000)
    page.screenshot(path=FOLDER / "answer.png")


def main() -> None:
    with running_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=["--no-sandbox"]
        )
        take_chatbot(browser, demo)
        take_answer(browser, demo)
        browser.close()


if __name__ == "__main__":
    main()
