"""Bring the catalogs up to what the code says: `python .ci/translations.py [--check]`.

Sentences that are new stand in each catalog with nothing beside them; those that nobody says any more are gone.
With `--check` nothing is written: exits 1 where a catalog lacks a sentence, holds one too many, or has one whose
translation is empty, fuzzy, or without the same placeholders.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.languages import SHIPPED, path_of  # noqa: E402 - after the path to it

ROOMS = ("app", "views", "widget", "jobs")
PLAIN = ("_", "_l", "gettext", "lazy_gettext", "in_english")
KEYWORDS = {**dict.fromkeys(PLAIN), "ngettext": (1, 2), "operation": (3,)}  # of the API: address, method, what it does
HEAD = r"""msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"""  # without dates: they would meet in each merge
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|<[^>]+>")


def extract() -> Catalog:
    """Return everything that code and templates say."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods = [(pattern, mapping["method"]) for mapping in settings for pattern in mapping["pattern"]]
    options = {pattern: mapping["options"] for mapping in settings for pattern in mapping["pattern"]}
    found = Catalog()
    for room in ROOMS:
        for said in extract_from_dir(ROOT / room, methods, options, KEYWORDS):
            found.add(said[2])
    for sentence in (*said_by_the_index_room(), *said_of_settings(), *said_by_types()):
        found.add(sentence)
    return found


def said_by_the_index_room() -> Iterator[str]:
    """Yield what the index room says: it knows nothing of languages, and names its sentences `Words`."""
    for path in sorted((ROOT / "indexes").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words":
                yield from (
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                )


def said_of_settings() -> Iterator[str]:
    """Yield what each setting is: the `doc` beside it in config.py, which commands read before there are languages."""
    for node in ast.walk(ast.parse((ROOT / "config.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "doc" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def said_by_types() -> Iterator[str]:
    """Yield what each type of chatbot says: the texts of each `Manner` of app/answering/presets.py."""
    for node in ast.walk(ast.parse((ROOT / "app" / "answering" / "presets.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Manner":
            said = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            yield from (text for text in said if isinstance(text, str) and " " in text)


def read(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def written(catalog: Catalog) -> bytes:
    """Return a catalog as its file holds it: sorted and without places, so that two changes seldom meet."""
    text = io.BytesIO()
    write_po(text, catalog, width=0, sort_output=True, no_location=True, ignore_obsolete=True, omit_header=True)
    head = HEAD.format(language=catalog.locale, plurals=catalog.plural_forms)
    return head.encode() + b"\n" + text.getvalue()


def bring_up(language: str, said: Catalog) -> Catalog:
    """Return a language's catalog with the sentences that the code says now, no more and no fewer."""
    catalog = read(language)
    catalog.update(said, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def placeholders(text: str) -> list[str]:
    return sorted(match.group() for match in _PLACEHOLDER.finditer(text))


def forms_of(text: object) -> tuple[str, ...]:
    """Return the forms of a sentence: one, or one for each plural."""
    return tuple(text) if isinstance(text, (tuple, list)) else (str(text or ""),)


def complain(message: Message) -> str:
    """Say what is wrong with the translation of a sentence; empty where nothing is."""
    forms = forms_of(message.string)
    if message.fuzzy:
        return "is fuzzy"
    if not all(forms):
        return "is missing"
    wanted = {tuple(placeholders(source)) for source in forms_of(message.id)}
    return "" if all(tuple(placeholders(form)) in wanted for form in forms) else "has other placeholders"


def check(language: str, said: Catalog) -> Iterator[str]:
    """Yield what is wrong with a language's catalog."""
    kept = {message.id for message in read(language) if message.id}
    for message in said:
        if message.id and message.id not in kept:
            yield f"{language}: {message.id!r} is not in the catalog"
    for message in read(language):
        if message.id and message.id not in said:
            yield f"{language}: nobody says {message.id!r} any more"
        elif message.id and (complaint := complain(message)):
            yield f"{language}: the translation of {message.id!r} {complaint}"


def main() -> int:
    """Bring up or check all catalogs."""
    said = extract()
    others = [language for language in SHIPPED if language != "en"]
    if "--check" in sys.argv[1:]:
        wrong = [line for language in others for line in check(language, said)]
        print("\n".join(wrong))
        return bool(wrong)
    for language in others:
        catalog = bring_up(language, said)
        path_of(language).write_bytes(written(catalog))
        n_missing = sum(bool(message.id and complain(message)) for message in catalog)
        print(f"{language}: {len(catalog)} sentences, {n_missing} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
