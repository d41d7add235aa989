"""Generations on disk: whole or refused, and extended as if they had been built anew."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from indexes.durable import FolderTaken
from indexes.store import CorruptGeneration, IndexRow, MissingGeneration, open_generation, write_generation
from tests.indexes.word_embedder import WordEmbedder

EMBEDDER = WordEmbedder()
ROOT = Path(__file__).resolve().parents[2]
TEXTS = {
    1: "Parcels arrive within three days.",
    2: "Goods may be returned within a month.",
    3: "The shop opens at nine.",
    4: "Penguins live in the cold south.",
}


def rows(*ids):
    return [IndexRow(i, TEXTS[i], "Terms", "", EMBEDDER.embed_query(TEXTS[i])) for i in ids]


def write(folder, *ids, **more):
    return write_generation(folder, rows(*ids), embedder_name=EMBEDDER.name, dimension=EMBEDDER.dimension, **more)


def find(folder, question, *terms):
    generation = open_generation(folder)
    ids, _ = generation.vectors.search(EMBEDDER.embed_query(question), 2)
    return ids.tolist(), [i for i, _ in generation.lexical.search(terms, 5)]


def test_what_was_written_is_found(tmp_path):
    assert write(tmp_path / "one", 1, 2, 3).n_chunks == 3
    dense, lexical = find(tmp_path / "one", "The shop opens at nine.", "shop", "open")
    assert (dense[0], lexical) == (3, [3])


def test_an_extended_one_finds_the_new_and_forgets_what_is_gone(tmp_path):
    write(tmp_path / "one", 1, 2, 3)
    manifest = write(tmp_path / "two", 4, base=open_generation(tmp_path / "one"), gone=[2])
    extended = open_generation(tmp_path / "two")
    assert manifest.n_chunks == len(extended.vectors) == 3
    assert sorted(extended.vectors.ids().tolist()) == [1, 3, 4]
    assert find(tmp_path / "two", "penguins", "penguin")[1] == [4]
    assert find(tmp_path / "two", "goods returned", "return", "good")[1] == []
    assert find(tmp_path / "two", "parcels", "parcel")[1] == [1]


def test_extending_leaves_the_one_before_as_it_was(tmp_path):
    write(tmp_path / "one", 1, 2, 3)
    write(tmp_path / "two", 4, base=open_generation(tmp_path / "one"), gone=[1, 2, 3])
    assert sorted(open_generation(tmp_path / "one").vectors.ids().tolist()) == [1, 2, 3]
    assert find(tmp_path / "one", "goods returned", "return")[1] == [2]


def test_a_term_that_only_removed_chunks_had_still_has_a_weight(tmp_path):
    write(tmp_path / "one", 1, 2, 3)
    write(tmp_path / "two", 4, base=open_generation(tmp_path / "one"), gone=[1, 2])
    assert open_generation(tmp_path / "two").lexical.weigh("within") > 0


def test_a_published_folder_is_never_replaced(tmp_path):
    write(tmp_path / "one", 1)
    with pytest.raises(FolderTaken):
        write(tmp_path / "one", 2)


def test_every_changed_byte_is_noticed(tmp_path):
    write(tmp_path / "one", 1, 2)
    for path in sorted(p for p in (tmp_path / "one").rglob("*") if p.is_file()):
        before = path.read_bytes()
        if not before:
            continue
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(CorruptGeneration):
            open_generation(tmp_path / "one")
        path.write_bytes(before)
    open_generation(tmp_path / "one")


def test_what_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingGeneration):
        open_generation(tmp_path / "none")


def test_the_example_of_the_format_runs_as_it_is_written(tmp_path):
    page = (ROOT / "indexes" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    command = [sys.executable, "-c", example, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["found"] == [2]
