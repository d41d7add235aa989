"""Split text of any language into sentences with exact offsets, by rules: no model, one pass, linear in
the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

MAX_CHARACTERS = 400  # longer "sentences" are lists without marks, tables or scripts without full stops: cut at a pause


class Span(NamedTuple):
    """Half-open offsets into the text they were found in, in characters."""

    start: int
    end: int


_CLOSERS = r"[\"'”’»)\]）」』】〉》]*+"
_MARKS = "[!?…؟۔։।॥\u104a\u104b\u17d4\u17d5\u1362]"  # Latin, Arabic, Urdu, Armenian, Hindi, Burmese, Khmer, Amharic
_ENDING = re.compile(
    rf"""
      (?P<wide>[。！？｡．]+{_CLOSERS})                            # Chinese, Japanese: no space follows
    | (?P<mark>(?<!{_MARKS}){_MARKS}++{_CLOSERS})(?=\s|$)        # marks that end and do nothing else
    | (?P<dot>(?<!\.)\.++{_CLOSERS}(?:\s?\[\d{{1,3}}\])*+)(?=\s|$)  # the full stop and footnote marks
    | (?P<line>\n\s*)                                          # a line break, or blank lines
    """,
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]+$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_NUMBER_AT_LINE_START = re.compile(r"(?:^|\n)\s*(?:\(?\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,4})$")
_DAY = re.compile(r"(?:^|\D)\d{1,2}$")
_LIST_ITEM = re.compile(r"[-*•‣◦▪●–—·o]\s|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\(?[a-zA-Z][.)]\s|#{1,6}\s|\|")
_PAUSE = re.compile(r"[;；،؛、，,:：]\s*|\s+")
_SHORT_LINE = 45

# Words after which a full stop does not end a sentence. "etc.", "usw." and the like may end one and are
# left out.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr rev hon gen col capt lt sgt gov sen rep pres vs cf ca approx viz al fig figs eq no nos "
    "vol vols pp ed eds ch sec art inc ltd co corp dept est min max tel jan feb mar apr jun jul aug sep sept "
    "oct nov dec "
    "mt ft ave blvd bros op i.e e.g a.k.a "
    "bzw nr abs abb bsp evtl ggf inkl exkl max mind s.o s.u u.a z.b d.h o.ä u.u vgl geb gest hl jh kap str tab u zzgl "
    "mme mlle mm av bd env p.ex c.-à-d chap "
    "sra srta dña d ud uds pág núm art avda "
    "sig dott ing avv pag es "
    "dhr mevr bijv blz o.a d.w.z "
    "tj tzn np ul im прим им г ул стр рис".split(),
)
_GERMAN_MONTHS = ("Januar", "Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September")
_MONTHS = (*_GERMAN_MONTHS, "Oktober", "November", "Dezember")


def split_sentences(text: str) -> list[Span]:
    """The sentences of `text` in order, without the white space around them; together they hold every
    other character.
    """
    spans: list[Span] = []
    for start, end in _cut(text):
        trimmed = _trim(text, start, end)
        if trimmed.start < trimmed.end:
            spans.extend(_shorten(text, trimmed))
    return spans


def _cut(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _ENDING.finditer(text):
        if _ends_sentence(text, match, start):
            yield start, match.end()
            start = match.end()
    yield start, len(text)


def _ends_sentence(text: str, match: re.Match[str], start: int) -> bool:
    if match.lastgroup == "line":
        return match.group().count("\n") > 1 or _line_ends(text, match, start)
    if match.lastgroup == "dot":
        return _dot_ends(text, match, start)
    if match.lastgroup == "mark":
        return not _continues(text, match.end())
    return True


def _dot_ends(text: str, match: re.Match[str], start: int) -> bool:
    if _continues(text, match.end()):
        return False
    before = text[max(start, match.start() - 40) : match.start()]
    if _NUMBER_AT_LINE_START.search(before if len(before) == 40 else "\n" + before):
        return False  # "2. Open the lid": the number belongs to its item
    if match.group() != ".":
        return True
    after = text[match.end() : match.end() + 12].lstrip()
    if _DAY.search(before) and after.startswith(_MONTHS):
        return False  # "am 3. Mai"
    word = _LAST_WORD.search(before)
    if word is None:
        return True
    last = word.group()
    is_initial = _INITIALS.fullmatch(last) and last.isupper() and not after.startswith(("The ", "In ", "It "))
    return not is_initial and last.casefold() not in _ABBREVIATIONS


def _continues(text: str, position: int) -> bool:
    """Whether the text goes on in lower case on the same line, so that no sentence has ended."""
    after = text[position : position + 3].lstrip(" \t\xa0")
    return after[:1].islower()


def _line_ends(text: str, match: re.Match[str], start: int) -> bool:
    """A line break inside running text (as PDFs have) is a space; after headings, items and table rows it
    ends.
    """
    line_start = max(start, text.rfind("\n", start, match.start()) + 1)
    line = text[line_start : match.start()]
    following = text[match.end() : match.end() + 12]
    if not line.strip() or _LIST_ITEM.match(following) or line.rstrip().endswith((":", "：", "|")):
        return True
    begins_new = not following[:1].islower()
    return begins_new and ("\t" in line or len(line) <= _SHORT_LINE)


def _shorten(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > MAX_CHARACTERS:
        cut = _last_pause(text, start, start + MAX_CHARACTERS)
        piece = _trim(text, start, cut)
        if piece.start < piece.end:
            yield piece
        start = cut
    rest = _trim(text, start, span.end)
    if rest.start < rest.end:
        yield rest


def _last_pause(text: str, start: int, limit: int) -> int:
    """Where to cut: the last pause of the second half, else `limit`, moved so that no accent loses its
    letter.
    """
    pauses = [match.end() for match in _PAUSE.finditer(text, start + MAX_CHARACTERS // 2, limit)]
    if pauses:
        return pauses[-1]
    cut = limit
    while cut > limit - 10 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
