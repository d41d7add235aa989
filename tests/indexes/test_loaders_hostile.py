"""Files made to hurt: each ends with text or with a clear error, and the next file is read as ever."""

import io
import os
import random
import time
import zipfile

import pytest

from indexes.errors import KINDS, LoadError
from indexes.parsing import ParserPool
from tests.indexes.fixtures import make_docx, make_paragraph, make_pdf
from tests.indexes.hostile import CASES, INSIDE

N_CHANGED = int(os.environ.get("N_CHANGED", "20"))  # of each kind; more by `make faults`


def read(pool, path, name):
    """("text", the text), which is never blank, or (kind of error, detail)."""
    try:
        document = pool.parse(path, name)
    except LoadError as error:
        return error.kind, error.detail
    text = "\n".join(segment.text for segment in document.segments)
    return "text" if text.strip() else "blank", text


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
    assert result in ((outcome,) if isinstance(outcome, str) else outcome), text[:300]
    if result == "text":
        assert "\0" not in text
        assert "root:" not in text
        assert INSIDE not in path.read_bytes() or INSIDE.decode() in text
    assert time.monotonic() - begin < 60
    path.write_text("An honest file.")
    assert pool.parse(path, "honest.txt").segments[0].text == "An honest file."


def test_the_generator_makes_enough_of_them():
    assert len({name for name, _, _ in CASES}) == len(CASES) >= 60


def test_an_office_file_cut_or_changed_anywhere_is_text_or_a_clear_error(pool, tmp_path):
    whole = make_docx(make_paragraph("hello") * 50, styles="<x/>")
    dice = random.Random(3)
    path = tmp_path / "upload"
    for _ in range(N_CHANGED):
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
    for _ in range(N_CHANGED):
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
