"""Pages that are pictures: read by OCR where Tesseract is installed, one by one, in the place where they stand."""

import pytest

from indexes.document import Document, Segment
from indexes.errors import LoadError
from indexes.loaders.scans import installed_languages
from indexes.parsing import ParserPool
from indexes.scanned import MAX_FAILURES, parse_with_ocr
from tests.indexes.fixtures import DEVSET, make_pdf, make_scan

needs_ocr = pytest.mark.skipif(
    "eng" not in installed_languages(), reason="Tesseract with English is not installed here; CI installs it"
)


@pytest.fixture(scope="module")
def pool():
    with ParserPool(timeout_s=60) as pool:
        yield pool


def read_all(pool, path):
    return parse_with_ocr(
        lambda: pool.parse(path, "scan.pdf"),
        lambda page: pool.read_page(path, "scan.pdf", page, ("eng",)),
        lambda pages: pages,
    )


@needs_ocr
def test_scanned_pages_are_read_among_those_with_letters(pool, tmp_path):
    path = make_scan(tmp_path / "scan.pdf", ["Parcels arrive in three days.", None, "", "The museum opens at nine."])
    document = read_all(pool, path)
    assert [(s.locator.get("page"), s.locator.get("ocr", False)) for s in document.segments] == [
        (1, True), (2, False), (4, True),
    ]  # fmt: skip
    assert "three days" in document.segments[0].text
    assert "opens at nine" in document.segments[2].text
    assert (document.n_pages, document.pages_without_text) == (4, (3,))
    assert document.warnings == ("pages_without_text",)


@needs_ocr
@pytest.mark.skipif(not DEVSET.is_dir(), reason="the real files of ../shared/data/devset are not here; CI has them")
def test_a_real_scan_is_read(pool):
    document = read_all(pool, DEVSET / "testOCR.pdf")
    assert "Happy New Year 2003" in document.segments[0].text
    assert document.warnings == ()


@needs_ocr
def test_a_scan_without_a_word_is_no_text(pool, tmp_path):
    with pytest.raises(LoadError) as caught:
        read_all(pool, make_pdf(tmp_path / "picture.pdf", [None]))
    assert (caught.value.kind, caught.value.pages) == ("no_text", (1,))


@needs_ocr
def test_a_page_as_large_as_a_house_is_drawn_coarser(pool, tmp_path):
    import pymupdf

    path = tmp_path / "poster.pdf"
    with pymupdf.open() as written, pymupdf.open() as poster:
        written.new_page(width=400, height=400).insert_text((20, 100), "Opening soon", fontsize=40)
        page = poster.new_page(width=14_000, height=14_000)
        page.insert_image(page.rect, pixmap=written[0].get_pixmap(dpi=150))
        poster.save(str(path))
    assert "Opening soon" in read_all(pool, path).segments[0].text


def scanned(pages):
    """A parser that finds nothing but pictures."""

    def parse():
        raise LoadError("no_text", pages=pages)

    return parse


def page_of(n):
    return Document("scan", "pdf", (Segment(f"text of {n}", {"page": n, "ocr": True}),), n_pages=9)


def test_pages_that_can_not_be_read_cost_themselves_alone():
    def read(page):
        if page % 2:
            raise LoadError("timeout")
        return page_of(page)

    document = parse_with_ocr(scanned((1, 2, 3, 4)), read, lambda pages: pages)
    assert [segment.locator["page"] for segment in document.segments] == [2, 4]
    assert document.pages_without_text == (1, 3)


def test_a_file_whose_pages_all_fail_is_left_after_a_few():
    tried = []

    def fail(page):
        tried.append(page)
        raise LoadError("timeout")

    with pytest.raises(LoadError, match="only pictures"):
        parse_with_ocr(scanned(tuple(range(1, 100))), fail, lambda pages: pages)
    assert len(tried) == MAX_FAILURES


def test_blank_pages_are_no_failures():
    def read(page):
        if page < 9:
            raise LoadError("no_text")
        return page_of(page)

    assert parse_with_ocr(scanned(tuple(range(1, 10))), read, lambda pages: pages).segments[0].locator["page"] == 9


def test_what_is_wrong_with_a_file_besides_stays_an_error():
    def parse():
        raise LoadError("corrupt")

    with pytest.raises(LoadError) as caught:
        parse_with_ocr(parse, page_of, lambda pages: pytest.fail("no page was to be read"))
    assert caught.value.kind == "corrupt"
