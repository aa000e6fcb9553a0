"""Start a server with a model of the bundled example, and print code that calls it.

``make serve`` runs this. The model is fitted once; the next start finds it.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

import tunesmith
from tunesmith.client import RemoteModel

NAME = "example-tickets"
TEXT = "where is my parcel?"


def main() -> int:
    """Run the server until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the server ends with this script
    port = os.environ.get("PORT", "8080")
    log = Path(tempfile.mkdtemp()) / "server.log"
    command = [sys.executable, "-m", "tunesmith", "serve", "--port", port]
    server = subprocess.Popen(command, stderr=log.open("wb"))
    print(f"Starting a server at http://127.0.0.1:{port}; its log is {log}", flush=True)
    try:
        url = f"http://127.0.0.1:{port}"
        while not _answers(url, log):
            _require_running(server, port, log)
            time.sleep(0.5)
        with tunesmith.Client(url, "") as client:
            model = _model(client)
        print(f"\nThe model's id is {model.id}. Three ways to call it:\n")
        print("\n\n".join(calls(url, model.id)), flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return server.wait()
    finally:
        server.terminate()


def calls(url: str, model: str) -> tuple[str, str, str]:
    """Return a line of curl, of Python and of Cohere's client, to paste into a shell."""
    body = f'{{"model": "{model}", "texts": ["{TEXT}"]}}'
    curl = f"curl -s {url}/v1/classify -H 'Content-Type: application/json' -d '{body}'"
    python = f'print(tunesmith.Client("{url}").classify("{model}", ["{TEXT}"]))'
    options = f'model="{model}", texts=["{TEXT}"], input_type="classification"'
    cohere = f'co = cohere.Client("none", base_url="{url}/cohere"); '
    cohere += f"print(co.embed({options}).embeddings[0][:3])"
    return (
        curl,
        f"{_python()} -c 'import tunesmith; {python}'",
        f"{_python()} -c 'import cohere; {cohere}'",
    )


def _python() -> str:
    return os.path.relpath(sys.executable)


def _answers(url: str, log: Path) -> bool:
    """Return whether this server answers, and no other at its address: its log has the request."""
    ident = secrets.token_hex(16)
    try:
        httpx.get(f"{url}/health", headers={"X-Request-Id": ident})
    except httpx.HTTPError:
        return False
    return ident in log.read_text(encoding="utf-8")


def _require_running(server: "subprocess.Popen[bytes]", port: str, log: Path) -> None:
    if server.poll() is None:
        return
    if "in use" in log.read_text(encoding="utf-8"):
        raise SystemExit(f"port {port} is in use: set PORT to another one")
    raise SystemExit(f"the server has ended: {log} says why")


def _model(client: tunesmith.Client) -> RemoteModel:
    """Return the model of the example, which is fitted if there is none yet."""
    found = next((each for each in client.models() if each.name == NAME), None)
    if found is not None:
        return found
    print("Fitting a model of the bundled example, once: about a minute", flush=True)
    return client.fit(tunesmith.example("tickets.csv"), name=NAME, budget="60s")


if __name__ == "__main__":
    sys.exit(main())
