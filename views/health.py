"""How the installation is, what is wrong and what to do, and what it is set to: for superadmins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import chain, takewhile
from typing import Any

from flask import Response, current_app, request, stream_with_context
from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user

from app import audit
from app.caller import limit_secrets, signed_in
from app.care import doctor, parts
from app.care.doctor import Examination
from app.care.finding import Finding
from app.care.machine import Arrival
from app.collaborators import here
from app.languages import gettext as _
from app.languages import retold
from models import db

_LATER = "\0"


@dataclass(frozen=True)
class Setting:
    """A setting as it counts now. `value` of a secret says only whether there is one."""

    name: str
    value: str
    is_set: bool
    doc: str


class HealthPage(BaseView):
    """The parts that the installation stands on, and its settings with their source."""

    route_base = "/health"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        return self._page(doctor.examine(is_thorough=False, arrival=_arrival()))

    @expose("/", methods=["POST"])
    @has_access
    def test(self) -> Any:
        """Look at what takes longer, too, and send a mail: each thing is shown as soon as it is found."""
        limit_secrets("self-test")
        email = current_user.email
        audit.record("installation.test", signed_in())
        db.session.commit()
        examination = Examination(is_thorough=True, arrival=_arrival(), mail_to=email)
        page = _begin("home/examination.html", examination=examination, **self._facts())
        return Response(page, headers={"X-Accel-Buffering": "no"})  # nginx sends at once what it gets

    @expose("/mend", methods=["POST"])
    @has_access
    def mend(self) -> Any:
        """Mend what is safe to mend, and look again."""
        limit_secrets("self-test")
        audit.record("installation.mend", signed_in())
        db.session.commit()
        done = doctor.mend(doctor.examine(is_thorough=True))
        findings = doctor.examine(is_thorough=True, arrival=_arrival())
        return self._page(findings, is_thorough=True, done=done)

    def _page(self, findings: list[Finding], *, is_thorough: bool = False, done: list[str] | None = None) -> Any:
        told = {"findings": findings, "is_thorough": is_thorough, "done": done}
        return self.render_template("home/health.html", **told, **self._facts())

    def _facts(self) -> dict[str, Any]:
        return {"versions": parts.read_versions(), "settings": read_settings(), "appbuilder": self.appbuilder}


def _begin(template: str, **values: Any) -> Iterator[str]:
    """Write a page up to where it prints `later` now, by what this request may read, and the rest while it is sent."""
    context = {**values, "later": _LATER}
    current_app.update_template_context(context)
    pieces = current_app.jinja_env.get_template(template).generate(context)
    begun = "".join(takewhile(_LATER.__ne__, pieces))
    return chain([begun], stream_with_context(pieces))


def _arrival() -> Arrival:
    """Tell how this request came in."""
    header = request.headers.get("X-Forwarded-For", "")
    return Arrival(request.scheme, request.host, len([part for part in header.split(",") if part.strip()]))


def read_settings() -> list[Setting]:
    config = here().config
    return [
        Setting(
            name=field.name.upper(),
            value=_shown(getattr(config, field.name), is_secret=field.metadata["is_secret"]),
            is_set=field.name in config.given,
            doc=retold(doc),
        )
        for field in fields(config)
        if (doc := field.metadata.get("doc"))
    ]


def _shown(value: Any, *, is_secret: bool) -> str:
    if is_secret:
        return _("set") if value else "–"
    return "–" if value in ("", None, ()) else str(value)
