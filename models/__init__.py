"""Every table, imported in one place: FAB configures all mappers as soon as one of them is used."""

from models.base import db
from models.chat_models import ChatModel, Instruction, ModelPrice, ModelSpending
from models.chatbots import Chatbot, Domain, DomainGrant, Embed
from models.credentials import Device, RecoveryCode, SecondFactor
from models.curated import CuratedAnswer
from models.events import AuditEvent
from models.exports import Export, ExportSchedule
from models.grants import ActingGrant
from models.health import EmbedDay, EmbedRefusal
from models.history import ChatSession, Citation, Message
from models.insights import ChatbotDay, ChatbotHour
from models.keys import ApiReply, ServiceKey, ServiceKeyPlace
from models.knowledge import Chunk, Document, Generation, GoldenQuestion, Source
from models.leads import Form, Submission
from models.learning import AskedQuestion, QuestionCluster
from models.mails import OutgoingMail
from models.marks import MessageMark
from models.members import Member, Profile, Verification
from models.plans import Handover, Notice, Order, Plan, Service, ServiceMember, Subscription, UsageCounter
from models.privacy import Erasure, LegalHold, Redaction, Retention
from models.search import SessionWords
from models.terms import Terms, TermsAcceptance
from models.visitors import IdentityKey
from models.webhooks import Delivery, ScheduleListener, Webhook, WebhookPlace
from models.websites import WebPage, Website
from models.workspaces import Invitation, Workspace, WorkspaceMember

__all__ = [
    "ActingGrant", "ApiReply", "AskedQuestion", "AuditEvent", "ChatModel", "ChatSession", "Chatbot", "ChatbotDay",
    "ChatbotHour", "Chunk", "Citation", "CuratedAnswer", "Delivery", "Device", "Document", "Domain", "DomainGrant",
    "Embed", "EmbedDay", "EmbedRefusal", "Erasure", "Export", "ExportSchedule", "Form", "Generation",
    "GoldenQuestion", "Handover", "IdentityKey", "Instruction", "Invitation", "LegalHold", "Member", "Message",
    "MessageMark", "ModelPrice", "ModelSpending", "Notice", "Order", "OutgoingMail", "Plan", "Profile",
    "QuestionCluster", "RecoveryCode", "Redaction", "Retention", "ScheduleListener", "SecondFactor", "Service",
    "ServiceKey", "ServiceKeyPlace", "ServiceMember", "SessionWords", "Source", "Submission", "Subscription",
    "Terms", "TermsAcceptance",
    "UsageCounter", "Verification", "WebPage", "Webhook", "WebhookPlace", "Website", "Workspace", "WorkspaceMember",
    "db",
]  # fmt: skip
