"""The handbook is read in the product by everybody, and each screen leads to the place that explains it."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from app import handbook
from app.languages import SHIPPED, path_of
from indexes.loaders import load
from views.handbook import PLACES

TRANSLATED = [(language, name) for language in SHIPPED if language != "en" for name in handbook.PAGES]
# what stays as it is in every language: settings, commands, addresses, directives, numbers
FIXED = re.compile(r"[A-Z]+_[A-Z_]+(?:=\w+)?|make run|python run\.py \w+ \S+zip|\{.*?\}|[a-z]+-src|https?://\S+|\d+")
SAID_BY_VISITORS = {"und für Studierende?", "was kostet das?", "wer bist du", "ich möchte mit einem Menschen sprechen"}


@pytest.mark.parametrize(("view", "place"), PLACES.items())
def test_each_screen_leads_to_a_section_that_is_there(app, view, place):
    page, anchor = place
    assert anchor in {section.anchor for section in handbook.read(page).sections}, view
    assert any(rule.endpoint == view or rule.endpoint.startswith(f"{view}.") for rule in app.url_map.iter_rules()), view


def test_strangers_and_members_read_every_page(app, as_ada):
    for client in (app.test_client(), as_ada):
        index = client.get("/handbook/").text
        for name in handbook.PAGES:
            assert f'href="/handbook/{name}"' in index
            page = client.get(f"/handbook/{name}")
            assert page.status_code == 200
            assert handbook.read(name).title in page.text.replace("&#39;", "'")
        assert client.get("/handbook/..%2fsecrets").status_code == client.get("/handbook/nothing").status_code == 404


def test_a_page_where_somebody_may_hesitate_has_a_way_to_the_handbook(ada, as_ada):
    page = as_ada.get(f"/golden/{ada.chatbot_uuid}").text
    address = re.search(r'<nav class="help"[^>]*>\s*<a href="([^"]+)"', page)[1]
    assert address == "/handbook/looking-after#golden-questions"
    assert 'id="golden-questions"' in as_ada.get(address.partition("#")[0]).text


@pytest.mark.parametrize("name", handbook.PAGES)
def test_its_texts_are_what_the_demo_chatbot_reads(name):
    folder = handbook.FOLDER.parent
    [built] = [path for place in (folder, folder / "web") for path in place.glob(f"{name}.*")]
    read = " ".join(" ".join(segment.text for segment in load(built, built.name).segments).split())
    for section in handbook.read(name).sections:
        for said in (section.heading, *section.paragraphs):
            assert said in read, f"{built.name} is older than {name}.md: run docs/handbook/build.py"


def test_it_has_a_page_for_each_of_its_texts():
    assert set(handbook.PAGES) == {path.stem for path in handbook.FOLDER.glob("*.md")}


def test_what_strangers_make_up_as_names_takes_no_memory(app):
    def kept():
        return sum(one.cache_info().currsize for one in vars(handbook).values() if hasattr(one, "cache_info"))

    before = kept()
    for n in range(20):
        assert app.test_client().get(f"/handbook/nothing-{n}").status_code == 404
    assert kept() == before


@pytest.mark.parametrize(("language", "name"), TRANSLATED)
def test_each_page_stands_in_every_language_section_by_section(language, name):
    english, translated = handbook.read(name), handbook.read(name, language)
    assert translated.language == language
    for section, original in zip(translated.sections, english.sections, strict=True):
        assert section.anchor == original.anchor, "a link to a place leads there in every language"
        assert section.paragraphs != original.paragraphs
        assert len(section.paragraphs) == len(original.paragraphs), original.heading
        for said, meant in zip(section.paragraphs, original.paragraphs, strict=True):
            assert sorted(FIXED.findall(said)) == sorted(FIXED.findall(meant)), original.heading


def test_no_translated_page_has_lost_its_original():
    for language in SHIPPED:
        assert {path.stem for path in (handbook.TRANSLATIONS / language / "handbook").glob("*")} <= set(handbook.PAGES)


def _all_of(said):
    return said if isinstance(said, tuple) else (said,)


@pytest.mark.parametrize("name", handbook.PAGES)
def test_the_german_handbook_calls_what_stands_on_screens_as_they_do(name):
    with path_of("de").open("rb") as file:
        catalog = {str(text).rstrip(" …") for entry in read_po(file) for text in _all_of(entry.string)}
    said = [text for section in handbook.read(name, "de").sections for text in section.paragraphs]
    assert set(re.findall(r"„(.+?)“", " ".join(said))) - catalog - SAID_BY_VISITORS - {"CSV"} == set()


def test_a_german_reader_is_led_to_the_same_place_in_german(ada, as_ada):
    german = {"Accept-Language": "de"}
    page = as_ada.get(f"/golden/{ada.chatbot_uuid}", headers=german).text
    address, _, anchor = re.search(r'<nav class="help"[^>]*>\s*<a href="([^"]+)"', page)[1].partition("#")
    assert f'<h2 id="{anchor}">Prüffragen</h2>' in as_ada.get(address, headers=german).text
    for address in ("/handbook/", *(f"/handbook/{name}" for name in handbook.PAGES)):
        assert 'lang="en"' not in as_ada.get(address, headers=german).text


def test_what_nobody_has_translated_is_shown_in_english_and_says_so():
    page = handbook.read("security", "tlh")
    assert (page.language, page.title) == ("en", "Security")
