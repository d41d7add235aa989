"""A small real embedder for tests: a text's vector counts its words, so texts that share words are alike."""

import zlib

import numpy as np

from indexes.cover import Cover


class WordEmbedder:
    """Implements `indexes.embedder.Embedder`; `embedded` keeps every text that it was given."""

    name = "words/1"
    dimension = 64

    def __init__(self):
        self.embedded = []

    def embed_query(self, text):
        self.embedded.append(text)
        vector = np.full(self.dimension, 1e-6, dtype=np.float32)
        for word in text.lower().replace(".", " ").replace("?", " ").split():
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        return vector / np.linalg.norm(vector)

    def embed_batch(self, texts):
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def embed_with_spans(self, texts, spans):
        return [
            (self.embed_query(text), self.embed_batch([text[start:end] for start, end in own]))
            for text, own in zip(texts, spans, strict=True)
        ]

    def reads(self, text):
        return True

    def cover(self, one, other):
        shared = set(one.lower().split()) & set(other.lower().split())
        return Cover(len(shared) / max(1, len(one.split())), float(bool(shared)))

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]
