"""The default embedder: the int8 artifact on ONNX Runtime, without torch.

Each text runs alone. Dynamic quantization scales a tensor by its own extremes, so in a batch a vector
would depend on its neighbors and their padding (down to a cosine of .96 to itself); alone it is the same
in every process, and texts in parallel use the cores better than one batch does.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexes import onnx_runtime
from indexes.artifact import MIN_FIDELITY, MODEL_FILE, TOKENIZER_FILE, Artifact, ArtifactCorrupt
from indexes.cover import Cover, compare_tokens

if TYPE_CHECKING:
    from indexes.sentences import Span

Vector = NDArray[np.float32]

MAX_TOKENS = 256  # what the model was trained to read; the rest of a longer text does not count
_MAX_READ = 500  # characters that tell whether a text can be read: less than the tokens that are taken
UNKNOWN = "[UNK]"
N_MARKS = 2  # that the tokenizer puts at a text's ends
_MAX_CHARACTERS = 20_000  # bounds the tokenizer's work on hostile text; 256 tokens of prose are about 1,200
_TOLERANCE = 0.01  # another processor may compute a little differently than the one that built the artifact

Result = TypeVar("Result")


class OnnxEmbedder:
    """Implements `indexes.embedder.Embedder`; safe to call from many threads, `threads` of them at work
    per batch.

    Raises: ArtifactCorrupt when the artifact can't be loaded or gives other vectors than it was built to
        give.
    """

    def __init__(self, artifact: Artifact, threads: int = 1) -> None:
        self.name = artifact.name
        self.dimension = artifact.dimension
        self._threads = max(1, threads)
        try:
            self._session = _open_session(str(artifact.folder / MODEL_FILE))
            self._tokenizer = _open_tokenizer(str(artifact.folder / TOKENIZER_FILE), MAX_TOKENS)
            self._counter = _open_tokenizer(str(artifact.folder / TOKENIZER_FILE), None)
        except Exception as error:  # both libraries raise bare Exception subclasses of their own
            raise ArtifactCorrupt(f"The embedding model can't be loaded: {error}") from error
        self._check_probes(artifact)

    def embed_batch(self, texts: Sequence[str]) -> Vector:
        """float32, (n, dimension), unit rows, in the order of `texts`."""
        rows = self._map(self.embed_query, texts)
        return np.stack(rows) if rows else np.empty((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> Vector:
        """float32, (dimension,), of length 1; the same that `embed_batch` gives for this text."""
        return pool(self._read(self._tokenizer.encode(_clean(text)).ids))

    def embed_with_spans(self, texts: Sequence[str], spans: Sequence[Sequence["Span"]]) -> list[tuple[Vector, Vector]]:
        """For each text its vector and those of its `spans`, (n_spans, dimension), from one reading of
        the text.

        A span's vector is pooled from its tokens as they were read within the whole text ("late chunking",
        https://arxiv.org/abs/2409.04701); a span beyond the first 256 tokens gets the text's own vector.
        """
        return self._map(self._embed_spanned, list(zip(texts, spans, strict=True)))

    def reads(self, text: str) -> bool:
        """Whether at least half of a text's letters stand in known pieces of two and more; scripts other than
        Latin come as single letters or not at all.
        """
        pieces = [piece.removeprefix("##") for piece in self._tokenizer.encode(_clean(text)).tokens[1:-1]]
        n_read = sum(len(piece) for piece in pieces if len(piece) > 1 and piece != UNKNOWN)
        return n_read * 2 >= sum(map(str.isalpha, text[:_MAX_READ]))

    def cover(self, one: str, other: str) -> Cover | None:
        """How well two texts meet token by token; None where one can't be read."""
        if not (self.reads(one) and self.reads(other)):
            return None
        return compare_tokens(self._tokens(one), self._tokens(other))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens the model would read of each text if it read all of it, without the two marks
        at its ends.
        """
        return [len(self._counter.encode(_clean(text, limit=None), add_special_tokens=False)) for text in texts]

    def _embed_spanned(self, pair: tuple[str, Sequence["Span"]]) -> tuple[Vector, Vector]:
        text, spans = pair
        encoding = self._tokenizer.encode(_clean(text))
        states = self._read(encoding.ids)
        whole = pool(states)
        starts, ends = np.array(encoding.offsets).T
        rows = np.tile(whole, (len(spans), 1))
        for row, (start, end) in zip(rows, spans, strict=True):
            inside = (starts < end) & (ends > start)
            if inside.any():
                row[:] = pool(states[inside])
        return whole, rows

    def _tokens(self, text: str) -> Vector:
        """The states of a text's tokens, (n, dimension), unit rows, without the marks at its ends where there
        are others.
        """
        states = self._read(self._tokenizer.encode(_clean(text)).ids)
        inner = states[1:-1] if len(states) > N_MARKS else states
        return np.asarray(inner / np.maximum(np.linalg.norm(inner, axis=1, keepdims=True), 1e-12), dtype=np.float32)

    def _read(self, ids: list[int]) -> Vector:
        """The encoder's last hidden states, (n tokens, dimension)."""
        (states,) = self._session.run(None, {"input_ids": np.array([ids], dtype=np.int64)})
        return np.asarray(states[0], dtype=np.float32)

    def _map(self, work: Callable[[Any], Result], items: Sequence[Any]) -> list[Result]:
        """`work` on each item, longest first so that no thread ends much later than the others."""
        if self._threads == 1 or len(items) <= 1:
            return [work(item) for item in items]
        order = sorted(range(len(items)), key=lambda i: -len(items[i][0] if isinstance(items[i], tuple) else items[i]))
        with ThreadPoolExecutor(self._threads) as pool_of_threads:
            results = dict(zip(order, pool_of_threads.map(lambda i: work(items[i]), order), strict=True))
        return [results[i] for i in range(len(items))]

    def _check_probes(self, artifact: Artifact) -> None:
        vectors = self.embed_batch(artifact.probe_texts)
        if len(vectors) and float((vectors * artifact.probe_vectors).sum(axis=1).min()) < MIN_FIDELITY - _TOLERANCE:
            raise ArtifactCorrupt(
                "The embedding model gives other vectors on this processor than it should; "
                "run `python run.py init` here to build it again."
            )


def pool(states: Vector) -> Vector:
    """The mean of token states, (n, dimension), scaled to length 1: how all-MiniLM-L6-v2 makes a text's
    vector.
    """
    mean = states.mean(axis=0, dtype=np.float64)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)


def _clean(text: str, limit: int | None = _MAX_CHARACTERS) -> str:
    """Lone surrogates, which the tokenizer refuses, become question marks (same length: offsets keep
    their meaning).
    """
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


def _open_session(path: str) -> Any:
    onnxruntime = onnx_runtime.load()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # its warnings are about graphs, not about our input
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _open_tokenizer(path: str, max_tokens: int | None) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_padding()
    if max_tokens is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer
