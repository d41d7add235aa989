"""The sentences of a chunk with their vectors, as the bytes that are stored beside it.

One record per sentence, in the order of the text: start and end (little-endian uint32, characters, half-open) and
the vector as signed bytes, scaled so that its largest number is 127. Only a vector's direction counts, so the scale is
not kept; measured, signed bytes cost less than .001 of nDCG and are a quarter of 32-bit floats.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.sentences import Span

Vectors = NDArray[np.float32]


def pack_sentences(spans: Sequence[Span], vectors: Vectors) -> bytes:
    """`vectors` float32, (n_sentences, dimension), one row per span."""
    records = np.zeros(len(spans), dtype=_record(vectors.shape[1]))
    if len(spans):
        records["start"], records["end"] = np.array(spans, dtype=np.uint32).T
        largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
        records["vector"] = np.round(vectors * (127 / largest))
    return records.tobytes()


def unpack_spans(raw: bytes, dimension: int) -> list[Span]:
    """Where the sentences are.

    Raises: ValueError when the bytes are not whole records of that dimension.
    """
    records = np.frombuffer(raw, dtype=_record(dimension))
    return [Span(start, end) for start, end in zip(records["start"].tolist(), records["end"].tolist(), strict=True)]


def compare_sentences(packed: Sequence[bytes], query: NDArray[np.float32]) -> list[list[float]]:
    """The cosine of each sentence of each chunk to `query`, float32, (dimension,), of length 1; all in one go.

    Raises: ValueError when the bytes are not whole records of the query's dimension.
    """
    record = _record(len(query))
    vectors = np.frombuffer(b"".join(packed), dtype=record)["vector"].astype(np.float32)
    cosines = (vectors @ query) / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
    ends = np.cumsum([len(raw) // record.itemsize for raw in packed]).tolist()
    return [cosines[start:end].tolist() for start, end in zip([0, *ends], ends, strict=False)]


def _record(dimension: int) -> np.dtype[np.void]:
    return np.dtype([("start", "<u4"), ("end", "<u4"), ("vector", "i1", (dimension,))])
