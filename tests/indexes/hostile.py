"""Files made to hurt: bombs, cuts, lies, locks, loops, absurd counts, and names that mislead.

Each is (name, a function that makes its bytes, what must come of it): "text", kinds of error, or either.
"""

import gzip
import io
import random
import struct
import tarfile
import zipfile

from tests.indexes.fixtures import (
    CONTENT_TYPES,
    WORD,
    make_docx,
    make_greedy_pdf,
    make_paragraph,
    make_zip,
)

INSIDE = b"the words inside"
EITHER = ("text", "corrupt", "empty", "no_text", "limit")

_ENTITIES = (
    '<!DOCTYPE l [<!ENTITY a "'
    + "ha" * 50
    + '">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 20}">' for i in range(9))
    + "]>"
)
BILLION_LAUGHS = f'<?xml version="1.0"?>{_ENTITIES}'
LAUGHING_DOCUMENT = (
    f'{BILLION_LAUGHS}<w:document xmlns:w="{WORD}"><w:body>{make_paragraph("&j;")}</w:body></w:document>'
)
QUADRATIC_DOCUMENT = (
    f'<!DOCTYPE l [<!ENTITY a "{"a" * 100_000}">]><w:document xmlns:w="{WORD}"><w:body>'
    f"{make_paragraph('&a;' * 50_000)}</w:body></w:document>"
)
SECRET_READER = (
    '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f'<w:document xmlns:w="{WORD}"><w:body>{make_paragraph("&x;")}</w:body></w:document>'
)
OPEN_TEXT = "application/vnd.oasis.opendocument.text"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
CONTAINER = '<c><rootfiles><rootfile full-path="p.opf"/></rootfiles></c>'


def make_office(document):
    return make_zip({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document})


def make_open_text(body, **parts):
    content = (
        f'<office:document-content xmlns:office="{OFFICE}" xmlns:table="{TABLE}" xmlns:text="{TEXT}"><office:body>'
        f"<office:text>{body}</office:text></office:body></office:document-content>"
    )
    return make_zip({"mimetype": OPEN_TEXT, "content.xml": content, **parts})


def make_book(spine, **parts):
    package = f'<package xmlns:dc="http://purl.org/dc/elements/1.1/"><manifest>{spine}</package>'
    return make_zip(
        {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "p.opf": package, **parts}
    )


def make_chapters(n):
    items = "".join(f'<item id="c{i}" href="c.xhtml" media-type="application/xhtml+xml"/>' for i in range(n))
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(n))
    return make_book(f"{items}</manifest><spine>{spine}</spine>", **{"c.xhtml": f"<p>{INSIDE.decode()}</p>"})


def make_bomb():
    return make_office(bytes(100_000_000))


def make_nested_zip():
    return make_zip({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": make_bomb()}, zipfile.ZIP_STORED)


def make_lying_zip():
    """A member that unpacks to fifty times what the directory says."""
    raw = bytearray(make_docx(make_paragraph("x" * 50_000)))
    at = raw.rindex(b"word/document.xml")
    raw[at - 22 : at - 18] = (1000).to_bytes(4, "little")
    return bytes(raw)


def make_overlapping_zip():
    """Many names for the same bytes: small to store, large to unpack."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(20_000_000))
        first = archive.filelist[0]
        for i in range(200):
            copy = zipfile.ZipInfo(f"word/{i}.xml")
            copy.header_offset, copy.CRC, copy.compress_type = first.header_offset, first.CRC, first.compress_type
            copy.compress_size, copy.file_size = first.compress_size, first.file_size
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
    return buffer.getvalue()


def lock_members(raw):
    """Set the flag of encryption on every member of an archive."""
    raw = bytearray(raw)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(magic)
        while at >= 0:
            raw[at + offset] |= 1
            at = raw.find(magic, at + 4)
    return bytes(raw)


def make_linking_zip():
    buffer = io.BytesIO(make_docx(make_paragraph(INSIDE.decode())))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("word/media/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


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
    return b"<html><body>" + opening * n + INSIDE + closing * n + b"</body></html>"


def write_pdf(*objects, trailer=b"<</Root 1 0 R>>"):
    body = b"".join(b"%d 0 obj%s endobj\n" % entry for entry in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer" + trailer + b"\n%%EOF"


def make_pdf_of_endless_pages():
    return write_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1000000000>>")


def make_pdf_of_many_pages(n=12_000):
    """More pages than are read, each with the same words."""
    kids = b" ".join(b"%d 0 R" % number for number in range(5, n + 5))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>>>"
    return write_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (n, kids),
        b"<</Length 38>>stream\nBT /F 9 Tf 9 9 Td (the words) Tj ET     \nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", *([page] * n),
    )  # fmt: skip


def make_pdf_that_draws_itself():
    return write_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        b"<</Length 5>>stream\n/X Do\nendstream",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 5>>stream\n/X Do\nendstream",
    )  # fmt: skip


def make_locked_ole(stream):
    sector = stream.encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + sector + bytes(128 - len(sector)) + bytes(4096)


def make_tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("../../x")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"text"))
    return buffer.getvalue()


def cut(make, share):
    return lambda: make()[: int(len(make()) * share)]


SMALL_DOCX = lambda: make_docx(make_paragraph("hello") * 50)  # noqa: E731

CASES = [
    # nothing, or next to nothing
    ("nothing.pdf", lambda: b"", "empty"),
    ("one-byte.pdf", lambda: b"%", "text"),
    ("mark-only.txt", lambda: b"\xef\xbb\xbf", "empty"),
    ("header-only.pdf", lambda: b"%PDF-1.7\n", "corrupt"),
    ("spaces.md", lambda: b" \n\t" * 10_000, "empty"),
    ("empty.zip.docx", lambda: make_zip({}), ("corrupt", "unsupported")),
    # bombs
    ("greedy.pdf", make_greedy_pdf, "limit"),
    ("bomb.docx", make_bomb, "limit"),
    ("bomb-in-a-bomb.docx", make_nested_zip, ("corrupt", "limit")),
    ("many.docx", lambda: make_zip({f"word/{i}": b"" for i in range(20_001)}), "limit"),
    ("lying.docx", make_lying_zip, "corrupt"),
    ("overlapping.docx", make_overlapping_zip, "limit"),
    ("bomb.txt.gz", lambda: gzip.compress(bytes(50_000_000)), "unsupported"),
    ("laughs.docx", lambda: make_office(LAUGHING_DOCUMENT), "limit"),
    ("quadratic.docx", lambda: make_office(QUADRATIC_DOCUMENT), "limit"),
    ("laughs.odt", lambda: make_zip({"mimetype": OPEN_TEXT, "content.xml": LAUGHING_DOCUMENT}), "limit"),
    ("laughs.epub", lambda: make_zip({"META-INF/container.xml": f"{BILLION_LAUGHS}<c>&j;</c>"}), "limit"),
    ("laughs.html", lambda: _ENTITIES.encode() + b"<p>&j; the words inside</p>", "text"),
    ("reads-passwd.docx", lambda: make_office(SECRET_READER), "limit"),
    # wrong types
    ("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(9000), "unsupported"),
    ("program.pdf", lambda: b"MZ\x90\0" + random.Random(5).randbytes(9000), "unsupported"),
    ("archive.txt", make_tar, ("unsupported", "text")),
    ("film.docx", lambda: b"\0\0\0\x20ftypisom" + random.Random(6).randbytes(9000), "unsupported"),
    ("database.csv", lambda: b"SQLite format 3\0" + bytes(9000), "unsupported"),
    ("noise.txt", lambda: random.Random(2).randbytes(9000), "unsupported"),
    ("nul.txt", lambda: b"\0" * 5000, "unsupported"),
    ("some-nul.txt", lambda: b"words and more words " * 50 + b"\0" + b" the end", "text"),
    ("really-a.docx.pdf", SMALL_DOCX, "text"),
    ("no-document.docx", lambda: make_zip({"[Content_Types].xml": CONTENT_TYPES, "word/x.xml": "<x/>"}), "corrupt"),
    ("no-deck.pptx", lambda: make_zip({"[Content_Types].xml": CONTENT_TYPES, "ppt/x.xml": "<x/>"}), "corrupt"),
    ("no-book.xlsx", lambda: make_zip({"[Content_Types].xml": CONTENT_TYPES, "xl/x.xml": "<x/>"}), "corrupt"),
    # cut off
    *((f"cut-{n}.docx", cut(SMALL_DOCX, n / 10), EITHER) for n in (1, 5, 9)),
    *((f"cut-{n}.odt", cut(lambda: make_open_text("<text:p>x</text:p>" * 999), n / 10), EITHER) for n in (3, 8)),
    *((f"cut-{n}.epub", cut(lambda: make_chapters(9), n / 10), EITHER) for n in (3, 8)),
    *((f"cut-{n}.xlsx", cut(make_sheet_of_one_far_cell, n / 10), EITHER) for n in (3, 8)),
    ("cut.rtf", lambda: b"{\\rtf1 {\\b the words inside", "text"),
    ("cut.json", lambda: b'{"a": [1, 2, {"b": "the words inside', ("text", "corrupt")),
    # locked
    ("locked.docx", lambda: lock_members(SMALL_DOCX()), "encrypted"),
    ("locked.odt", lambda: make_open_text("", **{"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "encrypted"),
    (
        "locked.epub",
        lambda: make_book("</manifest>", **{"META-INF/encryption.xml": '<e><CipherReference URI="c.xhtml"/></e>'}),
        "encrypted",
    ),
    ("locked-office.docx", lambda: make_locked_ole("EncryptedPackage"), "encrypted"),
    # deep
    ("nested.pdf", lambda: b"%PDF-1.4\n1 0 obj<</A " + b"[" * 200_000, "corrupt"),
    ("deep.docx", lambda: make_docx("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), "limit"),
    ("deep.odt", lambda: make_open_text("<text:section>" * 100_000 + "</text:section>" * 100_000), "limit"),
    ("deep.html", lambda: make_nested(b"<div>", b"</div>"), "text"),
    ("deep-tables.html", lambda: make_nested(b"<table><tr><td>", b"</td></tr></table>", 20_000), "text"),
    ("unclosed.html", lambda: b"<html><body>" + b"<b><i>" * 50_000 + INSIDE, "text"),
    ("deep.json", lambda: b"[" * 100_000 + b"]" * 100_000, "limit"),
    ("deep.md", lambda: b"> " * 20_000 + b"x\n\nthe words inside", "text"),
    ("brackets.md", lambda: b"[a](<b" * 20_000, "text"),
    ("braces.rtf", lambda: b"{\\rtf1 " + b"{" * 100_000 + INSIDE, "text"),
    # absurd counts
    ("endless-pages.pdf", make_pdf_of_endless_pages, ("corrupt", "empty")),
    ("12000-pages.pdf", make_pdf_of_many_pages, "text"),
    ("draws-itself.pdf", make_pdf_that_draws_itself, EITHER),
    ("far-cell.xlsx", make_sheet_of_one_far_cell, "limit"),
    ("wide.html", lambda: b"<html><body><table><tr>" + b"<td>cell</td>" * 200_000 + b"</table>", "text"),
    ("comments.html", lambda: b"<!-- -->" * 1000 + INSIDE, "text"),
    ("headings.md", lambda: b"# h\n" * 20_000 + INSIDE, "text"),
    ("wide.csv", lambda: b"a," * 200_000 + b"\n" + b"b," * 200_000, "text"),
    ("open-quote.csv", lambda: b'a,b\n"' + b"x,\n" * 100_000, "text"),
    ("long-number.json", lambda: b'{"n": ' + b"9" * 100_000 + b"}", "text"),
    ("many-chapters.epub", lambda: make_chapters(5000), "text"),
    ("many-spaces.odt", lambda: make_open_text('<text:p>x<text:s text:c="999999999"/>y</text:p>'), "text"),
    (
        "many-columns.odt",
        lambda: make_open_text(
            '<table:table><table:table-row><table:table-cell table:number-columns-repeated="999999999">'
            "<text:p>x</text:p></table:table-cell></table:table-row></table:table>"
        ),
        "text",
    ),
    ("long-line.txt", lambda: b"word " * 1_000_000, "text"),
    ("marks-on-marks.txt", lambda: b"a" + b"\xcc\x81" * 500_000, "text"),
    ("number.rtf", lambda: b"{\\rtf1 \\u" + b"9" * 5000 + b"?x}", "corrupt"),
    # paths and links
    (
        "evil-names.epub",
        lambda: make_zip({"META-INF/container.xml": '<c><rootfile full-path="../../../../etc/passwd"/></c>'}),
        "corrupt",
    ),
    ("link.docx", make_linking_zip, "text"),
    ("orders.txt", lambda: b"\xe2\x80\xaeevil\xe2\x81\xa6 " + INSIDE, "text"),
    # encodings
    ("odd.txt", lambda: b"\xff\xfea\0b\0c", "text"),
    ("declared-wrong.html", lambda: b'<meta charset="utf-16"><p>the words inside</p>', "text"),
    ("no-such-charset.html", lambda: b'<meta charset="x-evil"><p>the words inside</p>', "text"),
    # old Office files that are none
    ("garbage.doc", lambda: make_locked_ole("WordDocument"), ("corrupt", "unsupported")),
    ("garbage.xls", lambda: make_locked_ole("Workbook"), "corrupt"),
    ("unknown.msg", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<I", 7) * 999, "unsupported"),
]

# What people, or those who attack them, call their files.
NAMES = [
    "../../x", "../../../../etc/passwd.txt", "=1+1.pdf", "@SUM(A1).csv", "\u202etxt.exe", "CON.txt", "a" * 5000 + ".txt",
    "nul\0byte.txt", "%2e%2e%2fx.txt", "two\nlines.txt", "<script>alert(1)</script>.txt", ".htaccess", "   ", "\ud800.txt",
    "x.pdf/../../y", "🙂.md", "C:\\Windows\\x.txt", "'; DROP TABLE chunks;--.txt",
]  # fmt: skip
