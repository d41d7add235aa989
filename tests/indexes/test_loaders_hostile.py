"""Files made to hurt: each ends with text or with a clear error, and the next file is read as ever."""

import io
import random
import time
import zipfile

import pytest

from indexes.errors import KINDS, LoadError
from indexes.parsing import ParserPool
from tests.indexes.fixtures import (
    CONTENT_TYPES,
    WORD,
    make_docx,
    make_greedy_pdf,
    make_paragraph,
    make_pdf,
    make_zip,
)

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "'
    + "ha" * 50
    + '">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 20}">' for i in range(9))
    + "]>"
)
LAUGHING_DOCUMENT = (
    f'{BILLION_LAUGHS}<w:document xmlns:w="{WORD}"><w:body>{make_paragraph("&j;")}</w:body></w:document>'
)
SECRET_READER = (
    '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f'<w:document xmlns:w="{WORD}"><w:body>{make_paragraph("&x;")}</w:body></w:document>'
)


def read(pool, path, name):
    """("text", the text), which is never blank, or (kind of error, detail)."""
    try:
        document = pool.parse(path, name)
    except LoadError as error:
        return error.kind, error.detail
    text = "\n".join(segment.text for segment in document.segments)
    return "text" if text.strip() else "blank", text


def make_office(document):
    return make_zip({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document})


def make_bomb():
    return make_zip({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": bytes(100_000_000)})


def make_lying_zip():
    """A member that unpacks to fifty times what the directory says."""
    raw = bytearray(make_docx(make_paragraph("x" * 50_000)))
    at = raw.rindex(b"word/document.xml")
    raw[at - 22 : at - 18] = (1000).to_bytes(4, "little")
    return bytes(raw)


def make_sheet_of_one_far_cell():
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "near")
    sheet.write(1_048_575, 16_383, "far")
    book.close()
    return buffer.getvalue()


def make_nested(opening, closing, n=100_000):
    return b"<html><body>" + opening * n + b"the words inside" + closing * n + b"</body></html>"


# name, content, what must come of it: a kind of error, "text", or both where either is right
CASES = [
    ("nothing.pdf", lambda: b"", "empty"),
    ("one-byte.pdf", lambda: b"%", "text"),
    ("header-only.pdf", lambda: b"%PDF-1.7\n", "corrupt"),
    ("greedy.pdf", make_greedy_pdf, "limit"),
    ("nested.pdf", lambda: b"%PDF-1.4\n1 0 obj<</A " + b"[" * 200_000, "corrupt"),
    ("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(9000), "unsupported"),
    ("noise.txt", lambda: random.Random(2).randbytes(9000), "unsupported"),
    ("nul.txt", lambda: b"\0" * 5000, "unsupported"),
    ("some-nul.txt", lambda: b"words and more words " * 50 + b"\0" + b" the end", "text"),
    ("bomb.docx", make_bomb, "limit"),
    ("many.docx", lambda: make_zip({f"word/{i}": b"" for i in range(20_001)}), "limit"),
    ("lying.docx", make_lying_zip, "corrupt"),
    ("laughs.docx", lambda: make_office(LAUGHING_DOCUMENT), "limit"),
    (
        "laughs.odt",
        lambda: make_zip({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": LAUGHING_DOCUMENT}),
        "limit",
    ),
    ("reads-passwd.docx", lambda: make_office(SECRET_READER), "limit"),
    ("deep.docx", lambda: make_docx("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), "limit"),
    (
        "no-document.docx",
        lambda: make_zip({"[Content_Types].xml": CONTENT_TYPES, "word/x.xml": "<x/>"}),
        "corrupt",
    ),
    (
        "no-deck.pptx",
        lambda: make_zip({"[Content_Types].xml": CONTENT_TYPES, "ppt/x.xml": "<x/>"}),
        "corrupt",
    ),
    ("no-book.xlsx", lambda: make_zip({"[Content_Types].xml": CONTENT_TYPES, "xl/x.xml": "<x/>"}), "corrupt"),
    ("far-cell.xlsx", make_sheet_of_one_far_cell, "limit"),
    (
        "evil-names.epub",
        lambda: make_zip({"META-INF/container.xml": '<c><rootfile full-path="../../../../etc/passwd"/></c>'}),
        "corrupt",
    ),
    ("deep.html", lambda: make_nested(b"<div>", b"</div>"), "text"),
    ("deep-tables.html", lambda: make_nested(b"<table><tr><td>", b"</td></tr></table>", 20_000), "text"),
    ("unclosed.html", lambda: b"<html><body>" + b"<b><i>" * 50_000 + b"the words inside", "text"),
    ("wide.html", lambda: b"<html><body><table><tr>" + b"<td>cell</td>" * 200_000 + b"</table>", "text"),
    ("comments.html", lambda: b"<!-- -->" * 1000 + b"the words inside", "text"),
    ("wide.csv", lambda: b"a," * 200_000 + b"\n" + b"b," * 200_000, "text"),
    ("open-quote.csv", lambda: b'a,b\n"' + b"x,\n" * 100_000, "text"),
    ("deep.json", lambda: b"[" * 100_000 + b"]" * 100_000, "limit"),
    ("long-number.json", lambda: b'{"n": ' + b"9" * 100_000 + b"}", "text"),
    ("deep.md", lambda: b"> " * 20_000 + b"x\n\nthe words inside", "text"),
    ("brackets.md", lambda: b"[a](<b" * 20_000, "text"),
    ("braces.rtf", lambda: b"{\\rtf1 " + b"{" * 100_000 + b"the words inside", "text"),
    ("number.rtf", lambda: b"{\\rtf1 \\u" + b"9" * 5000 + b"?x}", "corrupt"),
]


@pytest.fixture(scope="module")
def pool():
    with ParserPool(timeout_s=60) as pool:
        yield pool


@pytest.mark.parametrize(("name", "make", "outcome"), CASES, ids=[case[0] for case in CASES])
def test_a_hostile_file_ends_with_text_or_a_clear_error(pool, tmp_path, name, make, outcome):
    path = tmp_path / "upload"
    path.write_bytes(make())
    begin = time.monotonic()
    result, text = read(pool, path, name)
    assert result == outcome
    if result == "text":
        assert "\0" not in text
        assert "root:" not in text
        assert b"the words inside" not in path.read_bytes() or "the words inside" in text
    assert time.monotonic() - begin < 60
    path.write_text("An honest file.")
    assert pool.parse(path, "honest.txt").segments[0].text == "An honest file."


def test_an_office_file_cut_or_changed_anywhere_is_text_or_a_clear_error(pool, tmp_path):
    whole = make_docx(make_paragraph("hello") * 50, styles="<x/>")
    dice = random.Random(3)
    path = tmp_path / "upload"
    for _ in range(60):
        raw = bytearray(whole)
        if dice.random() < 0.5:
            raw = raw[: dice.randrange(1, len(raw))]
        else:
            for _ in range(8):
                raw[dice.randrange(len(raw))] = dice.randrange(256)
        path.write_bytes(raw)
        assert read(pool, path, "a.docx")[0] in ("text", *KINDS)


def test_a_pdf_changed_anywhere_is_text_or_a_clear_error(pool, tmp_path):
    whole = make_pdf(tmp_path / "whole.pdf", ["hello there", "second"]).read_bytes()
    dice = random.Random(4)
    path = tmp_path / "upload"
    for _ in range(60):
        raw = bytearray(whole)
        for _ in range(20):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        path.write_bytes(b"%PDF-" + raw[5:])
        assert read(pool, path, "a.pdf")[0] in ("text", *KINDS)


def test_a_member_named_to_escape_is_never_written(pool, tmp_path):
    buffer = io.BytesIO(make_docx(make_paragraph("hello")))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("../../escaped.txt", "x")
    path = tmp_path / "upload"
    path.write_bytes(buffer.getvalue())
    pool.parse(path, "../../a.docx")
    assert list(tmp_path.iterdir()) == [path]
