"""The budgets script, run on small projects that keep or break one budget each."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "budgets.py"
CALM = "def greet(name: str) -> str:\n    return name\n"


def measure(root):
    return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, timeout=60, check=False)


def long_function(name, n_lines):
    return f"def {name}() -> None:\n" + "    pass\n" * (n_lines - 1)


@pytest.fixture
def project(tmp_path):
    """A project of eleven calm files, so that one long thing moves no median."""
    for n in range(11):
        write(tmp_path / f"app/calm_{n}.py", CALM)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_it_passes_what_keeps_its_budgets(project):
    write(project / "app/factory.py", long_function("create_app", 45))
    write(project / "widget/static/widget.js", "\n" * 400)
    done = measure(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert "RED" not in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("app/long.py", long_function("toil", 61), "app/long.py:1 toil: 61 lines, 60 at most"),
        ("app/factory.py", long_function("create_app", 46), "app/factory.py:1 create_app: 46 lines, 45 at most"),
        ("jobs/tall.py", "\n" * 301, "jobs/tall.py: 301 lines, 300 at most"),
        ("app/static/docent.js", "\n" * 401, "app/static/docent.js: 401 lines, 400 at most"),
        ("config.py", "def read(environ) -> None: ...\n", "config.py:1 read: public, but not wholly annotated"),
        (
            "views/a.py",
            "class A:\n    def f(self, *rows) -> int: ...\n",
            "views/a.py:2 f: public, but not wholly annotated",
        ),
        ("models/b.py", "class B:\n    def f(self): ...\n", "models/b.py:2 f: public, but not wholly annotated"),
    ],
)
def test_it_names_what_is_over_its_budget(project, name, text, complaint):
    write(project / name, text)
    done = measure(project)
    assert done.returncode == 1
    assert complaint in done.stdout.splitlines()


def test_it_turns_red_when_the_usual_function_grows(project):
    for n in range(13):
        write(project / f"indexes/grown_{n}.py", long_function("work", 31))
    done = measure(project)
    assert done.returncode == 1
    red = [line.split("  ")[1] for line in done.stdout.splitlines() if "RED" in line]
    assert red == ["functions, median", "functions, 90th percentile"]


def test_it_turns_red_when_the_usual_file_grows(project):
    for n in range(13):
        write(project / f"indexes/grown_{n}.py", "\n" * 111)
    done = measure(project)
    assert done.returncode == 1
    assert [line.split("  ")[1] for line in done.stdout.splitlines() if "RED" in line] == ["files, median"]


def test_it_leaves_private_functions_tests_and_migrations_alone(project):
    write(project / "app/private.py", "def _read(environ): ...\n\n\ndef read() -> None:\n    def inner(x): ...\n")
    write(project / "tests/test_long.py", long_function("toil", 500))
    write(project / "models/migrations/versions/0001.py", long_function("upgrade", 500))
    assert measure(project).returncode == 0
