"""What screens do under somebody's hands: asking, sending once, copying, changing by themselves, staying dark."""

from __future__ import annotations

import pytest

from tests.conftest import inside
from tests.e2e.accessibility import violations
from tests.e2e.walk import WIDE, sign_in

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 800}
DESK = {"width": WIDE, "height": 800}


@pytest.fixture(scope="module")
def signed_in(browser, stage):
    """Ada's cookies: one sign-in for all tests, each with a context of its own."""
    context = browser.new_context()
    sign_in(context, stage[0], "ada")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(browser, stage, signed_in):
    """Open an address as Ada: open_page("/path", viewport=..., java_script_enabled=...)."""
    contexts = []

    def open_(path, **options):
        context = browser.new_context(storage_state=signed_in, **{"viewport": DESK, **options})
        contexts.append(context)
        page = context.new_page()
        page.goto(stage[0] + path)
        return page

    yield open_
    for context in contexts:
        context.close()


def _wait_for_voice(page, text):
    page.wait_for_function("text => document.getElementById('announcer').textContent.includes(text)", arg=text)


def _add_domain(app, stage, host):
    from models import Domain, db

    with inside(app):
        domain = Domain(service_id=stage.service_id, domain=host, scheme="https")
        db.session.add(domain)
        db.session.commit()
        return domain.id


def _find_domain(app, domain_id):
    from models import Domain, db

    with inside(app):
        return db.session.get(Domain, domain_id)


def test_deleting_asks_in_words_and_takes_no_for_an_answer(open_page, stage):
    page = open_page("/chatbotview/edit/1")
    page.get_by_role("link", name="Delete Shop helper").press("Enter")
    dialog = page.get_by_role("dialog", name="Delete chatbot Shop helper?")
    dialog.wait_for()
    assert "disappears from your websites" in dialog.inner_text()
    assert page.evaluate("document.activeElement.tagName") == "SELECT"  # what becomes of its chats, before anything
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Delete Shop helper"
    assert page.url.endswith("/chatbotview/edit/1")


def test_a_yes_in_the_dialog_deletes(open_page, stage):
    domain_id = _add_domain(stage[2], stage[1], "gone.example.com")
    page = open_page("/domainview/list/")
    page.get_by_role("link", name="Delete https://gone.example.com").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    page.get_by_text("Deleted: https://gone.example.com").wait_for()
    assert _find_domain(stage[2], domain_id) is None


def test_without_scripts_a_page_asks(open_page, stage):
    domain_id = _add_domain(stage[2], stage[1], "quiet.example.com")
    page = open_page("/domainview/list/", java_script_enabled=False)
    page.get_by_role("link", name="Delete https://quiet.example.com").click()
    assert page.inner_text("h1") == "Delete domain https://quiet.example.com?"
    assert _find_domain(stage[2], domain_id) is not None
    page.get_by_role("button", name="Delete").click()
    assert "Deleted: https://quiet.example.com" in page.inner_text("#flashes")
    assert _find_domain(stage[2], domain_id) is None


def test_ticked_rows_are_asked_about_once_by_keyboard(open_page):
    page = open_page("/sourceview/list/?state=ready")
    bar = page.get_by_role("form", name="With the chosen rows")
    assert not bar.is_visible()
    boxes = page.locator('tbody input[name="pick"]')
    page.get_by_role("checkbox", name="Choose all on this page").press("Space")
    assert all(boxes.nth(n).is_checked() for n in range(boxes.count()))
    page.get_by_role("checkbox", name="Choose all on this page").press("Space")
    boxes.first.press("Space")
    bar.get_by_role("button", name="Read again").press("Enter")
    dialog = page.get_by_role("dialog", name="Read 1 source again?")
    dialog.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert boxes.first.is_checked()


def test_what_was_typed_stays_when_it_is_refused(open_page):
    page = open_page("/domainview/add")
    page.fill("#domain", "not a website")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").filter(has_text="not the name of a website").wait_for()
    assert page.input_value("#domain") == "not a website"


def test_copying_is_said_aloud(open_page, stage):
    page = open_page(f"/chatbot/{stage[1].full}/domains", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the code for").click()
    _wait_for_voice(page, "Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("<script async src=")


def test_dark_stays_dark(open_page):
    page = open_page("/", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(background)
    page.reload()
    assert light != dark
    assert page.evaluate(background) == dark
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


def test_the_menu_of_a_phone_opens_and_closes(open_page):
    page = open_page("/", viewport=PHONE)
    menu = page.get_by_role("navigation", name="Main")
    assert not menu.is_visible()
    page.get_by_role("button", name="Menu").click()
    assert menu.is_visible()
    page.keyboard.press("Escape")
    assert not menu.is_visible()


def test_a_source_changes_its_state_while_somebody_looks(open_page, stage):
    from models import Source, db

    _, rows, app = stage
    page = open_page(f"/chatbot/{rows.new}/sources")
    page.set_input_files("#files", [
        {"name": "report.txt", "mimeType": "text/plain", "buffer": b"Goods may be returned within 30 days."},
        {"name": "prices.txt", "mimeType": "text/plain", "buffer": b"A ticket costs 12 euros."},
    ])  # fmt: skip
    page.get_by_role("row", name="prices.txt").get_by_text("Queued").wait_for()
    page.get_by_role("row", name="report.txt").get_by_text("Queued").wait_for()
    with inside(app):
        for source in db.session.query(Source).filter(Source.title.in_(("report.txt", "prices.txt"))):
            source.state, source.n_chunks = ("ready", 1) if source.title == "report.txt" else ("failed", 0)
            source.error_advice = None if source.state == "ready" else "It is empty."
        db.session.commit()
    _wait_for_voice(page, "report.txt is ready.")
    page.get_by_role("row", name="report.txt").get_by_text("Ready").wait_for()
    assert "It is empty." in page.get_by_role("row", name="prices.txt").inner_text()
    assert "of 2" in page.inner_text("#state")


def test_a_file_that_could_not_be_sent_is_sent_again_by_a_button(open_page, stage):
    page = open_page(f"/chatbot/{stage[1].new}/sources")
    page.route("**/sources", lambda route: route.abort())
    page.set_input_files("#files", [
        {"name": name, "mimeType": "text/plain", "buffer": name.encode()} for name in ("lost.txt", "lost too.txt")
    ])  # fmt: skip
    page.get_by_role("button", name="Try again to send lost too.txt").wait_for()
    page.unroute("**/sources")
    again = page.get_by_role("button", name="Try again to send lost.txt")
    again.focus()
    page.keyboard.press("Enter")
    page.get_by_role("row", name="lost.txt").get_by_text("Queued").wait_for()
    assert not again.is_visible()


def test_a_file_that_is_too_large_is_not_sent_at_all(open_page, stage):
    page = open_page(f"/chatbot/{stage[1].new}/sources")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("document.querySelector('.add-source').dataset.maxBytes = 10")
    page.set_input_files("#files", [{"name": "large.txt", "mimeType": "text/plain", "buffer": b"x" * 11}])
    page.get_by_text("It is larger than this installation accepts.", exact=True).wait_for()  # it is announced, too
    assert sent == []


def test_a_dropped_file_is_sent(open_page, stage):
    page = open_page(f"/chatbot/{stage[1].new}/sources")
    page.evaluate("""() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["words"], "dropped.txt", { type: "text/plain" }));
        document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
    }""")
    page.get_by_role("row", name="dropped.txt").get_by_text("Queued").wait_for()


def _add_source(app, stage, title):
    from models import Chatbot, Source, db

    with inside(app):
        chatbot = db.session.query(Chatbot).filter_by(uuid=stage.full).one()
        owner = {"chatbot_id": chatbot.id, "service_id": chatbot.service_id}
        source = Source(**owner, kind="file", title=title, data_loc="none", state="parsing")
        db.session.add(source)
        db.session.commit()
        return source.id, f"/source/{source.uuid}"


def _finish(app, source_id):
    from models import Source, db

    with inside(app):
        source = db.session.get(Source, source_id)
        source.state, source.n_chunks = "ready", 7
        db.session.commit()


@pytest.mark.parametrize("has_stream", [True, False])
def test_a_sources_page_is_told_of_changes_or_asks_where_there_is_no_stream(open_page, stage, has_stream):
    source_id, path = _add_source(stage[2], stage[1], f"told {has_stream}.txt")
    page = open_page("/nothing")
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    if not has_stream:
        page.route("**/live/**", lambda route: route.fulfill(status=503, body="All places are taken."))
    page.goto(stage[0] + path)
    page.wait_for_selector("#now[data-word=parsing]")
    if has_stream:
        page.wait_for_timeout(4000)  # asking, it would have asked twice by now
        assert asked.count("part") <= 1
    _finish(stage[2], source_id)
    page.wait_for_selector("#now[data-word=ready]")
    _wait_for_voice(page, "It was read.")


def test_a_website_is_followed_while_somebody_looks(open_page, stage):
    from models import Source, WebPage, Website, db
    from models.base import now

    _, rows, app = stage
    page = open_page(f"/website/{rows.websites[3]}")
    page.get_by_text("9 pages read, 0 known to wait.").wait_for()
    page.get_by_role("button", name="Stop reading").focus()
    with inside(app):
        source = db.session.query(Source).filter_by(uuid=rows.websites[3]).one()
        owned = {"source_id": source.id, "chatbot_id": source.chatbot_id, "service_id": source.service_id}
        db.session.add(WebPage(**owned, url="https://now.example.com/new", outcome="added", seen_in=2, taken=True))
        db.session.query(Website).filter_by(source_id=source.id).update({"n_requests": Website.n_requests + 1})
        db.session.commit()
    page.get_by_text("10 pages read, 0 known to wait.").wait_for()
    page.get_by_role("row", name="https://now.example.com/new").wait_for()
    assert page.evaluate("document.activeElement.textContent.trim()") == "Stop reading"
    with inside(app):
        source = db.session.query(Source).filter_by(uuid=rows.websites[3]).one()
        source.state = "ready"
        db.session.query(type(source.website)).filter_by(source_id=source.id).update(
            {"phase": "settled", "settled_crawl": 2, "ended_at": now()}
        )
        db.session.commit()
    _wait_for_voice(page, "Answers from 10 pages")
    page.get_by_role("button", name="Refresh now").wait_for()
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_first_page_is_light(browser, stage):
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    sizes = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(f"{stage[0]}/")
    page.wait_for_load_state("networkidle")
    context.close()
    assert len(sizes) > 4
    assert sum(sizes) < 150_000


def test_a_chat_grows_while_somebody_reads_it_and_an_open_form_stays(open_page, stage):
    from app.history import summary
    from models import ChatSession, Message, db
    from models.base import now

    _, rows, app = stage
    with inside(app):
        db.session.query(ChatSession).filter_by(uuid=rows.chat).update({"last_message_at": now()})
        db.session.commit()
    page = open_page(f"/history/{rows.service_id}/{rows.chat}")
    page.get_by_text("Mark or note").first.click()
    page.get_by_label("Note").first.fill("half a thou")
    with inside(app):
        chat = db.session.query(ChatSession).filter_by(uuid=rows.chat).one()
        ids = {"service_id": chat.service_id, "chatbot_id": chat.chatbot_id, "session_id": chat.id}
        db.session.add(Message(**ids, type="client", message="Is that all?"))
        summary.renew(chat)
        db.session.commit()
    page.get_by_text("Is that all?").wait_for()
    _wait_for_voice(page, "The chat went on.")
    assert page.get_by_label("Note").first.input_value() == "half a thou"


def test_what_was_typed_goes_with_signing_out(browser, stage):
    """A draft waits for its writer to sign in again; once they leave by themselves, nobody finds it."""
    context = browser.new_context(viewport=DESK)
    sign_in(context, stage[0], "ben")
    page = context.new_page()
    page.goto(stage[0] + "/")
    draft = "JSON.stringify({isLost: true, at: Date.now(), page: '/', action: '', member: '0', fields: [], files: []})"
    page.evaluate(f"() => sessionStorage.setItem('docent-draft', {draft})")
    page.reload()
    assert page.evaluate("() => sessionStorage.getItem('docent-draft')") is not None
    page.locator("form[data-signs-out] button").click()
    page.wait_for_url("**/")
    assert page.evaluate("() => sessionStorage.getItem('docent-draft')") is None
    context.close()


@pytest.fixture
def given(stage):
    """Lea's address, and the password that somebody on the machine has just given her."""
    from app.accounts import members, rescue
    from models import db

    with inside(stage[2]):
        lea = members.add_member("Lea", "lea@example.com", "x" * 30, platform_role="Superadmin", verified=True)
        password = rescue.reset_password(lea)
        db.session.commit()
        return lea.email, password


def test_whoever_was_given_a_password_chooses_their_own_at_once(browser, stage, given):
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{stage[0]}/health/")
    page.fill("#email", given[0])
    page.fill("#password", given[1])
    page.press("#password", "Enter")
    page.wait_for_url("**/own-password/**")
    for viewport in (PHONE, DESK):
        page.set_viewport_size(viewport)
        assert [*violations(page)] == []
        assert page.locator("nav a:visible").count() == 0, "there is nothing else to open"
    page.fill("#old", given[1])
    page.fill("#new", "three-words-of-my-own-9")
    page.press("#new", "Enter")
    page.wait_for_url("**/health/")
    assert page.get_by_text("yours alone").is_visible()
    context.close()


def _corners(page):
    """What is painted beyond the rounded corners of a list: pictures of the few points there."""
    box = page.locator(".table").bounding_box()
    lefts, tops = (box["x"], box["x"] + box["width"] - 3), (box["y"], box["y"] + box["height"] - 3)
    places = [(x, y) for x in lefts for y in tops if 0 <= y < page.viewport_size["height"] - 3]
    return [page.screenshot(clip={"x": x, "y": y, "width": 3, "height": 3}) for x, y in places]


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_row_under_the_pointer_stays_within_the_rounded_frame(open_page, viewport):
    page = open_page("/sourceview/list/?state=ready", viewport=viewport)
    rows = page.locator(".table tbody tr")
    for row in (rows.first, rows.last):
        row.scroll_into_view_if_needed()
        page.mouse.move(0, 0)
        before = _corners(page)
        row.hover()
        assert len(before) >= 2
        assert _corners(page) == before
