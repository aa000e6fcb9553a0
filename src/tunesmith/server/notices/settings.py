"""Where notices go: addresses and secrets, which are read from the environment."""

import os
from dataclasses import dataclass, field

from tunesmith.errors import UsageError

_SECRET, _MAIL = "TUNESMITH_WEBHOOK_SECRET", "TUNESMITH_SMTP_URL"


@dataclass(frozen=True)
class NoticeSettings:
    """Where notices go.

    Parameters
    ----------
    webhook
        URL that receives a POST with JSON; empty for none.
    webhook_secret
        Secret that signs the POST.
    allow_private
        Whether the webhook may be an address of a private network or of this machine.
    mail_to
        E-mail address; empty for none.
    smtp_url
        Mail server, such as ``smtp://user:password@host:587`` (STARTTLS if it offers it) or
        ``smtps://host``.
    mail_from
        Address of the sender.

    Examples
    --------
    >>> NoticeSettings(webhook="https://example.com/hook", webhook_secret="s").channels
    ('webhook',)
    """

    webhook: str = ""
    webhook_secret: str = field(default="", repr=False)
    allow_private: bool = False
    mail_to: str = ""
    smtp_url: str = field(default="smtp://127.0.0.1:25", repr=False)
    mail_from: str = "tunesmith@localhost"

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that notices go to: ``webhook``, ``mail``."""
        used = {"webhook": self.webhook, "mail": self.mail_to}
        return tuple(name for name, target in used.items() if target)

    @classmethod
    def from_environment(
        cls, webhook: str, mail_to: str, *, allow_private: bool
    ) -> "NoticeSettings":
        """Return settings with the secrets of the environment.

        ``TUNESMITH_WEBHOOK_SECRET`` signs webhooks, ``TUNESMITH_SMTP_URL`` is the mail server.

        Raises
        ------
        UsageError
            There is a webhook and no secret.
        """
        secret = os.environ.get(_SECRET, "")
        if webhook and not secret:
            raise UsageError(
                "a webhook needs a secret that signs it",
                hint=f"set the environment variable {_SECRET}",
                option="webhook",
            )
        smtp = os.environ.get(_MAIL) or cls.smtp_url
        return cls(webhook, secret, allow_private, mail_to, smtp)
