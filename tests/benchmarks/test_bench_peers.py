"""The comparison with other systems: what it measures and how it tells, tried on tiny systems of our own."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from config import ROOT

BENCHMARKS = ROOT / "benchmarks"

BY_WORDS = '''
import json
from collections import Counter


class System:
    """Finds the documents that share most words with the question."""

    packages = ("pytest",)

    def install(self, store):
        (store / "engine").write_bytes(bytes(50_000))  # no part of what the index weighs

    def index(self, store, paths):
        texts = {path.name: path.read_text(encoding="utf-8") for path in paths}
        (store / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def open(self, store):
        self.store = store
        self.texts = json.loads((store / "texts.json").read_text(encoding="utf-8"))

    def find(self, question, k):
        print("searching")  # what others print must not disturb
        words = set(question.lower().split())
        shared = Counter({name: len(words & set(text.lower().split())) for name, text in self.texts.items()})
        return [(name, self.texts[name]) for name, _ in shared.most_common(k)]

    def add(self, path):
        self.texts[path.name] = path.read_text(encoding="utf-8")
        (self.store / "texts.json").write_text(json.dumps(self.texts), encoding="utf-8")
'''
FORGETFUL = BY_WORDS.partition("    def add")[0] + "    def add(self, path):\n        pass\n"
BROKEN = BY_WORDS.replace('print("searching")', 'raise RuntimeError("no such index")')

CORPUS = [
    {"id": "s 1", "title": "Norway", "text": "Norway has many fjords and its capital is Oslo.", "subset": "squad"},
    {"id": "s 2", "title": "Peru", "text": "Peru lies by the ocean and its capital is Lima.", "subset": "clapnq"},
    {"id": "s 3", "title": "Elsewhere", "text": "Nothing of it is asked here.", "subset": "govt"},
]
QUESTIONS = [
    {"question": "What is the capital of Norway ?", "answers": ["Oslo"], "doc_id": "s 1"},
    {"question": "What is the capital of Peru ?", "answers": ["Lima"], "doc_id": "s 2"},
    {"question": "Which capital lies by the ocean ?", "answers": ["Oslo"], "doc_id": "s 1"},
    {"question": "Who lives in Peru ?", "answers": [], "doc_id": "s 2", "answerable": False},
]


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location("bench_peers", BENCHMARKS / "bench_peers.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


@pytest.fixture(scope="module")
def material(bench, tmp_path_factory):
    source, texts = (tmp_path_factory.mktemp(name) for name in ("source", "texts"))
    asked = [{"answerable": True, "subset": "squad", **question} for question in QUESTIONS]
    for name, rows in (("corpus", CORPUS), ("questions", asked)):
        (source / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return bench.write_material(source, texts, every=1)


def compare(bench, folder, material, n_rounds, **codes):
    for name, code in codes.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    stores = folder / "stores"
    stores.mkdir()
    peers = [bench.Peer(name, folder / f"{name}.py", Path(sys.executable), is_installed=True) for name in codes]
    return bench.compare(peers, material, n_rounds, stores)


@pytest.fixture(scope="module")
def compared(bench, material, tmp_path_factory):
    """Return what was measured of two systems in two rounds, and what was said meanwhile."""
    with redirect_stderr(io.StringIO()) as said:
        figures = compare(bench, tmp_path_factory.mktemp("peers"), material, 2, one=BY_WORDS, other=BY_WORDS)
    return figures, said.getvalue().splitlines()


def test_every_system_is_given_the_same_and_measured_in_each_round(compared):
    figures, said = compared
    assert [line.rpartition(" ")[2] for line in said] == ["one", "other", "other", "one"]
    assert list(figures) == ["one", "other"]
    for own in figures.values():
        assert {step: len(used) for step, used in own.steps.items()} == {"index": 2, "first": 2, "ask": 2, "add": 2}
        assert all(used.cpu > 0 and used.memory_mb > 5 for step in own.steps.values() for used in step)
        assert sorted(own.ranks) == [1, 1, 2]  # the last question names words of the wrong document
        assert own.within == [True] * 3
        assert own.disk_mb == pytest.approx([0.0002] * 2, abs=0.0001)
        assert len(own.times_ms) == 3


def test_the_report_is_a_table_and_the_same_as_json(bench, compared, capsys):
    bench.print_report(compared[0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["| | one | other |", "|---|---|---|"]
    assert f"- one: pytest {pytest.__version__}" in lines
    told = json.loads(lines[-1])["one"]
    assert told["nDCG@10"] == pytest.approx((1 + 1 + 0.6309) / 3, abs=0.001)
    assert told["recall@1"] == pytest.approx(2 / 3, abs=0.001)
    assert "| recall@10 | **1.000** | **1.000** |" in lines


def test_the_best_of_a_line_is_bold_with_all_that_reads_the_same(bench):
    figures = [bench.Figures(disk_mb=[value]) for value in (1.51, 1.49, 3.0)]
    less = bench.Row("disk", lambda own: own.disk_mb[0])
    more = bench.Row("found", lambda own: own.disk_mb[0], 0, less=False)
    assert bench.format_row(less, figures) == "| disk | **1.5** | **1.5** | 3.0 |"
    assert bench.format_row(more, figures) == "| found | 2 | 1 | **3** |"


def test_long_hits_count_as_far_as_a_chat_model_would_read_them(bench):
    hits = [("a", "one two three"), ("b", "four five"), ("c", "six")]
    assert bench.cut(hits, 4) == [("a", "one two three"), ("b", "four"), ("c", "")]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (FORGETFUL, "peer does not find the document that was added"),
        (BROKEN, "peer: ask ended with code 1: RuntimeError: no such index"),
    ],
)
def test_who_does_not_do_its_work_ends_the_comparison_and_is_named(bench, material, tmp_path, code, said):
    with pytest.raises(SystemExit, match=said):
        compare(bench, tmp_path, material, 1, peer=code)


def test_there_is_a_module_for_each_system_that_is_named(bench):
    assert all((BENCHMARKS / "peers" / f"{module}.py").is_file() for module in ("docent", *bench.OTHERS.values()))
    assert [peer.name for peer in bench.choose_peers(["txtai_faiss"])] == ["Docent", "txtai"]
