"""The application without its screens: quick to start, and whole enough to answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from app.core import create_core
from app.languages import gettext, present
from config import read_config

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import json, sys
import app.commands.asking
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_what_only_asks_loads_no_screens_and_no_alembic():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, env=environment)
    assert {"views", "widget", "alembic", "torch"}.isdisjoint(json.loads(done.stdout))


def test_it_speaks_english_whatever_the_installation_does(tmp_path):
    core = create_core(read_config({"DATA_DIR": str(tmp_path), "DEFAULT_LANGUAGE": "de"}).prepared())
    with core.app_context():
        assert (present(), gettext("Password")) == ("en", "Password")
