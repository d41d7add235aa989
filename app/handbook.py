"""The handbook: pages of sections, each with an anchor that is the same in every language.

English is the original, which the demo chatbot knows too; what it says in another language lies beside the catalog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "handbook" / "source"
TRANSLATIONS = Path(__file__).resolve().parent / "translations"
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
    """`language` is what it is written in: English, where nobody has translated it."""

    name: str
    language: str
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        return self.sections[0].heading


def anchor_of(heading: str) -> str:
    return re.sub(r"\W+", "-", heading.lower()).strip("-")


def read(name: str, language: str = "en") -> Page | None:
    """Return a page of the handbook; None where there is none of that name."""
    return _read(name, language) if name in PAGES else None  # names that anybody makes up are not remembered


def pages(language: str = "en") -> list[Page]:
    return [page for name in PAGES if (page := read(name, language)) is not None]


@cache
def _read(name: str, language: str) -> Page | None:
    english, translated = FOLDER / f"{name}.md", TRANSLATIONS / language / "handbook" / f"{name}.md"
    if not english.exists():
        return None
    language, path = (language, translated) if translated.exists() else ("en", english)
    anchors = (anchor_of(heading) for heading, _ in _split(english))
    sections = (Section(heading, at, said) for at, (heading, said) in zip(anchors, _split(path), strict=True))
    return Page(name, language, tuple(sections))


def _split(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Return (heading, paragraphs) of a text, in its order."""
    found: list[tuple[str, list[str]]] = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        text = " ".join(block.split())
        if text.startswith("#"):
            found.append((text.lstrip("# "), []))
        elif text:
            found[-1][1].append(text)
    return [(heading, tuple(said)) for heading, said in found]
