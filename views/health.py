"""How the installation is, what it is set to, and a self-test: for superadmins."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import Any

from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user

from app import audit
from app.caller import limit_secrets, signed_in
from app.collaborators import here
from app.history import health
from app.history.health import Part
from app.languages import gettext as _
from jobs import queues
from models import db

SECRETS = ("secret", "key", "password", "_url")  # in the names of settings whose values are not shown


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
        return self._page()

    @expose("/", methods=["POST"])
    @has_access
    def test(self) -> Any:
        """Try out what takes longer; no connection to the database is held meanwhile."""
        limit_secrets("self-test")
        email = current_user.email
        audit.record("installation.test", signed_in())
        db.session.commit()
        return self._page(health.try_out(email))

    def _page(self, tried: list[Part] | None = None) -> Any:
        return self.render_template(
            "home/health.html", parts=health.read_parts(), queue=queues.read_state(), tried=tried,
            versions=health.read_versions(), settings=read_settings(), appbuilder=self.appbuilder,
        )  # fmt: skip


def read_settings() -> list[Setting]:
    config = here().config
    documented = [field for field in fields(config) if "doc" in field.metadata]
    return [
        Setting(row.name.upper(), _shown(row.name, getattr(config, row.name)), _is_set(row.name), row.metadata["doc"])
        for row in documented
    ]


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name.upper()))


def _shown(name: str, value: Any) -> str:
    if name != "base_url" and any(part in name for part in SECRETS):
        return _("set") if value else "–"
    return "–" if value in ("", None, ()) else str(value)
