"""A hundred texts that spreadsheets like to take for something else: LibreOffice reads back every one as the text it was."""

from __future__ import annotations

import csv
import io
import random
import shutil
import subprocess
import zipfile
from types import SimpleNamespace

import pytest
from python_calamine import CalamineWorkbook

from app import spreadsheets
from app.exports import formats
from app.exports.columns import Column
from app.exports.formats import MAX_CELL
from app.spreadsheets import guard, to_csv, unguard

SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
CALLS = (
    "1+1",
    "cmd|'/C calc'!A0",
    'HYPERLINK("https://evil.example.com","click")',
    'WEBSERVICE("https://evil.example.com")',
)
BEFORE = ("", ",", ";", '"', "\n", "\r\n", "|", "harmless\n", 'he said "', "a,", "'", "''", "x,'", " ")
HOSTILE = [
    *(sign + call for sign in SIGNS for call in CALLS),
    *(before + "=1+1" for before in BEFORE[1:]), *(before + "@SUM(1+1)" for before in BEFORE[1:]),
    *("\n".join(f"{sign} item" for sign in SIGNS[:4]), "- one\n- two", "'=1", "''=1", "'", "'text", "\t=1", "\t\t", "\r\r=1"),
    '","=1+1","', '";"=1+1', "a\tb", "=1+1\r\n=2+2", 'DDE("cmd";"/C calc";"x")', "{=1+1}", "=-1", "-1", "+49 1234", "@ada",
    "1e10", "0012", "3-4", "1/2", "TRUE", "#N/A", "2026-11-25", "12:30", "1,5", "50%", "$5", "=", "+", "-", "--", "==",
    "mailto:x@y", "https://evil.example.com/?a=1", "=cmd|' /C calc'!'A1'", "＝1＋1", "ｃｍｄ", "\u202e=1+1", "\ufeff=1+1", "\xa0=1",
]  # fmt: skip
NUMBERS = {"1e10", "0012", "3-4", "1/2", "TRUE", "2026-11-25", "12:30", "1,5", "50%", "$5"}  # no formulas


def test_there_are_a_hundred_of_them():
    assert len(set(HOSTILE)) >= 100


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_guarded_text_begins_no_formula_and_gives_the_text_back(text):
    guarded = guard(text)
    assert unguard(guarded) == text
    for separator in (",", ";", "\t", "|"):  # whatever a program takes for one, and whether it knows of quotes or not
        for quoting in (csv.QUOTE_ALL, csv.QUOTE_NONE):
            for row in csv.reader(io.StringIO(guarded, newline=""), delimiter=separator, quoting=quoting):
                assert not [cell for cell in row if cell.startswith(SIGNS)], (row, separator)


def test_any_text_comes_back_from_its_guarded_form():
    dice = random.Random(8)
    for _ in range(20_000):
        text = "".join(dice.choice("='\t\r\n,;\"|a-＝＠ ") for _ in range(dice.randint(0, 9)))
        assert unguard(guard(text)) == text


@pytest.fixture(scope="module")
def read_back(tmp_path_factory):
    """What LibreOffice makes of a file: the cells of its first column, and that none is a formula."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("libreoffice")
    profile = f"-env:UserInstallation=file://{folder}/profile"

    def read(content, name):
        (folder / name).write_bytes(content)
        # comma, quote, UTF-8; numbers and dates are looked for, and formulas evaluated: what a careless reader chooses
        options = ["--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true"] if name.endswith("csv") else []
        command = [
            "soffice",
            profile,
            *options,
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder / "read"),
            str(folder / name),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
        made = folder / "read" / f"{name.partition('.')[0]}.xlsx"
        assert b"<f>" not in zipfile.ZipFile(made).read("xl/worksheets/sheet1.xml"), "a formula"
        sheet = CalamineWorkbook.from_path(made).get_sheet_by_index(0)
        return [row[0] for row in sheet.to_python(skip_empty_area=False)]

    return read


def in_lines(text):
    """A text as LibreOffice keeps it: with one kind of line break."""
    return str(text).replace("\r\n", "\n").replace("\r", "\n")


def compare(wanted, cells):
    wrong = [pair for pair in zip(wanted, cells, strict=True) if in_lines(pair[0]) != in_lines(pair[1])]
    assert not wrong, "\n".join(map(ascii, wrong))


def test_libreoffice_takes_no_cell_of_a_csv_for_a_formula_and_loses_none(read_back):
    texts = [text for text in HOSTILE if text not in NUMBERS]
    compare(map(guard, texts), read_back("".join(to_csv([[text, "x"] for text in texts])).encode(), "cells.csv"))


def test_libreoffice_reads_every_cell_of_a_workbook_as_the_text_it_was(read_back):
    column = Column("text", "", SimpleNamespace(class_=None))
    content = b"".join(formats.FORMATS["xlsx"].write([column], [[(text,) for text in HOSTILE]]))
    compare(["text", *HOSTILE], read_back(content, "book.xlsx"))


def test_a_workbook_says_where_it_could_not_hold_all_of_a_text():
    column = Column("text", "", SimpleNamespace(class_=None))
    texts = ["x" * MAX_CELL, "x" * (MAX_CELL + 1), "😀" * MAX_CELL]
    content = b"".join(formats.FORMATS["xlsx"].write([column], [[(text,) for text in texts]]))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    whole, cut, wide = (row[0] for row in book.get_sheet_by_index(0).to_python()[1:])
    assert whole == texts[0]
    assert cut.endswith("holds no more)")
    assert wide.startswith("😀" * 16_000)
    assert wide.endswith("holds no more)")


def test_a_workbook_goes_on_on_another_sheet_when_one_is_full(monkeypatch):
    monkeypatch.setattr(formats, "MAX_ROWS", 3)
    column = Column("n", "", SimpleNamespace(class_=None))
    content = b"".join(formats.FORMATS["xlsx"].write([column], [[(n,) for n in range(4)], [(n,) for n in range(4, 7)]]))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = [book.get_sheet_by_index(n).to_python() for n in range(len(book.sheet_names))]
    assert sheets == [[["n"], [0], [1], [2]], [["n"], [3], [4], [5]], [["n"], [6]]]


def test_numbers_stay_numbers():
    assert spreadsheets.to_lines([[-5, 0.25, None, "-5"]]) == '"-5","0.25","","\'-5"\r\n'
