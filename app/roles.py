"""What the platform roles may open: FAB's built-in roles, listed view by view; nothing is granted by a wildcard.

A platform role opens a screen. What somebody may do there in a workspace is asked of `accounts/permissions.py`,
and which rows exist for them of the wall (`models/tenancy.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache

_READ = ("can_list", "can_show")
_WRITE = (*_READ, "can_add", "can_edit", "can_delete")

_OF_MEMBERS: dict[str, tuple[str, ...]] = {
    "HomeView": ("can_index",),
    "StartPage": ("can_begin",),
    "SearchPage": ("can_show", "can_found"),
    "WorkplacePage": ("can_choose",),
    "ProfileView": (
        "can_show", "can_change_details", "can_change_password", "can_change_address", "can_sign_out_device",
        "can_sign_out_others", "can_change_weekly", "can_take_data",
    ),
    "OwnPasswordPage": ("can_show", "can_choose"),
    "SecondFactorPage": ("can_show", "can_begin", "can_confirm", "can_make_codes", "can_switch_off"),
    "ClosingPage": ("can_ask", "can_close"),
    "TermsPage": ("can_ask", "can_accept"),
    "HandoverPage": ("can_show", "can_offer", "can_withdraw", "can_accept", "can_decline"),
    "ChatbotView": (*_WRITE,),
    "ChatbotPage": (
        "can_show", "can_sources", "can_add_source", "can_retry_source", "can_delete_source", "can_download_source",
        "can_train", "can_domains", "can_choose_domains", "can_switch_hosted", "can_renew_hosted", "can_hide_steps",
    ),
    "LivePage": ("can_follow",),
    "VersionsPage": ("can_show", "can_restore", "can_publish"),
    "GoldenPage": ("can_show", "can_add", "can_delete", "can_switch"),
    "SourcePage": ("can_show", "can_part", "can_retry", "can_replace", "can_switch", "can_switch_chunk"),
    "WidgetPage": (
        "can_look", "can_save_look", "can_take_look", "can_behavior", "can_save_behavior", "can_frame", "can_words",
        "can_visitors", "can_renew_key",
    ),
    "FormPage": ("can_forms", "can_add", "can_edit", "can_save", "can_switch", "can_delete"),
    "ChatbotWebhookPage": ("can_show", "can_add"),
    "WebhookPage": (
        "can_show", "can_add", "can_choose", "can_renew", "can_try_out", "can_switch", "can_delete", "can_send_again",
    ),
    "SubmissionView": (*_READ,),
    "SubmissionPage": ("can_show", "can_change", "can_delete"),
    "WorkbenchPage": ("can_show", "can_ask"),
    "MannerPage": ("can_show", "can_save", "can_reset", "can_restore"),
    "ChatModelPage": ("can_show", "can_save", "can_test", "can_forget", "can_limit"),
    "WebsitePage": (
        "can_show", "can_part", "can_pages", "can_refresh", "can_cancel", "can_consent", "can_decline", "can_schedule",
        "can_change",
    ),
    "ScansPage": ("can_show", "can_change"),
    "TextPage": ("can_write", "can_rewrite"),
    "AnswersPage": ("can_show", "can_write", "can_take_file", "can_rewrite", "can_remove"),
    "DomainView": (*_WRITE,),
    "DomainPage": (
        "can_show", "can_check", "can_switch", "can_include_subdomains", "can_choose_chatbots", "can_choose_workspaces",
    ),
    "EmbedPage": ("can_show", "can_switch", "can_change", "can_check"),
    "SourceView": (*_READ,),
    "ExportPage": (
        "can_new", "can_make", "can_download", "can_show", "can_part", "can_file", "can_remove", "can_switch_schedule",
        "can_remove_schedule",
    ),
    "HistoryPage": ("can_index", "can_service", "can_sessions", "can_transcript", "can_dialogue"),
    "HistoryLivePage": ("can_follow", "can_follow_list"),
    "MarksPage": ("can_put",),
    "PrivacyPage": ("can_show", "can_save", "can_erase", "can_redact"),
    "ChatCarePage": ("can_hold", "can_release", "can_erase"),
    "UnansweredPage": ("can_index", "can_show", "can_answer", "can_ignore", "can_restore"),
    "FixPage": ("can_show", "can_answer", "can_golden"),
    "InsightsPage": ("can_index", "can_chatbot", "can_workspace", "can_service"),
    "WorkspaceView": (*_WRITE,),
    "WorkspaceMemberView": (*_WRITE,),
    "InvitationView": (*_WRITE, "can_resend"),
    "ServiceView": (*_READ,),
    "AuditView": (*_READ,),
    "KeyPage": ("can_show", "can_make", "can_limit", "can_revoke"),
    "ApiDocument": ("can_read",),
    "TakeoutPage": ("can_export",),
    "ServicePage": ("can_show", "can_order", "can_cancel", "can_resume"),
}  # fmt: skip
_OF_STAFF: dict[str, tuple[str, ...]] = {
    "ArrivalPage": ("can_bring",),
    "PlanView": (*_WRITE,),
    "ModelPriceView": (*_WRITE,),
    "ServiceView": (*_READ, "can_edit"),
    "SubscriptionView": (*_READ,),
    "OrderView": (*_READ, "can_activate", "can_reject"),
    "ServiceCarePage": ("can_suspend", "can_lift", "can_extend"),
    "MemberView": (*_READ, "can_add", "can_suspend", "can_lift", "can_give_role", "can_resend"),
    "SuspensionPage": ("can_show", "can_suspend", "can_lift"),
    "TermsDesk": ("can_show", "can_publish", "can_withdraw"),
    "MailView": ("can_list", "can_show", "can_kinds", "can_kind", "can_letter"),
    "HoldingPage": ("can_show", "can_release"),
}

_OF_LOOKERS: dict[str, tuple[str, ...]] = {"LookPage": ("can_begin", "can_end")}
_MENU_OF_MEMBERS = (
    "Work", "Team", "Chatbots", "Sources", "Domains", "Chat history", "Submissions", "Workspaces", "Members",
    "Invitations", "Services", "Audit", "API keys", "Webhooks", "Insights", "Unanswered",
)  # fmt: skip
_MENU_OF_STAFF = (
    "Installation",
    "Orders",
    "Plans",
    "Model prices",
    "Subscriptions",
    "People",
    "Mails",
    "Websites held",
    "Import a service",
    "Suspensions",
    "Terms",
    "Services",
)


def _grants(views: dict[str, tuple[str, ...]], menu: tuple[str, ...]) -> list[list[str]]:
    """Turn view -> permissions into FAB's pairs of expressions, each matching one name and nothing longer."""
    screens = [[f"{view}$", f"{permission}$"] for view, permissions in views.items() for permission in permissions]
    return screens + [[f"{name}$", "menu_access$"] for name in menu]


_members = _grants(_OF_MEMBERS, _MENU_OF_MEMBERS)
_support = _members + _grants(_OF_LOOKERS, ("Installation", "Look at a service"))
_staff = _support + _grants(_OF_STAFF, _MENU_OF_STAFF)
_superadmins = _staff + _grants({"HealthPage": ("can_show", "can_test", "can_mend")}, ())

ROLES: dict[str, list[list[str]]] = {
    "Superadmin": _superadmins,
    "Staff": _staff,
    "Support": _support,
    "Member": _members,
    "Public": [],
}


@lru_cache(maxsize=4096)  # more than there are
def opens(role: str, permission: str, view: str) -> bool:
    """Tell whether a platform role may open a screen or a menu entry."""
    return any(re.match(screen, view) and re.match(wanted, permission) for screen, wanted in ROLES.get(role, []))


# what can be opened while one looks at a customer's service: staff what members open, support the chats alone
_LEAVES = {"LookPage.end", "SignInView.logout"}
_OWN = {
    "ProfileView",
    "OwnPasswordPage",
    "SecondFactorPage",
    "ClosingPage",
    "HandoverPage",
    "TermsPage",
}  # of the person, not of the customer
_CHATS = {"HomeView", "HistoryPage", "ExportPage"}
_PUBLIC = {"PlansPage", "HandbookPage", "widget_assets"}


def is_open_to_a_look(endpoint: str, method: str, *, only_chats: bool) -> bool:
    """Tell whether somebody who looks at a customer's service may send a request: reading, or leaving."""
    view = endpoint.partition(".")[0]
    shown = _CHATS if only_chats else set(_OF_MEMBERS) - _OWN
    return endpoint in _LEAVES or (method in ("GET", "HEAD") and view in shown | _PUBLIC)
