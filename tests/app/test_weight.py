"""What the web process may not carry: it answers within seconds of its start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from app.factory import create_app
from config import read_config
create_app(read_config({"DATA_DIR": sys.argv[1]}).prepared())
heavy = "torch transformers sentence_transformers openai prometheus_client sentry_sdk opentelemetry.exporter"
print(*sorted({*heavy.split()} & set(sys.modules)))
"""


def test_the_web_application_loads_no_library_of_models_or_of_those_who_watch(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True)
    assert done.stdout.split() == []
