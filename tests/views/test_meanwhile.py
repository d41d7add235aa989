"""Two tabs change the same row: the later one is told who changed what, keeps what it typed, and may take over."""

from __future__ import annotations

import html
import re
import uuid
from html.parser import HTMLParser

import lxml.html
import pytest
from sqlalchemy import select

from app.accounts import keys
from app.knowledge import pairs, texts
from app.knowledge.crawling import websites
from models import Chatbot, CuratedAnswer, Domain, Embed, Form, Member, Plan, Source, Webhook, Workspace, db
from tests.conftest import inside
from tests.isolation.conftest import add_person, come_in


class _Fields(HTMLParser):
    """What the forms of a page would send, as they stand; the last form with a mark of what it began from."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag, attrs):
        how = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input" and how.get("name") and how.get("type") != "file":
            if how.get("type") not in ("checkbox", "radio") or "checked" in how:
                self.forms[-1][how["name"]] = how.get("value", "on")
        elif tag == "textarea":
            self._text = how["name"]
            self.forms[-1][self._text] = ""
        elif tag == "select":
            self._select = how.get("name")
        elif tag == "option" and "selected" in how and self._select:
            self.forms[-1][self._select] = how.get("value", "")

    def handle_data(self, data):
        if self._text is not None:
            self.forms[-1][self._text] += data.removeprefix("\r").removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._text = None


def form_on(page, field="seen"):
    fields = _Fields()
    fields.feed(page.text)
    return next(form for form in fields.forms if {"seen", field} <= form.keys())


def warning_on(page):
    found = re.search(r'<p class="flash flash-warning">.*?<span>(.*?)</span>', page.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


@pytest.fixture(scope="module")
def ben(app, ada):
    return come_in(app, add_person(app, "Ben", place=(ada.service_id, ada.workspace_id, "admin")))


@pytest.fixture
def settings(ada):
    return f"/chatbotview/edit/{ada.chatbot_id}"


def chatbot_of(app, ada):
    with inside(app):
        row = db.session.get_one(Chatbot, ada.chatbot_id)
        return row.name, row.description


def test_the_later_one_is_told_and_nothing_is_saved_until_it_takes_over(app, as_ada, ben, ada, settings):
    first, second = form_on(as_ada.get(settings)), form_on(ben.get(settings))
    assert ben.post(settings, data={**second, "name": "Ben's name"}).status_code == 302
    late = as_ada.post(settings, data={**first, "name": "Ada's name"})
    assert late.status_code == 400
    assert warning_on(late).startswith("Ben changed this just now: Name (“Ben's name”).")
    assert form_on(late)["name"] == "Ada's name", "what was typed is kept"
    assert chatbot_of(app, ada)[0] == "Ben's name", "nothing is saved"
    assert as_ada.post(settings, data=form_on(late)).status_code == 302
    assert chatbot_of(app, ada)[0] == "Ada's name"


def test_what_the_later_one_had_not_touched_shows_what_stands_now(app, as_ada, ben, ada, settings):
    first, second = form_on(as_ada.get(settings)), form_on(ben.get(settings))
    ben.post(settings, data={**second, "name": "Kept", "description": "Ben's words"})
    late = as_ada.post(settings, data={**first, "description": "Ada's words"})
    assert form_on(late)["name"] == "Kept"
    assert form_on(late)["description"] == "Ada's words"
    as_ada.post(settings, data=form_on(late))
    assert chatbot_of(app, ada) == ("Kept", "Ada's words")


def test_ones_own_other_tab_is_called_so(as_ada, settings):
    first = form_on(as_ada.get(settings))
    as_ada.post(settings, data={**first, "name": "one"})
    late = as_ada.post(settings, data={**first, "name": "two"})
    assert warning_on(late).startswith("You changed this in another tab, just now: Name (“one”).")


def test_who_changes_the_same_to_the_same_is_not_bothered(as_ada, ben, settings):
    first, second = form_on(as_ada.get(settings)), form_on(ben.get(settings))
    assert ben.post(settings, data={**second, "name": "alike"}).status_code == 302
    assert as_ada.post(settings, data={**first, "name": "alike"}).status_code == 302


def test_a_part_of_a_form_is_told_by_the_name_of_its_field(as_ada, ben, settings):
    first, second = form_on(as_ada.get(settings)), form_on(ben.get(settings))
    ben.post(settings, data={**second, "settings-closed_words": "Back on Monday."})
    late = as_ada.post(settings, data={**first, "settings-closed_words": "We sleep."})
    assert "While it takes a break (“Back on Monday.”)" in warning_on(late)
    assert form_on(late)["settings-closed_words"] == "We sleep."


def test_two_who_save_one_after_the_other_from_one_page_each_are_no_conflict(as_ada, ben, settings):
    assert as_ada.post(settings, data={**form_on(as_ada.get(settings)), "name": "a"}).status_code == 302
    assert ben.post(settings, data={**form_on(ben.get(settings)), "name": "b"}).status_code == 302


def test_a_plan_is_held_the_same_way(app):
    def price():
        with inside(app):
            return db.session.get_one(Plan, 2).price

    stan, sue = (come_in(app, add_person(app, name, platform_role="Staff")) for name in ("Stan", "Sue"))
    address = "/planview/edit/2"
    first, second = form_on(stan.get(address)), form_on(sue.get(address))
    assert sue.post(address, data={**second, "price": "42", "features-chatbots": "7"}).status_code == 302
    late = stan.post(address, data={**first, "price": "43.00"})
    assert "Price (“42.00”)" in warning_on(late)
    assert (form_on(late)["price"], form_on(late)["features-chatbots"]) == ("43.00", "7")
    assert price() == 4200
    assert stan.post(address, data=form_on(late)).status_code == 302
    assert price() == 4300


@pytest.fixture(scope="module")
def places(app, ada):
    """Own forms of a chatbot: name -> (address, field, a value)."""
    with inside(app):
        chatbot = db.session.get_one(Chatbot, ada.chatbot_id)
        _, (row,) = pairs.add(chatbot, [pairs.make_pair("When are you open?", "Never.", [])])
        text = texts.add(chatbot, "Hours", "We are open.")
        db.session.commit()
        assert isinstance(row, CuratedAnswer)
        assert isinstance(text, Source)
        below = f"/chatbot/{chatbot.uuid}"
        return {
            "look": (f"{below}/look", "title"), "behavior": (f"{below}/behavior", "away"),
            "manner": (f"{below}/manner", "greeting"), "answer": (f"{below}/answers/{row.uuid}", "answer"),
            "text": (f"/text/{text.uuid}", "text"),
        }  # fmt: skip


@pytest.mark.parametrize("name", ["look", "behavior", "manner", "answer", "text"])
def test_our_own_forms_hold_to_it_too(as_ada, ben, places, name):
    address, field = places[name]
    first, second = form_on(as_ada.get(address)), form_on(ben.get(address))
    theirs, mine = ("7", "8") if first.get(field, "").isdigit() else ("Theirs", "Mine")
    assert ben.post(address, data={**second, field: theirs}).status_code == 302
    late = as_ada.post(address, data={**first, field: mine})
    assert late.status_code == 400
    assert warning_on(late).startswith("Ben changed this just now: ")
    assert form_on(late)[field] == mine
    assert form_on(ben.get(address))[field] == theirs
    assert as_ada.post(address, data=form_on(late)).status_code == 302
    assert form_on(ben.get(address))[field] == mine


def test_the_words_of_a_widget_are_held_to_it(as_ada, ben, ada):
    page = f"/chatbot/{ada.chatbot_uuid}/words?language=en"
    first, second = form_on(as_ada.get(page)), form_on(ben.get(page))
    name = next(name for name in first if name not in ("seen", "csrf_token", "once"))
    other = next(each for each in first if each not in (name, "seen", "csrf_token", "once"))
    assert ben.post(page, data={**second, name: "Ben says"}).status_code == 302
    late = as_ada.post(page, data={**first, name: "Ada says", other: "And this"})
    assert "Ben says" in warning_on(late)
    assert (form_on(late)[name], form_on(late)[other]) == ("Ada says", "And this")
    assert form_on(ben.get(page))[name] == "Ben says", "nothing is saved"
    assert as_ada.post(page, data=form_on(late)).status_code == 302
    assert form_on(ben.get(page))[name] == "Ada says"


def test_what_is_kept_of_visitors_is_held_to_it(as_ada, ada):
    page = f"/chatbot/{ada.chatbot_uuid}/privacy"
    first = form_on(as_ada.get(page))
    assert as_ada.post(page, data={**form_on(as_ada.get(page)), "days": "90"}).status_code == 302
    late = as_ada.post(page, data={**first, "days": "", "redacts": "y"})
    assert warning_on(late).startswith("You changed this in another tab")
    assert "Delete a chat after, days (“90”)" in warning_on(late)
    assert form_on(late)["days"] == "90", "what was not touched shows what stands"
    assert "redacts" in form_on(late)
    assert "redacts" not in form_on(as_ada.get(page)), "nothing is saved"
    assert as_ada.post(page, data=form_on(late)).status_code == 302
    assert "redacts" in form_on(as_ada.get(page))


def test_the_design_of_a_form_is_held_to_it(app, as_ada, ben, ada):
    page = as_ada.post(f"/chatbot/{ada.chatbot_uuid}/forms").location

    def design(client, **typed):
        with inside(app):
            fields = db.session.scalars(select(Form).order_by(Form.id.desc())).first().fields
        rows = {f"field_{name}": [str(each.get(name, "")) for each in fields] for name in ("name", "label", "kind")}
        more = {
            "field_choices": [", ".join(each["choices"]) for each in fields],
            "field_position": [str(n + 1) for n in range(len(fields))],
        }
        own = {name: value for name, value in form_on(client.get(page)).items() if not name.startswith("field_")}
        return {
            **own,
            **rows,
            **more,
            "required": [str(n) for n, each in enumerate(fields) if each["required"]],
            **typed,
        }

    first = design(as_ada, intro="Ada's words")
    assert ben.post(page, data=design(ben, thanks="Ben's thanks")).status_code == 302
    late = as_ada.post(page, data=first)
    assert "Ben changed this" in warning_on(late)
    assert "Ben's thanks" in warning_on(late)
    shown = form_on(late)
    assert (shown["intro"], shown["thanks"]) == ("Ada's words", "Ben's thanks")
    assert form_on(ben.get(page))["intro"] != "Ada's words", "nothing is saved"


@pytest.fixture
def addressed(app, ada):
    """What stands in addresses of pages: a chatbot, a website that it reads, and where it is embedded."""
    with inside(app):
        source = websites.add(db.session.get(Chatbot, ada.chatbot_id), f"https://{uuid.uuid4().hex}.example.com/")
        own = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id, "domain_id": ada.domain_id}
        embed = db.session.scalar(select(Embed).filter_by(**own)) or Embed(**own)
        db.session.add(embed)
        db.session.commit()
        return {"chatbot": ada.chatbot_uuid, "website": source.uuid, "embed": embed.uuid}


@pytest.mark.parametrize(
    ("page", "action", "names"),
    [
        ("/embed/{embed}", "/embed/{embed}/change", ["max_questions_a_day", "max_questions_a_minute"]),
        ("/chatbot/{chatbot}/model", "/chatbot/{chatbot}/model/budget", ["of_chatbot", "of_service"]),
        ("/chatbot/{chatbot}/model", "/chatbot/{chatbot}/model", ["model", "base_url"]),
        ("/website/{website}", "/website/{website}/change", ["max_pages", "exclude"]),
        ("/profile/", "/profile/details", ["name", "time_zone"]),
    ],
)
def test_forms_with_an_address_of_their_own_are_held_to_it(as_ada, addressed, page, action, names):
    page, action = page.format(**addressed), action.format(**addressed)
    (field, other), values = names, {"base_url": ("https://api.one.example/v1", "https://api.two.example/v1"), "model": ("small", "large"),
              "exclude": ("/a", "/b"), "of_chatbot": ("19.00", "21.00"), "of_service": ("19.00", "20.00"), "name": ("Ada", "Ada B"), "time_zone": ("Europe/Berlin", "Asia/Tokyo")}  # fmt: skip
    (mine, _), (before, theirs) = values.get(field, ("19", "20")), values.get(other, ("19", "20"))
    assert as_ada.post(action, data={**form_on(as_ada.get(page), field), other: before, field: mine}).status_code == 302
    first = form_on(as_ada.get(page), field)
    assert as_ada.post(action, data={**form_on(as_ada.get(page), field), other: theirs}).status_code == 302
    mine = values.get(field, ("", "21"))[1]
    late = as_ada.post(action, data={**first, field: mine})
    assert theirs in warning_on(late)
    assert (form_on(late, field)[field], form_on(late, field)[other]) == (mine, theirs)
    assert form_on(as_ada.get(page), field)[field] != mine, "nothing is saved"
    assert as_ada.post(action, data=form_on(late, field)).status_code == 302
    now = form_on(as_ada.get(page), field)
    assert (now[field], now[other]) == (mine, theirs)


@pytest.fixture
def limit_of_key(app, ada):
    """Where the limit of a key of Ada's is asked for."""
    with inside(app):
        workspace = db.session.get_one(Workspace, ada.workspace_id)
        wish = keys.Wish("Crawler", "read", [workspace], None, None)
        key, _ = keys.make(wish, db.session.get_one(Member, ada.member_id))
        db.session.commit()
        return f"/keys/{key.uuid}/limit"


def test_the_limit_of_a_key_is_held_to_it(as_ada, limit_of_key):
    first, second = form_on(as_ada.get(limit_of_key)), form_on(as_ada.get(limit_of_key))
    assert as_ada.post(limit_of_key, data={**second, "max_per_minute": "20"}).status_code == 302
    late = as_ada.post(limit_of_key, data={**first, "max_per_minute": "30"})
    assert late.status_code == 400
    assert warning_on(late).startswith("You changed this in another tab, just now: Requests a minute (“20”).")
    assert form_on(late)["max_per_minute"] == "30"
    assert form_on(as_ada.get(limit_of_key))["max_per_minute"] == "20", "nothing is saved"
    assert as_ada.post(limit_of_key, data=form_on(late)).status_code == 302
    assert form_on(as_ada.get(limit_of_key))["max_per_minute"] == "30"


@pytest.fixture
def two_websites(app, ada):
    """The chatbot's page of domains, and two more websites that it may answer on: their uuids."""
    with inside(app):
        made = [Domain(service_id=ada.service_id, domain=f"{uuid.uuid4().hex}.example.com", scheme="https", verified=True)
                for _ in range(2)]  # fmt: skip
        db.session.add_all(made)
        db.session.commit()
        return f"/chatbot/{ada.chatbot_uuid}", [str(domain.uuid) for domain in made]


def ticked_on(client, chatbot):
    page = lxml.html.document_fromstring(client.get(f"{chatbot}/domains").text)
    return set(page.xpath("//input[@name='domain'][@checked]/@value")), page.xpath(
        "//input[@name='domain-shown']/@value"
    )[0]


def test_a_tick_of_another_tab_stays_unless_it_is_taken_away(as_ada, ben, two_websites):
    chatbot, (one, other) = two_websites
    before, shown = ticked_on(as_ada, chatbot)
    for client, website in ((ben, one), (as_ada, other)):
        sent = {"domain": [*before, website], "domain-shown": shown}
        assert client.post(f"{chatbot}/embeds", data=sent).status_code == 302
    ticked, shown = ticked_on(as_ada, chatbot)
    assert ticked == {*before, one, other}
    assert as_ada.post(f"{chatbot}/embeds", data={"domain": [*before, other], "domain-shown": shown}).status_code == 302
    assert ticked_on(as_ada, chatbot)[0] == {*before, other}


def test_what_a_webhook_is_told_of_is_kept_so_too(app, as_ada, ada):
    chatbot = f"/chatbot/{ada.chatbot_uuid}"
    as_ada.post(f"{chatbot}/webhooks", data={"url": "https://hooks.example.com/", "event": ["form"]})
    with inside(app):
        webhook = db.session.scalars(select(Webhook).order_by(Webhook.id.desc())).first()
        page, webhook_id = f"/webhooks/{webhook.uuid}/events", webhook.id
    assert 'name="event-shown" value="form"' in as_ada.get(f"{chatbot}/webhooks").text
    for added in ("handoff", "refused"):
        as_ada.post(page, data={"event": ["form", added], "event-shown": "form"})
    with inside(app):
        assert set(db.session.get_one(Webhook, webhook_id).events) == {"form", "handoff", "refused"}
