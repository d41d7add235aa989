"""Lists of ticks that two tabs, or two people, change: what one did not touch stays as the other left it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request


def touched(name: str, offered: Iterable[str]) -> dict[str, bool]:
    """Return whether each offered value is ticked now, of those whose box was changed since its page was shown.

    Of all of them where nothing tells what was shown.
    """
    ticked, shown = set(request.form.getlist(name)), request.form.get(f"{name}-shown")
    were = None if shown is None else set(shown.split())
    return {value: value in ticked for value in offered if were is None or (value in ticked) != (value in were)}
