"""What an owner can choose about the widget of a chatbot: the one list for the screens, the checks and the widget."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from app.looks import fields
from app.looks.colors import ACCENT
from app.looks.fields import Field, Section
from app.looks.hours import DAYS
from app.looks.languages import NAMES

MODES = (("auto", "As the visitor's device"), ("light", "Always light"), ("dark", "Always dark"))
CORNERS = (("right", "Right"), ("left", "Left"))
ICONS = (("chat", "Speech bubble"), ("question", "Question mark"), ("spark", "Spark"))
LANGUAGES = (("auto", "As the page, else as the visitor's browser"), *NAMES.items())


def _choice(name: str, label: str, choices: tuple[tuple[str, str], ...], note: str = "") -> Field:
    return Field(name, label, fields.one_of(choices), choices[0][0], note, "select", choices)


def _time_zone(text: str) -> str:
    if text not in zoneinfo.available_timezones():
        raise ValueError("Use the name of a time zone, such as Europe/Berlin.")
    return text


_PIXELS = fields.whole(0, 200)
_WHEN_OFFERED = "Left empty, it is offered where a webhook is told of it."

LOOK = (
    Section(
        "Colors",
        (
            Field("accent", "Main color", fields.color, ACCENT, "Buttons, links and what visitors say.", "color"),
            Field("header", "Header", fields.color, "", "Left empty, it follows the main color.", "text"),
            _choice("mode", "Light or dark", MODES),
        ),
        "A color that could not be read is moved until it can be, in light and in dark.",
    ),
    Section(
        "Button on the page",
        (
            _choice("icon", "Picture", ICONS),
            Field("label", "Words beside it", fields.short(24)),
            _choice("corner", "Corner", CORNERS),
            Field("side", "From the side", _PIXELS, 20, "Pixels", "number"),
            Field("bottom", "From the bottom", _PIXELS, 20, "Pixels", "number"),
        ),
    ),
    Section(
        "Words",
        (
            Field("title", "Name in the header", fields.short(60), "", "Left empty, the chatbot's name."),
            Field("subtitle", "Line below the name", fields.short(80)),
            Field("greeting", "Greeting", fields.long(500), "", "Markdown; left empty, its type's.", "textarea"),
            Field(
                "suggestions", "First questions", fields.lines(4, 100), [], "One in a line, four at most.", "textarea"
            ),
            Field("powered_by", 'Say "Powered by Docent"', fields.switch, default=False, control="checkbox"),
        ),
    ),
)

BEHAVIOR = (
    Section(
        "Where and when",
        (
            Field(
                "show_on", "Only on these pages", fields.paths, [], "A path in a line, such as /shop/*", "textarea"
            ),
            Field("hide_on", "Not on these pages", fields.paths, [], "Wins over the pages above.", "textarea"),
            Field(
                "open_after_s", "Open by itself after", fields.whole(0, 600), 0,
                "Seconds, once for each visitor, never on a phone. 0: it waits to be opened.", "number",
            ),
        ),
    ),
    Section(
        "Before the first message",
        (
            Field("consent", "What visitors agree to", fields.long(600), "", "Empty: nobody is asked.", "textarea"),
            Field("consent_link", "Privacy notice", fields.web_address),
        ),
    ),
    Section(
        "Business hours",
        (
            Field("time_zone", "Time zone", _time_zone, "UTC", control="time_zone"),
            *(Field(day, day.capitalize(), fields.time_span, note="09:00-17:00") for day in DAYS),
            Field("away", "What visitors read outside them", fields.short(200), "", "In the header."),
        ),
        "When people are there to answer. The chatbot itself answers at any hour.",
    ),
    Section(
        "Talking to a person",
        (Field("contact", "E-mail of the person", fields.mail_address, "", _WHEN_OFFERED, "email"),),
        "They get the chat by mail, and their answer goes to the visitor.",
    ),
    Section("Language", (_choice("language", "The widget's own words are in", LANGUAGES),)),
)  # fmt: skip

ALL = LOOK + BEHAVIOR


def look_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return every choice of a chatbot, with our own where its owner made none."""
    kept = settings.get("look", {})
    chosen = {field.name: kept.get(field.name, field.default) for section in ALL for field in section.fields}
    return {**chosen, **{name: settings[name] for name in _OF_THE_CHATBOT if settings.get(name)}}


_OF_THE_CHATBOT = ("greeting", "suggestions")  # its own words, wherever it answers


def with_look(settings: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chatbot's settings with other choices; those that are not named stay."""
    own = {name: values[name] for name in _OF_THE_CHATBOT if name in values}
    rest = {name: value for name, value in values.items() if name not in own}
    kept = {name: value for name, value in settings.items() if name not in own}
    said = {name: value for name, value in own.items() if value}  # without one, its type's is said
    return {**kept, **said, "look": {**settings.get("look", {}), **rest}}


def read_draft(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of an owner who is still typing; what can't be used yet is not among them."""
    values, wrong = fields.read(ALL, given)
    return {name: value for name, value in values.items() if name in given and name not in wrong}
