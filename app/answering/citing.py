"""What a chat model says is held against its passages before a visitor reads it: marks, addresses, numbers, words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from indexes.lexical_index import make_terms

_MARK = re.compile(r"\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)?|\[[^\]]*\])?|<img\b[^>]*>?", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]\d][^\]]*)\]\(([^)]*)\)")
_ADDRESS = re.compile(r"\b(?:https?|ftp|ws|wss)://[^\s<>\"'`|\\^{}]+", re.IGNORECASE)
_SCRIPT = re.compile(r"\b(?:javascript|vbscript|data|file|blob)\s*:(?=\S)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])(?:\s*\[\d[\d,; ]*\])*(?=\s)|\n")  # with the marks behind it
_NUMBER = re.compile(r"\d+(?:[.,  ]\d+)*")
_N_LEAKED = 8  # words in a row that a model repeats of what only it was told
_SMALL = 12  # numbers up to here are also written as words, and count steps


def clean(text: str, numbers: Collection[int], sources: str = "") -> str:
    """Return text whose marks all exist, without images, and without links and addresses that `sources` do not hold."""

    def keep(mark: re.Match[str]) -> str:
        wanted = [int(n) for n in re.findall(r"\d+", mark.group(1))]
        kept = "".join(f"[{n}]" for n in wanted if n in numbers)
        return f" {kept}" if kept else ""

    plain = _LINK.sub(lambda link: link.group(1), _IMAGE.sub("", text))
    plain = _ADDRESS.sub(lambda found: _keep_address(found.group(), sources), plain)
    return _MARK.sub(keep, _SCRIPT.sub("", plain))


def _keep_address(address: str, sources: str) -> str:
    """Return an address of the sources as it is; of any other the host alone: no link, and nothing carried away."""
    bare = address.rstrip(".,;:!?)]")
    if _holds(sources, bare):
        return address
    host = re.split(r"[/?#@]", bare.partition("://")[2])[0]
    return host + address[len(bare) :]


def _holds(sources: str, address: str) -> bool:
    """Tell whether an address stands in the sources as a whole, not as the beginning of another."""
    return re.search(re.escape(address) + r"(?![\w/?#=&%~+-])", sources) is not None


def cited_numbers(text: str) -> set[int]:
    """Return the numbers of all citation marks in a text."""
    return {int(n) for mark in _MARK.finditer(text) for n in re.findall(r"\d+", mark.group(1))}


def stands_on(text: str, passages: Collection[str]) -> bool:
    """Return whether an answer shares a word that says something with the passages that it cites."""
    return not set(make_terms(_MARK.sub("", text))).isdisjoint(make_terms("\n".join(passages)))


def adds_numbers(text: str, sources: str) -> bool:
    """Tell whether an answer holds a number that its sources do not: a price, a date, a dose that nobody stated."""
    known = {_digits(number) for number in _NUMBER.findall(sources)}
    said = (_digits(number) for number in _NUMBER.findall(_MARK.sub("", text)))
    return any(number not in known and not _is_small(number) for number in said)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0")


def _is_small(digits: str) -> bool:
    return not digits or (len(digits) <= len(str(_SMALL)) and int(digits) <= _SMALL)


def repeats(text: str, secret: str) -> bool:
    """Tell whether a text gives away what only the model was told: eight words in a row of it."""
    said, told = (re.findall(r"\w+", words.casefold()) for words in (text, secret))
    runs = {tuple(told[i : i + _N_LEAKED]) for i in range(len(told) - _N_LEAKED + 1)}
    return any(tuple(said[i : i + _N_LEAKED]) in runs for i in range(len(said) - _N_LEAKED + 1))


def release_sentences(words: Iterable[str]) -> Iterator[str]:
    """Yield whole sentences of a stream of words, so that a mark is never cut in two; the rest comes at the end."""
    held = ""
    for word in words:
        held += word
        cut = _releasable(held)
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def _releasable(held: str) -> int:
    """Return how much may be shown: up to the last sentence that another one, and no mark of its own, follows."""
    for end in reversed([match.end() for match in _SENTENCE_END.finditer(held)]):
        rest = held[end:].lstrip()
        if rest and not rest.startswith("["):
            return end
    return 0
