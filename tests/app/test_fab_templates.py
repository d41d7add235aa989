"""Flask-AppBuilder's own templates: those that can be reached are ours, and we notice when an original changes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import flask_appbuilder
import jinja2.meta
import pytest

from tests.conftest import ROOT

OURS = ROOT / "app" / "templates"
FAB = Path(flask_appbuilder.__file__).parent / "templates"
ROW = re.compile(r"^\| `(appbuilder/[^`]+)` \| .+ \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def listed():
    """The table of docs/screens.md: name of a template -> SHA-256 of FAB's original."""
    return dict(ROW.findall((ROOT / "docs" / "screens.md").read_text(encoding="utf-8")))


def shadowed():
    return {p.relative_to(OURS).as_posix() for p in (OURS / "appbuilder").rglob("*.html")}


def test_the_handbook_of_screens_lists_what_we_shadow():
    assert set(listed()) == shadowed()


@pytest.mark.parametrize("name", sorted(shadowed()))
def test_an_original_is_what_it_was_when_we_shadowed_it(name):
    digest = hashlib.sha256((FAB / name).read_bytes()).hexdigest()
    assert digest == listed()[name], (
        f"FAB changed {name}: see what is new there, then write the hash into docs/screens.md"
    )


def _named_by(view):
    """The templates that a view's class names, its own or those of its widgets."""
    for attribute in dir(type(view)):
        value = getattr(type(view), attribute, None)
        if attribute.endswith("_template") and isinstance(value, str) and value:
            yield value
        if attribute.endswith("_widget") and isinstance(getattr(value, "template", None), str):
            yield value.template


def _with_what_they_use(env, names):
    """Follow `extends`, `include` and `import`."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        source = env.loader.get_source(env, name)[0]
        waiting += [used for used in jinja2.meta.find_referenced_templates(env.parse(source)) if used]
    return found


def test_no_template_of_fab_can_be_reached(app):
    named = {name for view in app.appbuilder.baseviews for name in _named_by(view)}
    assert "appbuilder/general/model/list.html" in named
    reached = _with_what_they_use(app.jinja_env, {*named, app.appbuilder.base_template})
    files = {name: Path(app.jinja_env.loader.get_source(app.jinja_env, name)[1]) for name in reached}
    assert {name for name, path in files.items() if not path.is_relative_to(OURS)} == set()
