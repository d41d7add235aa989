"""Puts together what a page's width has cut: wrapped lines and hyphenated words."""

import re

MIN_FULL_LINE = 40
_FULL_SHARE = 0.6
_BEGINS_ITEM = re.compile(r"\s*(?:[•‣◦▪●○■□–—*·»-]\s|[•‣◦▪●○■□]|\(?\d{1,3}[.)]\s|\(?[a-zA-Z][.)]\s)")
_BROKEN_WORD = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]\n\s*([^\W\d_]+)")
# Halves of broken words are no words: they would vouch for themselves.
_WORD = re.compile(r"(?<![\w-])(?<!-\n)[^\W\d_]+(?:-[^\W\d_]+)*(?![\w-])")
_BULLET = re.compile(r"^[•‣◦▪●○■□]$")


def unwrap(block: str) -> str:
    """Join the lines of a block of text that were cut by its width; short lines and list items stay apart.

    Words cut by a hyphen keep it, followed by a newline, for `join_hyphens`.
    """
    lines = [line.strip() for line in block.replace("\r", "").split("\n")]
    lines = [line for line in lines if line]
    widest = max(map(len, lines), default=0)
    joined = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        joined += line
        if not following:
            break
        is_full = len(line) >= max(MIN_FULL_LINE, widest * _FULL_SHARE)
        is_cut_word = line.endswith(("-", "\u00ad", "\u2010"))
        is_wrapped = is_full and not _BEGINS_ITEM.match(following)
        joined += " " if (is_wrapped and not is_cut_word) or _BULLET.match(line) else "\n"
    return joined


def join_hyphens(texts: list[str]) -> list[str]:
    """Join words cut at a line's end; whether the hyphen stays is told by the rest of the document.

    It stays where the document writes the word with a hyphen elsewhere ("multi-" + "agent"), or knows
    both halves as words but not the whole ("chat-" + "optimized"); it goes in "exam-" + "ple".
    """
    words = {word.casefold() for text in texts for word in _WORD.findall(text)}

    def join(match: re.Match[str]) -> str:
        first, second = match.groups()
        hyphened, whole = f"{first}-{second}", first + second
        if hyphened.casefold() in words or not second[0].islower():
            return hyphened
        are_words = first.casefold() in words and second.casefold() in words
        return hyphened if are_words and whole.casefold() not in words else whole

    return [_BROKEN_WORD.sub(join, text) for text in texts]
