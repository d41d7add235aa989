"""What the built-in embedding model can read: of the rest its vectors say nothing, and it says so."""

import pytest

from indexes.artifact import DEFAULT_MODEL
from indexes.embedder import open_embedder
from indexes.evidence import Evidence, is_doubtful, support, without_meaning


@pytest.fixture(scope="module")
def model(artifact):
    return open_embedder(DEFAULT_MODEL, artifact)


@pytest.mark.parametrize(("text", "is_read"), [
    ("How long does delivery take?", True), ("Wie lange dauert die Lieferung?", True), ("42", True), ("", True),
    ("À quelle heure ouvrez-vous ?", True), ("Jak długo trwa dostawa?", True), ("การคืนสินค้า", False),
    ("商品可以在多少天内退货？", False), ("كم تكلفة التوصيل؟", False), ("Сколько длится доставка?", False),
])  # fmt: skip
def test_it_knows_what_it_can_read(model, text, is_read):
    assert model.reads(text) is is_read


def test_tokens_are_compared_where_both_texts_can_be_read(model):
    near = model.cover("How much is the plan?", "What does the plan cost?")
    far = model.cover("How much is the plan?", "What does the cat eat?")
    assert near.mean > far.mean
    assert near.least > far.least
    assert model.cover("How much is the plan?", "การคืนสินค้า") is None
    assert model.cover("การจัดส่ง", "การคืนสินค้า") is None, "else every answer in Thai would be every other"


def test_what_can_not_be_read_is_judged_by_its_words_alone():
    alike = without_meaning(Evidence(1.0, 1.0, 0.1, 0.1))
    assert alike == without_meaning(Evidence(0.0, 0.0, 0.1, 0.1))
    assert support(alike) < 0.45 < support(without_meaning(Evidence(0.0, 0.0, 0.6, 0.6)))
    assert is_doubtful(without_meaning(Evidence(0.0, 0.0, 0.4, 0.4)))
