"""Build the handbook's documents from the texts in this folder: `python docs/handbook/build.py`."""

from __future__ import annotations

import datetime as dt
import html
import re
from pathlib import Path

import pymupdf
from docx import Document
from pptx import Presentation

FOLDER = Path(__file__).resolve().parent
BUILT_AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
STYLE = "body{font-family:sans-serif;font-size:11pt;line-height:1.5} h1{font-size:20pt} h2{font-size:14pt}"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="style.css"></head>
<body><main>
{body}
</main></body></html>
"""


def read_sections(name: str) -> list[tuple[str, list[str]]]:
    """Return (heading, paragraphs) of a text; headings begin with `# ` or `## `."""
    sections: list[tuple[str, list[str]]] = []
    for block in re.split(r"\n\s*\n", (FOLDER / "source" / name).read_text(encoding="utf-8")):
        text = " ".join(block.split())
        if text.startswith("#"):
            sections.append((text.lstrip("# "), []))
        elif text:
            sections[-1][1].append(text)
    return sections


def build_pdf(source: str, target: str) -> None:
    """One chapter a page: a citation's page is then the chapter's."""
    document = pymupdf.open()
    for number, (heading, paragraphs) in enumerate(read_sections(source), 1):
        page = document.new_page()
        body = "".join(f"<p>{html.escape(p)}</p>" for p in paragraphs)
        page.insert_htmlbox(pymupdf.Rect(64, 64, 531, 760), f"<h1>{html.escape(heading)}</h1>{body}", css=STYLE)
        page.insert_text((290, 800), str(number), fontsize=9)
    document.set_metadata({"title": read_sections(source)[0][0], "creationDate": "D:20261124000000Z"})
    document.save(FOLDER / target, garbage=4, deflate=True, no_new_id=True)


def build_slides(source: str, target: str) -> None:
    """One section a slide; its last paragraph becomes the speaker's notes."""
    deck = Presentation()
    for heading, paragraphs in read_sections(source):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text = "\n".join(paragraphs[:-1] or paragraphs)
        if len(paragraphs) > 1:
            slide.notes_slide.notes_text_frame.text = paragraphs[-1]
    deck.core_properties.title = read_sections(source)[0][0]
    deck.core_properties.created = deck.core_properties.modified = BUILT_AT.replace(tzinfo=None)
    deck.save(str(FOLDER / target))


def build_word(source: str, target: str) -> None:
    """One heading and its paragraphs after the other."""
    document = Document()
    for level, (heading, paragraphs) in enumerate(read_sections(source)):
        document.add_heading(heading, 1 if level else 0)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    document.core_properties.title = read_sections(source)[0][0]
    document.core_properties.created = document.core_properties.modified = BUILT_AT.replace(tzinfo=None)
    document.save(str(FOLDER / target))


def build_page(source: str, target: str) -> None:
    """One web page with an id on each heading."""
    parts = []
    for level, (heading, paragraphs) in enumerate(read_sections(source)):
        tag, anchor = ("h2" if level else "h1"), re.sub(r"\W+", "-", heading.lower()).strip("-")
        parts.append(f'<{tag} id="{anchor}">{html.escape(heading)}</{tag}>')
        parts += [f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs]
    title = html.escape(read_sections(source)[0][0])
    (FOLDER / target).write_text(PAGE.format(title=title, body="\n".join(parts)), encoding="utf-8")


def main() -> None:
    (FOLDER / "web").mkdir(exist_ok=True)
    build_pdf("owners-guide.md", "owners-guide.pdf")
    build_slides("first-steps.md", "first-steps.pptx")
    build_word("operations-notes.md", "operations-notes.docx")
    for name in ("embedding", "answers", "security", "systems", "looking-after"):
        build_page(f"{name}.md", f"web/{name}.html")


if __name__ == "__main__":
    main()
