"""`ask` and `search`: one question, or many with the models loaded once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import answering
from app.commands.failing import CommandError
from app.commands.opening import installation, require_chatbot
from app.commands.saying import say, say_json
from models import Chatbot, db

if TYPE_CHECKING:
    import argparse

    from config import Config

Answerer = Callable[[Chatbot, str], dict[str, Any]]


def _read_questions(args: argparse.Namespace) -> Iterator[tuple[Any, str]]:
    """Yield (id, question); the id is None for the one question of the command line."""
    if bool(args.question) == bool(args.questions):
        raise CommandError("Give one question, or a file of them with --questions.")
    if args.question:
        yield None, args.question
        return
    for number, row in read_rows(args.questions):
        try:
            yield row["id"], str(row["question"])
        except (KeyError, TypeError) as error:
            raise _not_a_question(args.questions, number) from error


def read_rows(name: str) -> Iterator[tuple[int, Any]]:
    """Yield (number of the line, what it holds) of a file with JSON on each line; empty lines are left out.

    Raises:
        CommandError: it can't be read, or a line is not JSON.
    """
    try:
        lines = Path(name).read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise CommandError(f"{name} can't be read ({error.strerror}): check its name and rights.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is not UTF-8: save it as that.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise _not_a_question(name, number) from error


def _not_a_question(name: str, number: int) -> CommandError:
    return CommandError(f'{name}, line {number}, is not {{"id": ..., "question": "..."}}: correct it.')


def _run(config: Config, args: argparse.Namespace, answer: Answerer, show: Callable[[dict[str, Any]], None]) -> int:
    questions = list(_read_questions(args))
    with installation(config):
        chatbot = require_chatbot(args.chatbot)
        for question_id, question in questions:
            result = answer(chatbot, question.encode("utf-8", "replace").decode())  # half a character is no text
            if args.json or question_id is not None:
                row = result if question_id is None else {"id": question_id, **result}
                say_json(row)
            else:
                show(result)
    return 0


def ask(config: Config, args: argparse.Namespace) -> int:
    """Answer questions; a refusal is an answer too."""
    answer = _record() if args.record else _answer
    return _run(config, args, answer, _show_answer)


def _answer(chatbot: Chatbot, question: str) -> dict[str, Any]:
    return answering.answer(chatbot, question).to_json()


def _record() -> Answerer:
    """Return what answers and writes it down, all in one chat."""
    from app.domains import embeds
    from app.history import recording

    session: list[Any] = []

    def answer(chatbot: Chatbot, question: str) -> dict[str, Any]:
        if not session:
            embed = embeds.preview_embed(chatbot)
            session.append(recording.start_session(embed, "", "command line")[0])
        turn = recording.open_turn(session[0], question, uuid.uuid4().hex)
        db.session.commit()
        found = answering.answer(chatbot, question)
        recording.close_turn(turn.id, found)
        return found.to_json()

    return answer


def search(config: Config, args: argparse.Namespace) -> int:
    """Show the best hits of questions."""
    if args.k < 1:
        raise CommandError(f"--k {args.k} finds nothing: use a number from 1.")

    def find(chatbot: Chatbot, question: str) -> dict[str, Any]:
        hits = answering.search(chatbot, question, k=args.k)
        db.session.rollback()
        return {"hits": [hit.to_json() for hit in hits]}

    return _run(config, args, find, _show_hits)


def _show_answer(result: dict[str, Any]) -> None:
    say(result["answer"])
    for citation in result["citations"]:
        where = ", ".join(f"{name} {value}" for name, value in citation["locator"].items())
        say(f"  [{citation['n']}] {citation['title']}{', ' + where if where else ''}")
    say(f"  ({result['state']}, {result['response_ms']} ms)")


def _show_hits(result: dict[str, Any]) -> None:
    for hit in result["hits"]:
        say(f"{hit['score']:.3f}  {hit['document']}  {hit['locator']}\n    {hit['text'][:160]!r}")
