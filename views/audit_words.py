"""What acts of the audit trail are called: rows keep a code, "chatbot.train"; people read "Chatbot: trained"."""

from __future__ import annotations

from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.wording import words

NOUNS = {
    "account": _l("Account"), "ab_user": _l("Person"), "acting_grants": _l("Look at a customer"),
    "address": _l("E-mail address"), "answer": _l("Own answer"), "asked_questions": _l("Question"),
    "chat_model": _l("Chat model"), "chat_models": _l("Chat model"), "chatbot": _l("Chatbot"),
    "chatbot_data": _l("Source"),
    "chatbots": _l("Chatbot"), "chunk": _l("Chunk"), "cluster": _l("Unanswered question"),
    "curated_answers": _l("Own answer"), "device": _l("Device"), "domain": _l("Domain"),
    "domain_grants": _l("Workspace of a domain"), "domains": _l("Domain"), "embed": _l("Embed"), "embeds": _l("Embed"),
    "export_listeners": _l("Webhook of an export"), "export_schedules": _l("Export by the clock"),
    "exports": _l("Export"), "form_submissions": _l("Submission"), "form": _l("Form"), "forms": _l("Form"),
    "golden": _l("Golden question"),
    "golden_questions": _l("Golden question"), "handover": _l("Handing over"), "handovers": _l("Handing over"),
    "history": _l("Chats"), "hosted_page": _l("Hosted page"), "identity_keys": _l("Key for signed-in visitors"),
    "installation": _l("Installation"), "instructions": _l("Instructions"), "invitation": _l("Invitation"),
    "invitations": _l("Invitation"), "legal_holds": _l("Legal hold"), "look": _l("Look at a customer"),
    "mark": _l("Mark of an answer"), "member": _l("Person"), "message_marks": _l("Mark of an answer"),
    "model_prices": _l("Price of a model"), "model_spending": _l("Spending"), "order": _l("Order"),
    "orders": _l("Order"), "password": _l("Password"), "plan": _l("Plan"), "plans": _l("Plan"),
    "profile": _l("Profile"), "profiles": _l("Profile"),
    "question_clusters": _l("Unanswered question"), "second-factor": _l("Second factor"),
    "second_factors": _l("Second factor"), "service": _l("Service"), "service_key": _l("API key"),
    "service_key_places": _l("Workspace of an API key"), "service_keys": _l("API key"),
    "service_members": _l("Person in the service"), "services": _l("Service"), "source": _l("Source"),
    "submission": _l("Submission"), "subscription": _l("Period"), "user_service_subscribed": _l("Period"),
    "terms": _l("Terms"), "terms_acceptances": _l("Accepted terms"),
    "webhook": _l("Webhook"), "webhook_deliveries": _l("Delivery of a webhook"),
    "webhook_places": _l("Workspace of a webhook"), "webhooks": _l("Webhook"), "website": _l("Website"),
    "workspace": _l("Workspace"), "workspace_members": _l("Person in a workspace"), "workspaces": _l("Workspace"),
}  # fmt: skip
VERBS = {
    "add": _l("added"), "edit": _l("changed"), "delete": _l("deleted"), "switch": _l("switched on or off"),
    "make": _l("made"), "open": _l("opened"), "close": _l("closed"), "clear": _l("emptied for good"),
    "write": _l("written"), "invite": _l("invited"), "accept": _l("accepted"), "revoke": _l("revoked"),
    "check": _l("looked at"), "train": _l("trained"), "rollback": _l("earlier version put back"),
    "publish_worse": _l("published though worse"), "hide_steps": _l("first steps put away"),
    "privacy": _l("privacy changed"), "scans": _l("reading of scans changed"), "look": _l("look changed"),
    "take_look": _l("look taken from a website"), "behavior": _l("behavior changed"), "words": _l("words changed"),
    "visitors": _l("visitors changed"), "confirm": _l("confirmed"), "ignore": _l("ignored"),
    "restore": _l("taken back"), "sign-in": _l("signed in"), "sign-out": _l("signed out"),
    "include_subdomains": _l("subdomains included"), "keep": _l("kept to workspaces"), "release": _l("released"),
    "offer": _l("offered"), "erase": _l("erased"), "export": _l("exported"), "hold": _l("held"),
    "redact": _l("redaction asked for"), "redacted": _l("redacted"), "schedule": _l("export by the clock added"),
    "schedule.switch": _l("export by the clock switched on or off"), "renew": _l("renewed"), "test": _l("tested"),
    "end": _l("ended"), "page": _l("a page opened"), "request": _l("asked for"), "refused": _l("refused"),
    "start": _l("begun"), "put": _l("put"), "remove": _l("removed"), "platform-role": _l("role changed"),
    "verification-again": _l("confirmation sent again"), "enabled": _l("let in again"), "disabled": _l("shut out"),
    "begin": _l("setting up begun"), "on": _l("switched on"), "codes": _l("new recovery codes made"),
    "off": _l("switched off"), "hand-over": _l("handed over"), "import": _l("imported"),
    "replace": _l("replaced"), "mend": _l("mended"), "reset-password": _l("password set anew"),
    "retry": _l("tried again"), "rewrite": _l("changed"), "change": _l("changed"), "send_again": _l("sent again"),
    "renew_secret": _l("secret renewed"), "try_out": _l("tried out"), "export.remove": _l("export removed"),
    "schedule.remove": _l("export by the clock removed"), "activate": _l("activated"), "reject": _l("rejected"),
    "suspend": _l("suspended"), "lift": _l("let work again"), "extend": _l("extended"), "order": _l("ordered"),
    "save": _l("server and key entered"), "forget": _l("server and key forgotten"), "limit": _l("limit changed"),
    "manner": _l("manner changed"), "instructions": _l("earlier instructions put back"), "reset": _l("set back"),
    "weekly": _l("weekly mail changed"), "choose_events": _l("events chosen anew"),
    "sign-out-all": _l("all others signed out"), "resume": _l("cancellation taken back"),
    "publish": _l("published"), "withdraw": _l("withdrawn"),
    "refresh": _l("read again"), "cancel": _l("canceled"), "consent": _l("agreed to"), "decline": _l("declined"),
}  # fmt: skip


def act_in_words(action: str) -> str:
    """Return what an act is called; what has no words yet, by its code's own."""
    noun, _dot, verb = action.partition(".")
    return _("%(noun)s: %(verb)s", noun=NOUNS.get(noun) or words(noun), verb=VERBS.get(verb) or verb.replace("_", " "))
