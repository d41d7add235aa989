"""Asking for the sake of knowing: what would be answered now, without a chat model, a count or a cost."""

from __future__ import annotations

from app.answering import curated, extractive, gate, medical, presets, smalltalk
from app.answering.answer import CURATED, GROUNDED, REFUSED, Answer, Citation
from app.answering.passages import choose_passages
from app.answering.search import find
from models import Chatbot, CuratedAnswer, db


def ask(chatbot: Chatbot, question: str) -> Answer:
    """Return the answer that the documents or the owner's own words give to a question; nothing is written."""
    manner = presets.manner_of(chatbot)
    pair = curated.find(chatbot, question)
    if pair is not None:
        kept = db.session.get_one(CuratedAnswer, pair.pair_id)
        return Answer(CURATED, kept.answer, evidence={"pair": kept.id, "score": round(pair.score, 3)})
    talk = smalltalk.answer(question, manner, chatbot.name)
    if talk is not None:
        return talk
    found = find(chatbot, question)
    verdict = gate.judge(found, question, manner.strictness)
    passages = choose_passages(found.hits, newest=manner.prefers_recent)
    is_forbidden = manner.is_medical and medical.must_refuse(question, passages)
    if is_forbidden or not verdict.is_grounded or not passages:
        return Answer(REFUSED, manner.refusal, evidence=verdict.to_json())
    reading = extractive.read(passages, found.sentences, at_length=manner.quotes_at_length)
    cited = tuple(Citation(p.n, p.title, p.locator, quote, p.url, p.chunk_id) for p, quote in reading.quotes)
    return Answer(GROUNDED, reading.text, cited, verdict.to_json())
