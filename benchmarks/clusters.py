"""How well questions are grouped by their meaning: `python benchmarks/clusters.py EMBEDDER_FOLDER`.

Of all pairs of questions: how many that stand together mean the same (precision), and how many that mean the same stand
together (recall), averaged over ten orders in which they come. `alike` adds questions that look the same and are not.
"""

from __future__ import annotations

import itertools
import random
import sys
from pathlib import Path
from statistics import mean

from installation import ROOT

sys.path.insert(0, str(ROOT))

from app.learning.clustering import NEAR
from indexes.artifact import DEFAULT_MODEL
from indexes.embedder import open_embedder
from indexes.vector_index import Vectors

THRESHOLDS = (0.55, 0.6, 0.65, NEAR, 0.75, 0.8)


def read_groups(*, with_alike: bool) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for line in (ROOT / "benchmarks" / "paraphrases.txt").read_text(encoding="utf-8").splitlines():
        for sign in (" = ", " ! "):
            question, found, other = line.partition(sign)
            if not found or line.startswith("#"):
                continue
            group = groups.setdefault(question, [question])
            if sign == " = ":
                group.append(other)
            elif with_alike:
                groups.setdefault(other, [other])
    return list(groups.values())


def cluster(vectors: Vectors, order: list[int], near: float) -> dict[int, int]:
    leaders: list[int] = []
    found: dict[int, int] = {}
    for i in order:
        cosines = vectors[leaders] @ vectors[i] if leaders else None
        if cosines is None or cosines.max() < near:
            leaders.append(i)
            found[i] = len(leaders) - 1
        else:
            found[i] = int(cosines.argmax())
    return found


def measure(vectors: Vectors, labels: list[int], near: float, seed: int) -> tuple[float, float]:
    order = list(range(len(labels)))
    random.Random(seed).shuffle(order)
    found = cluster(vectors, order, near)
    together = [(found[i] == found[j], labels[i] == labels[j]) for i, j in itertools.combinations(order, 2)]
    both = sum(a and b for a, b in together)
    return both / max(1, sum(a for a, _ in together)), both / sum(b for _, b in together)


def main(folder: str) -> None:
    embedder = open_embedder(DEFAULT_MODEL, Path(folder))
    print("near   precision  recall   precision  recall (alike)")
    sets = []
    for with_alike in (False, True):
        groups = read_groups(with_alike=with_alike)
        labels = [n for n, group in enumerate(groups) for _ in group]
        sets.append((embedder.embed_batch([text for group in groups for text in group]), labels))
    for near in THRESHOLDS:
        rows = [
            [mean(kind) for kind in zip(*(measure(*one, near, seed) for seed in range(10)), strict=True)]
            for one in sets
        ]
        print(f"{near:.2f}" + "".join(f"{precision:12.2f}{recall:8.2f}" for precision, recall in rows))


if __name__ == "__main__":
    main(sys.argv[1])
