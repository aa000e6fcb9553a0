"""Notices of ended fits arrive once, at a real mail server and a real HTTP receiver."""

import email
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from tests.server.ports import free_port
from tunesmith.errors import UsageError
from tunesmith.server.fits import Status
from tunesmith.server.metadata.tables import notices
from tunesmith.server.notices.outbox import MAX_ATTEMPTS, Outbox
from tunesmith.server.notices.settings import NoticeSettings
from tunesmith.server.notices.webhook import signature

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores


class Receiver:
    """An HTTP server on this machine that notes what it receives and answers with ``statuses``."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.received.append((dict(self.headers.items()), body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that is stopped after the test."""
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def ended(stores: "Stores", status: Status = Status.READY) -> str:
    """Store a fit that has ended; return its id."""
    fit = stores.fits.add("data-1", {}, name="Tickets\r\nBcc: all@example.com")
    stores.fits.start(fit.id, "worker-1")
    error = {"code": "data", "message": "row 3 holds: a secret"} if status == "failed" else None
    stores.fits.move(fit.id, status, error=error)
    return fit.id


def outbox(stores: "Stores", **settings: Any) -> Outbox:
    given = {"webhook_secret": "s3cret", "allow_private": True, **settings}
    return Outbox(stores.engine, stores.fits, NoticeSettings(**given))


def test_a_webhook_is_signed_and_sent_once(stores: "Stores", receiver: Receiver) -> None:
    ident = ended(stores)
    box = outbox(stores, webhook=receiver.url)
    assert [box.send_due(), box.send_due()] == [1, 0]
    ((headers, body),) = receiver.received
    said = json.loads(body)
    assert (said["event"], said["model"]) == ("fit.ready", ident)
    given = headers["X-Tunesmith-Signature"]
    seconds = int(given.partition(",")[0].removeprefix("t="))
    assert given == signature("s3cret", body, seconds)


def test_a_failure_says_no_text_of_the_data(stores: "Stores", receiver: Receiver) -> None:
    ended(stores, Status.FAILED)
    outbox(stores, webhook=receiver.url).send_due()
    assert b"a secret" not in receiver.received[0][1]
    assert json.loads(receiver.received[0][1])["error"] == {"code": "data"}


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_webhook_that_fails_is_sent_again(
    stores: "Stores", receiver: Receiver, status: int
) -> None:
    """Later each time, and not for ever; a redirect is not followed."""
    ended(stores)
    box = outbox(stores, webhook=receiver.url)
    receiver.statuses = [status] * 100
    for _ in range(MAX_ATTEMPTS + 3):
        box.send_due()
        with stores.engine.begin() as connection:
            waits = notices.update().where(notices.c.due_at.is_not(None))
            connection.execute(waits.values(due_at=0.0))
    assert len(receiver.received) == MAX_ATTEMPTS
    with stores.engine.connect() as connection:
        row = connection.execute(sa.select(notices)).mappings().one()
    assert (row["sent_at"], row["due_at"]) == (None, None)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "0.0.0.0", "2130706433"],
)
def test_a_webhook_does_not_reach_private_addresses(stores: "Stores", host: str) -> None:
    ended(stores)
    box = outbox(stores, webhook=f"http://{host}:80/", allow_private=False)
    assert box.send_due() == 0
    with stores.engine.connect() as connection:
        assert connection.execute(sa.select(notices.c.error)).scalar_one() == "UsageError"


def test_a_mail_arrives(stores: "Stores") -> None:
    """A line break in the name adds no header."""
    mails: list[email.message.Message] = []

    class Inbox(Message):
        def handle_message(self, message: email.message.Message) -> None:
            mails.append(message)

    ident = ended(stores)
    sink = Controller(Inbox(), hostname="127.0.0.1", port=free_port())
    sink.start()
    try:
        smtp = f"smtp://127.0.0.1:{sink.port}"
        assert outbox(stores, mail_to="me@example.com", smtp_url=smtp).send_due() == 1
    finally:
        sink.stop()
    (mail,) = mails
    assert mail["To"] == "me@example.com"
    assert mail["Bcc"] is None
    assert mail["Subject"].endswith("is ready")
    assert ident in mail.get_payload()


def test_a_webhook_without_a_secret_is_refused() -> None:
    with pytest.raises(UsageError, match="TUNESMITH_WEBHOOK_SECRET"):
        NoticeSettings.from_environment("https://example.com", "", allow_private=False)
