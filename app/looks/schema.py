"""What an owner can choose about the widget of a chatbot: the one list for the screens, the checks and the widget."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.looks import fields
from app.looks.colors import ACCENT
from app.looks.fields import Field, Section
from app.looks.hours import DAYS
from app.looks.languages import NAMES

MODES = (("auto", _l("As the visitor's device")), ("light", _l("Always light")), ("dark", _l("Always dark")))
CORNERS = (("right", _l("Right")), ("left", _l("Left")))
ICONS = (("chat", _l("Speech bubble")), ("question", _l("Question mark")), ("spark", _l("Spark")))
LANGUAGES = (("auto", _l("As the page, else as the visitor's browser")), *NAMES.items())


def _choice(name: str, label: str, choices: tuple[tuple[str, str], ...], note: str = "") -> Field:
    return Field(name, label, fields.one_of(choices), choices[0][0], note, "select", choices)


def _time_zone(text: str) -> str:
    if text not in zoneinfo.available_timezones():
        raise ValueError(_("Use the name of a time zone, such as Europe/Berlin."))
    return text


_DAYS = (
    _l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"),
)  # fmt: skip
_PIXELS = fields.whole(0, 200)
_WHEN_OFFERED = _l("Left empty, it is offered where a webhook is told of it.")

LOOK = (
    Section(
        _l("Colors"),
        (
            Field(
                "accent", _l("Main color"), fields.color, ACCENT, _l("Buttons, links and what visitors say."), "color"
            ),
            Field("header", _l("Header"), fields.color, "", _l("Left empty, it follows the main color."), "text"),
            _choice("mode", _l("Light or dark"), MODES),
        ),
        _l("A color that could not be read is moved until it can be, in light and in dark."),
    ),
    Section(
        _l("Button on the page"),
        (
            _choice("icon", _l("Picture"), ICONS),
            Field("label", _l("Words beside it"), fields.short(24)),
            _choice("corner", _l("Corner"), CORNERS),
            Field("side", _l("From the side"), _PIXELS, 20, _l("Pixels"), "number"),
            Field("bottom", _l("From the bottom"), _PIXELS, 20, _l("Pixels"), "number"),
        ),
    ),
    Section(
        _l("Words"),
        (
            Field("title", _l("Name in the header"), fields.short(60), "", _l("Left empty, the chatbot's name.")),
            Field("subtitle", _l("Line below the name"), fields.short(80)),
            Field(
                "greeting", _l("Greeting"), fields.long(500), "", _l("Markdown; left empty, its type's."), "textarea"
            ),
            Field(
                "suggestions",
                _l("First questions"),
                fields.lines(4, 100),
                [],
                _l("One in a line, four at most."),
                "textarea",
            ),
            Field("powered_by", _l('Say "Powered by Docent"'), fields.switch, default=False, control="checkbox"),
        ),
    ),
)

BEHAVIOR = (
    Section(
        _l("Where and when"),
        (
            Field(
                "show_on", _l("Only on these pages"), fields.paths, [], _l("A path in a line, such as /shop/*"),
                "textarea"
            ),
            Field("hide_on", _l("Not on these pages"), fields.paths, [], _l("Wins over the pages above."), "textarea"),
            Field(
                "open_after_s", _l("Open by itself after"), fields.whole(0, 600), 0,
                _l("Seconds, once for each visitor, never on a phone. 0: it waits to be opened."), "number",
            ),
        ),
    ),
    Section(
        _l("Before the first message"),
        (
            Field(
                "consent", _l("What visitors agree to"), fields.long(600), "", _l("Empty: nobody is asked."), "textarea"
            ),
            Field("consent_link", _l("Privacy notice"), fields.web_address),
        ),
    ),
    Section(
        _l("Business hours"),
        (
            Field("time_zone", _l("Time zone"), _time_zone, "UTC", control="time_zone"),
            *(Field(day, label, fields.time_span, note="09:00-17:00") for day, label in zip(DAYS, _DAYS, strict=True)),
            Field("away", _l("What visitors read outside them"), fields.short(200), "", _l("In the header.")),
        ),
        _l("When people are there to answer. The chatbot itself answers at any hour."),
    ),
    Section(
        _l("Talking to a person"),
        (Field("contact", _l("E-mail of the person"), fields.mail_address, "", _WHEN_OFFERED, "email"),),
        _l("They get the chat by mail, and their answer goes to the visitor."),
    ),
    Section(_l("Language"), (_choice("language", _l("The widget's own words are in"), LANGUAGES),)),
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
