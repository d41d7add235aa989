"""Mails: composed from a template, sent by the scheduler over SMTP, kept as files where there is no mail server.

letters.py  what a mail says, written as text and as HTML from one description
words.py    the days, numbers and prices in it, kept as such until it is written
outbox.py   the rows of what is to be sent; retried, so that no request ever waits for a mail server
smtp.py     one connection with a deadline
kept.py     .eml files in the data folder, for installations without a mail server
"""

from app.mail.composing import compose, has_server, link
from app.mail.kept import KeptMail, kept_mails, read_kept
from app.mail.outbox import make_link_token, post, send, send_due, waiting_mails
from app.mail.words import Money, Size

__all__ = [
    "KeptMail", "Money", "Size", "compose", "has_server", "kept_mails", "link", "make_link_token", "post", "read_kept",
    "send", "send_due", "waiting_mails",
]  # fmt: skip
