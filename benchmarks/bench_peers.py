"""Docent beside others: `bench_peers.py SETFOLDER` puts the same documents and questions to all, and prints a table.

Each system runs in processes of its own (peers/step.py): one that indexes, one that finds for the first time, one that
is asked, one that adds a document. All are measured from outside, in rounds of opposite order; a figure is the median
of the rounds, times of questions are of all rounds together. The table is Markdown; the last line is the same as JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

from answers import name_file, read_rows
from installation import ROOT, print_machine, quantile
from measured import Peer, Used, run_step

sys.path.insert(0, str(ROOT))

from app.answering.scoring import Known, first_relevant

PEERS = ROOT / "benchmarks" / "peers"
SUBSETS = ("squad", "clapnq")
BUDGET = 1000  # words that a chat model might be given
ADDED = "# Zebras of the herd\n\nThe zebra called Quillon has forty-two stripes, more than any other of its herd.\n"
ABOUT_ADDED = "How many stripes has the zebra called Quillon?"
OTHERS = {
    "LangChain + FAISS": "langchain_faiss", "LlamaIndex": "llamaindex", "Haystack": "haystack_memory",
    "txtai": "txtai_faiss",
}  # fmt: skip


@dataclass
class Figures:
    """What was measured of one system, a value for each round or question."""

    versions: dict[str, str] = field(default_factory=dict)
    steps: dict[str, list[Used]] = field(default_factory=dict)
    disk_mb: list[float] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    adding_s: list[float] = field(default_factory=list)
    adding_cpu_s: list[float] = field(default_factory=list)
    ranks: list[int | None] = field(default_factory=list)
    within: list[bool] = field(default_factory=list)
    words: list[int] = field(default_factory=list)

    def of(self, step: str, what: str) -> float:
        return median(getattr(used, what) for used in self.steps[step])

    def recall(self, k: int) -> float:
        return mean(rank is not None and rank <= k for rank in self.ranks)


@dataclass(frozen=True)
class Row:
    """A line of the table: how to read it, in how many decimals, and whether less is better."""

    name: str
    read: Callable[[Figures], float]
    decimals: int = 1
    less: bool = True


ROWS = (
    Row("indexing, s", lambda f: f.of("index", "wall")),
    Row("indexing, s of processor", lambda f: f.of("index", "cpu")),
    Row("indexing, memory at most, MB", lambda f: f.of("index", "memory_mb"), 0),
    Row("index on disk, MB", lambda f: median(f.disk_mb)),
    Row("process start to first result, s", lambda f: f.of("first", "wall")),
    Row("the same, s of processor", lambda f: f.of("first", "cpu")),
    Row("a question, p50, ms", lambda f: quantile(f.times_ms, 0.5)),
    Row("a question, p95, ms", lambda f: quantile(f.times_ms, 0.95)),
    Row("a question, ms of processor", lambda f: median(f.cpu_ms)),
    Row("answering, memory at most, MB", lambda f: f.of("ask", "memory_mb"), 0),
    Row("one document more, s", lambda f: median(f.adding_s), 2),
    Row("one document more, s of processor", lambda f: median(f.adding_cpu_s), 2),
    Row("nDCG@10", lambda f: mean(1 / math.log2(1 + rank) if rank else 0 for rank in f.ranks), 3, less=False),
    Row("recall@1", lambda f: f.recall(1), 3, less=False),
    Row("recall@10", lambda f: f.recall(10), 3, less=False),
    Row(f"the answer within {BUDGET:,} words of hits", lambda f: mean(f.within), 3, less=False),
    Row("words of ten hits, mean", lambda f: mean(f.words), 0),
)


@dataclass(frozen=True)
class Material:
    """Documents in files, the questions about them, and one file that is added later."""

    paths: list[Path]
    questions: list[dict[str, Any]]
    added: Path


def write_material(source: Path, folder: Path, every: int) -> Material:
    chosen = [document for document in read_rows(source / "corpus.jsonl") if document["subset"] in SUBSETS]
    paths = [folder / name_file(document["id"]) for document in chosen]
    for path, document in zip(paths, chosen, strict=True):
        path.write_text(f"# {document['title']}\n\n{document['text']}\n", encoding="utf-8")
    added = folder / "added" / "zebra.md"
    added.parent.mkdir()
    added.write_text(ADDED, encoding="utf-8")
    questions = [q for q in read_rows(source / "questions.jsonl") if q["answerable"] and q["subset"] in SUBSETS]
    return Material(paths, questions[::every], added)


def count_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def measure(peer: Peer, figures: Figures, material: Material, asked: Sequence[dict[str, Any]], store: Path) -> None:
    """Take one system through one round; `store` is what installing has left."""
    before = count_mb(store)
    paths, questions = list(map(str, material.paths)), [question["question"] for question in asked]

    def step(name: str, **given: Any) -> dict[str, Any]:
        used, told = run_step(peer, name, store, {"questions": questions, **given})
        figures.steps.setdefault(name, []).append(used)
        return told

    figures.versions = step("index", paths=paths)["versions"]
    figures.disk_mb.append(count_mb(store) - before)
    note_hits(figures, asked, step("ask"))
    adding = step("add", paths=[str(material.added)])
    figures.adding_s.append(adding["wall"])
    figures.adding_cpu_s.append(adding["cpu"])
    if material.added.name not in step("first", questions=[ABOUT_ADDED])["found"]:
        raise SystemExit(f"{peer.name} does not find the document that was added: the figures would not compare.")


def note_hits(figures: Figures, asked: Sequence[dict[str, Any]], told: dict[str, Any]) -> None:
    figures.times_ms += told["times_ms"]
    figures.cpu_ms.append(told["cpu_ms"])
    for question, numbers in zip(asked, told["hits"], strict=True):
        hits = [(name, text) for name, text in (told["pieces"][number] for number in numbers)]
        known = Known(question["question"], tuple(question["answers"]), question["doc_id"])
        figures.ranks.append(first_relevant(known, hits))
        figures.words.append(sum(len(text.split()) for _, text in hits))
        figures.within.append(first_relevant(known, cut(hits, BUDGET)) is not None)


def cut(hits: Sequence[tuple[str, str]], n_words: int) -> list[tuple[str, str]]:
    """Return as much of the hits, best first, as has that many words."""
    kept = []
    for name, text in hits:
        words = text.split()[:n_words]
        n_words -= len(words)
        kept.append((name, " ".join(words)))
    return kept


def compare(peers: Sequence[Peer], material: Material, n_rounds: int, folder: Path) -> dict[str, Figures]:
    """Measure all systems, each round the other way round, with its share of the questions."""
    figures = {peer.name: Figures() for peer in peers}
    for peer in peers:
        (folder / peer.name).mkdir()
        if peer.is_installed:
            run_step(peer, "install", folder / peer.name, {})
    for n in range(n_rounds):
        for peer in peers if n % 2 == 0 else reversed(peers):
            print(f"round {n + 1} of {n_rounds}: {peer.name}", file=sys.stderr, flush=True)
            store = folder / "store"
            shutil.copytree(folder / peer.name, store)
            measure(peer, figures[peer.name], material, material.questions[n::n_rounds], store)
            shutil.rmtree(store)
    return figures


def format_row(row: Row, figures: Sequence[Figures]) -> str:
    """Return a line of Markdown in which the best value, and what is shown as the same, is bold."""
    values = [row.read(own) for own in figures]
    shown = [f"{value:,.{row.decimals}f}" for value in values]
    best = shown[values.index((min if row.less else max)(values))]
    cells = [f"**{text}**" if text == best and len(shown) > 1 else text for text in shown]
    return f"| {row.name} | {' | '.join(cells)} |"


def print_report(figures: dict[str, Figures]) -> None:
    print(f"| | {' | '.join(figures)} |\n|---|{'---|' * len(figures)}")
    for row in ROWS:
        print(format_row(row, list(figures.values())))
    print()
    for name, own in figures.items():
        print(f"- {name}: {', '.join(f'{package} {number}' for package, number in own.versions.items())}")
    told = {
        name: {"versions": own.versions, **{row.name: round(row.read(own), 4) for row in ROWS}}
        for name, own in figures.items()
    }
    print(f"\n{json.dumps(told)}", flush=True)


def choose_peers(only: Sequence[str]) -> list[Peer]:
    """Return Docent and the others, or of them those whose module is named."""
    python = ROOT / ".peers" / "bin" / "python"
    others = [Peer(name, PEERS / f"{module}.py", python) for name, module in OTHERS.items()]
    docent = Peer("Docent", PEERS / "docent.py", Path(sys.executable), is_installed=True)
    return [docent, *(peer for peer in others if not only or peer.module.stem in only)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, help="with corpus.jsonl and questions.jsonl, as benchmarks/answers.py has it"
    )
    parser.add_argument("--only", nargs="*", default=[], choices=OTHERS.values(), help="compare with these alone")
    parser.add_argument("--every", type=int, default=1, help="take each n-th question only")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="that each may compute with")
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    print_machine()
    with TemporaryDirectory(prefix="docent-peers-") as name:
        texts, stores = Path(name, "texts"), Path(name, "stores")
        texts.mkdir()
        stores.mkdir()
        material = write_material(args.folder, texts, args.every)
        print(
            f"{len(material.paths)} documents, {count_mb(texts):.1f} MB of text, {len(material.questions)} questions, "
            f"{args.rounds} rounds, {args.threads} threads at most\n"
        )
        print_report(compare(choose_peers(args.only), material, args.rounds, stores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
