"""The code of an embed, in the forms that websites ask for, and what each of them needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from markupsafe import escape

from app.languages import gettext as _
from models import Embed


class Script(Protocol):
    """The widget's script as it is now: `version` names its content, `integrity` is its hash."""

    version: str
    integrity: str


@dataclass(frozen=True)
class _Place:
    """What all forms of a code name: the address of the script, as it moves and pinned, and the embed."""

    home: str
    script: Script
    embed: str

    @property
    def moving(self) -> str:
        return _moving(self.home)

    def tag(self, source: str = "", more: str = "") -> str:
        return _tag(source or self.moving, self.embed, more)


def _moving(home: str) -> str:
    return f"{home}/widget/v1/widget.js"


def _tag(source: str, embed: str, more: str = "") -> str:
    return f'<script async src="{escape(source)}"{more} data-embed="{embed}"></script>'


def line_of(embed: Embed, home: str) -> str:
    """Return the plain line of an embed's code; `home` is the installation's address."""
    return _tag(_moving(home), str(embed.uuid))


@dataclass(frozen=True)
class Code:
    """One form of the code: what it is called, the text to copy, where it goes, and what it needs."""

    name: str
    title: str
    text: str
    where: str
    needs: str = ""


def codes_of(embed: Embed, home: str, script: Script) -> list[Code]:
    """Return the code of an embed in every form, the plain line first; `home` is the installation's address."""
    place = _Place(home, script, str(embed.uuid))
    return [form(place) for form in (_plain, _pinned, _wordpress, _tag_manager, _next, _react)]


def _plain(place: _Place) -> Code:
    needs = _("A page with a Content-Security-Policy names %(home)s in script-src and in connect-src.", home=place.home)
    where = _("Just before </body>, on every page that shall show the chatbot.")
    return Code("html", "HTML", place.tag(), where, needs)


def _pinned(place: _Place) -> Code:
    source = f"{place.home}/widget/{place.script.version}/widget.js"
    more = f' crossorigin="anonymous" integrity="{place.script.integrity}"'
    needs = _(
        "It stays as it is when this installation is upgraded. Come back for a new line when you want its changes."
    )
    where = _("Instead of the plain line, where each script has to be approved (Subresource Integrity).")
    return Code("pinned", _("Pinned version"), place.tag(source, more), where, needs)


def _wordpress(place: _Place) -> Code:
    text = "\n".join(("add_action('wp_footer', function () {", f"  echo '{place.tag()}';", "});"))
    where = _("At the end of functions.php of your child theme, or in a plugin for code snippets.")
    needs = _("Then empty the caches, and leave the script out where a plugin delays or joins scripts.")
    return Code("wordpress", "WordPress", text, where, needs)


def _tag_manager(place: _Place) -> Code:
    lines = (
        "<script>", "  (function () {",
        '    var script = document.createElement("script");', "    script.async = true;",
        f"    script.src = {json.dumps(place.moving)};", f'    script.setAttribute("data-embed", "{place.embed}");',
        "    document.body.appendChild(script);", "  })();", "</script>",
    )  # fmt: skip
    where = _("A new tag of the kind Custom HTML, with the trigger All Pages; then publish the container.")
    needs = _(
        "Tag managers drop data- attributes of script elements, so the element is made by a script. Visitors who block "
        "tag managers don't see the chatbot; with a consent tool, put the tag into the group that you ask for."
    )
    return Code("tag-manager", "Google Tag Manager", "\n".join(lines), where, needs)


def _next(place: _Place) -> Code:
    lines = (
        'import Script from "next/script";', "", "// inside <body> of app/layout.tsx, or in pages/_app.tsx",
        f'<Script src="{place.moving}" strategy="afterInteractive" data-embed="{place.embed}" />',
    )  # fmt: skip
    where = _("In the layout around all pages: it stays while visitors go from page to page.")
    return Code("next", "Next.js", "\n".join(lines), where, _("Next.js 11 or later."))


def _react(place: _Place) -> Code:
    lines = (
        'import { useEffect } from "react";', "", "export function Chat() {", "  useEffect(() => {",
        '    const script = document.createElement("script");', "    script.async = true;",
        f"    script.src = {json.dumps(place.moving)};", f'    script.dataset.embed = "{place.embed}";',
        "    document.body.append(script);", "    return () => {", "      window.Docent?.destroy();",
        "      script.remove();", "    };", "  }, []);", "  return null;", "}",
    )  # fmt: skip
    where = _("Once, near the root of your application.")
    return Code("react", "React", "\n".join(lines), where, _("Nothing but React: the widget keeps out of its tree."))
