"""What Docent is made of: `python .ci/materials.py audit|sbom`, run by the environment that Docent runs in.

`audit` asks pip-audit for known weaknesses of every package that requirements.txt brings, directly or not, and exits
with 1 if there are any; where its data can't be had it lists versions and since when they are installed, and exits
with 2. `sbom` writes a bill of materials (CycloneDX JSON) of the same packages.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".audit" / "bin"
BILL = ROOT / "sbom.json"
FOUND, UNKNOWN = 1, 2


def _needs(text: str, extras: frozenset[str]) -> tuple[str, frozenset[str]] | None:
    """Return what a line of requirements asks for here: a name and its extras; None where it does not apply."""
    wanted = Requirement(text)
    applies = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras | {""})
    return (canonicalize_name(wanted.name), frozenset(wanted.extras)) if applies else None


def closure(requirements: Path = ROOT / "requirements.txt") -> dict[str, Distribution]:
    """Return every package that the requirements bring into this environment, by its canonical name."""
    lines = re.findall(r"^[^#\s].*", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    waiting = [found for line in lines if (found := _needs(line, frozenset())) is not None]
    seen: set[tuple[str, frozenset[str]]] = set()
    packages: dict[str, Distribution] = {}
    while waiting:
        name, extras = wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        try:
            package = packages.setdefault(name, distribution(name))
        except PackageNotFoundError:
            continue  # of another system
        waiting += [found for line in package.requires or () if (found := _needs(line, extras)) is not None]
    return packages


def _installed_on(package: Distribution) -> str:
    """Return the day on which a package was put here."""
    [metadata] = [file for file in package.files or () if file.name == "METADATA"][:1]
    moment = Path(str(package.locate_file(metadata))).stat().st_mtime
    return f"{dt.datetime.fromtimestamp(moment, dt.UTC):%Y-%m-%d}"


def _list(packages: dict[str, Distribution]) -> str:
    return "".join(f"{name}=={package.version}\n" for name, package in sorted(packages.items()))


def _ask(tool: Path, packages: dict[str, Distribution]) -> list[dict[str, Any]] | str:
    """Return what pip-audit knows of each package, or why it knows nothing."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "packages.txt")
        wanted.write_text(_list(packages), encoding="utf-8")
        command = [str(tool), "--requirement", str(wanted), "--no-deps", "--disable-pip", "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    try:
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    skipped = [each["skip_reason"] for each in told if "skip_reason" in each]
    return f"of {len(skipped)} of {len(told)} packages nothing is known: {skipped[0]}" if skipped else told


def audit(tool: Path = TOOLS / "pip-audit") -> int:
    """Print known weaknesses; or what could be looked up by hand."""
    packages = closure()
    told = _ask(tool, packages)
    if isinstance(told, str):
        sys.stderr.write(f"The data of pip-audit can't be had ({told}). To look up by hand:\n")
        for name, package in sorted(packages.items()):
            sys.stdout.write(f"{name:32} {package.version:16} installed {_installed_on(package)}\n")
        return UNKNOWN
    found = [(each, weakness) for each in told for weakness in each["vulns"]]
    for each, weakness in found:
        mended = ", ".join(weakness["fix_versions"]) or "no version yet"
        sys.stdout.write(f"{each['name']} {each['version']}: {weakness['id']}, mended in {mended}\n")
    sys.stdout.write(f"{len(found)} known weaknesses in {len(told)} packages\n")
    return FOUND if found else 0


def sbom(tool: Path = TOOLS / "cyclonedx-py", bill: Path = BILL) -> int:
    """Write the bill of materials, without what only tests and checks bring."""
    command = [str(tool), "environment", sys.executable, "--output-format", "JSON"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    kept = _cut(json.loads(done.stdout), set(closure()))
    bill.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(kept['components'])} packages in {bill.name}\n")
    return 0


def _cut(bill: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Return a bill of these packages alone, with what each needs of the others."""
    parts = [part for part in bill["components"] if canonicalize_name(part["name"]) in names]
    known = {part["bom-ref"] for part in parts}
    needs = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in known]}
        for each in bill.get("dependencies", ())
        if each["ref"] in known
    ]
    return {**bill, "components": parts, "dependencies": needs}


if __name__ == "__main__":
    sys.exit({"audit": audit, "sbom": sbom}[sys.argv[1]]())
