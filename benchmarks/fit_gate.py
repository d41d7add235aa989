"""Fit the gate again: `fit_gate.py CHATBOT QUESTIONS.jsonl [CHATBOT QUESTIONS.jsonl ...]` prints what to put into code.

Each pair is a trained chatbot and questions, {"question", "answerable", "kind"?} per line. Answerable questions are set
against those of the kinds ood and near_ood; in_doc (the right document without the answer) is beyond scores and is only
reported. Every pair and kind weighs the same, however many questions it has. Train one chatbot per question set: in a
mixed one some "unanswerable" questions find their answer in another set's documents.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.answering.search import find
from app.commands.opening import installation, require_chatbot
from config import read_config
from models import db

FEATURES = ("chunk", "sentence", "terms", "sentence_terms")
KEPT = 0.95
Rows = NDArray[np.float64]


def measure(chatbot_uuid: str, path: Path, every: int) -> list[tuple[str, list[float]]]:
    """Return (kind, features) of each question; answerable ones are of the kind "answerable"."""
    chatbot, rows = require_chatbot(chatbot_uuid), []
    for line in path.read_text(encoding="utf-8").splitlines()[::every]:
        question: dict[str, Any] = json.loads(line)
        evidence = find(chatbot, question["question"]).evidence
        db.session.rollback()
        kind = "answerable" if question["answerable"] else question.get("kind", "ood")
        rows.append((kind, [getattr(evidence, name) for name in FEATURES]))
    return rows


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="CHATBOT QUESTIONS")
    parser.add_argument("--every", type=int, default=1, help="take each n-th question only")
    args = parser.parse_args()
    with installation(read_config()):
        cells = [
            (f"{Path(path).stem} {kind}", values)
            for uuid, path in zip(args.pairs[::2], args.pairs[1::2], strict=True)
            for kind, values in measure(uuid, Path(path), args.every)
        ]
    report([name for name, _ in cells], np.array([values for _, values in cells]))
    return 0


def report(names: list[str], features: Rows) -> None:
    """Fit, and print the constants, the threshold, and what each kind of question comes to at it."""
    holds = np.array([name.endswith(" answerable") for name in names])
    used = np.array([not name.endswith(" in_doc") for name in names])
    counts = Counter(name for name, is_used in zip(names, used, strict=True) if is_used)
    n_sides = Counter(name.endswith(" answerable") for name in counts)
    weights = np.array(
        [1 / counts[n] / n_sides[h] if u else 0.0 for n, h, u in zip(names, holds.tolist(), used, strict=True)]
    )
    mean, deviation = features[used].mean(axis=0), features[used].std(axis=0)
    scaled = (features - mean) / deviation
    found = fit(scaled[used], holds[used].astype(float), weights[used] * used.sum())
    for name, *row in zip(FEATURES, mean, deviation, found, strict=False):
        print(f'    "{name}": ({", ".join(f"{number:.3f}" for number in row)}),')
    print(f"_BIAS = {found[-1]:.2f}")
    support = 1 / (1 + np.exp(-(np.c_[scaled, np.ones(len(scaled))] @ found)))
    for kept in (0.94, KEPT, 0.96, 0.97):
        threshold = float(np.quantile(support[holds], 1 - kept))
        print(f"threshold that keeps {kept:.0%} of all answerable questions: {threshold:.3f}")
        for name in sorted(set(names)):
            mine = np.array([n == name for n in names])
            share = float((support[mine] >= threshold).mean())
            print(f"  {name}: {share:.1%} answered of {mine.sum()}")


if __name__ == "__main__":
    sys.exit(main())
