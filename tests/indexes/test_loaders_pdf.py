import pytest

from indexes import loaders
from indexes.errors import LoadError
from indexes.loaders.paragraphs import join_hyphens, unwrap
from tests.indexes.fixtures import make_pdf


def load_bytes(tmp_path, raw):
    path = tmp_path / "upload"
    path.write_bytes(raw)
    return loaders.load(path, "ada.pdf")


def get_outcome(tmp_path, raw):
    try:
        return "text" if load_bytes(tmp_path, raw).segments else "blank"
    except LoadError as error:
        return error.kind


def test_each_page_is_a_segment_with_its_number(tmp_path):
    document = loaders.load(make_pdf(tmp_path / "a.pdf", ["first", "second"]), "a.pdf")
    assert [(s.text, s.locator) for s in document.segments] == [
        ("first", {"page": 1}),
        ("second", {"page": 2}),
    ]
    assert document.n_pages == 2


def test_pages_that_are_only_pictures_are_counted_and_blank_ones_are_not(tmp_path):
    document = loaders.load(make_pdf(tmp_path / "a.pdf", ["words", None, "", None]), "a.pdf")
    assert document.warnings == ("pages_without_text",)
    assert document.pages_without_text == (2, 4)


def test_a_scan_is_no_text_and_a_blank_file_is_empty(tmp_path):
    for pages, kind in (([None], "no_text"), (["", ""], "empty")):
        with pytest.raises(LoadError) as caught:
            loaders.load(make_pdf(tmp_path / "a.pdf", pages), "a.pdf")
        assert caught.value.kind == kind


def test_it_refuses_a_file_with_a_password(tmp_path):
    with pytest.raises(LoadError) as caught:
        loaders.load(make_pdf(tmp_path / "a.pdf", ["secret"], password="opensesame"), "a.pdf")
    assert caught.value.kind == "encrypted"


def test_a_file_whose_table_is_lost_is_read_with_a_warning(tmp_path):
    raw = make_pdf(tmp_path / "a.pdf", ["still here"]).read_bytes()
    document = load_bytes(tmp_path, raw[: raw.rindex(b"xref")])
    assert document.segments[0].text == "still here"
    assert document.warnings == ("damaged",)


def test_a_file_cut_anywhere_is_text_or_a_clear_error(tmp_path):
    raw = make_pdf(tmp_path / "a.pdf", ["first page here", "second page here"]).read_bytes()
    for size in range(5, len(raw), 97):
        assert get_outcome(tmp_path, raw[:size]) in ("text", "corrupt", "empty")


def test_letters_without_a_meaning_are_a_warning(tmp_path, monkeypatch):
    from indexes.loaders import pdf

    monkeypatch.setattr(pdf, "unwrap", lambda block: "\ufffd\ufffd\ufffd ok")
    document = loaders.load(make_pdf(tmp_path / "a.pdf", ["x"]), "a.pdf")
    assert document.warnings == ("garbled_pages",)


def test_lines_cut_by_the_page_are_joined_and_items_stay_apart():
    wrapped = "The quick brown fox jumps over the lazy dog and then\nit sleeps for a while.\n"
    assert unwrap(wrapped) == "The quick brown fox jumps over the lazy dog and then it sleeps for a while."
    assert unwrap("Name:\nAda\nCity:\nBern\n") == "Name:\nAda\nCity:\nBern"
    assert unwrap("A very long first item that fills the whole line\n2. second item\n").count("\n") == 1
    assert unwrap("•\nthe first point\n") == "• the first point"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an exam-\nple", "an example"),
        ("a multi-\nagent system; multi-agent elsewhere", "a multi-agent system; multi-agent elsewhere"),
        ("a chat-\noptimized model, chat, optimized", "a chat-optimized model, chat, optimized"),
        ("the Anglo-\nSaxon", "the Anglo-Saxon"),
        ("pages 3-\n4", "pages 3-\n4"),
    ],
)
def test_a_word_cut_by_a_hyphen_is_joined_as_the_document_writes_it(text, expected):
    assert join_hyphens([text]) == [expected]
