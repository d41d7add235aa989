"""How a line that a child has said is passed on: behind its name, or as the JSON object that it is, or in one."""

from __future__ import annotations

import datetime as dt
import json


def behind_name(name: str, line: str) -> str:
    return f"{name:<9} | {line}"


def as_object(name: str, line: str) -> str:
    """Return a line as a JSON object: our own processes say such objects, Redis does not."""
    if line.startswith("{") and line.endswith("}"):
        return line
    at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    return json.dumps({"at": at, "level": "INFO", "process": name, "message": line}, ensure_ascii=False)
