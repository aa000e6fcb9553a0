"""An error that no route expects is answered as JSON, and logged without its words."""

from logging import LogRecord
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from tests.server.logs import lines
from tunesmith.server.problems import answer_problems
from tunesmith.server.requests import RequestIds


def failing() -> FastAPI:
    """Return an app whose routes fail."""
    app = FastAPI()
    answer_problems(
        app, {"/cohere": lambda problem, ident: {"message": problem.sentence, "id": ident}}
    )
    app.add_middleware(RequestIds)

    @app.get("/early")
    @app.get("/cohere/early")
    def early() -> None:
        try:
            raise KeyError("a text of a user")
        except KeyError as error:
            raise RuntimeError("another text of a user") from error

    @app.get("/late")
    def late() -> StreamingResponse:
        def parts() -> Any:
            yield b"first"
            raise RuntimeError("a text of a user")

        return StreamingResponse(parts())

    return app


def test_it_is_answered_in_the_shape_of_the_dialect() -> None:
    client = TestClient(failing())
    native = client.get("/early", headers={"X-Request-Id": "request-1"})
    assert native.status_code == 500
    assert native.json()["error"]["code"] == "internal"
    assert native.headers["X-Request-Id"] == "request-1"
    assert native.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/cohere/early").json()["message"].startswith("an error inside the server")


def test_its_kind_and_place_are_logged(records: list[LogRecord]) -> None:
    with structlog.testing.capture_logs() as logs:
        response = TestClient(failing()).get("/early", headers={"X-Request-Id": "request-1"})
    entry = next(each for each in logs if each["event"] == "unexpected error")
    assert entry["kind"] == ["RuntimeError", "KeyError"]
    assert entry["request_id"] == "request-1"
    assert "test_unexpected.py" in entry["lines"][-1]
    for shown in (str(logs), lines(records), response.text):
        assert "text of a user" not in shown
        assert "Traceback" not in shown


def test_an_answer_that_has_begun_breaks_off(records: list[LogRecord]) -> None:
    with structlog.testing.capture_logs() as logs:
        response = TestClient(failing()).get("/late")
    assert response.content == b"first"
    assert "text of a user" not in str(logs) + lines(records)
