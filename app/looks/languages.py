"""Every word of the widget's own, in 13 languages: which of them a visitor gets, and what the owner says instead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

NAMES = {
    "en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano", "pt": "Português",
    "nl": "Nederlands", "pl": "Polski", "tr": "Türkçe", "ar": "العربية", "hi": "हिन्दी", "zh": "中文", "ja": "日本語",
}  # fmt: skip
MAX_WORD_CHARS = 300
_FOLDER = Path(__file__).parent / "languages"
_RIGHT_TO_LEFT = ("ar",)


@lru_cache(maxsize=len(NAMES))
def strings(language: str) -> dict[str, str]:
    """Return the words of a language, by what they are for."""
    found: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


def direction(language: str) -> str:
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def choose(wished: Iterable[str], fixed: str = "auto") -> str:
    """Return the owner's fixed language, else the first wished one (`de-AT`, RFC 5646) that there is, else English."""
    if fixed in NAMES:
        return fixed
    primary = (tag.strip().lower().replace("_", "-").partition("-")[0] for tag in wished)
    return next((language for language in primary if language in NAMES), "en")


def words_for(settings: dict[str, Any], language: str) -> dict[str, str]:
    """Return the words of a language, with those that a chatbot's owner has replaced."""
    own = settings.get("words", {}).get(language, {})
    return {**strings(language), **own}


def read_words(given: dict[str, str], language: str) -> dict[str, str]:
    """Return what an owner says otherwise; what is empty or the same is left to us."""
    typed = {name: " ".join(given.get(name, "").split())[:MAX_WORD_CHARS] for name in strings(language)}
    return {name: text for name, text in typed.items() if text and text != strings(language)[name]}
