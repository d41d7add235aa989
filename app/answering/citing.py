"""Citation numbers in a chat model's words: those that exist are kept, those that don't are dropped."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from indexes.lexical_index import make_terms

_MARK = re.compile(r"\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]\d][^\]]*)\]\(([^)]*)\)")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?=\s)|\n")


def clean(text: str, numbers: Collection[int]) -> str:
    """Return text whose citation marks all exist; images are removed, links keep their words alone."""

    def keep(mark: re.Match[str]) -> str:
        wanted = [int(n) for n in re.findall(r"\d+", mark.group(1))]
        kept = "".join(f"[{n}]" for n in wanted if n in numbers)
        return f" {kept}" if kept else ""

    return _MARK.sub(keep, _LINK.sub(r"\1", _IMAGE.sub("", text)))


def cited_numbers(text: str) -> set[int]:
    """Return the numbers of all citation marks in a text."""
    return {int(n) for mark in _MARK.finditer(text) for n in re.findall(r"\d+", mark.group(1))}


def stands_on(text: str, passages: Collection[str]) -> bool:
    """Return whether an answer shares a word that says something with the passages that it cites."""
    return not set(make_terms(_MARK.sub("", text))).isdisjoint(make_terms("\n".join(passages)))


def release_sentences(words: Iterable[str]) -> Iterator[str]:
    """Yield whole sentences of a stream of words, so that a mark is never cut in two; the rest comes at the end."""
    held = ""
    for word in words:
        held += word
        ends = [match.end() for match in _SENTENCE_END.finditer(held)]
        # a mark may follow the full stop: hold the last sentence until the next one has begun
        if ends and held[ends[-1] :].strip() and not held[ends[-1] :].lstrip().startswith("["):
            yield held[: ends[-1]]
            held = held[ends[-1] :]
    if held:
        yield held
