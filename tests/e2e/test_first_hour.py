"""An owner's first hour in a fresh folder: an answer within five clicks, and then all the way to the first visitor.

What counts as a click is what a person presses; typing and choosing a file in the dialog of the system do not. The
owner's website and name server are real ones, on loopback.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager

import pytest

from tests.app.webserver import say, serving
from tests.domains.conftest import name_server
from tests.e2e.accessibility import violations
from tests.e2e.conftest import ROOT
from tests.e2e.widget_page import CHAT, SETTLED, ask, open_chat, opened

pytestmark = pytest.mark.browser

GUIDE = ROOT / "docs" / "handbook" / "owners-guide.pdf"
MAX_CLICKS, MAX_S = 5, 180
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
PASSWORD = "a long walk along the river"


@pytest.fixture(scope="module")
def names():
    """The name server in which owners keep the records of their domains."""
    with name_server() as names:
        yield names


@pytest.fixture(scope="module")
def own_settings(names):
    return {"DNS_SERVERS": names.address}


@pytest.fixture(scope="module")
def browser_rules():
    return "MAP *.example 127.0.0.1"


@pytest.fixture(scope="module")
def websites():
    """The owners' websites on one server: (its port, what each host's page holds)."""
    pasted = {}

    def answer(conn, _path, headers):
        code = pasted.get(headers["host"].partition(":")[0], "")
        page = f"<!doctype html><html lang=en><title>Shop</title><body><main><h1>Shop</h1></main>{code}</body></html>"
        say(conn, "200 OK", page.encode(), Content_Type="text/html")

    with serving(answer) as site:
        yield site.port, pasted


class Owner:
    """Somebody at a browser, whose presses are counted."""

    def __init__(self, page, address):
        self.page, self.address, self.n_clicks = page, address, 0

    def steps(self):
        """Go home, and return what is left to be done there."""
        self.page.goto(self.address)
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.page.viewport_size["width"]
        return self.page.get_by_role("region", name="First steps")

    def go_on(self, done, to):
        """Press the step that comes next."""
        steps = self.steps()
        assert f"{done} of 6 done" in steps.inner_text()
        steps.locator("a.button").click()
        assert self.page.get_by_role("heading", level=1).inner_text() == to

    def press(self, what):
        self.n_clicks += 1
        what.click()

    def open_mail(self, folder, email):
        """Press the link in the mail that came."""
        self.n_clicks += 1
        self.page.goto(self.address + link_to(folder, email))


def link_to(folder, email):
    """Return the path that the kept mail to somebody leads to."""
    for path in sorted((folder / "mail").glob("*.eml"), reverse=True):
        text = path.read_text(encoding="utf-8")
        if email in text:
            return re.search(r"/verify/[\w-]+", text.replace("=\n", ""))[0]
    raise AssertionError(f"no mail to {email}")


def busyness() -> float:
    """How many programs wait for each processor: on a machine that has other work too, the hour takes as much longer."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


@contextmanager
def owner_at(browser, installation, size):
    context = browser.new_context(viewport=SIZES[size], reduced_motion="reduce")
    wrong = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        yield Owner(page, installation.addresses[0])
        assert wrong == []
    finally:
        context.close()


def sign_up(owner, folder, email):
    page = owner.page
    page.goto(f"{owner.address}/sign-up/")
    page.fill("input[name=name]", "Ada Acme")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    owner.press(page.get_by_role("button", name="Sign up"))
    page.get_by_role("heading", name="Look into your mail").wait_for()
    owner.open_mail(folder, email)
    owner.press(page.get_by_role("button", name="Confirm"))
    page.get_by_text("Drop a document here").wait_for()


def get_answered(owner):
    """Choose a document, wait for the chat to open, and press one of the questions that it offers."""
    page = owner.page
    owner.n_clicks += 1  # on the field of the file
    page.set_input_files("#first-files", GUIDE)
    page.wait_for_url("**/preview")
    page.wait_for_selector(f"{CHAT} .panel", state="visible", timeout=120_000)
    owner.press(page.locator(f"{CHAT} .chips.first button").first)
    page.wait_for_selector(SETTLED)
    assert "page 1" in page.inner_text(f"{CHAT} .panel")


def come_back(owner, email):
    """Sign in on a device that has forgotten everything."""
    owner.page.goto(f"{owner.address}/login/")
    owner.page.fill("#email", email)
    owner.page.fill("#password", PASSWORD)
    owner.page.press("#password", "Enter")
    owner.page.get_by_role("region", name="First steps").wait_for()


def choose_look(owner):
    owner.go_on(2, "The widget of Owners guide")
    owner.page.fill("#look-title", "Ask Acme")
    owner.page.get_by_role("button", name="Save").click()
    owner.page.get_by_role("status").filter(has_text="Saved").wait_for()


def prove_domain(owner, names, origin):
    """Add a website, put its record into the name server, and check."""
    owner.go_on(3, "Add a domain")
    owner.page.fill("#domain", origin)
    owner.page.get_by_role("button", name="Save").click()
    names.txt[owner.page.inner_text("#record")] = [owner.page.inner_text("#record-value")]
    owner.page.get_by_role("button", name="Check now").click()
    owner.page.wait_for_url("**/embed/*")


def meet_visitor(browser, origin):
    """Somebody comes to the page that holds the code, and asks."""
    with opened(browser, origin) as page:
        open_chat(page)
        assert "Ask Acme" in page.inner_text(f"{CHAT} .panel")
        ask(page, "Which roles are there in a workspace?")


@pytest.mark.parametrize("size", SIZES)
def test_it_takes_five_clicks_to_the_first_answer_and_leads_on_to_the_first_visitor(
    browser, installation, names, websites, size
):
    """The owner leaves after the answer, and goes on where the first steps say: they are gone once all are done."""
    began, before = time.monotonic(), busyness()
    email, (port, pasted) = f"ada-{size}@example.com", websites
    with owner_at(browser, installation, size) as owner:
        sign_up(owner, installation.folder, email)
        assert violations(owner.page) == []
        get_answered(owner)
        assert owner.n_clicks <= MAX_CLICKS
        assert time.monotonic() - began < MAX_S * max(1, before, busyness())
    with owner_at(browser, installation, size) as owner:
        come_back(owner, email)
        assert "Owners guide" in owner.page.inner_text("main")
        choose_look(owner)
        prove_domain(owner, names, f"http://{size}.example:{port}")
        owner.go_on(4, f"Owners guide on http://{size}.example:{port}")
        pasted[f"{size}.example"] = owner.page.inner_text("#text-html")
        meet_visitor(browser, f"http://{size}.example:{port}")
        assert owner.steps().count() == 0
        assert "Your chatbots" in owner.page.inner_text("main")


def test_a_question_that_is_typed_while_the_document_is_read_is_asked_once_it_is(browser, installation):
    with owner_at(browser, installation, "desktop") as owner:
        sign_up(owner, installation.folder, "ben@example.com")
        owner.page.set_input_files("#first-files", GUIDE)
        owner.page.wait_for_url("**/preview")
        if owner.page.locator("#first-question").count():  # else it was faster than the page
            owner.page.fill("#first-question", "Which roles are there in a workspace?")
            owner.page.press("#first-question", "Enter")
            owner.page.wait_for_selector(SETTLED, timeout=120_000)
            assert "owner, admin" in owner.page.inner_text(f"{CHAT} .panel")


def test_a_sample_can_be_played_with_before(browser, installation):
    with owner_at(browser, installation, "desktop") as owner:
        sign_up(owner, installation.folder, "cid@example.com")
        owner.page.get_by_role("link", name="Play with a sample").click()
        owner.page.wait_for_selector(f"{CHAT} .panel", state="visible")
        assert "handbook" in owner.page.inner_text(f"{CHAT} .panel")
