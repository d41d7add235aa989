"""What a refusal offers instead: the closest questions that would be answered, tried before they are offered."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock

from app.answering import curated, gate, golden
from app.answering.manner import Manner
from app.answering.passages import load_passages
from app.answering.search import find
from indexes.retriever import Hit
from models import Chatbot

MAX_OFFERS = 3
N_OWN = 2  # of the owner's questions with answers, and of the golden ones
NEAR = 0.25  # cosine to the question; what nothing in the documents touches stays below 0.2
N_NEAREST = 2  # headings of what was found that come before the owner's suggestions
MAX_TRIES = 2  # that are not known yet: a refusal stays within three times an answer's time
_KEPT = 4096
_LETTERS = range(3, 80)

_known: OrderedDict[tuple[uuid.UUID, int | None, str, str], bool] = OrderedDict()
_lock = Lock()


def closest(chatbot: Chatbot, question: str, hits: Sequence[Hit], manner: Manner) -> tuple[str, ...]:
    """Return up to three questions: the owner's own about the same, then what was found nearest, then suggestions."""
    offered = curated.list_close(chatbot, question, N_OWN)  # answered whatever the documents hold
    tries = MAX_TRIES
    golden_ones = golden.list_close(chatbot, question, N_OWN)
    for text in dict.fromkeys([*golden_ones, *_candidates(hits, manner)]):
        key = (chatbot.uuid, chatbot.generation_id, manner.strictness, text)
        if key not in _known:
            if not tries:
                continue
            tries -= 1
            _remember(key, answered=gate.judge(find(chatbot, text), text, manner.strictness).is_grounded)
        if _known.get(key) and text not in offered:
            offered.append(text)
        if len(offered) == MAX_OFFERS:
            break
    return tuple(offered)


def _candidates(hits: Sequence[Hit], manner: Manner) -> Iterator[str]:
    near = [hit for hit in hits[:5] if max(hit.dense, hit.sentence) >= NEAR]
    passages = load_passages([(hit.chunk_id, hit.score) for hit in near])
    headings = [passage.heading.rpartition(" > ")[2].strip() for passage in passages]
    nearest = [heading for heading in dict.fromkeys(headings) if len(heading) in _LETTERS]
    yield from nearest[:N_NEAREST]
    yield from manner.suggestions
    yield from nearest[N_NEAREST:]


def _remember(key: tuple[uuid.UUID, int | None, str, str], *, answered: bool) -> None:
    with _lock:
        _known[key] = answered
        while len(_known) > _KEPT:
            _known.popitem(last=False)
