"""The embedder for any other model of sentence-transformers, by name or folder; needs torch and its
memory.
"""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import IndexesError
from indexes.sentences import Span


class ModelUnavailable(IndexesError):
    """Raised when the named model can't be loaded; the message says which name and why."""


class SentenceTransformerEmbedder:
    """Implements `indexes.embedder.Embedder` with torch; one call at a time, the others wait.

    Raises: ModelUnavailable.
    """

    def __init__(self, model_name: str, threads: int = 1) -> None:
        self._model = _load(model_name, threads)
        self._lock = threading.Lock()
        self.dimension = int(self._model.get_embedding_dimension())
        self.name = f"{model_name}/torch/{_fingerprint(self._model)}"

    def embed_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32, (n, dimension), unit rows."""
        return self._encode(self._model.encode_document, texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """float32, (dimension,), of length 1; with the prompt that the model wants before questions, if
        any.
        """
        return np.asarray(self._encode(self._model.encode_query, [text])[0])

    def embed_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Each text's vector and those of its spans; each span is embedded by itself, which suits every
        model.
        """
        wholes = self.embed_batch(texts)
        parts = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
        borders = np.cumsum([len(own) for own in spans])[:-1]
        return list(zip(wholes, np.split(self.embed_batch(parts), borders), strict=True)) if texts else []

    def reads(self, text: str) -> bool:
        """Whoever names another model knows what it reads; here all that holds something."""
        return bool(text)

    def cover(self, one: str, other: str) -> None:
        """Tokens of different models are not alike in the same measure: what the gate has learned about the
        default one's would mislead it.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them, uncut."""
        tokenizer = self._model.tokenizer
        with self._lock:
            return [len(tokenizer.tokenize(_clean(text))) for text in texts]

    def _encode(self, encode: Any, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with self._lock:
            rows = encode([_clean(text) for text in texts], normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)


def _load(model_name: str, threads: int) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(max(1, threads))
    try:
        return SentenceTransformer(model_name, device="cpu", trust_remote_code=False)
    except Exception as error:  # the libraries below raise dozens of kinds, from missing names to broken files
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"EMBEDDING_MODEL {model_name!r} can't be loaded: {reason}. "
            "Name a folder or a model that this machine can fetch, or leave it empty for the default."
        ) from error


def _fingerprint(model: Any) -> str:
    """Twelve hexadecimal digits over all weights: two models of one name are told apart."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:12]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
