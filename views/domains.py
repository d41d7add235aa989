"""Website hosts of a service."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.sqla.filters import FilterEqual
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.caller import standing
from app.collaborators import here
from app.domains import grants, hosts
from app.languages import lazy_gettext as _l
from models import Domain
from views import departing
from views.base import Screen, table
from views.columns import moment, status_badge, yes_no

_WITH_SUBDOMAINS = BooleanField(
    _l("With subdomains"),
    description=_l(
        "Chatbots answer on every host below it too: with example.com on www.example.com and shop.example.com."
    ),
)


class DomainView(Screen):
    """The websites on which chatbots may answer."""

    datamodel = table(Domain)
    edit_action = "domain.edit"
    list_title, show_title, add_title, edit_title = _l("Domains"), _l("Domain"), _l("Add a domain"), _l("Change domain")
    list_columns = ["origin", "service", "verified", "status", "last_checked"]
    show_columns = ["origin"]
    add_columns = ["domain", "with_subdomains", "service"]
    edit_columns = ["status", "with_subdomains"]
    search_columns = ["domain", "verified", "status"]
    order_columns = ["verified", "status", "last_checked"]
    base_filters = [["internal", FilterEqual, False]]
    label_columns = {
        "origin": _l("Website"),
        "domain": _l("Website"),
        "last_checked": _l("Last checked"),
        "verified": _l("Ownership"),
    }
    formatters_columns = {"verified": yes_no, "status": status_badge, "last_checked": moment}
    add_form_extra_fields = {
        "domain": StringField(
            _l("Website"),
            description=_l("The address as your visitors see it, for instance https://www.example.com"),
            validators=[InputRequired(), Length(max=300)],
            default=lambda: request.args.get("website", ""),
        ),
        "with_subdomains": _WITH_SUBDOMAINS,
    }
    edit_form_extra_fields = {
        "status": SelectField(_l("Status"), choices=[("active", _l("Active")), ("inactive", _l("Paused"))]),
        "with_subdomains": _WITH_SUBDOMAINS,
    }
    filter_choices = {"status": ("active", "inactive")}
    picture = "domain"
    delete_question = _l("Delete domain %(name)s?")
    empty_words = _l("Add the website on which your chatbot shall answer.")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        return redirect(url_for("DomainPage.show", domain_uuid=self._find(pk).uuid))

    def post_add_redirect(self) -> Any:
        newest = hosts.newest()
        return redirect(url_for("DomainPage.show", domain_uuid=newest.uuid)) if newest else super().post_add_redirect()

    def may_edit(self, item: Any) -> bool:
        if item.id is None:
            return standing().may_in_service(self.edit_action, item.service.id if item.service else None)
        return grants.may(standing(), self.edit_action, item)

    def before_deletion(self, item: Any) -> tuple[str, Any]:
        return departing.before_domain(item)

    def remove(self, item: Any) -> None:
        departing.after_domain(item)
        super().remove(item)

    def prepare_new(self, item: Any) -> None:
        hosts.prepare(item, allow_local=here().config.local_domains)
