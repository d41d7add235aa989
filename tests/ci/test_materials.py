"""What Docent is made of: every package that its requirements bring, and none that only tests need."""

from __future__ import annotations

import importlib.util
import json
import re
import sys

import pytest

from config import ROOT

OF_TESTS = {"ruff", "mypy", "pytest-xdist", "playwright"}


@pytest.fixture(scope="module")
def materials():
    spec = importlib.util.spec_from_file_location("materials", ROOT / ".ci" / "materials.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tool(folder, code):
    """A program that stands for one of the tools."""
    path = folder / "tool"
    path.write_text(f"#!{sys.executable}\nimport json, sys\n{code}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_it_finds_what_is_asked_for_and_what_that_needs_and_nothing_else(materials):
    pinned = re.findall(r"^([\w-]+)(?:\[\w+\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    found = set(materials.closure())
    assert {materials.canonicalize_name(name) for name in pinned} <= found
    assert {"jinja2", "blinker", "psycopg-binary"} <= found
    assert not OF_TESTS & found


def answer(*packages):
    return f"print({json.dumps(json.dumps({'dependencies': packages}))})"


def test_a_weakness_is_told_and_counts(materials, tmp_path, capsys):
    weak = {"name": "flask", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
    assert materials.audit(tool(tmp_path, answer(weak) + "; sys.exit(1)")) == materials.FOUND
    assert "flask 1.0: PYSEC-1, mended in 1.1" in capsys.readouterr().out
    assert materials.audit(tool(tmp_path, answer({**weak, "vulns": []}))) == 0


@pytest.mark.parametrize(
    "code",
    ["print('no connection', file=sys.stderr); sys.exit(1)", answer({"name": "flask", "skip_reason": "no connection"})],
)
def test_without_data_it_lists_versions_and_days_to_look_up(materials, tmp_path, capsys, code):
    assert materials.audit(tool(tmp_path, code)) == materials.UNKNOWN
    said = capsys.readouterr()
    assert "no connection" in said.err
    assert re.search(r"^flask +\d[\d.]+ +installed \d{4}-\d\d-\d\d$", said.out, re.MULTILINE)


def test_the_bill_names_what_is_shipped_alone(materials, tmp_path):
    bill = {
        "bomFormat": "CycloneDX",
        "components": [{"name": "Flask", "bom-ref": "1"}, {"name": "ruff", "bom-ref": "2"}],
        "dependencies": [{"ref": "1", "dependsOn": ["2"]}, {"ref": "2"}],
    }
    made = tmp_path / "sbom.json"
    assert materials.sbom(tool(tmp_path, f"print({json.dumps(json.dumps(bill))})"), made) == 0
    kept = json.loads(made.read_text())
    assert [part["name"] for part in kept["components"]] == ["Flask"]
    assert kept["dependencies"] == [{"ref": "1", "dependsOn": []}]
