"""`extract`: what the loaders see in files, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.failing import CommandError
from app.commands.naming import name_files
from app.commands.saying import say, say_json
from app.knowledge.scans import MAX_DEFAULT_LANGUAGES
from indexes.errors import LoadError
from indexes.loaders.scans import installed_languages
from indexes.parsing import ParserPool
from indexes.scanned import parse_with_ocr

if TYPE_CHECKING:
    from config import Config


def _extract_one(pool: ParserPool, name: str, path: Path, languages: tuple[str, ...]) -> dict[str, Any]:
    try:
        document = parse_with_ocr(
            lambda: pool.parse(path, name),
            lambda page: pool.read_page(path, name, page, languages),
            lambda pages: pages if languages else (),
        )
    except LoadError as error:
        return {"status": f"error:{error.kind}", "warnings": [], "segments": [], "advice": error.advice}
    segments = [{"text": segment.text, **segment.locator} for segment in document.segments]
    return {"status": "ok", "warnings": list(document.warnings), "segments": segments}


def _languages(*, with_ocr: bool) -> tuple[str, ...]:
    if with_ocr and not installed_languages():
        raise CommandError("--ocr needs Tesseract, which is not installed: apt-get install tesseract-ocr")
    return installed_languages()[:MAX_DEFAULT_LANGUAGES] if with_ocr else ()


def extract(config: Config, given: list[str], *, as_json: bool, with_ocr: bool = False) -> int:
    """Print what comes out of each file; exit code 1 if any could not be read. Scans are read only `with_ocr`."""
    files = name_files(given)
    if not files:
        raise CommandError("There is no file in what you named.")
    languages = _languages(with_ocr=with_ocr)
    with ParserPool(timeout_s=config.parse_timeout_s, memory_bytes=config.parse_memory_bytes) as pool:
        results = {name: _extract_one(pool, name, path, languages) for name, path in files}
    if as_json:
        say_json(results)
    else:
        for name, result in results.items():
            _show(name, result)
    return 1 if any(result["status"] != "ok" for result in results.values()) else 0


def _show(name: str, result: dict[str, Any]) -> None:
    say(f"== {name}: {result['status']} {' '.join(result['warnings'])} {result.get('advice', '')}".rstrip())
    for segment in result["segments"]:
        where = {key: value for key, value in segment.items() if key != "text"}
        say(f"{where} {segment['text']}")
