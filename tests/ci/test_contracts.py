"""The contracts of pyproject.toml say who may call whom; here: that they speak of every room there is."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOP = {"app", "models", "views", "widget", "jobs", "indexes"}


def rooms():
    """Return what can be imported directly below app/, and the other rooms."""
    folder = ROOT / "app"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return {f"app.{name}" for name in files | packages} | TOP - {"app"}


def test_every_room_has_its_layer():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["id"] == "rooms")
    placed = {room for layer in layers for room in re.split(r"\s*\|\s*", layer)}
    assert rooms() == placed
    assert set(settings["root_packages"]) == TOP
