"""Whether two questions ask the same, judged by their words and tokens beside their vectors.

Vectors alone can't tell: of questions about one subject, those that differ in a single word ("before" for "after",
"silver" for "gold") are nearer to each other than most paraphrases. What gives them away is the one token that meets
nothing like it in the other question (docs/benchmarks.md has the figures).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

from indexes.cover import Cover
from indexes.lexical_index import make_terms
from indexes.words import split_words

NEAR = 0.75  # the cosine that two questions need; enough where both say the same in other order or form
LEAST = 0.58  # else each of their tokens needs one in the other that is so near

Compare = Callable[[str, str], Cover | None]

_MARK = r"[\s?!.,;:…¿¡\"'»«“”„‘’()]"
_EDGES = re.compile(rf"^[\W_]+|(?<!{_MARK}){_MARK}++$")  # each run of marks is tried once, however long it is
_POLITE = frozenset(
    "please tell want like need know help show explain there get any some hi hello bitte sagen möchte brauche will kann"
    " gibt es ich".split()
)
_DENIALS = frozenset(
    "no not never without cannot nobody nothing none neither nor non nicht kein keine keinen keiner keinem nie niemals"
    " ohne pas jamais sans aucun aucune ne nunca sin ni".split()
)
_ASPECTS = frozenset(
    "who whom whose when where why how wer wem wen wann wo wohin woher warum wieso weshalb wie qui quand où pourquoi"
    " comment quién cuándo dónde cómo".split()
)
_DENIED = re.compile(r"n['’]t\b")
_SIGNS = frozenset("#%&@*/")


def plain_form(question: str) -> str:
    """A question without what doesn't matter: case, spaces, and the marks around it. "C++" and "C#" stay apart."""
    folded = " ".join(unicodedata.normalize("NFKC", question).casefold().split())
    return _EDGES.sub("", folded)


def is_same(asked: str, known: str, cosine: float, cover: Compare) -> bool:
    """Whether two questions ask the same; `cosine` is that of their vectors, `cover` how well their tokens meet."""
    if cosine < NEAR or _is_other(asked, known):
        return False
    mine, theirs = _terms(asked), _terms(known)
    if mine == theirs:
        return True
    if _swaps_a_word(asked, known) or any(term.isdigit() for term in mine ^ theirs):
        return False
    met = cover(asked, known)
    return met is not None and met.least >= LEAST


def _is_other(asked: str, known: str) -> bool:
    differs = _denials(asked) != _denials(known) or _signs(asked) != _signs(known)
    return differs or not _aspects(asked) <= _aspects(known)


def _swaps_a_word(asked: str, known: str) -> bool:
    """Whether one word stands in the place of another and all else is the same: "before" for "after"."""
    mine, theirs = Counter(split_words(asked)), Counter(split_words(known))
    return (mine - theirs).total() == (theirs - mine).total() == 1


def _terms(question: str) -> frozenset[str]:
    """What a question is about; its plain words where it has no others."""
    words = [word for word in split_words(question) if word not in _POLITE]
    return frozenset(make_terms(" ".join(words))) or frozenset(words)


def _denials(question: str) -> int:
    words = split_words(question)
    return sum(word in _DENIALS for word in words) + len(_DENIED.findall(question.lower()))


def _aspects(question: str) -> frozenset[str]:
    return _ASPECTS.intersection(split_words(question))


def _signs(question: str) -> frozenset[str]:
    return frozenset(c for c in question if c in _SIGNS or unicodedata.category(c).startswith("S"))
