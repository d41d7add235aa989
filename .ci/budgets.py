"""Print how long functions and files are, against their budgets: `python .ci/budgets.py [FOLDER]`.

Exits 1 when a budget is broken. A red line means: split it. There is no way to excuse one.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("app", "models", "views", "widget", "jobs", "indexes", "config.py", "run.py")
NOT_MEASURED = "models/migrations/versions/"  # written by Alembic; each is frozen once it has run somewhere
SCRIPTS = ("app/static/*.js", "widget/static/*.js")

MEDIAN_OF_FUNCTIONS, P90_OF_FUNCTIONS, LONGEST_FUNCTION = 9, 30, 60
LONGEST_OF = {"create_app": 45}
MEDIAN_OF_FILES, LONGEST_FILE, LONGEST_SCRIPT = 110, 300, 400

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """A function as it stands in its file; `lines` counts from `def` to its last line, docstring included."""

    place: str
    name: str
    lines: int
    is_public: bool
    is_annotated: bool

    @property
    def budget(self) -> int:
        return LONGEST_OF.get(self.name, LONGEST_FUNCTION)


def python_files(root: Path) -> Iterator[Path]:
    """Yield the product's own Python, without tests and frozen migrations."""
    for room in ROOMS:
        for path in sorted((*root.glob(room), *root.glob(f"{room}/**/*.py"))):
            if path.suffix == ".py" and not path.relative_to(root).as_posix().startswith(NOT_MEASURED):
                yield path


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def is_annotated(function: Definition, *, in_class: bool) -> bool:
    """Tell whether everything but `self` or `cls` has a type, and what is returned."""
    a = function.args
    named = [*a.posonlyargs, *a.args]
    is_bound = in_class and not any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    rest = [*a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    return function.returns is not None and all(arg.annotation for arg in (*named[is_bound:], *rest))


def functions_below(node: ast.AST, place: str, *, is_open: bool = True) -> Iterator[Function]:
    """Yield all functions of a tree; public is what no underscore and no other function hides."""
    for child in ast.iter_child_nodes(node):
        shown = is_open
        if isinstance(child, Definition):
            shown = is_open and not child.name.startswith("_")
            annotated = is_annotated(child, in_class=isinstance(node, ast.ClassDef))
            lines = (child.end_lineno or child.lineno) - child.lineno + 1
            yield Function(f"{place}:{child.lineno}", child.name, lines, shown, annotated)
            shown = False
        elif isinstance(child, ast.ClassDef):
            shown = is_open and not child.name.startswith("_")
        yield from functions_below(child, place, is_open=shown)


def rank(values: list[int], share: float) -> int:
    """Return the smallest value that this share of all values does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else 0


def broken(functions: list[Function], files: dict[str, int], scripts: dict[str, int]) -> Iterator[str]:
    """Yield a line for each thing that is over its own budget."""
    for f in functions:
        if f.lines > f.budget:
            yield f"{f.place} {f.name}: {f.lines} lines, {f.budget} at most"
        if f.is_public and not f.is_annotated:
            yield f"{f.place} {f.name}: public, but not wholly annotated"
    for budget, found in ((LONGEST_FILE, files), (LONGEST_SCRIPT, scripts)):
        yield from (f"{name}: {n} lines, {budget} at most" for name, n in found.items() if n > budget)


def figures(functions: list[Function], files: dict[str, int], scripts: dict[str, int]) -> list[tuple[str, int, int]]:
    """Return the table: what is measured, what was found, what is allowed."""
    lengths, sizes = [f.lines for f in functions], list(files.values())
    setups = [f.lines for f in functions if f.name == "create_app"]
    return [
        ("functions, median", rank(lengths, 0.5), MEDIAN_OF_FUNCTIONS),
        ("functions, 90th percentile", rank(lengths, 0.9), P90_OF_FUNCTIONS),
        ("functions, longest", max(lengths, default=0), LONGEST_FUNCTION),
        ("create_app", max(setups, default=0), LONGEST_OF["create_app"]),
        ("public functions without types", sum(f.is_public and not f.is_annotated for f in functions), 0),
        ("files, median", rank(sizes, 0.5), MEDIAN_OF_FILES),
        ("files, longest", max(sizes, default=0), LONGEST_FILE),
        ("scripts, longest", max(scripts.values(), default=0), LONGEST_SCRIPT),
    ]


def main(root: Path) -> int:
    paths = {path.relative_to(root).as_posix(): path for path in python_files(root)}
    trees = {name: ast.parse(path.read_text(encoding="utf-8"), name) for name, path in paths.items()}
    functions = [function for name, tree in trees.items() for function in functions_below(tree, name)]
    files = {name: count_lines(path) for name, path in paths.items()}
    found = [path for pattern in SCRIPTS for path in sorted(root.glob(pattern))]
    scripts = {path.relative_to(root).as_posix(): count_lines(path) for path in found}

    table = figures(functions, files, scripts)
    print(f"{len(functions)} functions in {len(files)} files, {len(scripts)} scripts (lines found, at most)")
    for what, n, budget in table:
        print(f"  {what:<32}{n:>5}{budget:>6}{'  RED' if n > budget else ''}")
    lines = list(broken(functions, files, scripts))
    print(*lines, sep="\n", end="\n" if lines else "")
    return int(bool(lines) or any(n > budget for _, n, budget in table))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()))
