"""Fit the gate again: `fit_gate.py CHATBOT QUESTIONS.jsonl [CHATBOT QUESTIONS.jsonl ...]` prints what to put into code.

Each pair is a trained chatbot and questions, {"question", "answerable", "kind"?} per line. Answerable questions are set
against those of the kinds ood and near_ood; in_doc (the right document without the answer) is beyond scores and is only
reported. Every pair and kind weighs the same, however many questions it has. The first table is the gate's first look;
the second its closer one, which counts where the first leaves doubt: give it chatbots of one set and of several. What
each kind comes to is told of the half of the questions that the constants were not fitted on, both ways.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.answering.passages import load_passages
from app.answering.search import find
from app.collaborators import here
from app.commands.opening import installation, require_chatbot
from config import read_config
from indexes.evidence import DOUBT
from models import db

FEATURES = ("chunk", "sentence", "terms", "sentence_terms", "coverage")
KEPT = (0.94, 0.95, 0.96, 0.97)
Rows = NDArray[np.float64]


def measure(chatbot_uuid: str, path: Path, every: int) -> Iterator[tuple[str, str, list[float]]]:
    """Yield (question, kind, features) of each question; answerable ones are of the kind "answerable"."""
    chatbot = require_chatbot(chatbot_uuid)
    for line in path.read_text(encoding="utf-8").splitlines()[::every]:
        row: dict[str, Any] = json.loads(line)
        found = find(chatbot, row["question"])
        best = load_passages([(hit.chunk_id, hit.score) for hit in found.hits[:1]])
        whole = f"{best[0].title}\n{best[0].heading}\n{best[0].text}" if best else ""
        cover = here().embedder.cover(row["question"], whole)
        covered = replace(found.evidence, coverage=cover.mean if cover else 0.0)
        db.session.rollback()
        kind = "answerable" if row["answerable"] else row.get("kind", "ood")
        yield row["question"], f"{chatbot.name}, {path.stem} {kind}", [getattr(covered, name) for name in FEATURES]


def fit(features: Rows, holds: Rows, weights: Rows, ridge: float = 1e-3) -> Rows:
    """Return the weights and the bias of a logistic over standardized features (Newton's method)."""
    rows = np.c_[features, np.ones(len(features))]
    found = np.zeros(rows.shape[1])
    penalty = ridge * weights.sum() * np.diag([1.0] * features.shape[1] + [0.0])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (weights * (likely - holds)) + penalty @ found
        bend = (rows * (weights * likely * (1 - likely))[:, None]).T @ rows + penalty
        found -= np.linalg.solve(bend, slope)
    return found


@dataclass
class Set:
    """Questions with their cells ("chatbot, set kind"), features, and the half that each is in."""

    cells: list[str]
    features: Rows
    half: NDArray[np.int64]

    @property
    def holds(self) -> NDArray[np.bool_]:
        return np.array([cell.endswith(" answerable") for cell in self.cells])

    @property
    def used(self) -> NDArray[np.bool_]:
        return np.array([not cell.endswith(" in_doc") for cell in self.cells])

    def fit(self, chosen: NDArray[np.bool_], n_features: int) -> tuple[Rows, Rows, Rows]:
        """Return (means, deviations, weights and bias) of a logistic over the first features of chosen questions."""
        rows, holds = self.features[chosen, :n_features], self.holds[chosen]
        cells = [cell for cell, is_chosen in zip(self.cells, chosen, strict=True) if is_chosen]
        counts = Counter(cells)
        n_sides = Counter(cell.endswith(" answerable") for cell in counts)
        weights = np.array([1 / counts[c] / n_sides[h] for c, h in zip(cells, holds.tolist(), strict=True)])
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        return mean, deviation, fit((rows - mean) / deviation, holds.astype(float), weights * len(rows))

    def support(self, fitted: tuple[Rows, Rows, Rows]) -> Rows:
        mean, deviation, found = fitted
        scaled = (self.features[:, : len(mean)] - mean) / deviation
        return np.asarray(1 / (1 + np.exp(-(np.c_[scaled, np.ones(len(scaled))] @ found))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="CHATBOT QUESTIONS")
    parser.add_argument("--every", type=int, default=1, help="take each n-th question only")
    args = parser.parse_args()
    with installation(read_config()):
        pairs = zip(args.pairs[::2], args.pairs[1::2], strict=True)
        rows = [row for uuid, path in pairs for row in measure(uuid, Path(path), args.every)]
    questions, cells, features = zip(*rows, strict=True)
    half = np.array([zlib.crc32(question.encode()) % 2 for question in questions])
    report(Set(list(cells), np.array(features), half))
    return 0


def report(asked: Set) -> None:
    """Print the constants of both looks, and what each kind of question comes to, cross-validated."""
    looks = [judge(asked, n_features) for n_features in (len(FEATURES) - 1, len(FEATURES))]
    in_doubt = (looks[0] > DOUBT[0]) & (looks[0] < DOUBT[1])
    print(f"in doubt after the first look: {in_doubt.mean():.1%}")
    support = np.where(in_doubt, looks[1], looks[0])
    for kept in KEPT:
        threshold = float(np.quantile(support[asked.holds], 1 - kept))
        print(f"threshold that keeps {kept:.0%} of all answerable questions: {threshold:.3f}")
        for cell in sorted(set(asked.cells)):
            mine = np.array([c == cell for c in asked.cells])
            print(f"  {cell}: {(support[mine] >= threshold).mean():.1%} answered of {mine.sum()}")


def judge(asked: Set, n_features: int) -> Rows:
    """Print the constants that all questions give; return each one's support by those of the other half."""
    fitted = asked.fit(asked.used, n_features)
    for name, *row in zip(FEATURES, *fitted, strict=False):
        print(f'    "{name}": ({", ".join(f"{number:.3f}" for number in row)}),')
    print(f"bias {fitted[2][-1]:.2f}\n")
    by_other = [asked.support(asked.fit(asked.used & (asked.half != half), n_features)) for half in (0, 1)]
    return np.where(asked.half == 0, *by_other)


if __name__ == "__main__":
    sys.exit(main())
