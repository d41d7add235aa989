"""Clean text without changing its words: no control characters, no soft hyphens, no stray white space."""

import re
import unicodedata

_NEWLINES = dict.fromkeys(map(ord, "\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")
_SPACES = dict.fromkeys(map(ord, "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))), " ")
# Zero-width joiners and direction marks stay: Persian, Indic scripts and emoji are spelled with them.
# Embeddings, overrides and isolates go: they only reorder what is shown, and can disguise it.
_DROPPED = dict.fromkeys(
    [
        *(c for c in range(0x20) if chr(c) not in "\t\n\r\v\f\x1c\x1d\x1e"),
        *range(0x7F, 0x85),
        *range(0x86, 0xA0),
        *map(ord, "\u00ad\u200b\u2060\ufeff\ufffe\uffff"),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ]
)
_LIGATURES = dict(zip(range(0xFB00, 0xFB07), ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
_TABLE = {**_DROPPED, **_NEWLINES, **_SPACES, **_LIGATURES}

_SOFT_BREAK = re.compile("\u00ad\\s*\n\\s*")
_TRAILING = re.compile(r"(?<![ \t])[ \t]++(?=\n)")  # each run is tried once: a long one costs no more than its length
_RUN_OF_SPACES = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_BLANK_LINES = re.compile(r"\n{3,}")
_UNSAFE_IN_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f"<>|*?:\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')

MAX_LINE = 200


def tidy(text: str) -> str:
    """The same words in NFC, lines ended by one newline, paragraphs by two; idempotent."""
    if not (text.isascii() and text.isprintable()):
        text = _SOFT_BREAK.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_TABLE)
        text = unicodedata.normalize("NFC", text)
    text = _TRAILING.sub("", _RUN_OF_SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()


def tidy_line(text: str, limit: int = MAX_LINE) -> str:
    """The text on one line of at most `limit` characters: for headings and titles."""
    return " ".join(tidy(text[: limit * 20]).split())[:limit].rstrip()


def clean_name(name: str) -> str:
    """The last part of a file's name, without what could mislead a reader or a file system; may be empty."""
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE_IN_NAME.sub("", last).strip(" .")[:MAX_LINE]
