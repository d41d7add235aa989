"""The whole menu on one screen."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.languages import lazy_gettext as _l

_CATEGORIES = {"Work": _l("Work"), "Team": _l("Team"), "Installation": _l("Installation")}


def _add(appbuilder: Any, view: Any, name: str, label: str, category: str, **how: str) -> None:
    """Put a screen into the menu: rights know it by its name, people by its label."""
    appbuilder.add_view(view, name, label=label, category=category, category_label=_CATEGORIES[category], **how)


def register(appbuilder: Any) -> None:
    """Register every screen; its place in the menu says for whom it is (see app/roles.py)."""
    from flask import current_app

    from views import api
    from views.audit_trail import AuditView
    from views.chatbots import ChatbotView, SourceView
    from views.domains import DomainView
    from views.history import HistoryPage
    from views.insights import InsightsPage
    from views.invitations import InvitationView
    from views.keys import KeyPage
    from views.submissions import SubmissionView
    from views.team import ServiceView, WorkspaceMemberView, WorkspaceView
    from views.unanswered import UnansweredPage
    from views.webhooks import WebhookPage

    _teach_templates(current_app.jinja_env)
    add = partial(_add, appbuilder)
    add(ChatbotView, "Chatbots", _l("Chatbots"), "Work", icon="chatbot")
    add(SourceView, "Sources", _l("Sources"), "Work", icon="source")
    add(DomainView, "Domains", _l("Domains"), "Work", icon="domain")
    add(HistoryPage, "Chat history", _l("Chat history"), "Work", icon="history", href="/history/")
    add(UnansweredPage, "Unanswered", _l("Unanswered"), "Work", icon="inbox", href="/unanswered/")
    add(InsightsPage, "Insights", _l("Insights"), "Work", icon="chart", href="/insights/")
    add(SubmissionView, "Submissions", _l("Submissions"), "Work", icon="mail")
    add(WorkspaceView, "Workspaces", _l("Workspaces"), "Team", icon="workspace")
    add(WorkspaceMemberView, "Members", _l("Members"), "Team", icon="people")
    add(InvitationView, "Invitations", _l("Invitations"), "Team", icon="mail")
    add(ServiceView, "Services", _l("Services"), "Team", icon="service")
    _register_installation(add)
    add(AuditView, "Audit", _l("Audit"), "Team", icon="audit")
    add(KeyPage, "API keys", _l("API keys"), "Team", icon="key", href="/keys/")
    add(WebhookPage, "Webhooks", _l("Webhooks"), "Team", icon="bell", href="/webhooks/")
    api.register(appbuilder)
    for page in _pages():
        appbuilder.add_view_no_menu(page)


def _register_installation(add: Any) -> None:
    """Register the screens of those who run the installation."""
    from views.arrivals import ArrivalPage
    from views.chat_models import ModelPriceView
    from views.holding import HoldingPage
    from views.installation import MailView, SubscriptionView
    from views.looking import LookPage
    from views.orders import OrderView
    from views.people import MemberView
    from views.plans import PlanView
    from views.suspensions import SuspensionPage
    from views.terms import TermsDesk

    add(OrderView, "Orders", _l("Orders"), "Installation", icon="order")
    add(PlanView, "Plans", _l("Plans"), "Installation", icon="plan")
    add(ModelPriceView, "Model prices", _l("Model prices"), "Installation", icon="plan")
    add(SubscriptionView, "Subscriptions", _l("Subscriptions"), "Installation", icon="clock")
    add(MemberView, "People", _l("People"), "Installation", icon="people")
    add(SuspensionPage, "Suspensions", _l("Suspensions"), "Installation", icon="minus", href="/suspensions/")
    add(TermsDesk, "Terms", _l("Terms"), "Installation", icon="source", href="/terms/versions/")
    add(MailView, "Mails", _l("Mails"), "Installation", icon="mail", href="/mails/")
    add(HoldingPage, "Websites held", _l("Websites held"), "Installation", icon="domain", href="/holding/")
    add(ArrivalPage, "Import a service", _l("Import a service"), "Installation", icon="upload", href="/import/")
    add(LookPage, "Look at a service", _l("Look at a service"), "Installation", icon="eye", href="/look/")


def _pages() -> tuple[Any, ...]:
    """Return the pages that no menu names: other pages lead there."""
    from views.accounts import AcceptPage, SignUpPage, VerifyPage
    from views.buying import PlansPage, ServicePage
    from views.chat_models import ChatModelPage
    from views.chatbot_page import ChatbotPage
    from views.chatbot_webhooks import ChatbotWebhookPage
    from views.closing import ClosingPage
    from views.domain_page import DomainPage
    from views.embed_page import EmbedPage
    from views.exports import ExportPage
    from views.fixing import FixPage
    from views.form_page import FormPage
    from views.handbook import HandbookPage
    from views.handover import HandoverPage
    from views.health import HealthPage
    from views.history_live import HistoryLivePage
    from views.live import LivePage
    from views.manner import MannerPage
    from views.marks import MarksPage
    from views.own_password import OwnPasswordPage
    from views.pairs import AnswersPage
    from views.privacy import ChatCarePage, PrivacyPage
    from views.profile import ProfileView
    from views.resets import NewAddressPage, ResetPage
    from views.scans import ScansPage
    from views.search import SearchPage
    from views.second_factor import SecondFactorPage
    from views.service_care import ServiceCarePage
    from views.source_page import SourcePage
    from views.start import StartPage
    from views.submissions import SubmissionPage
    from views.takeout import TakeoutPage
    from views.terms import TermsPage
    from views.texts import TextPage
    from views.versions import GoldenPage, VersionsPage
    from views.websites import WebsitePage
    from views.widget_page import WidgetPage
    from views.workbench import WorkbenchPage
    from views.workplace import WorkplacePage

    return (
        ChatbotPage, WorkbenchPage, MannerPage, ChatModelPage, LivePage, VersionsPage, GoldenPage,
        SourcePage, WidgetPage, FormPage, ChatbotWebhookPage, SubmissionPage, WebsitePage, TextPage, AnswersPage,
        ScansPage, PlansPage, ServicePage, ServiceCarePage, DomainPage, EmbedPage, FixPage, HandoverPage,
        HistoryLivePage, MarksPage, OwnPasswordPage, ProfileView,
        SecondFactorPage, ClosingPage, SignUpPage, VerifyPage, AcceptPage, ResetPage, NewAddressPage, TakeoutPage,
        PrivacyPage, ChatCarePage, ExportPage, StartPage, HandbookPage, HealthPage, SearchPage, WorkplacePage,
        TermsPage,
    )  # fmt: skip


def _teach_templates(environment: Any) -> None:
    """Give templates what they write values with."""
    from app.accounts.admission import is_open
    from app.template_filters import when_written
    from views.chatbot_tabs import head_of
    from views.columns import cost_in_words, delivery, mail_moment, moment, path, status_badge
    from views.controls import control
    from views.handbook import help_here
    from views.navigation import navigation
    from views.source_state import seconds_in_words
    from views.website_state import word_of

    said = when_written(
        cost=cost_in_words,
        badge=status_badge,
        delivery=delivery,
        moment=moment,
        mail_moment=mail_moment,
        path=path,
        seconds=seconds_in_words,
        state_word=word_of,
    )
    environment.filters.update(said)
    environment.globals.update(
        navigation=navigation, control=control, chatbot_head=head_of, help_here=help_here, may_sign_up=is_open
    )
