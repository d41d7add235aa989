"""How the installation is, what is wrong and what to do, and what it is set to: for superadmins."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from flask import request
from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user

from app import audit
from app.caller import limit_secrets, signed_in
from app.care import doctor, parts
from app.care.finding import Finding
from app.care.machine import Arrival
from app.collaborators import here
from app.languages import gettext as _
from models import db

SECRETS = ("secret", "key", "password", "token", "dsn", "_url")  # in the names of settings whose values are not shown


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
        """Look at what takes longer, too, and send a mail; what is outside has a deadline of its own."""
        limit_secrets("self-test")
        email = current_user.email
        audit.record("installation.test", signed_in())
        db.session.commit()
        findings = doctor.examine(is_thorough=True, arrival=_arrival())
        return self._page([*findings, parts.try_mail(email)], is_thorough=True)

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
        return self.render_template(
            "home/health.html", findings=findings, is_thorough=is_thorough, done=done, versions=parts.read_versions(),
            settings=read_settings(), appbuilder=self.appbuilder,
        )  # fmt: skip


def _arrival() -> Arrival:
    """Tell how this request came in."""
    header = request.headers.get("X-Forwarded-For", "")
    return Arrival(request.scheme, request.host, len([part for part in header.split(",") if part.strip()]))


def read_settings() -> list[Setting]:
    config = here().config
    documented = [(field.name, field.metadata["doc"]) for field in fields(config) if "doc" in field.metadata]
    return [
        Setting(name.upper(), _shown(name, getattr(config, name)), name in config.given, doc)
        for name, doc in documented
    ]


def _shown(name: str, value: Any) -> str:
    if name != "base_url" and any(part in name for part in SECRETS):
        return _("set") if value else "–"
    return "–" if value in ("", None, ()) else str(value)
