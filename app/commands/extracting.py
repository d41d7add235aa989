"""`extract`: what the loaders see in files, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.failing import CommandError
from app.commands.naming import name_files
from indexes.errors import LoadError
from indexes.parsing import ParserPool

if TYPE_CHECKING:
    from config import Config


def _extract_one(pool: ParserPool, name: str, path: Path) -> dict[str, Any]:
    try:
        document = pool.parse(path, name)
    except LoadError as error:
        return {"status": f"error:{error.kind}", "warnings": [], "segments": [], "advice": error.advice}
    segments = [{"text": segment.text, **segment.locator} for segment in document.segments]
    return {"status": "ok", "warnings": list(document.warnings), "segments": segments}


def extract(config: Config, given: list[str], *, as_json: bool) -> int:
    """Print what comes out of each file; exit code 1 if any could not be read."""
    files = name_files(given)
    if not files:
        raise CommandError("There is no file in what you named.")
    with ParserPool(timeout_s=config.parse_timeout_s, memory_bytes=config.parse_memory_bytes) as pool:
        results = {name: _extract_one(pool, name, path) for name, path in files}
    if as_json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        for name, result in results.items():
            _show(name, result)
    return 1 if any(result["status"] != "ok" for result in results.values()) else 0


def _show(name: str, result: dict[str, Any]) -> None:
    print(f"== {name}: {result['status']} {' '.join(result['warnings'])} {result.get('advice', '')}".rstrip())
    for segment in result["segments"]:
        where = {key: value for key, value in segment.items() if key != "text"}
        print(f"{where} {segment['text']}")
