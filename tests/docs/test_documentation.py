"""The documents name everything that there is, and nothing that is not there."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.accounts.permissions import ACTIONS, ADMIN, HOLDER, OWNER, USER
from app.cli import build_parser
from config import ROOT, Config

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SETTINGS = [
    field for field in fields(Config) if "read" in field.metadata
]  # the rest is no setting, but how it was read
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(parser, path=()):
    """Yield (words of a command, its own options) for every command below a parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from commands(child, (*path, name))
            return
    yield " ".join(path), [o for a in parser._actions for o in a.option_strings if o not in ("-h", "--help")]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented_with_its_default(setting):
    [default] = re.findall(rf"^\| `{setting.name.upper()}` \| (.*?) \|", OPERATIONS, re.MULTILINE)
    value = setting.default
    value = value.relative_to(ROOT).as_posix() if isinstance(value, Path) else value
    value = int(value) if isinstance(value, bool) else value
    assert default == ("empty" if value in ("", None, ()) else f"`{value}`")


def test_no_setting_is_documented_that_there_is_not():
    table = OPERATIONS.partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))
    assert named == {setting.name.upper() for setting in SETTINGS}


def test_who_may_do_what_is_documented_as_it_is():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z]+\.[a-z]+)` \| (.*?) \| (.*) \|$", text, re.MULTILINE)
    roles = HOLDER, OWNER, ADMIN, USER
    assert told == [
        (action, words, " | ".join("yes" if role in who else "–" for role in roles))
        for action, (who, _, words) in ACTIONS.items()
    ]


def test_every_command_and_option_is_documented():
    table = OPERATIONS.partition("## Commands")[2].partition("\n## ")[0]
    for name, options in commands(build_parser()):
        assert f"| `{name}" in table, name
        for option in options:
            assert f"`{option}" in table, f"{name} {option}"


@pytest.mark.parametrize(
    "file", ["requirements.txt", "tests/requirements.txt", ".ci/audit.txt", "benchmarks/peers/requirements.txt"]
)
def test_every_dependency_is_pinned_and_explained(file):
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith("#")]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {file}\n")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| ([\w\[\]-]+) \| \S", section, re.MULTILINE)
    pinned = [line.partition("==")[0] for line in lines if "==" in line]
    assert len(pinned) == len(lines)
    assert sorted(set(explained) - {"package"}) == sorted(pinned)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?://|mailto:", target):
            path, _, anchor = target.partition("#")
            found = page if not path else (page.parent / path)
            assert found.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(found), f"{page.name}: {target}"


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_test_that_stands_for_a_claim_of_security_is_there():
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page))
    assert len(named) > 100
    for path, name in sorted(named):
        file = ROOT / path
        assert file.is_file(), path
        assert not name or re.search(rf"^def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE), (
            f"{path}::{name}"
        )


def test_every_requirement_of_level_1_is_answered():
    """Of the 70 five are about authorization servers, in one line."""
    table = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").partition("## ASVS 5.0, level 1")[2]
    found = re.findall(r"^\| (V\d+\.\d+\.\d+)", table, re.MULTILINE)
    assert len(found) == len(set(found)) == 66
