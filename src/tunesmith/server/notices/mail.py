"""Send a notice by e-mail."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from tunesmith.server.notices.settings import NoticeSettings

_SECONDS = 20
_PORTS = {"smtp": 25, "smtps": 465}


def send_mail(settings: NoticeSettings, subject: str, text: str) -> None:
    """Send a plain text by the mail server of the settings.

    Parameters
    ----------
    settings
        Mail server, sender and receiver.
    subject, text
        The content; line breaks in the subject become spaces.

    Raises
    ------
    OSError
        The mail server cannot be reached, or refuses.
    """
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message["From"], message["To"] = settings.mail_from, settings.mail_to
    message.set_content(text)
    with _connected(settings.smtp_url) as server:
        server.send_message(message)


def _connected(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or _PORTS[parts.scheme]
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server
