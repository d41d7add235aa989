"""How fast files are read, and in how much memory: generated files of known size, each parsed in a child process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installation import ROOT, print_machine, print_table, timing

sys.path.insert(0, str(ROOT))

SENTENCE = "The quick brown fox jumps over the lazy dog near the river while nobody looks. "
CHILD = """
import sys, time
from pathlib import Path
from indexes.loaders import load
before, cpu = time.perf_counter(), time.process_time()
n = sum(len(load(name, Path(name).name).segments) for name in sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(n, time.perf_counter() - before, time.process_time() - cpu, int(peak) / 1000)
"""


def write_pdf(path: Path, n_pages: int) -> None:
    import pymupdf

    with pymupdf.open() as document:
        for number in range(n_pages):
            page = document.new_page()
            text = "".join(f"{number + 1}.{n} {SENTENCE}" for n in range(33))  # no two pages say the same
            page.insert_textbox(pymupdf.Rect(50, 50, 545, 790), text)
        document.save(str(path))


def write_docx(path: Path, n_pages: int) -> None:
    import docx

    document = docx.Document()
    for number in range(n_pages):
        document.add_heading(f"Section {number + 1}", level=2)
        for _ in range(6):
            document.add_paragraph(SENTENCE * 6)
    document.save(str(path))


def write_xlsx(path: Path, n_rows: int) -> None:
    """Write a sheet by hand: no package of ours writes the format."""
    import zipfile

    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    rows = "".join(
        "<row>" + "".join(cell.format(f"r{row} c{column}") for column in range(8)) + "</row>" for row in range(n_rows)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Data" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)


def write_html(path: Path, n_paragraphs: int) -> None:
    body = "".join(f"<h2>Part {n}</h2><p>{SENTENCE * 4}</p>" for n in range(n_paragraphs))
    menu = "".join(f'<li><a href="/{n}">Page {n}</a></li>' for n in range(40))
    page = f"<title>Guide</title><nav><ul>{menu}</ul></nav><article><h1>Guide</h1>{body}</article>"
    path.write_text(f"<!doctype html><html><body>{page}</body></html>", encoding="utf-8")


@dataclass(frozen=True)
class Cost:
    """What reading files took: seconds by the clock and of processor, and MB at most."""

    wall: float
    cpu: float
    memory_mb: float

    def describe(self, n_pages: int = 0) -> str:
        speed = f", {n_pages / self.cpu:.0f} pages per second of processor" if n_pages else ""
        return f"{self.wall:.2f} s, {self.cpu:.2f} s of processor{speed}, {self.memory_mb:.0f} MB at most"


def read_files(paths: list[Path]) -> Cost:
    """Read files one after another in a process of their own."""
    command = [sys.executable, "-c", CHILD, *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    _, *cost = map(float, done.stdout.split())
    return Cost(*cost)


def measure(write: Callable[[Path, int], None], name: str, size: int, n_files: int = 1) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n}{name}" for n in range(n_files)]
        for path in paths:
            write(path, size)
        return read_files(paths)


def main() -> int:
    print_machine()
    pdf, docx = measure(write_pdf, "a.pdf", 1000), measure(write_docx, "a.docx", 872)
    xlsx, html = measure(write_xlsx, "a.xlsx", 50_000), measure(write_html, "a.html", 40, n_files=100)
    with timing() as importing:
        subprocess.run([sys.executable, "-c", "import indexes.loaders"], cwd=ROOT, check=True)
    rows = [
        ("pdf, 1000 pages", pdf.describe(1000)),
        ("docx, 872 pages", docx.describe()),
        ("xlsx, 50,000 rows of 8 cells", xlsx.describe()),
        ("html, 100 pages", html.describe(100)),
        ("importing the loaders, Python started", f"{importing.wall:.2f} s, {importing.cpu:.2f} s of processor"),
    ]
    print_table("Reading files", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
