"""The library that runs the embedding model tells nobody that it does."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT

EMBED = """
import sys
from pathlib import Path
from indexes.artifact import read_artifact
from indexes.onnx_embedder import OnnxEmbedder
OnnxEmbedder(read_artifact(Path(sys.argv[1]))).embed_query("Does it work?")
"""


def test_it_keeps_no_name_of_this_machine_and_no_list_of_what_to_send(tmp_path, artifact):
    """Both lie in the home folder's cache, where they are kept."""
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY" and name[:4] != "XDG_"}
    command = [sys.executable, "-c", EMBED, str(artifact)]
    subprocess.run(command, env={**kept, "HOME": str(tmp_path)}, cwd=ROOT, check=True, timeout=120)
    assert [*tmp_path.rglob("*")] == []
