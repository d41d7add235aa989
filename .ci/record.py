"""Write down what this version leaves behind, for the tests of later versions: `make fixture`, before each release.

A folder in tests/upgrades, called by its version: the database as SQL and the uploads, after `init`, two files
read and one question answered. The index is left out, as it may be lost. What has been released never changes: a
folder that is there stays.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

ROOT = Path(os.environ.get("DOCENT_ROOT", Path(__file__).resolve().parents[1]))
PLACE = Path(__file__).resolve().parents[1] / "tests" / "upgrades"
PAPERS = {
    "returns.txt": "Goods may be returned within thirty days. The buyer pays for the parcel.\n",
    "opening.txt": "The shop opens at nine in the morning and closes at six in the evening.\n",
}
REBUILD = "INSERT INTO session_words_fts(session_words_fts) VALUES ('rebuild');"
QUESTION = "Within how many days may goods be returned?"


def run(folder: Path, *argv: object) -> str:
    """Run a command of this version."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    }
    environ = {**kept, "DATA_DIR": str(folder)}
    command = [sys.executable, str(ROOT / "run.py"), *map(str, argv)]
    return subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def live(folder: Path, papers: Path) -> None:
    """Do what a small installation does."""
    for name, text in PAPERS.items():
        (papers / name).write_text(text)
    run(folder, "init")
    chatbot = run(folder, "chatbot", "create", "Shop helper").strip()
    run(folder, "train", chatbot, *(papers / name for name in PAPERS))
    run(folder, "ask", chatbot, QUESTION, "--record")


def dump(folder: Path) -> tuple[str, list[str]]:
    """Return the version of the database, and its lines as SQL, without anybody's password."""
    with closing(sqlite3.connect(folder / "docent.sqlite3")) as connection:
        connection.execute("UPDATE ab_user SET password = '!'")
        connection.commit()
        [version] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return version, [*_without_shadows(connection)]


def _without_shadows(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield SQL that makes a database by itself: a full-text table is made as such, and filled from what it is of."""
    virtual = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"))
    shadow = re.compile(rf"""(?:CREATE TABLE|INSERT INTO) ["']?(?:{"|".join(virtual)})(?:_\w+)?["' (]""")
    for line in connection.iterdump():
        if line.startswith("INSERT INTO sqlite_master"):
            name = next(name for name in virtual if f"'{name}'" in line)
            yield f"{virtual[name]};"
        elif line == "COMMIT;":
            yield REBUILD
            yield line
        elif not shadow.match(line) and "writable_schema" not in line:
            yield line


def main() -> int:
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as papers:
        if artifact := os.environ.get("DOCENT_TEST_ARTIFACT"):
            (Path(data) / "embedder").symlink_to(artifact)
        live(Path(data), Path(papers))
        version, lines = dump(Path(data))
        place = PLACE / version
        if place.exists():
            print(f"{place} is there already: what was released stays as it was.", file=sys.stderr)
            return 1
        shutil.copytree(Path(data) / "storage" / "uploads", place / "uploads")
        (place / "docent.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{place}: add it to the release.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
