"""Quick search: pages by their name, and what is called so, on a page of its own and below the box of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import finding
from app.caller import standing
from app.finding import Found
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from views.listing import read_words
from views.navigation import navigation

_KINDS = {  # kind -> heading, picture
    "page": (_l("Pages"), ""),
    "chatbot": (_l("Chatbots"), "chatbot"),
    "source": (_l("Sources"), "source"),
    "website": (_l("Sources"), "domain"),
    "domain": (_l("Domains"), "domain"),
    "person": (_l("Members"), "people"),
    "service": (_l("Services"), "service"),
    "member": (_l("People"), "people"),
    "chat": (_l("Chats"), "history"),
}
_PAGES = {  # kind -> endpoint, and what its address calls the key
    "chatbot": ("ChatbotPage.show", "chatbot_uuid"),
    "source": ("SourcePage.show", "source_uuid"),
    "website": ("WebsitePage.show", "source_uuid"),
    "domain": ("DomainPage.show", "domain_uuid"),
    "person": ("WorkspaceMemberView.list", "q"),
    "service": ("ServicePage.show", "service_uuid"),
    "member": ("MemberView.show", "pk"),
}


@dataclass(frozen=True)
class Hit:
    """One line: what it says, where that is, its picture, and where it leads."""

    heading: str
    title: str
    place: str
    picture: str
    address: str


def _address_of(found: Found) -> str:
    if found.kind == "chat":
        service_id, session_uuid = found.key
        return url_for("HistoryPage.dialogue", service_id=service_id, session_uuid=session_uuid)
    endpoint, argument = _PAGES[found.kind]
    return url_for(endpoint, **{argument: found.key})


def _pages(words: str) -> list[Hit]:
    """Return the pages of the menu whose names hold the words; all of them where there are none."""
    heading = str(_KINDS["page"][0])
    start = {"label": _("Home"), "icon": "home", "url": url_for("HomeView.index")}
    own = {"label": _("Your profile"), "icon": "people", "url": url_for("ProfileView.show")}
    entries = [start, *(entry for group in navigation() for entry in group["entries"]), own]
    return [
        Hit(heading, entry["label"], "", entry["icon"], entry["url"])
        for entry in entries
        if words.lower() in entry["label"].lower()
    ]


def _hits(words: str) -> dict[str, list[Hit]]:
    """Return what is found, by heading, in the order in which it is shown."""
    hits = _pages(words)
    for found in finding.find(words, standing()):
        heading, picture = _KINDS[found.kind]
        hits.append(Hit(str(heading), found.title, found.place, picture, _address_of(found)))
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.heading, []).append(hit)
    return groups


class SearchPage(BaseView):
    """What somebody may open anyway, found by its name."""

    route_base = "/search"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        return self._answer("search/show.html")

    @expose("/found")
    @has_access
    def found(self) -> Any:
        """Answer with the lines alone."""
        return self._answer("search/_found.html")

    def _answer(self, template: str) -> Any:
        words = read_words()
        page = {"words": words, "groups": _hits(words), "is_part": request.endpoint == "SearchPage.found"}
        return self.render_template(template, appbuilder=self.appbuilder, **page)
