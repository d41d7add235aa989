"""The widget's colors: from one accent of the owner's, every pair readable in light and dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from typing import Any

ACCENT = "#3b5bdb"
MIN_CONTRAST = 4.5
TINT = 0.14  # the most that a ground is tinted with the accent, see widget.css
_GROUNDS = {"light": ("#ffffff",), "dark": ("#16181d", "#1d2026")}  # the page, and what is raised above it
_INKS = ("#ffffff", "#101216")
_LINEAR_BELOW = 0.04045  # sRGB
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    parts = [c / 255 for c in _channels(color)]
    red, green, blue = (p / 12.92 if p <= _LINEAR_BELOW else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors `#rrggbb`, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _mix(color: str, goal: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_channels(color), _channels(goal), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _is_readable(color: str, grounds: tuple[str, ...]) -> bool:
    tinted = (_mix(ground, color, TINT) for ground in grounds)
    return all(contrast(color, ground) >= MIN_CONTRAST for ground in (*grounds, *tinted))


def _colors_on(grounds: tuple[str, ...], accent: str) -> dict[str, str]:
    """Return `fill` of buttons, `on` for the words upon it, and `link`: the accent, moved as far as reading takes."""
    goal = max(_INKS, key=lambda ink: contrast(ink, grounds[0]))
    steps = (_mix(accent, goal, step / 20) for step in range(20))
    link = next((color for color in steps if _is_readable(color, grounds)), goal)
    fill = accent if grounds == _GROUNDS["light"] else link
    return {"fill": fill, "on": max(_INKS, key=lambda ink: contrast(ink, fill)), "link": link}


def theme_of(chosen: dict[str, Any]) -> dict[str, Any]:
    """Return the look of a widget: what the owner chose where it can be used, else ours."""
    accent = chosen.get("accent")
    accent = accent if isinstance(accent, str) and _HEX.fullmatch(accent) else ACCENT
    mode = chosen.get("mode") if chosen.get("mode") in ("light", "dark") else "auto"
    colors = {name: _colors_on(grounds, accent) for name, grounds in _GROUNDS.items()}
    return {"mode": mode, "corner": "left" if chosen.get("corner") == "left" else "right", "colors": colors}
