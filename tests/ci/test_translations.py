"""The catalogs hold what code and templates say, in each language that is shipped."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from babel.messages import Catalog, Message

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("translations", ROOT / ".ci" / "translations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def said(script):
    return script.extract()


def test_each_sentence_is_translated_and_no_other_is_kept(script, said):
    others = [language for language in script.SHIPPED if language != "en"]
    assert [line for language in others for line in script.check(language, said)] == [], "run `make translations`"


@pytest.mark.parametrize(
    ("message", "complaint"),
    [(Message("Hello %(name)s", "Hallo %(name)s"), ""), (Message("Hello %(name)s", "Hallo"), "has other placeholders"),
     (Message("Hello", ""), "is missing"), (Message("Hello", "Hallo", flags=["fuzzy"]), "is fuzzy"),
     (Message("<b>Hello</b>", "Hallo"), "has other placeholders"),
     (Message(("One", "%(num)s"), ("Eine", "%(num)s")), ""), (Message(("One", "%(num)s"), ("Eine", "")), "is missing")],
)  # fmt: skip
def test_what_is_wrong_with_a_translation_is_told(script, message, complaint):
    assert script.complain(message) == complaint


def test_a_sentence_that_is_missing_or_no_longer_said_is_told(script, monkeypatch):
    kept, says = Catalog(locale="de"), Catalog()
    kept.add("Goodbye", "Auf Wiedersehen")
    says.add("Hello")
    monkeypatch.setattr(script, "read", lambda _language: kept)
    told = list(script.check("de", says))
    assert told == ["de: 'Hello' is not in the catalog", "de: nobody says 'Goodbye' any more"]


def calls(name):
    for room in ("app", "views", "widget", "jobs"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in name:
                    yield path.relative_to(ROOT), node


def test_what_is_translated_is_written_out_where_it_is_said():
    """A variable or an f-string can't be extracted."""
    wrong = [f"{path}:{node.lineno}" for path, node in calls({"_", "_l", "ngettext", "in_english"})
             if not all(isinstance(arg, ast.Constant) for arg in node.args[: 2 if node.func.id == "ngettext" else 1])]  # fmt: skip
    assert wrong == []


def told_to_people():
    """Names of what is said to whoever waits: notices, and the errors that are sentences."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    found, n_found = {"Refusal"}, 0
    while n_found < len(found):
        n_found = len(found)
        found |= {name for name, above in bases.items() if above & found}
    return found | {"flash"}


def is_said_in_english_alone(node):
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(re.search("[A-Za-z]{2}", part.value) for part in parts if isinstance(part, ast.Constant) and part.value)


def test_what_people_are_told_can_be_said_in_another_language():
    """Programs and operators read English: `views/api`, `app/commands`."""
    told = [(path, node) for path, node in calls(told_to_people()) if not {"api", "commands"} & set(path.parts)]
    assert len(told) > 200
    plain = [f"{path}:{node.lineno}" for path, node in told if node.args and is_said_in_english_alone(node.args[0])]
    assert plain == []
