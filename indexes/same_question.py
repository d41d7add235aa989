"""Whether two questions ask the same, judged by their words, before their vectors are asked.

Vectors alone can't tell: of questions about one subject, those that differ in a single word ("before" for "after",
"silver" for "gold") are nearer to each other than most paraphrases (docs/benchmarks.md has the figures).
"""

import re
import unicodedata

from indexes.lexical_index import make_terms
from indexes.words import split_words

SAME_TERMS = 0.75  # the cosine that is enough where both say the same in other order or form
MORE_TERMS = 0.94  # and where one of the two says more

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


def needed_cosine(asked: str, known: str) -> float | None:
    """How near the vectors of two questions must be for them to ask the same; None: they differ however near."""
    is_other = _denials(asked) != _denials(known) or _signs(asked) != _signs(known)
    if is_other or not _aspects(asked) <= _aspects(known):
        return None
    mine, theirs = _terms(asked), _terms(known)
    if mine == theirs:
        return SAME_TERMS
    has_number = any(term.isdigit() for term in mine ^ theirs)
    return MORE_TERMS if (mine < theirs or theirs < mine) and not has_number else None


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
