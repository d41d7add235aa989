"""A chatbot's settings from elsewhere: each is read again as if it was typed, and what is unknown is left out."""

from __future__ import annotations

from typing import Any

from app.answering.manner import AUDIENCES, EDITABLE, MAX_INSTRUCTIONS_CHARS, STRICTNESS
from app.exports.parcel import Parcel, ParcelError
from app.languages import gettext as _
from app.looks import fields, languages, pictures, schema
from app.looks.pictures import PictureRefused
from app.privacy.rules import MAX_DAYS

_CHOICES = {"strictness": STRICTNESS, "audience": AUDIENCES}
_SWITCHES = ("prefers_recent", "asks_back", "quotes_at_length", "holds_when_closed")
_NOT_PLAIN = ("privacy", "look", "words", "suggestions", *pictures.KINDS)


def clean(given: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what can be used of settings, without pictures.

    Raises:
        ParcelError: one has a value that it can't have.
    """
    try:
        return {
            **_plain(given), **_privacy(given.get("privacy")), **_look(given.get("look")),
            **_words(given.get("words")), **_suggestions(given),
        }  # fmt: skip
    except (TypeError, ValueError, AttributeError) as error:
        raise ParcelError(_("%(where)s its settings can't be read.", where=where)) from error


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in given.items() if name not in _NOT_PLAIN and isinstance(value, str | bool)}
    for name, value in plain.items():
        is_switch = name in _SWITCHES
        if name in EDITABLE and isinstance(value, bool) != is_switch:
            raise TypeError(name)
        if value not in _CHOICES.get(name, (value,)) or len(str(value)) > MAX_INSTRUCTIONS_CHARS:
            raise ValueError(name)
    return plain


def _privacy(given: Any) -> dict[str, Any]:
    """Keep what visitors were promised: left out, their words would be stored as they are, and for longer."""
    if not given:
        return {}
    days, redacts = given.get("days"), given.get("redacts", False)
    is_time = days is None or (isinstance(days, int) and 1 <= days <= MAX_DAYS)
    if not isinstance(redacts, bool) or isinstance(days, bool) or not is_time:
        raise ValueError("privacy")
    return {"privacy": {"days": days, "redacts": redacts}}


def _look(given: Any) -> dict[str, Any]:
    if not given:
        return {}
    values, wrong = fields.read(schema.ALL, fields.write(schema.ALL, given))
    return {"look": {name: values[name] for name in values if name in given and name not in wrong}}


def _words(given: Any) -> dict[str, Any]:
    if not given:
        return {}
    known = {language: own for language, own in given.items() if language in languages.NAMES}
    return {"words": {language: languages.read_words(own, language) for language, own in known.items()}}


def _suggestions(given: dict[str, Any]) -> dict[str, Any]:
    if "suggestions" not in given:
        return {}
    if not isinstance(given["suggestions"], list) or not all(isinstance(one, str) for one in given["suggestions"]):
        raise TypeError("suggestions")
    return {"suggestions": given["suggestions"]}


def bring_pictures(parcel: Parcel, service_id: int, old_id: int, given: dict[str, Any]) -> dict[str, str]:
    """Store the pictures that settings name, made anew, and return their new names; what is no picture is left."""
    found = {}
    in_parcel = {name for owner_id, name in parcel.files("pictures") if owner_id == old_id}
    for kind in pictures.KINDS:
        name = f"pictures/{old_id}-{str(given.get(kind)).rpartition('-')[2][:8]}.webp"
        if name in in_parcel:
            try:
                with parcel.open(name) as file:
                    found[kind] = pictures.save(service_id, file, kind)
            except PictureRefused:
                continue
    return found
