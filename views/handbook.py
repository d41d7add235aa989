"""The handbook inside the product, and which of its places explains the screen that somebody is on."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import BaseView, expose

from app import handbook
from app.domains import sample
from app.languages import present

# a view or an endpoint -> the page of the handbook and its section; the endpoint counts first
PLACES: dict[str, tuple[str, str]] = {
    "HomeView": ("looking-after", "what-needs-you"),
    "StartPage": ("first-steps", "make-your-first-chatbot"),
    "ChatbotView": ("owners-guide", "making-a-chatbot"),
    "ChatbotView.delete": ("owners-guide", "removing-a-chatbot"),
    "ChatbotPage": ("looking-after", "looking-after-a-chatbot"),
    "ChatbotPage.sources": ("owners-guide", "adding-knowledge"),
    "ChatbotPage.domains": ("embedding", "putting-the-chatbot-on-your-page"),
    "SourceView": ("owners-guide", "states-of-a-source"),
    "SourcePage": ("looking-after", "the-page-of-a-source"),
    "WebsitePage": ("owners-guide", "adding-knowledge"),
    "TextPage": ("owners-guide", "adding-knowledge"),
    "ScansPage": ("owners-guide", "scanned-pages"),
    "AnswersPage": ("owners-guide", "answering-questions-yourself"),
    "GoldenPage": ("looking-after", "golden-questions"),
    "VersionsPage": ("looking-after", "versions"),
    "WorkbenchPage": ("answers", "the-preview"),
    "MannerPage": ("answers", "the-type-of-a-chatbot"),
    "ChatModelPage": ("answers", "with-a-chat-model"),
    "WidgetPage": ("embedding", "how-the-widget-looks"),
    "WidgetPage.behavior": ("embedding", "when-the-widget-opens"),
    "FormPage": ("embedding", "forms-and-talking-to-a-person"),
    "SubmissionView": ("embedding", "forms-and-talking-to-a-person"),
    "DomainView": ("embedding", "owning-a-website"),
    "DomainPage": ("embedding", "owning-a-website"),
    "EmbedPage": ("embedding", "whether-it-works"),
    "HistoryPage": ("owners-guide", "chat-history"),
    "InsightsPage": ("owners-guide", "insights"),
    "UnansweredPage": ("owners-guide", "unanswered-questions"),
    "PrivacyPage": ("owners-guide", "privacy-of-visitors"),
    "WebhookPage": ("systems", "webhooks"),
    "KeyPage": ("systems", "api-keys"),
    "ExportPage": ("systems", "exporting-chats"),
    "WorkspaceView": ("owners-guide", "workspaces-and-roles"),
    "WorkspaceMemberView": ("owners-guide", "workspaces-and-roles"),
    "InvitationView": ("owners-guide", "inviting-colleagues"),
    "ServiceView": ("owners-guide", "plans-and-services"),
    "ServicePage": ("owners-guide", "plans-and-services"),
    "PlansPage": ("owners-guide", "plans-and-services"),
    "TermsPage": ("security", "terms"),
}


class HandbookPage(BaseView):
    """The handbook's pages, open to everybody."""

    route_base = "/handbook"
    default_view = "index"

    @expose("/")
    def index(self) -> Any:
        return self._render("index.html")

    @expose("/<name>")
    def show(self, name: str) -> Any:
        return self._render("page.html", page=handbook.read(name, present()) or abort(404))

    def _render(self, template: str, **what: Any) -> Any:
        what |= {"pages": handbook.pages(present()), "sample": sample.find(), "appbuilder": self.appbuilder}
        return self.render_template(f"handbook/{template}", **what)


def help_here() -> str:
    """Return where the handbook explains the present screen; empty where it says nothing of it."""
    endpoint = request.endpoint or ""
    place = PLACES.get(endpoint) or PLACES.get(endpoint.partition(".")[0])
    return url_for("HandbookPage.show", name=place[0], _anchor=place[1]) if place else ""
