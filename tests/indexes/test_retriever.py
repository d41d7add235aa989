"""Retrieval over a small index: the right chunk first, nothing that is not live, evidence that says why."""

from dataclasses import replace

import pytest

from indexes import evidence
from indexes.evidence import Evidence, support
from indexes.retriever import StoredChunk, retrieve
from indexes.sentence_vectors import pack_sentences
from indexes.sentences import split_sentences
from indexes.store import IndexRow, open_generation, write_generation
from indexes.weighing import N_EMBEDDED, weigh
from tests.indexes.word_embedder import WordEmbedder

TEXTS = {
    1: "Parcels are delivered within three working days. Islands take a week.",
    2: "Goods may be returned within forty-five days. They must be unused.",
    3: "The shop opens at nine. It closes at six.",
}


def store(text, *, with_sentences=True):
    spans = split_sentences(text)
    vectors = WordEmbedder().embed_batch([text[start:end] for start, end in spans])
    return StoredChunk(text, "Terms", pack_sentences(spans, vectors) if with_sentences else None)


@pytest.fixture
def embedder():
    return WordEmbedder()


@pytest.fixture(scope="module")
def generation(tmp_path_factory):
    folder, embedder = tmp_path_factory.mktemp("index") / "one", WordEmbedder()
    rows = [IndexRow(i, text, "Terms", "", embedder.embed_query(text)) for i, text in TEXTS.items()]
    write_generation(folder, rows, embedder_name=embedder.name, dimension=embedder.dimension)
    return open_generation(folder)


def find(generation, embedder, question, *, live=TEXTS, with_sentences=True, rate=None):
    return retrieve(
        generation, embedder, question, 3, is_live=lambda ids: set(ids) & set(live),
        read_chunks=lambda ids: {i: store(TEXTS[i], with_sentences=with_sentences) for i in ids}, rate=rate,
    )  # fmt: skip


def ask(generation, embedder, question, **how):
    return weigh(find(generation, embedder, question, **how), generation, embedder, 3)


def test_the_best_sentence_leads(generation, embedder):
    found = ask(generation, embedder, "When may goods be returned?")
    assert found.hits[0].chunk_id == 2
    assert max(found.sentences, key=lambda s: s.cosine).text == "Goods may be returned within forty-five days."
    assert found.evidence.sentence_terms == pytest.approx(1)
    assert found.evidence.missing == ()


def test_sentences_come_hit_by_hit_in_the_order_of_their_text(generation, embedder):
    found = ask(generation, embedder, "When may goods be returned?")
    assert [s.chunk_id for s in found.sentences[:2]] == [2, 2]
    assert [TEXTS[s.chunk_id][s.start : s.end] for s in found.sentences] == [s.text for s in found.sentences]
    assert found.sentences[0].start < found.sentences[1].start


def test_hits_alone_embed_the_question_alone(generation, embedder):
    found = find(generation, embedder, "When may goods be returned?")
    assert (found.hits[0].chunk_id, embedder.embedded) == (2, ["When may goods be returned?"])


def test_an_answer_embeds_the_question_and_the_best_sentences(generation, embedder):
    ask(generation, embedder, "When may goods be returned?")
    assert len(embedder.embedded) == 1 + N_EMBEDDED


def test_a_chunk_that_may_not_be_shown_is_nowhere(generation, embedder):
    found = ask(generation, embedder, "When may goods be returned?", live={1, 3})
    assert 2 not in {hit.chunk_id for hit in found.hits} | {s.chunk_id for s in found.sentences}
    assert ask(generation, embedder, "When may goods be returned?", live=()).hits == []


def test_chunks_without_stored_sentences_are_found_too(generation, embedder):
    found = ask(generation, embedder, "When may goods be returned?", with_sentences=False)
    assert found.hits[0].chunk_id == 2
    assert {s.chunk_id for s in found.sentences} == {1, 2, 3}


def test_terms_that_nothing_holds_are_named(generation, embedder):
    found = ask(generation, embedder, "Do penguins return goods?")
    assert found.evidence.missing == ("penguin",)
    assert found.evidence.terms < 1


@pytest.mark.parametrize("question", ["", "?", "the of and", "\x00", "x" * 5000])
def test_a_question_without_a_word_does_no_harm(generation, embedder, question):
    assert ask(generation, embedder, question).evidence.terms == 0


def test_more_evidence_is_more_support():
    weak, strong = Evidence(0.2, 0.2, 0.1, 0.1), Evidence(0.8, 0.8, 1.0, 1.0)
    assert 0 < support(weak) < 0.1
    assert 0.9 < support(strong) < 1


def test_a_reranker_has_the_last_word_on_the_order_and_none_on_the_evidence(generation, embedder):
    def rate(_question, texts):
        return [float("opens at nine" in text) for text in texts]

    question = "How are parcels delivered?"
    plain, rated = ask(generation, embedder, question), ask(generation, embedder, question, rate=rate)
    assert (plain.hits[0].chunk_id, rated.hits[0].chunk_id) == (1, 3)
    assert {hit.chunk_id for hit in rated.hits} == {hit.chunk_id for hit in plain.hits}
    assert (rated.evidence.chunk, rated.evidence.sentence) == (plain.evidence.chunk, plain.evidence.sentence)


@pytest.mark.parametrize(("look", "is_taken"), [((0.0, 1.0), True), ((1.0, 1.0), False)])
def test_a_closer_look_is_taken_where_the_first_leaves_doubt(generation, embedder, monkeypatch, look, is_taken):
    monkeypatch.setattr(evidence, "DOUBT", look)
    found = ask(generation, embedder, "When may goods be returned?")
    assert (found.evidence.coverage is not None) is is_taken


def test_what_meets_the_question_word_by_word_speaks_for_an_answer():
    doubtful = Evidence(0.45, 0.5, 0.5, 0.4)
    assert evidence.is_doubtful(doubtful)
    supports = [support(replace(doubtful, coverage=covered)) for covered in (0.3, 0.5, 0.7)]
    assert supports[0] < 0.45 < supports[2]
    assert supports == sorted(supports)
