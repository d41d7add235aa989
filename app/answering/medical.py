"""What a chatbot in healthcare never does: give a diagnosis, or a dose that no document states."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.passages import Passage
from indexes.lexical_index import make_terms

_UNIT = (
    r"(?:mg|mcg|µg|μg|g|ml|milligrams?|micrograms?|grams?|milliliters?|i\.?u\.?|i\.?e\.?|tablets?|tabletten?|pills?|"
    r"capsules?|"
    r"kapseln?|drops?|tropfen|gouttes?|gotas?|gocce|puffs?|comprimés?|comprimidos?|compresse?|tabletek|hap|teaspoons?|"
    r"милли\w+|毫克|片|粒|錠|ملغ|मिलीग्राम)"
)
_DOSE = re.compile(rf"\d[\d.,/ ]*\s*{_UNIT}(?!\w)", re.IGNORECASE)
_ASKS_DOSE = re.compile(
    r"\b(?:dose|dosage|doses|dosing|overdose|dosis|dosierung|dosieren|posologie|dosaggio|dose massima|dosagem|dawka|"
    r"dawkowanie|"
    r"doz)\b|\b(?:how (?:much|many|often)|wie ?viel|wie oft|combien|cuánt[oa]s?|quant[oiae]|ile|hoeveel|kaç)\b.{0,60}"
    r"\b(?:take|takes|give|swallow|inject|einnehmen|nehmen|geben|prendre|tomar|prendere|nemen|innemen|wziąć|brać|"
    r"almalı|alınır|"
    r"mg|ml|tablets?|pills?|tabletten|drops?)\b|剂量|几片|用量|何錠|जुराक|खुराक|جرعة",
    re.IGNORECASE,
)
_ASKS_DIAGNOSIS = re.compile(
    r"\bdiagnos|\b(?:do|might|could|can) (?:i|we|my \w+|he|she) have\b|\bhave i got\b|\bwhat(?:'s| is) wrong with "
    r"(?:me|my)\b|"
    r"\bis (?:it|this|that) (?:cancer|a (?:stroke|heart attack|tumou?r|fracture)|serious|contagious|infected|broken)\b|"
    r"\bam i (?:pregnant|sick|ill|dying|having|infected)\b|\bwhat (?:disease|illness|condition) do i\b|"
    r"\bhabe ich\b|\bwas fehlt mir\b|\bbin ich (?:krank|schwanger)\b|\best-ce que j'ai\b|\bai-je\b|\btengo (?:cáncer|"
    r"yo)\b|"
    r"\b¿?qué tengo\b|\bho (?:il|la|un) \w+\?|我得了|我是不是|私は.{0,12}(?:病気|がん)",
    re.IGNORECASE,
)


def must_refuse(question: str, passages: Sequence[Passage]) -> str:
    """Return why a question is not answered whatever was found; empty where it may be."""
    if _ASKS_DIAGNOSIS.search(question):
        return "diagnosis"
    if _ASKS_DOSE.search(question) and not _states_dose(question, passages):
        return "dose"
    return ""


def _states_dose(question: str, passages: Sequence[Passage]) -> bool:
    """Tell whether the passages that speak most of what is asked about state a dose."""
    asked = set(make_terms(question))
    shared = [len(asked.intersection(make_terms(f"{p.title} {p.heading} {p.text}"))) for p in passages]
    most = max(shared, default=0)
    return any(n == most and _DOSE.search(passage.text) for n, passage in zip(shared, passages, strict=True))


def adds_dose(text: str, sources: str) -> bool:
    """Tell whether an answer states a dose that its sources do not."""
    known = {_plain(dose) for dose in _DOSE.findall(sources)}
    return any(_plain(dose) not in known for dose in _DOSE.findall(text))


def _plain(dose: str) -> str:
    return re.sub(r"\s+", "", dose).casefold()
