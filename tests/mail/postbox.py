"""A real SMTP server on loopback, which takes, refuses or drips as a test wants."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.waiting import PATIENCE_S

CERTIFICATE = Path(__file__).parent / "localhost.pem"


@dataclass
class Postbox:
    """What came in, and how the server answers: `answer` to a recipient, `pause_s` before a mail is taken."""

    answer: str = "250 OK"
    pause_s: float = 0
    mails: list = field(default_factory=list)
    signed_in: list = field(default_factory=list)
    encrypted: list = field(default_factory=list)
    deliver: Callable[[], int] | None = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server, session, envelope):
        await asyncio.sleep(self.pause_s)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, parsed))
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def sign_in(self, _server, _session, _envelope, _mechanism, data):
        self.signed_in.append((data.login, data.password))
        return AuthResult(success=True)

    def mail_to(self, address):
        """The one mail to an address."""
        [found] = [parsed for recipients, parsed in self.mails if recipients == [address]]
        return found


def text_of(parsed):
    return parsed.get_body(("plain",)).get_content()


def link_in(parsed):
    """The path of the one link of a mail."""
    [link] = re.findall(r"^http://localhost(/\S+)\r?$", text_of(parsed), re.MULTILINE)
    return link


def _tls():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


@contextmanager
def running(*, starttls=False, tls=False):
    """Yield (postbox, port) of a server; it is stopped at the end."""
    postbox = Postbox()
    options = {"ssl_context": _tls()} if tls else {}
    if starttls:
        options = {
            "tls_context": _tls(), "require_starttls": True, "auth_required": True, "authenticator": postbox.sign_in,
        }  # fmt: skip
    controller = Controller(postbox, hostname="127.0.0.1", port=_free_port(), ready_timeout=PATIENCE_S, **options)
    controller.start()
    try:
        yield postbox, controller.port
    finally:
        controller.stop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
