"""The forms that pages show to somebody: where they post to, and what they ask for."""

from __future__ import annotations

import functools
from typing import NamedTuple

import lxml.html

from tests.isolation.doors import doors
from tests.isolation.filling import Form, read_forms

EVERYBODY = ("ada", "superadmin", "ben", "uma", "staff", "sam", "nobody")
ENDS_THE_VISIT = {"/logout/", "/look/end"}
# what may be sent twice: it is about oneself or one's own view, and done again it is as it was
HARMLESS_TWICE = ("/logout/", "/look/", "/workplace/", "/login/")


def forms_of(html: str) -> list[tuple[str, dict[str, str]]]:
    """The forms of a page that have a live button: where each posts to, and the names of what can be entered."""
    found: list[tuple[str, dict[str, str]]] = []
    has_button: list[bool] = []
    is_dead = False  # shown as it is set, to who may not change it
    for element in lxml.html.document_fromstring(html).iter(
        "form", "fieldset", "button", "input", "select", "textarea"
    ):
        tag, how = element.tag, element.attrib
        if tag == "form" and how.get("method", "").lower() == "post":
            found.append((how.get("action", ""), {}))
            has_button.append(False)
            is_dead = False
        elif tag == "fieldset" and "all" in how.get("class", "").split():
            is_dead = "disabled" in how
        elif tag == "button" and found and how.get("type") != "button":
            has_button[-1] = has_button[-1] or not is_dead
        elif tag in ("input", "select", "textarea") and found and how.get("name"):
            found[-1][1][how["name"]] = how.get("type", tag)
    return [form for form, is_live in zip(found, has_button, strict=True) if is_live]


def forms_on(client, path) -> list[tuple[str, dict[str, str]]]:
    page = client.get(path)
    if page.mimetype != "text/html" or not page.get_data():
        return []
    return [(action or path, fields) for action, fields in forms_of(page.get_data(as_text=True))]


def shown_to(app, client, rows) -> list[tuple[str, str, dict[str, str]]]:
    """Return every form on every page that somebody can open: (page, where it posts to, fields)."""
    reading = [door for door in doors(app) if door.method == "GET" and not door.rule.endpoint.startswith("widget")]
    return [(page, *form) for page in {door.own(rows) for door in reading} for form in forms_on(client, page)]


class ShownForm(NamedTuple):
    """A form as the page of somebody shows it."""

    who: str
    page: str
    action: str  # where it posts to
    form: Form


def as_shown(clients, shown) -> list[ShownForm]:
    """Return each form that anybody is shown, once; `shown` gives by name what somebody is shown."""
    found: dict[tuple[str, frozenset[str]], tuple[str, str]] = {}
    for who in EVERYBODY:
        for page, action, fields in shown(who):
            if action not in ENDS_THE_VISIT:
                found.setdefault((action, frozenset(fields)), (who, page))
    read = functools.cache(lambda who, page: read_forms(clients[who].get(page).text))
    return [
        ShownForm(who, page, action, _find_form(read(who, page), page, action, names))
        for (action, names), (who, page) in found.items()
    ]


def _find_form(forms: list[Form], page: str, action: str, names: frozenset[str]) -> Form:
    """Return the form of a page that posts somewhere and asks for these names."""
    there = [form for form in forms if (form.action or page) == action]
    return next((form for form in there if names <= set(form.names)), there[0])
