"""The recipes name figures, settings, commands and addresses that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import fields

import pytest
import yaml

from app import figures
from app.cli import build_parser
from config import ROOT, Config
from tests.docs.test_documentation import OPERATIONS, commands

RECIPES = ROOT / "docs" / "recipes"
UNITS = sorted((RECIPES / "systemd").iterdir())
TOLD = set(re.findall(r"`(docent_\w+)`", OPERATIONS.partition("## Watching it")[2].partition("\n### Logs")[0]))


def test_every_figure_is_explained():
    counted = {figure.name if figure.buckets else f"{figure.name}_total" for figure in figures.ALL}
    assert counted <= TOLD


def test_alerts_ask_for_figures_that_there_are():
    [group] = yaml.safe_load((RECIPES / "alerts.yml").read_text())["groups"]
    asked = {name for rule in group["rules"] for name in re.findall(r"docent_\w+", rule["expr"])}
    assert asked
    assert asked <= TOLD


def test_prometheus_is_told_of_one_target_and_of_the_alerts():
    told = yaml.safe_load((RECIPES / "prometheus.yml").read_text())
    assert told["rule_files"] == ["alerts.yml"]
    assert len(told["scrape_configs"][0]["static_configs"][0]["targets"]) == 1


@pytest.mark.parametrize("path", [*UNITS, RECIPES / "Containerfile"], ids=lambda path: path.name)
def test_settings_and_commands_are_ours(path):
    text = path.read_text()
    known = {field.name.upper() for field in fields(Config)} | {"PYTHONDONTWRITEBYTECODE"}
    assigned = "\n".join(re.findall(r"^(?:Environment=|ENV )(.*)$", text, re.MULTILINE))
    assert set(re.findall(r"\b([A-Z_]{4,})=", assigned)) <= known
    [command] = re.findall(r'run\.py"?,? "?([\w%-]+)', text)
    assert command in {"%i", *(name for name, _ in commands(build_parser()))}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_its_units(unit, tmp_path):
    """Of a program that is not installed here, and of nothing else, it may complain."""
    name = unit.name.replace("@", "@web")
    text = unit.read_text().replace("%i", "web")
    (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", str(tmp_path / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if name in line or "Unknown" in line]
    assert [line for line in complaints if "is not executable" not in line and "not found" not in line] == []


@pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not installed here")
def test_caddy_understands_its_file(tmp_path):
    command = ["caddy", "adapt", "--config", str(RECIPES / "Caddyfile"), "--adapter", "caddyfile"]
    environ = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert '"flush_interval":-1' in done.stdout
