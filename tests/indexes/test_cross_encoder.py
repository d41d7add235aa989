"""A real CrossEncoder, as small as can be and untrained: what matters is that texts come back rated, and mistakes told."""

from __future__ import annotations

import pytest

from indexes.artifact_build import find_weights
from indexes.cross_encoder import CrossEncoderReranker
from indexes.sentence_transformer import ModelUnavailable


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    made = tmp_path_factory.mktemp("cross")
    tokenizer = AutoTokenizer.from_pretrained(find_weights())
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(tokenizer), num_labels=1, **small)
    BertForSequenceClassification(config).save_pretrained(made)
    tokenizer.save_pretrained(made)
    return made


def test_each_text_is_rated_in_its_place(folder):
    reranker = CrossEncoderReranker(str(folder))
    texts = ["Parcels take three days.", "The shop is closed on Sundays. " * 500, ""]
    together = reranker.rate("How long do parcels take?", texts)
    assert all(0 <= score <= 1 for score in together)
    alone = [reranker.rate("How long do parcels take?", [text])[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-5)
    assert reranker.rate("anything", []) == []


def test_a_model_that_is_not_there_is_told_by_name(tmp_path):
    with pytest.raises(ModelUnavailable, match="RERANK_MODEL"):
        CrossEncoderReranker(str(tmp_path / "nothing"))
