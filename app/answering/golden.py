"""Golden questions: what every generation must go on answering, asked of each before it is published."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.answering import extractive, gate, presets
from app.answering.passages import choose_passages, load_passages
from app.answering.scoring import DEPTH, Known, first_relevant
from app.answering.search import find_in
from app.knowledge import engines, generations, sources
from app.knowledge.holds import Comparison
from app.languages import gettext as _
from app.refusals import Refusal
from indexes.lexical_index import make_terms
from indexes.store import Generation
from models import Chatbot, GoldenQuestion, db
from models import Generation as GenerationRow

MAX_QUESTIONS = 200
MAX_CHARS = 500
LEVELS = ("missed", "found", "answered")  # from worst to best


class GoldenError(Refusal):
    """A golden question can't be kept; the message says why and what to do."""


def list_questions(chatbot: Chatbot) -> list[GoldenQuestion]:
    query = select(GoldenQuestion).where(GoldenQuestion.chatbot_id == chatbot.id)
    return list(db.session.scalars(query.order_by(GoldenQuestion.id)))


def list_close(chatbot: Chatbot, question: str, limit: int) -> list[str]:
    """Return the golden questions that share words with a question, those that share most first."""
    terms = set(make_terms(question))
    shared = {row.question: len(terms.intersection(make_terms(row.question))) for row in list_questions(chatbot)}
    return sorted((text for text, n in shared.items() if n), key=lambda text: -shared[text])[:limit]


def find(chatbot: Chatbot, question_uuid: uuid.UUID) -> GoldenQuestion | None:
    query = select(GoldenQuestion).where(GoldenQuestion.chatbot_id == chatbot.id, GoldenQuestion.uuid == question_uuid)
    return db.session.scalar(query)


def add(chatbot: Chatbot, question: str, document: str, words: str) -> GoldenQuestion:
    """Keep a golden question; `words` holds alternatives, parted by |. The caller commits.

    Raises:
        GoldenError: it says nothing, expects nothing, is too long, or there are enough.
    """
    question, document = _on_one_line(question), _on_one_line(document)
    answers = [*filter(None, map(_on_one_line, words.split("|")))]
    _require_sense(question, document, answers)
    sources.line_up(chatbot)
    present = GoldenQuestion.chatbot_id == chatbot.id
    row = db.session.scalar(select(GoldenQuestion).where(present, GoldenQuestion.question == question))
    if row is None:
        if (db.session.scalar(select(func.count(GoldenQuestion.id)).where(present)) or 0) >= MAX_QUESTIONS:
            raise GoldenError(
                _("A chatbot has %(most)s golden questions at most. Delete some first.", most=MAX_QUESTIONS)
            )
        row = GoldenQuestion(chatbot_id=chatbot.id, service_id=chatbot.service_id, question=question)
        db.session.add(row)
    row.document, row.answers = document, answers
    db.session.flush()
    return row


def _on_one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _require_sense(question: str, document: str, answers: list[str]) -> None:
    if not question:
        raise GoldenError(_("The question is missing."))
    if not document and not answers:
        raise GoldenError(_("Say for “%(question)s” which source or which words are expected.", question=question[:80]))
    if any(len(text) > MAX_CHARS for text in (question, document, *answers)):
        raise GoldenError(_("A question, a source and words have %(most)s characters each at most.", most=MAX_CHARS))


def add_csv(chatbot: Chatbot, file: bytes) -> list[GoldenQuestion]:
    """Keep the questions of a CSV with the columns question, source and words. All of them, or none.

    Raises:
        GoldenError: it is no such file, or a line can't be kept.
    """
    reader = _open_csv(file)
    names = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
    if "question" not in names or not {"source", "words"} & names.keys():
        raise GoldenError(_("The first line names the columns: question, source, words."))
    kept = list[GoldenQuestion]()
    try:
        for row in reader:
            cells = [str(row.get(names.get(name)) or "") for name in ("question", "source", "words")]
            if not any(cell.strip() for cell in cells):
                continue
            if len(kept) >= MAX_QUESTIONS:
                raise GoldenError(
                    _("The file has more than %(most)s questions. Nothing was taken.", most=MAX_QUESTIONS)
                )
            kept.append(_add_line(chatbot, reader.line_num, cells))
    except csv.Error as error:
        raise GoldenError(
            _("Line %(line)s can't be read as CSV (%(error)s).", line=reader.line_num, error=error)
        ) from error
    if not kept:
        raise GoldenError(_("There is no question in it."))
    return list(dict.fromkeys(kept))


def _open_csv(file: bytes) -> csv.DictReader[str]:
    """Read what spreadsheets save: UTF-8 or Windows' own, with commas, semicolons or tabs."""
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = file.decode("cp1252", "replace")
    head = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count))


def _add_line(chatbot: Chatbot, number: int, cells: list[str]) -> GoldenQuestion:
    try:
        return add(chatbot, *cells)
    except GoldenError as error:
        raise GoldenError(_("Line %(number)s: %(error)s Nothing was taken.", number=number, error=error)) from error


def examine(chatbot_id: int, folder: Path) -> Comparison:
    """Ask the golden questions of a new generation, and compare with the one that answers now."""
    chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()
    questions = list_questions(chatbot)
    if not questions:
        return Comparison()
    after = _ask_all(chatbot, engines.open_folder(folder, chatbot.service_id), questions)
    before = _levels_before(chatbot, questions)
    db.session.rollback()
    return Comparison([_compare(row, before.get(row["id"])) for row in after])


def _levels_before(chatbot: Chatbot, questions: Iterable[GoldenQuestion]) -> dict[str, str]:
    """Return how the generation that answers now did; of questions that are newer than it, how it does."""
    current = db.session.scalar(select(GenerationRow).where(GenerationRow.id == chatbot.generation_id))
    noted = {row["id"]: row["level"] for row in (current.golden if current else ())}
    newer = [question for question in questions if str(question.uuid) not in noted]
    opened = generations.open_current(chatbot) if current is not None and newer else None
    asked = _ask_all(chatbot, opened, newer) if opened is not None else []
    return noted | {row["id"]: row["level"] for row in asked}


def _ask_all(chatbot: Chatbot, generation: Generation, questions: Iterable[GoldenQuestion]) -> list[dict[str, Any]]:
    return [
        {"id": str(row.uuid), "question": row.question, "level": _level(chatbot, generation, _known(row))}
        for row in questions
    ]


def _known(row: GoldenQuestion) -> Known:
    return Known(row.question, tuple(row.answers), row.document)


def _level(chatbot: Chatbot, generation: Generation, known: Known) -> str:
    """Return whether what is expected is in the answer of the extractive reader, among the hits, or neither."""
    manner = presets.manner_of(chatbot)
    found = find_in(generation, chatbot.id, known.question, DEPTH)
    passages = choose_passages(found.hits, newest=manner.prefers_recent)
    if passages and gate.judge(found, known.question, manner.strictness).is_grounded:
        reading = extractive.read(passages, found.sentences, at_length=manner.quotes_at_length)
        if first_relevant(known, [(passage.document, quote) for passage, quote in reading.quotes]):
            return "answered"
    scores = [(hit.chunk_id, hit.score) for hit in found.hits]
    hits = [(passage.document, passage.text) for passage in load_passages(scores, limit=DEPTH)]
    return "found" if first_relevant(known, hits) else "missed"


def _compare(row: dict[str, Any], before: str | None) -> dict[str, Any]:
    if before is None:
        return {**row, "before": None, "change": "new"}
    gain = LEVELS.index(row["level"]) - LEVELS.index(before)
    return {**row, "before": before, "change": "better" if gain > 0 else "worse" if gain < 0 else "same"}
