"""Files made for the tests of the loaders, and loaders that misbehave (this module is one: see `load`)."""

import ctypes
import io
import os
import signal
import sys
import time
import zipfile
import zlib
from pathlib import Path

from indexes.document import Document, Segment

SHARED = Path(__file__).resolve().parents[3] / "shared"
DEVSET = SHARED / "data" / "devset"

CONTENT_TYPES = "<Types/>"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def load(path, name):
    """A loader for `ParserPool(loader="tests.indexes.fixtures")` that does what the file's name says."""
    if name == "be killed once":
        be_killed_once(Path(path).with_name("killed"))
    text = MISDEEDS[name]() if name in MISDEEDS else Path(path).read_text()
    return Document(name, "txt", (Segment(str(text), {"line": 1}),))


def spin():
    return sum(range(10**18))  # one call into C that takes years


def sleep_in_c():
    ctypes.PyDLL(None).usleep(3_000_000_000)  # PyDLL keeps the interpreter's lock: no Python code runs meanwhile


def eat_memory():
    return len([bytearray(1 << 20) for _ in range(600)])


def eat_memory_in_rust():
    os.write(2, b"memory allocation of 4294967296 bytes failed\n")  # what Rust says before it aborts
    os.abort()


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does where memory runs out


def be_killed_once(reason):
    if reason.exists():
        reason.unlink()
        be_killed()


def speak():
    os.write(1, b"\xff\xff\xff\xff a library says hello")
    sys.stdout.write("another greeting")
    return "hello"


def miss_a_package():
    raise ModuleNotFoundError("No module named 'pymupdf'")


MISDEEDS = {
    "pids": lambda: f"{os.getpid()} {os.getppid()}",
    "environment": lambda: "\n".join(sorted(os.environ)),
    "spin in C": spin,
    "sleep in C": sleep_in_c,
    "eat memory": eat_memory,
    "eat memory in Rust": eat_memory_in_rust,
    "be killed": be_killed,
    "crash": lambda: ctypes.string_at(0),
    "print": speak,
    "miss a package": miss_a_package,
    "linger": lambda: time.sleep(0.3),
}


def make_zip(members, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def make_docx(body, **parts):
    """A Word file around the XML of its body; `parts` are further members of word/, by name without .xml."""
    document = f'<w:document xmlns:w="{WORD}" xmlns:mc="urn:mc" xmlns:v="urn:v"><w:body>{body}</w:body></w:document>'
    kinds = {name: f"http://x/relationships/{name.rstrip('0123456789')}" for name in parts}
    relations = "".join(
        f'<Relationship Id="r{name}" Type="{kind}" Target="{name}.xml"/>' for name, kind in kinds.items()
    )
    return make_zip(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "word/document.xml": document,
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            **{f"word/{name}.xml": content for name, content in parts.items()},
        }
    )


def make_paragraph(text, style=""):
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def make_styles(**levels):
    styles = "".join(f'<w:style w:styleId="{key}"><w:name w:val="{name}"/></w:style>' for key, name in levels.items())
    return f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>'


def make_pdf(path, pages, *, title="", password=""):
    """A PDF with a page per text; an empty text makes a blank page, None one with only a picture."""
    import pymupdf

    pdf = pymupdf.open()
    for text in pages:
        page = pdf.new_page()
        if text is None:
            picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 8, 8))
            page.insert_image(pymupdf.Rect(50, 50, 300, 300), pixmap=picture)
        elif text:
            page.insert_text((50, 72), text)
    pdf.set_metadata({"title": title})
    safe = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": password} if password else {}
    pdf.save(str(path), **safe)
    pdf.close()
    return path


def make_scan(path, pages):
    """A PDF like one from a scanner: each text is a picture of a page; None makes a page of real text, "" a blank one."""
    import pymupdf

    with pymupdf.open() as scan, pymupdf.open() as written:
        for text in pages:
            page = scan.new_page()
            if text is None:
                page.insert_text((50, 72), "This page has letters of its own.")
            else:
                sheet = written.new_page()
                sheet.insert_textbox((50, 72, 545, 700), text, fontsize=14)
                page.insert_image(page.rect, pixmap=sheet.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY))
        scan.save(str(path))
    return path


def make_greedy_pdf():
    """A kilobyte that asks MuPDF for gigabytes: forty million tiny letters on one page, deflated twice."""
    line = b"BT /F 0.01 Tf 20 20 Td (" + b"a" * 1000 + b") Tj ET\n"
    stream = zlib.compress(zlib.compress(line * 40_000, 9), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % entry for entry in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer<</Size 6/Root 1 0 R>>\n%%EOF"
