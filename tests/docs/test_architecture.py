"""docs/architecture.md tells of every room and capability that there is; no page names a file that there isn't."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_room_and_capability_is_described():
    rooms = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"tests"}
    capabilities = {f"app/{p.parent.name}/" for p in ROOT.glob("app/*/__init__.py")} - {"app/commands/"}
    missing = [name for name in rooms if f"{name}/ " not in TEXT]
    missing += [name for name in capabilities if f"`{name}`" not in TEXT]
    assert missing == []


def test_every_file_that_a_page_names_is_there():
    file = re.compile(r"`((?:app|models|views|jobs|indexes|widget|tests|docs|benchmarks|\.ci)/[\w/.-]*\.\w+)`")
    named = {
        (page.name, name) for page in (ROOT / "docs").rglob("*.md") for name in file.findall(page.read_text("utf-8"))
    }
    assert len(named) > 100
    assert {(page, name) for page, name in named if not (ROOT / name).exists()} == set()


def test_every_folder_that_it_names_is_there():
    named = re.findall(r"`((?:app|models|views|jobs|indexes|widget|tests|docs|\.ci)/[\w/]*)`", TEXT)
    assert named
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_the_order_of_capabilities_is_the_one_that_is_held():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = [c["layers"] for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    line = next(line for line in TEXT.splitlines() if line.startswith("learning →"))
    written = re.findall(r"\w+(?= →)|(?<=→ )\w+(?=\s+\()", line)
    held = [name.removeprefix("app.") for layer in layers for name in layer if name.removeprefix("app.") in written]
    assert held[: len(written)] == written
