"""Settings: API keys, notices, storage, limits, and the last acts; roles decide what is shown."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from tunesmith.errors import TunesmithError
from tunesmith.server.ids import NAME_LENGTH
from tunesmith.server.notices.outbox import send_test
from tunesmith.server.notices.settings import NoticeSettings
from tunesmith.server.pages.audit_lines import audit_lines
from tunesmith.server.pages.visit import Administering, Reading, Visit
from tunesmith.server.problems import problem_of
from tunesmith.server.settings import ServerSettings
from tunesmith.server.space import Part, clear, disk_space
from tunesmith.version import __version__
from tunesmith.wording import count, size

router = APIRouter(include_in_schema=False)
_ACTS = 30
_DAY = 86400.0


@dataclass(frozen=True)
class Setting:
    """A setting of the server: what it is, its value, and the option that sets it."""

    title: str
    value: str
    option: str


@router.get("/settings", response_class=HTMLResponse)
def show_settings(visit: Reading) -> HTMLResponse:
    """Return the page."""
    return _page(visit)


@router.post("/settings/keys", response_class=HTMLResponse)
def create_key(
    visit: Administering,
    name: Annotated[str, Form(max_length=NAME_LENGTH)] = "",
    role: Annotated[Literal["read", "train", "admin"], Form()] = "read",
    days: Annotated[Literal["0", "30", "90", "365"], Form()] = "90",
    once: Annotated[str, Form(max_length=80)] = "",
) -> HTMLResponse:
    """Create a key and show its secret, which is in this answer only.

    The page that is loaded again sends the form again: no second key is created then.
    """
    if not visit.served.form_tokens.take(once):
        return _page(visit, is_repeated=True)
    seconds = float(days) * _DAY or None
    try:
        created = visit.served.keys.create(name, role, seconds)
    except TunesmithError as error:
        return _page(visit, error=error)
    return _page(visit, created=created)


@router.post("/settings/keys/{key_id}/revoke", response_class=RedirectResponse)
def revoke_key(visit: Administering, key_id: str) -> RedirectResponse:
    """Make a key invalid, and return to the page."""
    visit.served.keys.revoke(key_id)
    return RedirectResponse("/settings#keys", 303)


@router.post("/settings/notices/test", response_class=HTMLResponse)
def test_notices(visit: Administering) -> HTMLResponse:
    """Send a test message by every channel, and say whether it arrived."""
    return _page(visit, sent=send_test(visit.served.settings.notices))


@router.post("/settings/storage/{part}/delete", response_class=RedirectResponse)
def delete_part(visit: Administering, part: Part) -> RedirectResponse:
    """Delete what is made again when it is needed, and return to the page."""
    clear(visit.served.settings.home, part)
    return RedirectResponse("/settings#storage", 303)


def _page(
    visit: Visit,
    *,
    created: tuple[Any, str] | None = None,
    sent: Mapping[str, str] | None = None,
    error: TunesmithError | None = None,
    is_repeated: bool = False,
) -> HTMLResponse:
    served, settings = visit.served, visit.served.settings
    problem = None if error is None else problem_of(error)
    facts: dict[str, Any] = {}
    if visit.may_administer:
        facts = {
            "keys": sorted(served.keys.all(), key=lambda each: (not each.valid, -each.created_at)),
            "acts": audit_lines(served, served.audit.entries(limit=_ACTS)),
            "once": served.form_tokens.new(),
            "space": disk_space(settings),
        }
    answer = visit.page(
        "settings.html.j2",
        status=200 if problem is None else problem.status,
        problem=problem,
        created=created,
        is_repeated=is_repeated,
        sent=sent,
        may_administer=visit.may_administer,
        needs_keys=settings.needs_keys,
        notices=_notices(settings.notices),
        limits=_limits(settings),
        version=__version__,
        python=platform.python_version(),
        **facts,
    )
    answer.headers["Cache-Control"] = "no-store"  # it may hold a secret
    return answer


def _notices(notices: NoticeSettings) -> tuple[Setting, ...]:
    """Return where notices go; of addresses with secrets the host only."""
    hook = urlsplit(notices.webhook)
    webhook = f"{hook.scheme}://{hook.hostname}" if notices.webhook else ""
    mail = f"{notices.mail_to} by {urlsplit(notices.smtp_url).hostname}" if notices.mail_to else ""
    return (Setting("Webhook", webhook, "webhook"), Setting("E-mail", mail, "email"))


def _limits(settings: ServerSettings) -> tuple[Setting, ...]:
    rate, limits = settings.requests_per_minute, settings.limits
    return (
        Setting("Address", f"{settings.host}, port {settings.port}", "host"),
        Setting("API keys", "required" if settings.needs_keys else "not required", "keys"),
        Setting("Fits at a time", count(settings.workers), "workers"),
        Setting("Size of a file", size(settings.upload_bytes), "upload-bytes"),
        Setting("Rows of a file", count(settings.upload_rows), "upload-rows"),
        Setting("Time to upload", f"{settings.upload_seconds:g} s", "upload-seconds"),
        Setting("Other requests", size(settings.body_bytes), "body-bytes"),
        Setting(
            "Requests of a key",
            "no limit" if rate is None else f"{count(rate)} a minute",
            "requests-per-minute",
        ),
        Setting("Memory for models", size(limits.memory_bytes), "memory-bytes"),
        Setting("Waiting tokens", count(limits.queue_tokens), "queue-tokens"),
        Setting("Use of models in the log", "yes" if settings.audit_use else "no", "audit-use"),
    )
