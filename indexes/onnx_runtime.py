"""ONNX Runtime, which by itself tells its maker of each process that uses it: kept from that before it is loaded."""

import os
from typing import Any


def load() -> Any:
    """Return the library. It asks for this variable once, when it is first loaded."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime
