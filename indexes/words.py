"""What counts as a word, in any script: the part of lexical search that is the same for every language."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache

MAX_LETTERS = 60  # longer "words" are keys, hashes and attacks; they are indexed by their beginning

# Scripts written without spaces: Thai, Lao, Burmese, Khmer, kana, bopomofo, Han with its extensions.
_SPACELESS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HAS_SPACELESS = re.compile(f"[{_SPACELESS}]")
_FILLING = re.compile(
    r"什么|怎么|怎样|如何|多少|几|哪里|哪个|哪些|为什么|是否|可以|能|吗|呢|的|了|是|在|有|我|你|您|请问|请|"
    r"ですか|ますか|でしょうか|ください|教えて|とは|何|いつ|どこ|どの|どう|なぜ|いくら|の|は|が|を|に|で|と|も|か|"
    r"อะไร|เท่าไหร่|เท่าไร|กี่|หรือไม่|ไหม|อย่างไร|ยังไง|ทำไม|เมื่อไหร่|เมื่อไร|ที่ไหน|ไหน|ใคร|คือ|ได้|ของ|มี|การ|ครับ|ค่ะ|คะ"
)
_PLAIN = re.compile(r"[^\W_]+")


def split_words(text: str) -> list[str]:
    """The words of `text` in order, lower case, without punctuation; scripts without spaces become pairs
    of letters.

    "iPhone 15を買う" gives iphone, 15, を買, 買う.
    """
    text = unicodedata.normalize("NFKC", text).lower()
    pattern = _PLAIN if text.isascii() else _word_pattern()  # the plain one is three times as fast
    runs = pattern.findall(text)
    if _HAS_SPACELESS.search(text):
        return [word for run in runs for word in _cut(run)]
    return [run[:MAX_LETTERS] for run in runs]


def drop_filling(question: str) -> str:
    """A question without what says nothing where words have no spaces: stop words can't be told from letter pairs."""
    return _FILLING.sub(" ", question) if _HAS_SPACELESS.search(question) else question


def count_words(text: str) -> int:
    """How long a text is to who reads it; of scripts without spaces two letters count as a word."""
    n_spaceless = len(_HAS_SPACELESS.findall(text))
    return len(_HAS_SPACELESS.sub(" ", text).split()) + (n_spaceless + 1) // 2


def _cut(run: str) -> Iterator[str]:
    if not _HAS_SPACELESS.match(run):
        yield run[:MAX_LETTERS]
    elif len(run) == 1:
        yield run
    else:
        yield from (run[i : i + 2] for i in range(len(run) - 1))


@cache
def _word_pattern() -> re.Pattern[str]:
    """Runs of letters and digits of one kind of script, with the marks on them (vowel signs of Hindi,
    tones of Thai).
    """
    marks = _marks()
    spaceless = f"[{_SPACELESS}][{_SPACELESS}{marks}]*"
    spaced = f"(?:(?![{_SPACELESS}])[^\\W_][{marks}]*)+"
    return re.compile(f"{spaceless}|{spaced}")


@cache
def _marks() -> str:
    """All combining marks, as ranges for a character class; no word character of Python's covers them."""
    ranges: list[list[int]] = []
    for code in range(0x300, min(sys.maxunicode, 0x1F000)):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
