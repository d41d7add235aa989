"""axe-core (MPL-2.0, from the axe-playwright-python package) on a page of Playwright's, shadow DOM included."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page, only: list[str] = TAGS) -> list[str]:
    """What axe finds on a page as it is now: "rule: selector" for each node. Works where the page's CSP allows no eval.

    `only` names tags or single rules. Frames are left out: it is not in them, and its messages to one in a sandbox would
    be complaints in the console.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found = page.evaluate(
        "(only) => axe.run(document, {runOnly: only, resultTypes: ['violations'], iframes: false})", only
    )
    return [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]
