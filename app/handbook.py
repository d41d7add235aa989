"""The handbook, read from the texts that the demo chatbot knows too: pages of sections, each with an anchor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "handbook" / "source"
PAGES = (
    "first-steps",
    "owners-guide",
    "looking-after",
    "answers",
    "embedding",
    "systems",
    "security",
    "operations-notes",
)


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it. `anchor` is its place in the page's address."""

    heading: str
    anchor: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    name: str
    title: str
    sections: tuple[Section, ...]


def anchor_of(heading: str) -> str:
    return re.sub(r"\W+", "-", heading.lower()).strip("-")


def read(name: str) -> Page | None:
    """Return a page of the handbook; None where there is none of that name."""
    return _read(name) if name in PAGES else None  # names that anybody makes up are not remembered


@cache
def _read(name: str) -> Page | None:
    path = FOLDER / f"{name}.md"
    if not path.exists():
        return None
    found: list[tuple[str, list[str]]] = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        text = " ".join(block.split())
        if text.startswith("#"):
            found.append((text.lstrip("# "), []))
        elif text:
            found[-1][1].append(text)
    sections = (Section(heading, anchor_of(heading), tuple(said)) for heading, said in found)
    return Page(name, found[0][0], tuple(sections))


def pages() -> list[Page]:
    return [page for name in PAGES if (page := read(name)) is not None]
