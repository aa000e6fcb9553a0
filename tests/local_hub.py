"""As much of the Hugging Face Hub as a push meets, on this machine."""

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_never_to_be_printed"


class Hub(ThreadingHTTPServer):
    """As much of the Hugging Face Hub as a push meets, on this machine; it keeps what it is sent.

    ``answers`` holds the status with which it refuses requests whose path begins so.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.public: dict[str, bool] = {}
        self.files: dict[str, bytes] = {}
        self.messages: list[str] = []
        self.large: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.answers: dict[str, int] = {}

    def commit(self, lines: list[dict[str, Any]]) -> None:
        """Take a commit's files, the large ones from what was sent before."""
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.messages.append(value["summary"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.large[value["oid"]]
            else:
                self.files[value["path"]] = base64.b64decode(value["content"])


class _Requests(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self._let_through():
            name = self.path.removeprefix("/api/models/")
            known = name in self.server.public
            private = not self.server.public.get(name)
            self._answer({"id": name, "private": private}, 200 if known else 404)

    def do_PUT(self) -> None:
        content = self._body()
        digest = self.path.rpartition("/")[2]
        assert hashlib.sha256(content).hexdigest() == digest
        self.server.large[digest] = content
        self._answer({})

    def do_POST(self) -> None:
        body = self._body()
        if not self._let_through():
            return
        if self.path == "/api/repos/create":
            self._create(json.loads(body))
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            self._answer({"files": [_mode(file) for file in files]})
        elif self.path.endswith("/objects/batch"):
            self._answer({"objects": [self._upload(item) for item in json.loads(body)["objects"]]})
        elif "/commit/" in self.path:
            self.server.commit([json.loads(line) for line in body.splitlines()])
            name = self.path.removeprefix("/api/models/").partition("/commit/")[0]
            url = f"{self.server.url}/{name}/commit/c0ffee"
            self._answer({"commitUrl": url, "commitOid": "c0ffee"})
        else:
            assert self.path == "/api/validate-yaml"
            self._answer({})

    def _create(self, wanted: dict[str, Any]) -> None:
        name = f"{wanted['organization']}/{wanted['name']}"
        known = name in self.server.public
        # Older clients send `private` in place of `visibility`.
        private = wanted.get("private", wanted.get("visibility") != "public")
        self.server.public.setdefault(name, not private)
        self._answer({"url": f"{self.server.url}/{name}"}, 409 if known else 200)

    def _upload(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "actions": {"upload": {"href": f"{self.server.url}/lfs/{item['oid']}"}}}

    def _let_through(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.tokens.add(self.headers["Authorization"])
        for start, status in self.server.answers.items():
            if self.path.startswith(start):
                self._answer({"error": f"no, {TOKEN}"}, status)
                return False
        return True

    def _body(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, value: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _mode(file: dict[str, Any]) -> dict[str, Any]:
    large = file["path"].endswith((".safetensors", ".onnx"))
    return {
        "path": file["path"],
        "uploadMode": "lfs" if large else "regular",
        "shouldIgnore": False,
    }
