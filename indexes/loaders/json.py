"""JSON and JSON lines: "key: value" lines; the elements of a list are rows, the keys above them the
heading path.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.document import Document, Locator, Segment
from indexes.errors import LoadError
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.decoding import decode, looks_like_text
from indexes.loaders.outline import JOINER
from indexes.loaders.sample import Sample
from indexes.loaders.tidying import tidy_line
from indexes.loaders.txt import split_paragraphs

FORMAT = "json"


def accepts(sample: Sample) -> bool:
    if not looks_like_text(sample.head):
        return False
    begins = sample.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2].translate(None, b" \t\r\n")
    looks_like = begins[:1] == b"{" or (begins[:1] == b"[" and begins[1:2] in b'{["-0123456789tfn')
    return sample.named_format == FORMAT or (not sample.named_format and looks_like and b'"' in sample.head)


def load(path: str | Path, name: str) -> Document:
    """Text that turns out to be no JSON is kept as text, with a warning.

    Raises:
        LoadError: empty, limit (nested too deeply).
    """
    text = decode(Path(path).read_bytes())
    try:
        segments = list(_read_value(json.loads(text), ()))
    except RecursionError as error:
        raise LoadError("limit", detail="nested too deeply") from error
    except ValueError:
        lines = _read_lines(text)
        if lines is None:
            return assemble(FORMAT, name, split_paragraphs(text), Findings(warnings=("damaged",)))
        segments = lines
    return assemble(FORMAT, name, segments)


def _read_lines(text: str) -> list[Segment] | None:
    """JSON lines: each line its own value, told by its line; None if it isn't that."""
    segments: list[Segment] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            return None
        segments.append(Segment(write_value(value), {"line": number}))
    return segments


def _read_value(value: Any, path: tuple[str, ...]) -> Iterator[Segment]:
    """Objects whose values are themselves large open sections; everything else is written where it stands."""
    if isinstance(value, list):
        for number, entry in enumerate(value, start=1):
            yield Segment(write_value(entry), {**_locate(path), "row": number})
    elif isinstance(value, dict):
        plain = {key: entry for key, entry in value.items() if not isinstance(entry, dict | list)}
        yield Segment(write_value(plain), _locate(path))
        for key, entry in value.items():
            if isinstance(entry, dict | list):
                yield from _read_value(entry, (*path, tidy_line(str(key))))
    else:
        yield Segment(write_value(value), _locate(path))


def _locate(path: tuple[str, ...]) -> Locator:
    return {"heading": JOINER.join(path)} if path else {}


def write_value(value: Any, key: str = "") -> str:
    """A line per leaf, "address.city: Bern"; the elements of inner lists share their key."""
    if isinstance(value, dict):
        lines = (write_value(entry, f"{key}.{name}" if key else str(name)) for name, entry in value.items())
        return "\n".join(line for line in lines if line)
    if isinstance(value, list):
        return "\n".join(line for entry in value if (line := write_value(entry, key)))
    if value is None or value == "":
        return ""
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    return f"{key}: {text}" if key else text
