"""Texts to unit vectors: the one contract, and the choice of who fulfills it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.artifact import is_default, read_artifact
from indexes.cover import Cover
from indexes.onnx_embedder import OnnxEmbedder
from indexes.sentences import Span


class Embedder(Protocol):
    """Turns texts into unit vectors whose inner product is their likeness (cosine).

    `name` says model, backend and checksum: vectors of different names must never be compared, so it is
    part of every generation's manifest. All methods may be called from several threads.
    """

    name: str
    dimension: int

    def embed_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32, (n, dimension), unit rows, in the order of `texts`; a text's row does not depend on
        the others.
        """

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """float32, (dimension,), of length 1."""

    def embed_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """For each text its vector, (dimension,), and those of its `spans`, (n_spans, dimension), as
        cheap as can be.
        """

    def reads(self, text: str) -> bool:
        """Whether the model knows a text's words, or at least parts of them, rather than its letters alone: of
        what it can't read, vectors say nothing.
        """

    def cover(self, one: str, other: str) -> Cover | None:
        """How well two texts meet token by token. None where the embedder can't tell."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them, uncut, without marks that the model adds at the
        ends.
        """


def open_embedder(model_name: str, folder: Path, threads: int = 1) -> Embedder:
    """The embedder for `model_name`: the artifact in `folder` for the default model, else
    sentence-transformers.

    `threads` texts are embedded at a time; one is enough to answer questions, a worker takes its cores.

    Raises: ArtifactMissing, ArtifactCorrupt (both say what to do); ModelUnavailable for another model.
    """
    if is_default(model_name):
        return OnnxEmbedder(read_artifact(folder), threads)
    from indexes.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(model_name, threads)
