"""The widget's colors: from those of the owner, every pair readable in light and dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

ACCENT = "#3b5bdb"
MIN_CONTRAST = 4.5
MIN_OF_SHAPES = 3.0  # WCAG 2.2, 1.4.11
TINT = 0.14  # the most that a ground is tinted with the accent, see widget.css
_GROUNDS = {"light": ("#ffffff",), "dark": ("#16181d", "#1d2026")}  # the page, and what is raised above it
_INKS = ("#ffffff", "#000000")  # one of them reads at 4.58:1 or better on any color
_LINEAR_BELOW = 0.04045  # sRGB


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


def _moved(color: str, goal: str, is_good: Callable[[str], bool]) -> str:
    """Return a color, moved towards `goal` as far as it takes to be good."""
    steps = (_mix(color, goal, step / 20) for step in range(20))
    return next(filter(is_good, steps), goal)


def ink_on(color: str) -> str:
    """Return the one of our two inks that reads better on a color."""
    return max(_INKS, key=lambda ink: contrast(ink, color))


def _colors_on(grounds: tuple[str, ...], accent: str) -> dict[str, str]:
    """Return `fill` of buttons, `on` for the words upon it, and `link`: the accent, moved as far as reading takes."""
    goal = ink_on(grounds[0])
    link = _moved(accent, goal, lambda color: _is_readable(color, grounds))
    fill = _moved(accent, goal, lambda color: contrast(color, grounds[0]) >= MIN_OF_SHAPES)
    fill = fill if grounds == _GROUNDS["light"] else link
    return {"fill": fill, "on": ink_on(fill), "link": link}


def theme_of(look: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the widget draws itself with."""
    colors = {name: _colors_on(grounds, look["accent"]) for name, grounds in _GROUNDS.items()}
    if look["header"]:
        for chosen in colors.values():
            chosen |= {"head": look["header"], "head-ink": ink_on(look["header"])}
    return {name: look[name] for name in ("mode", "corner", "side", "bottom", "icon", "label")} | {"colors": colors}
