"""Kill a server and its workers at random while it is used, and compare what it lost: nothing.

Fits are queued and texts embedded without a pause. Now and then the server, a worker or a training
process is killed. In the end every acknowledged data set, fit and model must be there, every fit
ready, and every answered request right.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

TEXTS = ("where is my parcel?", "my card was charged twice", "I cannot log in")
_RETRY_SECONDS = 0.2
# Nothing that ends takes so long: a run that is not finished by then hangs.
_HANGING_SECONDS = 1800


@dataclass(frozen=True)
class Outcome:
    """What was acknowledged and what was found in the end."""

    fits: int
    kills: dict[str, int]
    requests: int
    wrong: int
    lost_datasets: int
    not_ready: dict[str, str]
    attempts: int
    seconds: float


@dataclass
class Deployment:
    """A server process on a port of this machine, which is started again when it was killed."""

    home: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start the server."""
        command = [sys.executable, "-m", "tunesmith", "serve", "--port", str(self.port)]
        environment = {**os.environ, "TUNESMITH_HOME": str(self.home)}
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log)

    def kill(self, what: str) -> bool:
        """Kill the server, a worker or a training process; False if there is none."""
        assert self.process is not None
        workers = _children(self.process.pid)
        training = [child for worker in workers for child in _children(worker)]
        pids = {"server": [self.process.pid], "worker": workers, "training": training}[what]
        if not pids:
            return False
        try:
            os.kill(pids[0], signal.SIGKILL)
        except ProcessLookupError:
            return False
        if what == "server":
            self.process.wait()
            self.start()
        return True

    def stop(self) -> None:
        """End the server, with its workers."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()


@dataclass
class Client:
    """Calls the server, and calls it again when the connection breaks, as people's clients do."""

    port: int
    requests: int = 0
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120))

    def call(self, method: str, path: str, **content: Any) -> Any:
        """Return the JSON of an answer; a broken or refused call is repeated."""
        started = time.monotonic()
        while True:
            try:
                url = f"http://127.0.0.1:{self.port}{path}"
                answer = self.http.request(method, url, **content)
                if answer.status_code < 500 and answer.status_code != 429:
                    answer.raise_for_status()
                    self.requests += 1
                    return answer.json()
            except httpx.TransportError:
                pass
            if time.monotonic() - started > _HANGING_SECONDS:
                raise TimeoutError(path)
            time.sleep(_RETRY_SECONDS)


def run_chaos(
    home: Path, port: int, *, files: list[bytes], base: str, kills: int, seed: int
) -> Outcome:
    """Fit a model to each file while processes are killed.

    Parameters
    ----------
    home
        A home folder of its own.
    port
        A free port.
    files
        CSV files of labelled texts, no two equal.
    base
        The base of the fits, a model of the server.
    kills
        Number of processes to kill.
    seed
        Seed for what is killed, and when.
    """
    started, generator = time.monotonic(), random.Random(seed)
    server, client = Deployment(home, port), Client(port)
    server.start()
    try:
        expected = _vectors(client, "all-MiniLM-L6-v2")
        wrong: list[int] = []
        ended = threading.Event()
        steady = threading.Thread(target=_embed, args=(port, expected, wrong, ended), daemon=True)
        steady.start()
        datasets = [_upload(client, content, number) for number, content in enumerate(files)]
        fits = [_start(client, ident, base) for ident in datasets]
        killed = _kill(server, client, kills, generator)
        states = _wait(client)
        ended.set()
        steady.join()
        for fit in fits:
            client.call("POST", "/v1/classify", json={"model": fit, "texts": TEXTS})
        kept = {each["id"] for each in client.call("GET", "/v1/datasets")}
    finally:
        server.stop()
    return Outcome(
        fits=len(states),
        kills=killed,
        requests=len(wrong),
        wrong=sum(wrong),
        lost_datasets=len({*datasets} - kept) + len({*fits} - {*states}),
        not_ready={i: fit["status"] for i, fit in states.items() if fit["status"] != "ready"},
        attempts=sum(fit["attempt"] for fit in states.values()),
        seconds=round(time.monotonic() - started, 1),
    )


def _upload(client: Client, content: bytes, number: int) -> str:
    files = {"file": (f"file-{number}.csv", content)}
    stored = client.call("POST", "/v1/datasets", files=files)
    assert stored["status"] == "validated", stored["error"]
    return str(stored["id"])


def _start(client: Client, dataset: str, base: str) -> str:
    options = {"dataset": dataset, "base": base, "budget": 1, "cross_validate": "off"}
    return str(client.call("POST", "/v1/fits", json=options)["id"])


def _kill(
    server: Deployment, client: Client, count: int, generator: random.Random
) -> dict[str, int]:
    """Kill processes one by one, each after a fit has gone on; return how many of each."""
    killed = dict.fromkeys(("server", "worker", "training"), 0)
    while sum(killed.values()) < count and not _all_ended(client):
        time.sleep(generator.uniform(0.2, 6.0))
        what = generator.choice([*killed])
        killed[what] += server.kill(what)
    return killed


def _all_ended(client: Client) -> bool:
    return all(fit["finished_at"] for fit in client.call("GET", "/v1/fits"))


def _wait(client: Client) -> dict[str, dict[str, Any]]:
    """Return the fits once all have ended, with their attempts."""
    started = time.monotonic()
    while not _all_ended(client):
        if time.monotonic() - started > _HANGING_SECONDS:
            break
        time.sleep(0.5)
    return {fit["id"]: fit for fit in client.call("GET", "/v1/fits")}


def _embed(
    port: int, expected: NDArray[np.float64], wrong: list[int], ended: threading.Event
) -> None:
    """Embed without a pause; note 0 for each right answer and 1 for each wrong one."""
    client = Client(port)
    while not ended.is_set():
        found = _vectors(client, "all-MiniLM-L6-v2")
        wrong.append(int(not np.allclose(found, expected, atol=1e-5)))


def _vectors(client: Client, model: str) -> NDArray[np.float64]:
    answer = client.call("POST", "/v1/embed", json={"model": model, "texts": TEXTS})
    return np.array(answer["vectors"])


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in listed.split()]


def numbered(line: Callable[[int], str], count: int) -> list[bytes]:
    """Return some files of labelled texts that differ."""
    return [
        ("text,label\n" + "\n".join(line(number * 1000 + row) for row in range(60))).encode()
        for number in range(count)
    ]


def ticket(number: int) -> str:
    """Return a line with a text unlike the others, and its label."""
    generator = random.Random(number)
    topic, label = (("card", "pay"), ("order", "late"), ("login", "broken"))[number % 3]
    filler = [f"{generator.choice('bcdfg')}{generator.choice('aeiou')}" for _ in range(9)]
    return f"{' '.join(filler)} {topic} {topic} {number},{label}"
