"""The page that says in which languages scans are read."""

from __future__ import annotations

import re

import pytest

from app.knowledge import scans
from models import Chatbot, db
from tests.conftest import inside


@pytest.fixture
def address(ada, monkeypatch):
    monkeypatch.setattr(scans, "installed_languages", lambda: ("deu", "eng", "fra", "xyz"))
    return f"/chatbot/{ada.chatbot_uuid}/scans"


def chosen(app, ada):
    with inside(app):
        return scans.languages_of(db.session.get(Chatbot, ada.chatbot_id))


def test_languages_are_chosen_among_those_that_are_installed(app, ada, as_ada, address):
    page = as_ada.get(address).text
    assert "0 of your plan&#39;s 1,000 a day" in page or "0 of your plan's 1,000 a day" in page
    assert len(re.findall(r'name="language"[^>]* checked', page)) == 3
    assert "German" in page
    as_ada.post(address, data={"language": ["fra", "eng"]})
    assert chosen(app, ada) == ("eng", "fra")
    as_ada.post(address, data={})
    assert chosen(app, ada) == ("deu", "eng", "fra")


@pytest.mark.parametrize("codes", [["../etc"], ["eng", "-l"], ["deu", "eng", "fra", "xyz", "a", "b"]])
def test_what_is_not_installed_is_never_passed_on(app, ada, as_ada, address, codes):
    before = chosen(app, ada)
    assert as_ada.post(address, data={"language": codes}).status_code == 303
    assert chosen(app, ada) == before


def test_an_installation_without_tesseract_says_so(as_ada, address, monkeypatch):
    monkeypatch.setattr(scans, "installed_languages", lambda: ())
    assert "Tesseract is not installed" in as_ada.get(address).text
