"""Send a signed webhook, to public addresses only unless private ones are allowed."""

import hashlib
import hmac
import ipaddress
import socket
import time
from urllib.parse import urlsplit

import httpx

from tunesmith.errors import UsageError
from tunesmith.server.notices.settings import NoticeSettings

_SECONDS = 10
_PORTS = {"http": 80, "https": 443}


def send_webhook(settings: NoticeSettings, body: bytes) -> None:
    """Send a POST with JSON and its signature.

    The header ``X-Tunesmith-Signature`` is ``t=SECONDS,v1=DIGEST``, where DIGEST is the HMAC-SHA256
    of ``SECONDS.BODY`` with the secret, in hexadecimal.

    Parameters
    ----------
    settings
        The address and the secret.
    body
        The content.

    Raises
    ------
    UsageError
        The address is not one that may be reached.
    httpx.HTTPError
        It cannot be reached, or does not answer with success.
    """
    parts = urlsplit(settings.webhook)
    host = parts.hostname or ""
    address = _address(settings, host, parts.port or _PORTS.get(parts.scheme, 0))
    # The address that was checked is the one that is called: a name may change in between.
    url = httpx.URL(settings.webhook).copy_with(host=address)
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "Content-Type": "application/json",
        "X-Tunesmith-Signature": signature(settings.webhook_secret, body),
    }
    with httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
        answer = client.post(url, content=body, headers=headers, extensions={"sni_hostname": host})
        answer.raise_for_status()
        if answer.is_redirect:
            raise httpx.HTTPError("the webhook answers with a redirect")


def signature(secret: str, body: bytes, seconds: int | None = None) -> str:
    """Return the signature of a body at a time in seconds since 1970, by default now.

    Examples
    --------
    >>> signature("secret", b"{}", 0)[:20]
    't=0,v1=4bbe8d39de1ff'
    """
    now = int(time.time()) if seconds is None else seconds
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def _address(settings: NoticeSettings, host: str, port: int) -> str:
    """Return an address of a host, if all of them may be reached."""
    if not port or not host:
        raise UsageError("the webhook is not an http or https URL", option="webhook")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    private = [each for each in addresses if not each.is_global or each.is_multicast]
    if private and not settings.allow_private:
        raise UsageError(
            f"the webhook's host {host} is in a private network",
            hint="allow it with `webhook_private`",
            option="webhook_private",
        )
    return str(addresses[0])
