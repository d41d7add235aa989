"""`evaluate`: how good a chatbot's hits, answers and refusals are, on questions whose answers are known."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from app.answering.evaluation import evaluate
from app.answering.scoring import Known, summarize
from app.commands.asking import read_rows
from app.commands.failing import CommandError
from app.commands.opening import installation, require_chatbot
from app.commands.saying import say, say_json

if TYPE_CHECKING:
    from config import Config

_SHAPE = '{"question": "...", "answers": ["..."], "doc_id": "...", "answerable": true}'


def run(config: Config, chatbot_uuid: str, name: str, *, as_json: bool) -> int:
    """Ask the questions of a file and print the figures."""
    questions = [_read(name, number, row) for number, row in read_rows(name)]
    if not questions:
        raise CommandError(f"{name} holds no question: each line is {_SHAPE}.")
    with installation(config):
        chatbot = require_chatbot(chatbot_uuid)
        figures = summarize(evaluate(chatbot, tqdm(questions, desc="asking", unit="question", file=sys.stderr)))
    if as_json:
        say_json(figures)
    else:
        _show(figures)
    return 0


def _read(name: str, number: int, row: Any) -> Known:
    """Return a question of a file.

    Raises:
        CommandError: a field is missing, or of another kind.
    """
    fields: dict[str, Any] = row if isinstance(row, dict) else {}
    answers, is_answerable = fields.get("answers") or [], fields.get("answerable", True)
    texts: list[Any] = [fields.get("question"), fields.get("doc_id") or "", fields.get("kind") or ""]
    are_texts = all(isinstance(text, str) for text in texts)
    if not are_texts or not texts[0] or not isinstance(answers, list) or not isinstance(is_answerable, bool):
        raise CommandError(f"{name}, line {number}, is not {_SHAPE}: correct it.")
    answers = tuple(str(answer) for answer in answers)
    if is_answerable and not any(answer.strip() for answer in answers):
        raise CommandError(f'{name}, line {number}, has no answers: give some, or say "answerable": false.')
    question = texts[0].encode("utf-8", "replace").decode()  # half a character is no text
    return Known(question, answers, texts[1], is_answerable, texts[2])


def _show(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            for kind, share in value.items():
                say(f"{'refused, ' + kind:24} {share:.1%}")
        else:
            say(f"{name:24} {'–' if value is None else f'{value:.3f}' if isinstance(value, float) else value}")
