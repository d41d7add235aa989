import datetime as dt
import io
import re
import zipfile

import pytest

from indexes import loaders
from indexes.errors import LoadError
from indexes.loaders import office
from indexes.loaders.sheets import format_cell
from tests.indexes.fixtures import WORD, make_docx, make_paragraph, make_styles, make_zip


@pytest.fixture
def load(tmp_path):
    def load_bytes(raw, name="file"):
        path = tmp_path / "upload"
        path.write_bytes(raw)
        return loaders.load(path, name)

    return load_bytes


def read_all(document):
    return "\n".join(segment.text for segment in document.segments)


def test_word_headings_make_a_path(load):
    body = "".join(
        make_paragraph(*entry)
        for entry in [("Setup", "H1"), ("Linux", "H2"), ("Run it.", ""), ("Usage", "H1"), ("Ask it.", "")]
    )
    document = load(make_docx(body, styles=make_styles(H1="heading 1", H2="heading 2")))
    places = {s.text.split("\n\n")[-1]: s.locator["heading"] for s in document.segments}
    assert places["Run it."] == "Setup > Linux"
    assert places["Ask it."] == "Usage"


def test_word_styles_inherit_being_a_heading(load):
    styles = (
        f'<w:styles xmlns:w="{WORD}"><w:style w:styleId="A"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="B"><w:name w:val="Fancy"/><w:basedOn w:val="A"/></w:style>'
        '<w:style w:styleId="C"><w:name w:val="C"/><w:basedOn w:val="C"/></w:style></w:styles>'
    )
    document = load(make_docx(make_paragraph("Top", "B") + make_paragraph("text", "C"), styles=styles))
    assert document.segments[0].locator == {"heading": "Top"}


def test_word_deleted_and_hidden_words_are_left_out(load):
    body = (
        "<w:p><w:r><w:t>kept </w:t></w:r><w:del><w:r><w:noBreakHyphen/><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:ins><w:r><w:t>inserted</w:t></w:r></w:ins>"
        "<w:r><w:instrText>PAGEREF x</w:instrText></w:r></w:p>"
    )
    assert read_all(load(make_docx(body))) == "kept inserted"


def test_word_notes_and_text_boxes_follow_their_paragraph_once(load):
    box = f"<w:txbxContent>{make_paragraph('in the box')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>claim</w:t><w:footnoteReference w:id='2'/>"
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        + make_paragraph("after")
    )
    note = f'<w:footnote w:id="2">{make_paragraph("the proof")}</w:footnote>'
    notes = f'<w:footnotes xmlns:w="{WORD}">{note}</w:footnotes>'
    assert read_all(load(make_docx(body, footnotes=notes))).split("\n\n") == [
        "claim",
        "in the box",
        "the proof",
        "after",
    ]


def test_word_tables_keep_rows_and_nested_tables(load):
    def table(*rows):
        cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
        look = '<w:tblPr><w:tblLook w:val="04A0"/></w:tblPr>'
        return f"<w:tbl>{look}{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"

    inner = table([make_paragraph("deep"), make_paragraph("deeper")])
    body = table(
        [make_paragraph("Plan"), make_paragraph("Price")],
        [make_paragraph("gold"), make_paragraph("9") + inner],
    )
    segments = load(make_docx(body)).segments
    assert [(s.text, s.header) for s in segments] == [
        ("Plan | Price", ""),
        ("gold | 9 deep deeper", "Plan | Price"),
    ]


def test_word_footers_are_read_once_and_page_numbers_not(load):
    footer = f'<w:ftr xmlns:w="{WORD}">{make_paragraph("Acme Street Bern")}</w:ftr>'
    number = f'<w:ftr xmlns:w="{WORD}">{make_paragraph("Page 3 of 9")}</w:ftr>'
    text = read_all(load(make_docx(make_paragraph("letter"), footer1=footer, footer2=footer, footer3=number)))
    assert text.count("Acme Street Bern") == 1
    assert "Page 3" not in text


def test_word_a_damaged_secondary_part_costs_a_warning(load):
    document = load(make_docx(make_paragraph("kept"), styles="<w:styles", footnotes="<x/>"))
    assert read_all(document) == "kept"
    assert document.warnings == ("damaged",)


def test_word_a_file_of_only_pictures_is_no_text(load):
    with pytest.raises(LoadError) as caught:
        load(make_docx("<w:p/>", image1="<x/>"))
    assert caught.value.kind == "no_text"


@pytest.fixture
def deck(tmp_path):
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Plans"
    group = slide.shapes.add_group_shape().shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "grouped twice"
    table = slide.shapes.add_table(2, 2, 0, 0, 9, 9).table
    for at, text in enumerate(["Plan", "Price", "gold", "9"]):
        table.cell(at // 2, at % 2).text = text
    slide.notes_slide.notes_text_frame.text = "say it slowly"
    second = presentation.slides.add_slide(presentation.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Ducks", (3, 4))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(3), Inches(3), data)
    path = tmp_path / "deck.pptx"
    presentation.save(path)
    return path


def test_powerpoint_gives_title_groups_tables_charts_and_notes(deck):
    document = loaders.load(deck, "deck.pptx")
    first = [s for s in document.segments if s.locator["slide"] == 1]
    assert [s.text for s in first] == ["Plans", "grouped twice", "Plan | Price", "gold | 9", "say it slowly"]
    assert first[3].header == "Plan | Price"
    assert first[-1].locator == {"slide": 1, "heading": "Plans", "notes": True}
    assert [s.text for s in document.segments if s.locator["slide"] == 2] == ["| Ducks\n2024 | 3\n2025 | 4"]
    assert (document.title, document.n_pages) == ("Plans", 2)


def test_powerpoint_one_damaged_slide_costs_a_warning(deck, tmp_path):
    broken = tmp_path / "broken.pptx"
    with zipfile.ZipFile(deck) as good, zipfile.ZipFile(broken, "w") as bad:
        for member in good.namelist():
            content = good.read(member)
            if member == "ppt/_rels/presentation.xml.rels":
                content = re.sub(rb'<Relationship [^>]*slides/slide2.xml"[^>]*>', b"", content)
            bad.writestr(member, content)
    document = loaders.load(broken, "broken.pptx")
    assert document.warnings == ("damaged",)
    assert {s.locator["slide"] for s in document.segments} == {1}


def test_sheets_keep_the_row_numbers_that_the_program_shows(load):
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("Prices")
    for cell, value in (("B3", "Plan"), ("C3", "Price"), ("B5", "gold"), ("C5", 9)):
        sheet.write(cell, value)
    book.add_worksheet("Nothing")
    book.close()
    segments = load(buffer.getvalue()).segments
    assert [(s.text, s.locator, s.header) for s in segments] == [
        ("| Plan | Price", {"sheet": "Prices", "row": 3}, ""),
        ("| gold | 9", {"sheet": "Prices", "row": 5}, "| Plan | Price"),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (-2.50, "-2.5"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (True, "TRUE"),
        (dt.datetime.fromisoformat("2026-01-02"), "2026-01-02"),
        (dt.datetime.fromisoformat("2026-01-02T03:04:05"), "2026-01-02 03:04:05"),
    ],
)
def test_a_cell_is_written_as_a_person_would(value, text):
    assert format_cell(value) == text


def test_an_encrypted_office_file_is_told_from_an_old_one(load):
    def make_ole(*streams):
        entries = b"".join(s.encode("utf-16-le").ljust(128, b"\0") for s in streams)
        return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(1024, b"\0") + entries

    for streams, kind in (
        (["EncryptedPackage"], "encrypted"),
        (["WordDocument", "EncryptedPackage"], "corrupt" if office.is_installed() else "unsupported"),
        ([], "unsupported"),
    ):
        with pytest.raises(LoadError) as caught:
            load(make_ole(*streams), "x.docx")
        assert caught.value.kind == kind


def test_epub_chapters_come_in_spine_order_and_a_protected_book_is_refused(load):
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfile full-path="OPS/p.opf"/></container>',
        "OPS/p.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tales</dc:title>'
        '<item id="a" href="a%20b.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
        '<itemref idref="b"/><itemref idref="a"/></package>',
        "OPS/a b.xhtml": "<html><body><p>last, under no heading</p></body></html>",
        "OPS/b.xhtml": "<html><body><h1 id='one'>One</h1><p>first</p></body></html>",
    }
    document = load(make_zip(members))
    assert [(s.text, s.locator) for s in document.segments] == [
        ("One\n\nfirst", {"heading": "One", "anchor": "one"}),
        ("last, under no heading", {}),
    ]
    assert document.title == "Tales"
    members["META-INF/encryption.xml"] = '<e><CipherReference URI="OPS/b.xhtml"/></e>'
    with pytest.raises(LoadError) as caught:
        load(make_zip(members))
    assert caught.value.kind == "encrypted"
