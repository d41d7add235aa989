"""One SMTP connection, whose every step has a deadline."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from flask import current_app
from flask_mail import Message

from app.collaborators import here

STEP_S = 15  # for the connection, and for each answer of the server
WHOLE_S = 45  # for all of a mail: a server that answers a byte at a time keeps within the limit of a step


class _Timed(smtplib.SMTP):
    """A client whose connection is cut when a mail takes too long, whatever it is waiting for."""

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        self._timer = threading.Timer(WHOLE_S, self._cut)
        self._timer.daemon = True
        self._timer.start()
        return super().connect(host, port, source_address)

    def close(self) -> None:
        self._timer.cancel()
        super().close()

    def _cut(self) -> None:
        if self.sock is not None:
            with suppress(OSError):  # it is closed already
                self.sock.shutdown(socket.SHUT_RDWR)


class _TimedTls(_Timed, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


class _Connection(flask_mail.Connection):
    """Flask-Mail's connection with deadlines, checked certificates, and a name that is ours."""

    def configure_host(self) -> smtplib.SMTP:
        name = urlsplit(here().config.address).hostname or "localhost"
        options: dict[str, Any] = {"local_hostname": name, "timeout": STEP_S}
        context = ssl.create_default_context()
        if self.mail.use_ssl:
            return self._sign_in(_TimedTls(self.mail.server, self.mail.port, context=context, **options), context)
        return self._sign_in(_Timed(self.mail.server, self.mail.port, **options), context)

    def _sign_in(self, host: smtplib.SMTP, context: ssl.SSLContext) -> smtplib.SMTP:
        try:
            if self.mail.use_tls:
                host.starttls(context=context)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except OSError:
            host.close()
            raise
        return host

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Say goodbye; what the server answers to that changes nothing about the mail."""
        try:
            with suppress(OSError):
                self.host.quit()
        finally:
            self.host.close()


def deliver(message: Message) -> None:
    """Hand a mail to the server.

    Raises:
        OSError: it could not be sent; `smtplib.SMTPException` where the server said why.
    """
    try:
        with _Connection(current_app.extensions["mail"]) as connection:
            connection.send(message)
    except smtplib.SMTPServerDisconnected as error:
        if isinstance(error.__context__, TimeoutError):  # which smtplib calls a connection that was closed
            raise TimeoutError(f"no answer within {STEP_S} seconds") from error
        raise
