"""Every form that anybody is shown, in a real browser: a double click does it once, and so does Back and sent again.

`make crawl` tries all of them, and every other run those of some pages of Ada's.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import Error

from models import db
from tests.conftest import forget_tries, inside, make_app
from tests.databases import SERVER
from tests.e2e.conftest import free_port
from tests.e2e.posts import Posts
from tests.e2e.pressing import CanNotSend, Tab
from tests.e2e.stage import served
from tests.e2e.test_screens import IS_WHOLE
from tests.e2e.walk import WIDE
from tests.isolation.accepting import fitting, is_to_change, make_ready
from tests.isolation.shown import HARMLESS_TWICE, as_shown, forms_on
from tests.isolation.undoing import put_back

# where a form posts to -> why it is not pressed here
NOT_PRESSED = {
    r"/preview$": "with scripts the widget stands in its place",
    r"^/start/$": "a file that is chosen is sent at once: there is no button to press",
}
ASKS_FIRST = r"/privacy/erase$"  # it shows what it has found, and the button for that stands on the next page
SENT_AT_ONCE = r"/sources$"  # a file that is chosen there; its button sends the address that was entered
TRAIL = {"audit_events"}  # what stands already may be saved again, which is written down

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("websites_say_their_color"),
    pytest.mark.skipif(bool(SERVER), reason="the database is put back after each form, which is a file's way"),
]


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, port):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, "", BASE_URL=f"http://localhost:{port}")


@pytest.fixture(scope="module")
def site(app, port):
    """The installation, served: its address, its database's engine, and what is posted to it."""
    with inside(app):
        engine = db.engine
    posts = Posts(app, engine)
    with served(posts, port):
        yield SimpleNamespace(address=f"http://localhost:{port}", engine=engine, posts=posts)


@pytest.fixture(scope="module")
def come_as(app, clients, site):
    """Let a browser be that of somebody."""
    name = app.config["SESSION_COOKIE_NAME"]

    def come(context, who):
        context.clear_cookies()
        if cookie := clients[who].get_cookie(name):
            context.add_cookies([{"name": name, "value": cookie.value, "url": site.address}])

    return come


@pytest.fixture(scope="module")
def prepare(ada, of_ada, site):
    """Let things stand so that a form is accepted, and return what to enter."""

    def ready(shown):
        make_ready(site.engine, shown.action, ada.member_id)
        known = {"old": ada.password, "password": ada.password}
        values = shown.form.filled(known, fitting(shown.action, of_ada))
        is_left_out = re.search(SENT_AT_ONCE, shown.action)
        return {name: value for name, value in values.items() if not (is_left_out and isinstance(value, tuple))}

    return ready


@pytest.fixture(scope="module")
def forms(clients, planted, request):
    """The forms that are tried: everybody's, or those of some pages, each of another kind."""
    rows = planted["ada"]
    pages = ["/chatbotview/add", f"/source/{rows['chatbot_data']['uuid']}", "/plans/"]

    def shown_to_ada(who):
        return [(page, *form) for page in pages for form in forms_on(clients[who], page)] if who == "ada" else []

    every = as_shown(clients, request.getfixturevalue("shown") if IS_WHOLE else shown_to_ada)
    return [each for each in every if not any(re.search(pattern, each.action) for pattern in NOT_PRESSED)]


@pytest.fixture
def tabs(browser, site, come_as, prepare):
    """Open forms for whoever is shown them, and put the database back after each: (form, tab, what to enter)."""

    def open_each(forms):
        context = browser.new_context(viewport={"width": WIDE, "height": 800}, reduced_motion="reduce")
        with put_back(site.engine.url.database) as undo:
            for shown in forms:
                forget_tries()
                come_as(context, shown.who)
                values = prepare(shown)
                tab = Tab(context, site.address, site.posts, shown)
                yield shown, tab, values
                tab.page.close()
                undo()
        context.close()

    return open_each


def double_click(tab, values):
    """Press a button twice, and once more where it was on the page before; return what is wrong."""
    tab.fill_in(values)
    place = tab.press(values, times=2)
    wrong = ["a late click is sent"] if tab.sends_by_late_click(place) else []
    return wrong + (["sent twice"] if len(tab.posts.seen) > 1 and not tab.posts.seen[0].is_file else [])


def go_back_and_send_again(tab, values):
    """Send a form, go back and send it as it stands there; return what is wrong."""
    tab.fill_in(values)
    tab.press(values)
    if tab.posts.seen[0].is_file:
        return []
    tab.page.go_back()
    if not tab.can_be_sent_again():
        return []
    tab.press(values)
    return [f"added again: {added}" for post in tab.posts.seen[1:] if (added := {*post.added} - TRAIL)]


def tried(tabs, act):
    """Do something with each form; return what is wrong, and how many requests were sent."""
    wrong, n_sent = [], 0
    for shown, tab, values in tabs:
        try:
            found = act(tab, values)
        except (AssertionError, CanNotSend, Error) as error:
            found = [str(error)]
        if is_to_change(shown.who, shown.action) and not re.search(ASKS_FIRST, shown.action):
            found += [f"refused: {post}" for post in tab.posts.seen[:1] if not (post.is_file or post.has_written)]
        n_sent += len(tab.posts.seen)
        wrong += [f"{shown.who} {shown.page} {shown.action}: {what}" for what in found + tab.complaints()]
    return wrong, n_sent


def test_a_double_click_on_any_button_does_it_once(tabs, forms):
    wrong, n_sent = tried(tabs(forms), double_click)
    assert wrong == [], "\n".join(wrong)
    assert n_sent >= len(forms) > (100 if IS_WHOLE else 5)


def test_back_and_sent_again_does_any_form_once(tabs, forms):
    forms = [each for each in forms if not each.action.startswith(HARMLESS_TWICE)]
    wrong, n_sent = tried(tabs(forms), go_back_and_send_again)
    assert wrong == [], "\n".join(wrong)
    assert n_sent > len(forms), "none could be sent again"
