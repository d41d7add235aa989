"""How often a question gets an owner's own answer: meant the same (wanted), or only looking like it (never wanted)."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from installation import ROOT, print_machine, print_table

sys.path.insert(0, str(ROOT))

Pairs = list[tuple[str, str]]  # (what the owner answered, what is asked)


def read_own(sign: str) -> Pairs:
    lines = (ROOT / "benchmarks" / "paraphrases.txt").read_text(encoding="utf-8").splitlines()
    return [(known, asked) for known, found, asked in (line.partition(f" {sign} ") for line in lines) if found]


def read_neighbors(model: Any, folder: Path) -> tuple[Pairs, Pairs]:
    """Questions of SQuAD beside the nearest of the same article with another answer; and those without any answer."""
    by_article: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["subset"] == "squad" and row.get("doc_id"):
            by_article[row["doc_id"]].append(row)
    found = [find_nearest(model, rows) for rows in by_article.values()]
    return [pair for others, _ in found for pair in others], [pair for _, others in found for pair in others]


def find_nearest(model: Any, rows: list[dict[str, Any]]) -> tuple[Pairs, Pairs]:
    vectors = model.embed_batch([row["question"] for row in rows])
    cosines = vectors @ vectors.T
    answers = [{answer.lower() for answer in row["answers"]} if row["answerable"] else set() for row in rows]
    found: tuple[Pairs, Pairs] = [], []
    for i, row in enumerate(rows):
        others = [j for j, theirs in enumerate(answers) if theirs and theirs.isdisjoint(answers[i])]
        if others:
            best = max(others, key=lambda j: cosines[i, j])
            found[0 if row["answerable"] else 1].append((rows[best]["question"], row["question"]))
    return found


def count_served(model: Any, pairs: Pairs) -> int:
    from indexes.same_question import is_same

    cosines = (model.embed_batch([k for k, _ in pairs]) * model.embed_batch([a for _, a in pairs])).sum(axis=1)
    rows = zip(pairs, cosines.tolist(), strict=True)
    return sum(is_same(asked, known, cosine, model.cover) for (known, asked), cosine in rows)


def count_with_wordings(model: Any, pairs: Pairs) -> int:
    """Count paraphrases that are served where the owner has named all others of the same question as its wordings."""
    named = [(other, asked) for known, asked in pairs for owner, other in pairs if owner == known and other != asked]
    served = {asked for known, asked in [*pairs, *named] if count_served(model, [(known, asked)])}
    return len(served)


def main() -> int:
    from indexes.artifact import DEFAULT_MODEL, build_artifact
    from indexes.embedder import open_embedder

    print_machine()
    with TemporaryDirectory(prefix="docent-bench-") as folder:
        build_artifact(DEFAULT_MODEL, Path(folder) / "embedder")
        model = open_embedder(DEFAULT_MODEL, Path(folder) / "embedder")
    others, unanswerable = read_neighbors(model, Path(sys.argv[1]))
    sets = {
        "the same in other words": read_own("="),
        "something else that looks like it": read_own("!"),
        "SQuAD: another question of the article": others,
        "SQuAD: a question without an answer": unanswerable,
    }
    rows = [(name, f"{count_served(model, pairs)} of {len(pairs)}") for name, pairs in sets.items()]
    own = sets["the same in other words"]
    rows.insert(
        1, ("the same, where the others are named as its wordings", f"{count_with_wordings(model, own)} of {len(own)}")
    )
    print_table("Served word for word", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
