"""The errors of this room.

    IndexesError                 everything this room raises on purpose
    ├── LoadError(kind)          a file could not become text; the owner can do something about it. Don't
    │                            retry the same bytes, except for `timeout` and `limit` on a busy machine
    ├── ParserError              the parser itself could not run (a package is missing); the operator must act
    └── ...                      the index's own errors live beside the index and derive from IndexesError

`KINDS` is the one place where the kinds of LoadError get their words.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """What people read, in English: what happened, and what to do about it; one plain sentence each.

    `%(name)s` stands for what an error brings along. Others know what it is called in other languages.
    """

    happened: str
    advice: str = ""


KINDS: dict[str, Words] = {
    "unsupported": Words(
        "This kind of file cannot be read.",
        "Save it as PDF, DOCX, PPTX, XLSX, TXT, MD or HTML and add it again.",
    ),
    "empty": Words(
        "The file has nothing in it.",
        "Check that you picked the right file and that it was saved completely, then add it again.",
    ),
    "encrypted": Words(
        "The file is protected by a password.",
        "Save a copy without the password and add that.",
    ),
    "corrupt": Words(
        "The file is damaged and cannot be opened.",
        "Open it in the program that made it, save it again and add the new copy.",
    ),
    "no_text": Words(
        "There is no text in the file, only pictures (a scan, for example).",
        "Run text recognition (OCR) over it, or add a version whose text can be selected and copied.",
    ),
    "limit": Words(
        "The file is too large or too deeply nested to be read safely.",
        "Split it into smaller files, or save it in a simpler form, and add those.",
    ),
    "timeout": Words(
        "Reading the file took too long and was stopped.",
        "Split it into smaller files, or save it in a simpler form, and add those.",
    ),
    "fetch_failed": Words(
        "The address could not be fetched.",
        "Open it in a browser to see whether it answers, then try again.",
    ),
    "blocked_by_robots": Words(
        "The website's robots.txt asks programs not to read this page.",
        "Allow our user agent in robots.txt, or upload the page's content as a file.",
    ),
    "blocked_address": Words(
        "The address leads into a private network, which is not allowed.",
        "Use an address that is public on the internet, or upload the page's content as a file.",
    ),
}


class IndexesError(Exception):
    """Base of everything this room raises on purpose. What its operator may have to mend is told in `Words`."""

    def __init__(self, told: str | Words = "", **named: object) -> None:
        super().__init__(" ".join(filter(None, told)) % named if isinstance(told, Words) else told)


class LoadError(IndexesError):
    """A file could not become text.

    Attributes:
        kind: a key of `KINDS`; stored on the source's row.
        happened: one plain sentence for the owner.
        advice: one plain sentence on what to do.
        detail: what the parser said; for logs, never for screens.
        pages: numbers, from 1, of the pages that OCR could read; empty where it could not help.
    """

    def __init__(
        self, kind: str, advice: str = "", *, happened: str = "", detail: str = "", pages: tuple[int, ...] = ()
    ) -> None:
        words = KINDS[kind]
        self.kind = kind
        self.happened = happened or words.happened
        self.advice = advice or words.advice
        self.detail = detail
        self.pages = pages
        super().__init__(f"{self.happened} {self.advice}")


class ParserError(IndexesError):
    """The parser could not run at all; the message says why. Raised whatever the file; retry after a
    repair.
    """
