import re
import time
import unicodedata
from itertools import pairwise

import pytest

from indexes.chunker import MAX_CHARACTERS, Piece, split
from indexes.document import Document, Segment

SENTENCE = "The ducks of the northern lake return every year in the middle of March. "


def make(*segments):
    return Document("Ducks", "txt", tuple(Segment(*entry) for entry in segments))


def count_words(texts):
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def test_a_short_document_is_one_piece_with_its_locator():
    assert split(make(("Ducks fly.", {"page": 3}))) == [Piece("Ducks fly.", {"page": 3}, 0)]


def test_a_document_without_words_has_no_pieces():
    assert split(make()) == []
    assert split(make((" \n\u00ad", {"page": 1}))) == []


def test_pieces_are_cut_between_sentences_and_hold_every_word():
    text = SENTENCE * 60
    pieces = split(make((text, {})))
    assert all(len(piece.text) <= MAX_CHARACTERS * 1.2 for piece in pieces)
    assert all(piece.text.startswith("The ducks") and piece.text.endswith("March.") for piece in pieces)
    assert " ".join(piece.text for piece in pieces).split() == text.split()
    assert [piece.position for piece in pieces] == list(range(len(pieces)))


def test_pieces_never_reach_over_pages_slides_or_sections():
    for place in ("page", "slide"):
        pieces = split(make(("one", {place: 1}), ("two", {place: 2}), ("three", {place: 2})))
        assert [(piece.text, piece.locator) for piece in pieces] == [
            ("one", {place: 1}),
            ("two\n\nthree", {place: 2}),
        ]
    notes = split(make(("shown", {"slide": 1}), ("said", {"slide": 1, "notes": True})))
    assert [piece.locator for piece in notes] == [{"slide": 1}, {"slide": 1, "notes": True}]


def test_short_neighbors_of_one_section_are_joined_and_no_sliver_is_left():
    entries = [
        (f"Point {n} of the list, with some more words to it.", {"heading": "A", "line": n + 1}) for n in range(20)
    ]
    pieces = split(make(*entries))
    assert len(pieces) == 2
    assert pieces[0].locator["line"] == 1
    tail = split(make((SENTENCE * 10 + "\n\nThe end.", {"page": 1})))
    assert len(tail) == 1 or min(len(piece.text) for piece in tail) >= 120


def test_a_bare_heading_is_left_to_the_sections_below_it():
    pieces = split(
        make(
            ("Setup", {"heading": "Setup"}),
            ("Linux\n\nRun it.", {"heading": "Setup > Linux"}),
            ("Alone", {"heading": "Alone"}),
        )
    )
    assert [piece.text for piece in pieces] == ["Linux\n\nRun it.", "Alone"]
    assert pieces[0].heading == "Setup > Linux"
    assert pieces[0].in_context == "Setup\nLinux\n\nRun it."


def test_what_is_embedded_stands_under_its_heading():
    assert Piece("Run it.", {"heading": "Setup > Linux"}, 0).in_context == "Setup > Linux\nRun it."
    assert Piece("Run it.", {"page": 1}, 0).in_context == "Run it."


def test_tables_are_cut_between_rows_and_repeat_their_head():
    rows = [(f"plan {n} | {n * 100} francs a month", {"sheet": "S", "row": n}, "Plan | Price") for n in range(2, 102)]
    pieces = split(make(("Plan | Price", {"sheet": "S", "row": 1}), *rows))
    assert all(piece.text.startswith("Plan | Price\n") for piece in pieces)
    assert all(piece.text.count("Plan | Price") == 1 for piece in pieces)
    for piece in pieces:
        numbers = [int(n) for n in re.findall(r"^plan (\d+) \|", piece.text, re.MULTILINE)]
        assert piece.locator["row_end"] == numbers[-1]
        assert piece.locator["row"] in (1, numbers[0])
    ranges = [(piece.locator["row"], piece.locator["row_end"]) for piece in pieces]
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))


def test_the_line_of_a_piece_is_where_it_begins():
    lines = [f"Line {n} says something of middling length about the weather." for n in range(1, 101)]
    pieces = split(make(("\n".join(lines), {"line": 7})))
    assert len(pieces) > 3
    for piece in pieces:
        first = int(re.match(r"Line (\d+)", piece.text)[1])
        assert piece.locator["line"] == first + 6


def test_hard_wrapped_prose_is_cut_at_sentences_not_at_line_ends():
    words = (SENTENCE * 40).split()
    wrapped, line = [], ""
    for word in words:
        line = f"{line} {word}".strip()
        if len(line) > 60:
            wrapped.append(line)
            line = ""
    pieces = split(make(("\n".join(wrapped), {})))
    assert all(piece.text.endswith("March.") for piece in pieces[:-1])


@pytest.mark.parametrize(
    "text", ["中文字和句子" * 500, SENTENCE * 50, "x" * 5000, "a | b | c\n" * 400, "é\u0301" * 3000]
)
def test_no_piece_has_more_tokens_than_the_embedder_reads(text):
    def count(texts):
        return [len(text.encode()) // 2 for text in texts]

    pieces = split(make((text, {"heading": "Above > Below"})), max_tokens=100, count_tokens=count)
    assert max(count([piece.in_context for piece in pieces])) <= 100
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(split_words(text))


def split_words(text):
    return unicodedata.normalize("NFC", text).split()


def test_rows_cut_again_for_their_tokens_keep_their_own_numbers():
    rows = [(f"row {n} " + "word " * 20, {"row": n}, "Head") for n in range(2, 30)]
    pieces = split(make(*rows), max_tokens=60, count_tokens=count_words)
    for piece in pieces:
        numbers = [int(n) for n in re.findall(r"row (\d+)", piece.text)]
        assert piece.locator["row"] == numbers[0]
        assert piece.locator.get("row_end", numbers[0]) == numbers[-1]


def test_tokens_are_counted_in_few_batches():
    calls = []

    def count(texts):
        calls.append(len(texts))
        return count_words(texts)

    split(make(*[(SENTENCE * 30, {"page": n}) for n in range(1, 40)]), max_tokens=100, count_tokens=count)
    assert 1 <= len(calls) <= 8


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "中文字" * 100_000, "x | " * 250_000, "word " * 200_000, "\n".join("ab" * 400_000)],
)
def test_a_text_without_ends_takes_no_quadratic_time(text):
    begin = time.process_time()
    pieces = split(make((text, {"line": 1})))
    assert time.process_time() - begin < 4
    assert max(len(piece.text) for piece in pieces) <= MAX_CHARACTERS * 1.2


def test_two_hundred_thousand_columns_in_a_row_are_cut():
    row = " | ".join(f"c{n}" for n in range(200_000))
    pieces = split(make((row, {"row": 1}), (row, {"row": 2}, row)))
    assert max(len(piece.text) for piece in pieces) <= MAX_CHARACTERS * 1.2
