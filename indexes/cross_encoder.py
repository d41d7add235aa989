"""A model that reads question and chunk together, for who has the processors: slower than all the rest of a search."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from indexes.sentence_transformer import ModelUnavailable

MAX_CHARS = 2000  # of a chunk: these models read 512 tokens


class CrossEncoderReranker:
    """Scores texts against a question with a CrossEncoder of sentence-transformers; one call at a time.

    Raises: ModelUnavailable.
    """

    def __init__(self, model_name: str, threads: int = 1) -> None:
        self._model = _load(model_name, threads)
        self._lock = threading.Lock()

    def rate(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers, 0..1, in the order of `texts`."""
        if not texts:
            return []
        pairs = [(question, text[:MAX_CHARS]) for text in texts]
        with self._lock:
            scores = np.asarray(self._model.predict(pairs, show_progress_bar=False), dtype=np.float64)
        return [float(score) for score in scores.reshape(len(texts), -1)[:, -1]]


def _load(model_name: str, threads: int) -> Any:
    import torch
    from sentence_transformers import CrossEncoder

    torch.set_num_threads(max(1, threads))
    try:
        return CrossEncoder(model_name, device="cpu", trust_remote_code=False, activation_fn=torch.nn.Sigmoid())
    except Exception as error:  # as with embedders: dozens of kinds
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelUnavailable(
            f"RERANK_MODEL {model_name!r} can't be loaded: {reason}. "
            "Name a folder or a model that this machine can fetch, or leave it empty."
        ) from error
