"""The list of URLs, its sums, and its CSV."""

from __future__ import annotations

import csv
import io

from app.knowledge.crawling.report import Line, describe_preview, group_skipped, summarize, to_csv

LINES = [
    Line("https://h.example/", "added", "", "Home", 3),
    Line("https://h.example/b", "skipped", "It says the same as https://h.example/.", "", 0),
    Line("https://h.example/c", "skipped", "It says the same as https://h.example/d.", "", 0),
    Line("https://h.example/e", "skipped", "It is the website's error page.", "", 0),
    Line("https://h.example/f", "failed", "The website answered with status 500.", "", 0),
    Line("https://h.example/g", "unchanged", "", '=cmd|"/c calc"!A1', 1),
]


def test_sums_are_in_the_order_of_outcomes():
    assert list(summarize(LINES).items()) == [("added", 1), ("unchanged", 1), ("skipped", 3), ("failed", 1)]


def test_reasons_are_counted_in_general():
    assert group_skipped(LINES) == {"It says the same as another address.": 2, "It is the website's error page.": 1}


def test_a_preview_is_told_in_words():
    told = describe_preview(LINES)
    assert told.splitlines()[:3] == ["2 pages would be taken.", "1 can't be read.", "3 would be skipped:"]
    assert "2: It says the same as another address" in told


def test_csv_is_read_back_and_holds_no_formula():
    text = "".join(to_csv(LINES))
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["url", "outcome", "reason", "title", "n_chunks"]
    assert rows[1] == ["https://h.example/", "added", "", "Home", "3"]
    assert rows[6][3] == '\'=cmd|"/c calc"!A1'
    assert len(rows) == 7
