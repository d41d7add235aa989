"""What is said below an answer: the question that leads on, and the chatbot's notice."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.languages import guess_language
from app.answering.manner import Manner
from app.answering.passages import Passage

_LEADS_ON = {
    "en": "Shall we go on with “{topic}”?",
    "de": "Wollen wir mit „{topic}“ weitermachen?",
    "fr": "Voulez-vous continuer avec « {topic} » ?",
    "es": "¿Seguimos con «{topic}»?",
    "it": "Proseguiamo con «{topic}»?",
    "pt": "Continuamos com “{topic}”?",
    "nl": "Zullen we verdergaan met “{topic}”?",
    "pl": "Czy przejdziemy do „{topic}”?",
    "tr": "“{topic}” ile devam edelim mi?",
    "ar": "هل نتابع مع «{topic}»؟",
    "hi": "क्या हम “{topic}” के साथ आगे बढ़ें?",
    "zh": "要继续了解“{topic}”吗？",
    "ja": "次は「{topic}」を見てみましょうか？",
}


def below(
    manner: Manner, *, question: str = "", passages: Sequence[Passage] = (), cited: Sequence[Passage] = ()
) -> str:
    """Return what follows an answer, as paragraphs of their own; empty for most chatbots."""
    parts = [_lead_on(question, passages, cited) if manner.asks_back else "", manner.notice]
    return "".join(f"\n\n{part}" for part in parts if part)


def _lead_on(question: str, passages: Sequence[Passage], cited: Sequence[Passage]) -> str:
    """Return a question about what was found nearby and not answered yet."""
    used = {_topic(passage) for passage in cited}
    topic = next((_topic(p) for p in passages if _topic(p) and _topic(p) not in used), "")
    return _LEADS_ON[guess_language(question)].format(topic=topic) if topic else ""


def _topic(passage: Passage) -> str:
    return passage.heading.rpartition(" > ")[2].strip()
