"""Telling by e-mail: SMTP of the standard library, in a thread (docs/decisions/0014)."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Literal

import msgspec

from wideberth.delivery.lanes import Outcome, Tried
from wideberth.delivery.messages import Message
from wideberth.errors import InvalidValue
from wideberth.model.exercises import EXERCISE_WORD

__all__ = ["MailServer", "check_address", "mail_of", "send_mail"]

_MOST = 254  # characters of an address (RFC 5321 section 4.5.3.1.3)


class MailServer(msgspec.Struct, frozen=True):
    """A mail server that takes mail from this node. tls: ``starttls``, ``tls`` from the start, or
    ``none``. ca_file: whose certificates count; None: those of the system.
    """

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    reply_to: str | None = None
    within_s: float = 20.0


def check_address(address: str) -> None:
    """Raises InvalidValue for what is no plain address: ``desk@example.org``, nothing around it."""
    local, _, domain = address.rpartition("@")
    good = local and "." in domain + "." and address.isascii() and address.isprintable()
    if not good or len(address) > _MOST or set(address) & set(' ,;<>()[]\\"'):
        raise InvalidValue("address", "mail-address", address[:_MOST], "give desk@example.org")


def mail_of(message: Message, address: str, server: MailServer, *, now_us: int) -> EmailMessage:
    """The mail, its Message-ID the same when it is sent again (D-10)."""
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = address
    if message.code is not None and server.reply_to is not None:
        local, _, domain = server.reply_to.rpartition("@")
        mail["Reply-To"] = f"{local}+{message.code}@{domain}"
    elif server.reply_to is not None:
        mail["Reply-To"] = server.reply_to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(now_us / 1e6, UTC))
    domain = server.sender.rpartition("@")[2]
    named = sha256(f"{message.id} {message.version} {address}".encode()).hexdigest()[:24]
    mail["Message-ID"] = f"<{named}@{domain}>"
    mail["Wideberth-Id"] = message.id
    mail["Wideberth-Version"] = str(message.version)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    mail["X-Auto-Response-Suppress"] = "All"
    if message.exercise:
        mail["Wideberth-Exercise"] = EXERCISE_WORD
    if message.urgency.value == "immediate":
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(message.full)
    return mail


async def send_mail(message: Message, address: str, server: MailServer, *, now_us: int) -> Tried:
    """One attempt. Never raises for what the server does."""
    mail = mail_of(message, address, server, now_us=now_us)
    try:
        async with asyncio.timeout(2 * server.within_s):
            return await asyncio.to_thread(_send, mail, address, server)
    except TimeoutError:
        return Tried(Outcome.FAILED, "timeout")


def _send(mail: EmailMessage, address: str, server: MailServer) -> Tried:
    try:
        with _connected(server) as line:
            line.send_message(mail, server.sender, [address])
    except smtplib.SMTPRecipientsRefused as error:
        return _judged(next(iter(error.recipients.values()))[0])
    except smtplib.SMTPResponseException as error:  # also of the sender, the data, the log-in
        is_ours = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused)
        return (
            Tried(Outcome.FAILED, f"smtp-{error.smtp_code}")
            if is_ours
            else _judged(error.smtp_code)
        )
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Tried(Outcome.FAILED, type(error).__name__)
    return Tried(Outcome.TAKEN, "smtp-250")


def _judged(code: int) -> Tried:
    return Tried(Outcome.REFUSED if 500 <= code < 600 else Outcome.FAILED, f"smtp-{code}")


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file)
    if server.tls == "tls":
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.within_s, context=context
        )
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=server.within_s)
    try:
        if server.tls == "starttls":
            line.starttls(context=context)  # raises where the server has none: nothing is in clear
        if server.user is not None and server.password is not None:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line
