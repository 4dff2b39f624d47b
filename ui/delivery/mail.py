"""The channel "email": one mail to one address, written out so that the moment of handing over is known.

The mail server has the message when it answers the end of the data, not before: everything up to that
(connecting, signing in, both addresses) can be tried again without a second mail. The id of the message follows
from the delivery's key, so that a mail server or program that knows an id does not keep the same mail twice.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ui.delivery.parcel import NotTaken, Parcel, Unknown
from warehouse.errors import UsageError
from warehouse.settings import Delivery

_TEMPORARY = (421, 450, 451, 452, 454)


class Mail:
    """Sends by one mail server. `password` comes from the environment.

    Raises UsageError (exit 2) when a setting is missing.
    """

    def __init__(self, settings: Delivery, password: str = "", *, context: ssl.SSLContext | None = None) -> None:
        missing = [name for name in ("smtp_host", "sender") if not getattr(settings, name)]
        if missing:
            raise UsageError(
                f"Mails need {' and '.join(f'delivery.{name}' for name in missing)}.",
                where="settings.toml or COMMAND_CENTER_* variables",
                next_step="Set it, or use another channel.",
            )
        self._settings = settings
        self._password = password
        self._context = context or ssl.create_default_context()

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        """One mail. Raises NotTaken or Unknown."""
        content = mail_of(parcel, self._settings.sender).as_bytes(policy=SMTP)
        try:
            server = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            raise NotTaken(_reason(error), again=not isinstance(error, smtplib.SMTPAuthenticationError)) from error
        try:
            _announce(server, self._settings.sender, parcel.address)
            handing_over()
            _hand_over(server, content)
        finally:
            _leave(server)

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        place = (settings.smtp_host, settings.smtp_port)
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                *place, timeout=settings.timeout_seconds, context=self._context
            )
        else:
            server = smtplib.SMTP(*place, timeout=settings.timeout_seconds)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=self._context)
            if settings.smtp_user:
                server.login(settings.smtp_user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def mail_of(parcel: Parcel, sender: str) -> EmailMessage:
    """The mail: plain text, the same as HTML, and the briefing's page and PDF as files.

    Headers let mail programs offer to unsubscribe with one click (RFC 8058).
    """
    mail = EmailMessage()
    mail["Subject"] = parcel.title
    mail["From"] = sender
    mail["To"] = parcel.address
    mail["Date"] = format_datetime(parcel.at)
    mail["Message-ID"] = f"<{parcel.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if parcel.unsubscribe:
        mail["List-Unsubscribe"] = f"<{parcel.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(parcel.text)
    mail.add_alternative(parcel.html, subtype="html")
    for ending, subtype in (("html", "html"), ("pdf", "pdf")):
        if ending in parcel.files:
            kind = "text" if ending == "html" else "application"
            mail.add_attachment(
                parcel.files[ending], maintype=kind, subtype=subtype, filename=f"briefing-{parcel.about}.{ending}"
            )
    return mail


def _announce(server: smtplib.SMTP, sender: str, address: str) -> None:
    """Everything before the data: the server knows from whom and to whom, and waits for the message."""
    try:
        server.ehlo_or_helo_if_needed()
        steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: server.mail(sender),
            lambda: server.rcpt(address),
            lambda: server.docmd("data"),
        )
        for step in steps:
            code, reply = step()
            if code not in (250, 251, 354):
                raise NotTaken(_reply(code, reply), again=code in _TEMPORARY)
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(_reason(error), again=True) from error


def _hand_over(server: smtplib.SMTP, content: bytes) -> None:
    try:
        server.send(re.sub(rb"(?m)^\.", b"..", content).rstrip(b"\r\n") + b"\r\n.\r\n")
        code, reply = server.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise Unknown(_reason(error)) from error
    if code != 250:
        raise NotTaken(_reply(code, reply), again=code in _TEMPORARY)


def _leave(server: smtplib.SMTP) -> None:
    """Part politely; what was decided stays decided."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _reply(code: int, reply: bytes) -> str:
    return f"The mail server said {code} {reply.decode('utf-8', 'replace')}"


def _reason(error: Exception) -> str:
    return f"The mail server could not be used: {type(error).__name__}: {error}"
