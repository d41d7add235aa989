"""How good answers are: `answers.py SETFOLDER [--every N]` trains a chatbot per question set, asks, and scores.

SETFOLDER holds corpus.jsonl, {"id", "title", "text", "subset"}, and questions.jsonl, {"id", "question", "answers",
"doc_id", "answerable", "kind"?, "subset"}. One chatbot is trained on all of them, then one on each. A hit counts when
its document is the question's and its text holds one of the answers: nDCG@10 is 1 / log2(1 + rank of the first).
Answers are compared as words, without case and accents; of one longer than ten words, 60 % of its words are enough.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from installation import ROOT, print_machine, print_table, run, throwaway_installation

sys.path.insert(0, str(ROOT))

from app.answering.scoring import Known, first_relevant, holds

SUBSETS = ("squad", "clapnq")
Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def name_file(document_id: str) -> str:
    return re.sub(r"[^\w.-]", "_", document_id) + ".md"


def rank_of(question: Row, hits: Sequence[Row]) -> float:
    """Return the rank of the first hit that holds the answer, from 1; infinity where none does."""
    known = Known(question["question"], tuple(question["answers"]), question["doc_id"])
    return first_relevant(known, [(hit["document"], hit["text"]) for hit in hits]) or math.inf


def train(documents: Iterable[Row]) -> str:
    uuid = run("chatbot", "create", "answers").strip()
    with tempfile.TemporaryDirectory() as folder:
        for document in documents:
            text = f"# {document['title']}\n\n{document['text']}\n"
            (Path(folder) / name_file(document["id"])).write_text(text, encoding="utf-8")
        run("train", uuid, folder, "--json")
    return uuid


def ask(command: str, uuid: str, questions: Sequence[Row], *options: str) -> list[Row]:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": q["id"], "question": q["question"]}) + "\n" for q in questions)
        file.flush()
        return [json.loads(line) for line in run(command, uuid, "--questions", file.name, *options).splitlines()]


def score(uuid: str, questions: Sequence[Row]) -> list[tuple[str, str]]:
    answerable = [question for question in questions if question["answerable"]]
    found = ask("search", uuid, answerable, "--json")
    ranks = [rank_of(question, result["hits"]) for question, result in zip(answerable, found, strict=True)]
    rows = [
        ("answerable questions", str(len(answerable))),
        ("nDCG@10", f"{mean(1 / math.log2(1 + rank) for rank in ranks):.3f}"),
        ("recall@1", f"{mean(rank == 1 for rank in ranks):.3f}"),
    ]
    answers = ask("ask", uuid, questions)
    shown, by_kind = [], defaultdict(list)
    for question, answer in zip(questions, answers, strict=True):
        if question["answerable"]:
            shown.append((question, answer))
        else:
            by_kind[question.get("kind", "ood")].append(answer["state"] == "refused")
    grounded = [(question, answer) for question, answer in shown if answer["state"] == "grounded"]
    in_text = sum(holds(answer["answer"], question["answers"]) for question, answer in grounded)
    quotes = [(q, " ".join(citation["quote"] for citation in a["citations"])) for q, a in grounded]
    in_quotes = sum(holds(quote, question["answers"]) for question, quote in quotes)
    rows += [
        ("answered", f"{len(grounded) / len(shown):.1%}"),
        ("the answer holds what was asked for", f"{in_text / len(shown):.1%}"),
        ("a quote holds it", f"{in_quotes / len(shown):.1%}"),
        ("words of an answer, on average", f"{mean(len(a['answer'].split()) for _, a in grounded):.0f}"),
    ]
    return rows + [(f"{kind}: refused of {len(own)}", f"{mean(own):.1%}") for kind, own in sorted(by_kind.items())]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each n-th question only")
    args = parser.parse_args()
    corpus, questions = (read_rows(args.folder / f"{name}.jsonl") for name in ("corpus", "questions"))
    print_machine()
    with throwaway_installation():
        for subsets in (SUBSETS, *((subset,) for subset in SUBSETS)):
            uuid = train(document for document in corpus if document["subset"] in subsets)
            chosen = [question for question in questions if question["subset"] in subsets]
            print_table(" and ".join(subsets) + ", one chatbot", score(uuid, chosen[:: args.every]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
