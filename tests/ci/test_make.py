"""`make help` lists every target that a person may call."""

import os
import re
import subprocess
from pathlib import Path

from tests.conftest import LONGEST, SAME_ON_ANY_DATABASE

ROOT = Path(__file__).parents[2]


def test_help_lists_every_target_with_what_it_does():
    targets = re.findall(r"^([A-Za-z][\w-]*):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    listed = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert [name for name, *words in listed if words] == targets
    assert {"install", "run", "test", "lint"} <= set(targets)


def test_files_that_are_treated_differently_are_there():
    named = SAME_ON_ANY_DATABASE | {f"tests/{name}.py" for name in LONGEST}
    assert {name for name in named if not (ROOT / name).is_file()} == set()
