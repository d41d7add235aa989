import pytest

from indexes import loaders
from indexes.errors import LoadError
from indexes.loaders.csv import find_delimiter
from indexes.loaders.decoding import decode
from indexes.loaders.html import read_page
from indexes.loaders.tidying import tidy

DOCS_PAGE = b"""<!doctype html><html><head>
<title>use_git - usethis</title></head><body>
<nav>Home News Blog</nav><main>
<h1 id="top">use_git</h1><p>Makes a repository.</p>
<h2 id="usage">Usage<a class="anchor" href="#usage">#</a></h2><pre>use_git(
  message)</pre><dl><dt>message</dt><dd>What to say.</dd></dl></main><footer>Imprint</footer></body></html>"""


@pytest.fixture
def load(tmp_path):
    def load_bytes(raw, name):
        path = tmp_path / "upload"
        path.write_bytes(raw)
        return loaders.load(path, name)

    return load_bytes


def show(document, *keys):
    return [(s.text, *(s.locator.get(key) for key in keys)) for s in document.segments]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße aus Bern".encode("utf-16-le"), "Grüße aus Bern"),
        ("Grüße aus Bern".encode("utf-16-be"), "Grüße aus Bern"),
        ("Only ASCII letters".encode("utf-16-le"), "Only ASCII letters"),
        ("Grüße aus Bern".encode("utf-32"), "Grüße aus Bern"),
        ("Die Straße führt über die Brücke nach Zürich, sagte der Bürgermeister.".encode("cp1252"), None),
        ("Съешь же ещё этих мягких французских булок, да выпей чаю. Москва.".encode("cp1251"), None),
    ],
)
def test_text_is_decoded_whatever_its_encoding(raw, text):
    expected = text or (raw.decode("cp1252") if b"Stra" in raw else raw.decode("cp1251"))
    assert decode(raw) == expected


def test_a_declared_encoding_counts_unless_the_bytes_say_otherwise():
    assert decode(b"\xc4pfel", "iso-8859-1") == "Äpfel"
    assert decode("Äpfel".encode(), "no-such-charset") == "Äpfel"
    assert decode(b"plain ascii text", "utf-16") == "plain ascii text"
    assert decode("日本語".encode("shift_jis"), "shift_jis") == "日本語"


def test_a_text_file_keeps_the_lines_of_its_paragraphs(load):
    document = load(b"\r\nfirst\r\nstill first\r\n \r\n\r\nsecond\rthird", "a.txt")
    assert show(document, "line") == [("first\nstill first", 2), ("second\nthird", 6)]


def test_blank_text_is_empty(load):
    for raw in (b" \n\t\n", "\ufeff".encode(), "\u00ad\u200b".encode()):
        with pytest.raises(LoadError) as caught:
            load(raw, "a.txt")
        assert caught.value.kind == "empty"


def test_tidying_removes_what_is_no_word_and_is_idempotent():
    dirty = "a\0b  c\u00adc\u00a0d \r\n\r\n\r\n\r\ne\ufb01x\u202e e\u0301 be-\u200b\u2028soft\u00ad\n  ware"
    clean = tidy(dirty)
    assert clean == "ab cc d\n\nefix é be-\nsoftware"
    assert tidy(clean) == clean
    assert tidy("  indented code") == "  indented code"
    assert tidy("a" + "\t " * 500_000) == "a"  # a run of white space is not gone through once for each of its places
    assert tidy("می\u200cخواهم") == "می\u200cخواهم"  # a joiner is part of the spelling


def test_markdown_gives_heading_paths_and_true_line_numbers(load):
    source = "---\ntitle: Guide\n---\n# Setup\n\nRun *it* [here](http://x).\n\n## Linux\n\n"
    source += "```\ncode\n  more\n```\n\n|a|b|\n|-|-|\n|1|2|\n"
    document = load(source.encode(), "guide.md")
    assert document.title == "Guide"
    assert show(document, "heading", "line") == [
        ("Setup", "Setup", 4),
        ("Run it here.", "Setup", 6),
        ("Linux", "Setup > Linux", 8),
        ("code\n  more", "Setup > Linux", 10),
        ("a | b", "Setup > Linux", 15),
        ("1 | 2", "Setup > Linux", 15),
    ]
    assert document.segments[-1].header == "a | b"


def test_markdown_shows_the_words_of_html_inside_but_no_comment_or_script(load):
    document = load(b"# A\n\n<div><b>bold</b> text</div>\n\n<!-- secret -->\n\n<script>alert(1)</script>\n", "a.md")
    assert [s.text for s in document.segments] == ["A", "bold text"]


def test_a_documentation_page_keeps_h1_code_definitions_and_anchors(load):
    document = load(DOCS_PAGE, "use_git.html")
    assert show(document, "heading", "anchor") == [
        ("use_git\n\nMakes a repository.", "use_git", "top"),
        ("Usage\n\nuse_git(\n  message)\n\nmessage\nWhat to say.", "use_git > Usage", "usage"),
    ]
    assert document.title == "use_git - usethis"


def test_an_article_loses_its_menus_and_keeps_anchors(load):
    words = "The town council decided on Monday that the bridge will be closed for repairs until spring. " * 8
    page = (
        "<html><head><title>Bridge closed</title></head><body>"
        "<div class='nav'><ul>" + "".join(f"<li><a href='/{i}'>Menu {i}</a></li>" for i in range(30)) + "</ul></div>"
        f"<article><h1>Bridge closed</h1><p>{words}</p><h2 id='why'>Why</h2><p>{words}</p></article>"
        "<div class='footer'>Cookie settings</div></body></html>"
    )
    document = load(page.encode(), "a.html")
    text = "\n".join(s.text for s in document.segments)
    assert "Bridge closed" in text
    assert "Menu 7" not in text
    assert "Cookie settings" not in text
    assert document.segments[-1].locator["anchor"] == "why"
    assert document.segments[-1].locator["heading"].endswith("Why")


def test_a_page_built_by_scripts_says_so(load):
    with pytest.raises(LoadError) as caught:
        load(b"<!doctype html><html><body><div id=root></div><script>render()</script></body></html>", "a.html")
    assert caught.value.kind == "no_text"
    assert "script" in caught.value.happened


def test_a_pages_charset_comes_from_the_header_then_from_the_page():
    page = b"<html><head><meta charset=iso-8859-1></head><body><p>\xc4pfel und Birnen</p></body></html>"
    assert "Äpfel" in read_page(page, "a.html").segments[-1].text
    assert "Äpfel" in read_page("<html><body><p>Äpfel".encode(), "a.html", "utf-8").segments[-1].text


def test_csv_rows_count_records_and_repeat_their_head(load):
    document = load(b'name;note\r\nada;"two\nlines"\r\n;;\r\nben;x\r\n', "a.csv")
    assert show(document, "row") == [("name | note", 1), ("ada | two lines", 2), ("ben | x", 4)]
    assert [s.header for s in document.segments] == ["", "name | note", "name | note"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2", ","),
        ("a;b\n1,5;2,5", ";"),
        ("a\tb, c\n1\t2", "\t"),
        ("a|b\n1|2", "|"),
        ("one column\nonly", ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(text, delimiter):
    assert find_delimiter(text) == delimiter


def test_json_lists_are_rows_and_keys_are_headings(load):
    document = load(b'{"name": "Acme", "plans": [{"id": 1, "price": {"chf": 9}}, {"id": 2}], "open": true}', "a.json")
    assert show(document, "heading", "row") == [
        ("name: Acme\nopen: true", None, None),
        ("id: 1\nprice.chf: 9", "plans", 1),
        ("id: 2", "plans", 2),
    ]


def test_json_lines_have_lines_and_broken_json_stays_readable(load):
    assert show(load(b'{"a":1}\n\n{"a":2}\n', "a.jsonl"), "line") == [("a: 1", 1), ("a: 2", 3)]
    broken = load(b'{"a": "still readable", ', "a.json")
    assert broken.warnings == ("damaged",)
    assert "still readable" in broken.segments[0].text
