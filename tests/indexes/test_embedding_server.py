"""The embedding process of a worker machine gives what the embedder itself gives."""

import threading

import numpy as np
import pytest

from indexes import embedding_server
from indexes.embedding_server import EmbeddingServerGone, RemoteEmbedder
from indexes.sentences import Span
from tests.indexes.word_embedder import WordEmbedder

TEXTS = ["Goods may be returned. They must be unused.", "Nine to six"]
SPANS = [[Span(0, 22), Span(23, 43)], []]


@pytest.fixture
def remote(tmp_path):
    path = str(tmp_path / "embedder.sock")
    with embedding_server._Server(path, embedding_server._Talk) as server:
        server.embedder = WordEmbedder()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        client = RemoteEmbedder(path)
        yield client
        client._stream.close()
        server.shutdown()
        thread.join()


def test_texts_and_their_spans_come_back_as_they_are_made(remote):
    for (whole, parts), (expected, rows) in zip(
        remote.embed_with_spans(TEXTS, SPANS), WordEmbedder().embed_with_spans(TEXTS, SPANS), strict=True
    ):
        assert np.array_equal(whole, expected)
        assert np.array_equal(parts, rows)


def test_no_text_is_no_vector(remote):
    assert remote.embed_with_spans([], []) == []
    assert remote.embed_batch([]).shape == (0, WordEmbedder.dimension)


def test_a_process_that_is_gone_is_said_to_be_gone(remote):
    remote._stream.close()
    with pytest.raises(EmbeddingServerGone, match="does not answer"):
        remote.embed_with_spans(TEXTS, SPANS)
