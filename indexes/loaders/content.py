"""Which part of a web page is its content.

1. `<main>`, where it is the only one and looks like documentation: it holds `pre` or `dl`, is longer than
   what trafilatura finds and has few links. (On such pages trafilatura loses the h1 and a sixth of the
   words.)
2. What trafilatura finds (A. Barbaresi, "Trafilatura", ACL 2021).
3. The body without navigation: where trafilatura finds nothing, or nearly all of the body but has lost
   its structure.

The title and the h1 are always there.
"""

from typing import Any

from indexes.document import Segment
from indexes.loaders.markup import HEADINGS, SKIPPED, find_anchor, read_text, walk
from indexes.loaders.outline import Outline

MAX_LINK_SHARE = 0.35
MIN_SHARE_OF_BODY = 0.9
MAX_ELEMENTS = 60_000  # trafilatura takes time that grows with the square of a table row

_NOT_CONTENT = SKIPPED | {"nav", "footer", "aside", "form"}
# Names of trafilatura's own XML, and of the HTML that they came from.
_RENAMED = {
    "list": "ul",
    "item": "li",
    "quote": "blockquote",
    "row": "tr",
    "lb": "br",
    "hi": "span",
    "ref": "a",
}


def read_content(root: Any, title: str) -> list[Segment]:
    """The segments of a page's tree; the tree may be changed by it."""
    outline = Outline()
    article = _extract(root)
    n_found = 0 if article is None else len(read_text(article))
    if (main := _find_documentation(root, n_found)) is not None:
        _write_heading(outline, root, title, main)
        walk(main, outline, skipped=_NOT_CONTENT)
    elif article is None or _is_flat_copy(article, root, n_found):
        body = root.find("body")
        _write_heading(outline, root, title, body if body is not None else root)
        walk(body if body is not None else root, outline, skipped=_NOT_CONTENT)
    else:
        _write_heading(outline, root, title, article)
        anchors = _Anchors(root)
        walk(_rename(article), outline, anchor_of=anchors.find)
    return outline.close()


def _extract(root: Any) -> Any:
    """The body of trafilatura's own XML, or None where it finds nothing or should not be asked."""
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        return None
    from copy import deepcopy

    from trafilatura import bare_extraction

    found = bare_extraction(deepcopy(root), include_comments=False, with_metadata=False)
    body = getattr(found, "body", None)
    return body if body is not None and read_text(body) else None


def _find_documentation(root: Any, n_found: int) -> Any:
    mains = list(root.iter("main"))
    if len(mains) != 1 or next(mains[0].iterdescendants("pre", "dl"), None) is None:
        return None
    n_all = len(read_text(mains[0]))
    n_links = sum(len(read_text(link)) for link in mains[0].iter("a"))
    return mains[0] if n_all > n_found and n_links < n_all * MAX_LINK_SHARE else None


def _is_flat_copy(article: Any, root: Any, n_found: int) -> bool:
    is_flat = len(article) == 1 or (article.find(".//head") is None and next(root.iter(*HEADINGS), None) is not None)
    body = root.find("body")
    return is_flat and body is not None and n_found >= len(read_text(body)) * MIN_SHARE_OF_BODY


def _write_heading(outline: Outline, root: Any, title: str, content: Any) -> None:
    """Open with title and h1, unless the content has them."""
    text = read_text(content)
    h1 = next((h for h in root.iter("h1") if read_text(h)), None)
    name = "" if h1 is None else read_text(h1)
    if title and title not in text and (not name or name not in title):
        outline.write(title)
    if h1 is not None and name not in text:
        outline.open(1, name, anchor=find_anchor(h1))


class _Anchors:
    """The anchors of a page's headings by their text; headings of the same text are handed out in order."""

    def __init__(self, root: Any) -> None:
        self._by_text: dict[str, list[str]] = {}
        for heading in root.iter(*HEADINGS):
            self._by_text.setdefault(read_text(heading), []).append(find_anchor(heading))

    def find(self, heading: Any) -> str:
        known = self._by_text.get(read_text(heading))
        return known.pop(0) if known else ""


def _rename(article: Any) -> Any:
    for element in article.iter():
        tag = element.tag
        if tag == "head":
            level = element.get("rend") or "h2"
            element.tag = level if level in HEADINGS else "h2"
        elif tag == "cell":
            element.tag = "th" if element.get("role") == "head" else "td"
        elif tag == "code" and element.getparent() is article:
            element.tag = "pre"
        else:
            element.tag = _RENAMED.get(tag, tag)
    return article
