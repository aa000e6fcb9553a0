"""Serve single texts to 32 clients at once, compared with the raw encoder and a plain endpoint.

Run ``python bench/serve.py [--quick]``. Texts are questions of Banking77, one per request. One run:

- the raw encoder: ``tunesmith.serve(...).encode`` of all texts in one call, on the same cores;
- ``tunesmith serve``, called over 32 connections from this machine;
- a plain endpoint: FastAPI with ``SentenceTransformer.encode``, called in the same way;
- with ``--infinity PROGRAM`` infinity-emb on torch, from an environment of its own.

The client is a bare one on asyncio, in this process. It uses the same cores, so its CPU seconds,
divided by the number of cores, are subtracted from the time; ``with_client`` is the rate without
that. The last line is JSON: ``of_raw_encoder`` and ``over_plain_endpoint`` (ratios of medians of
five rounds, two with ``--quick``), ``p50_ms``, ``p95_ms``, ``p99_ms``, ``overload_ms`` (the slowest
answer 429 to a large request while the queue is full; ``burst_ms`` for 64 at once), and
``growth_mb``, the growth of the server's memory between its first 5,000 and its 50,000th request
(5,000 with ``--quick``).
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

import tunesmith
from tests.server.ports import free_port
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE, bundled_folder

CONNECTIONS = 32
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PLAIN = """
import sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

app, model = FastAPI(), SentenceTransformer(sys.argv[1], device="cpu")

class Request(BaseModel):
    texts: list[str]

@app.get("/ready")
def ready(): return {}

@app.post("/v1/embed")
def embed(request: Request):
    return {"vectors": model.encode(request.texts, show_progress_bar=False).tolist()}

uvicorn.run(app, port=int(sys.argv[2]), log_level="error")
"""


@dataclass(frozen=True)
class Round:
    """One round of requests: their number, seconds, the client's CPU seconds, and latencies."""

    requests: int
    seconds: float
    client: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Requests a second, without the time that the client took of the cores."""
        return self.requests / (self.seconds - self.client / (os.cpu_count() or 1))

    @property
    def whole_rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


@contextmanager
def process(
    command: list[str], port: int, home: Path, ready: str = "/ready"
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server while the block runs; wait until it is ready."""
    environment = {**os.environ, "TUNESMITH_HOME": str(home)}
    with (
        (home / "log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as running,
    ):
        try:
            _wait_until_ready(running, f"127.0.0.1:{port}{ready}", home / "log")
            yield running
        finally:
            running.terminate()


def _wait_until_ready(running: "subprocess.Popen[bytes]", place: str, log: Path) -> None:
    while running.poll() is None:
        try:
            urllib.request.urlopen(f"http://{place}")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"the server did not start: {log.read_text(encoding='utf-8')[-1000:]}")


async def measure(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> Round:
    """Send requests over some connections, each as soon as the one before is answered."""
    waiting, latencies = iter(requests), []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            started = time.perf_counter()
            status = await _post(reader, writer, request)
            assert status == 200, status
            latencies.append(time.perf_counter() - started)
        writer.close()

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(connection() for _ in range(connections)))
    used = time.process_time() - cpu
    return Round(len(requests), time.perf_counter() - started, used, latencies)


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(answer.split(b" ", 2)[1])


def raw_rate(texts: Sequence[str], rounds: int) -> float:
    """Return the texts a second of the encoder in this process, median of some rounds."""
    model = tunesmith.serve(DEFAULT_BASE)
    model.encode(list(texts[:64]))
    return statistics.median(_rate(model, texts) for _ in range(rounds))


def _rate(model: "tunesmith.models.LoadedModel", texts: Sequence[str]) -> float:
    started = time.perf_counter()
    model.encode(list(texts))
    return len(texts) / (time.perf_counter() - started)


async def overload(port: int) -> tuple[float, float]:
    """Fill the queue with large requests; return the slowest refusals in seconds.

    The first is of 64 requests of 1.5 MB that are sent at once, the second of 20 that are sent one
    after the other while the queue is full; one of them that gets a place is given up after 2 s.
    """
    large = _request(["a text of a few words, again and again " * 40] * 1000)

    async def refusal(patience: float) -> float | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(patience):
                status = await _post(reader, writer, large)
                return time.perf_counter() - started if status == 429 else None
        except TimeoutError:
            return None
        finally:
            writer.close()

    burst = [asyncio.create_task(refusal(patience=40)) for _ in range(64)]
    await asyncio.wait(burst, timeout=3)
    later = [await refusal(patience=2) for _ in range(20)]
    at_once = [each.result() for each in burst if each.done()]
    for each in burst:
        each.cancel()
    return _slowest(at_once), _slowest(later)


def _median(rounds: Sequence[Round]) -> float:
    return statistics.median(each.rate for each in rounds)


def _slowest(refusals: Sequence[float | None]) -> float:
    return max((each for each in refusals if each is not None), default=float("nan"))


def _request(texts: Sequence[str]) -> bytes:
    return _written("/v1/embed", {"model": DEFAULT_BASE, "texts": list(texts)})


def _written(path: str, content: object) -> bytes:
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def infinity_rates(program: Path, texts: Sequence[str], rounds: int) -> Iterator[Round]:
    """Yield rounds of requests to infinity-emb on the CPU, in batches of up to 32 as it does."""
    requests = [_written("/embeddings", {"model": "base", "input": [text]}) for text in texts]
    port = free_port()
    command = [str(program), "v2", "--model-id", str(bundled_folder()), "--port", str(port)]
    command += ["--served-model-name", "base", "--device", "cpu", "--engine", "torch"]
    with tempfile.TemporaryDirectory() as folder, process(command, port, Path(folder), "/health"):
        asyncio.run(measure(port, requests[:200]))
        for _ in range(rounds):
            yield asyncio.run(measure(port, requests))


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds, 5,000 requests in all")
    parser.add_argument("--data", type=Path, default=SHARED, help="real data")
    parser.add_argument("--infinity", type=Path, help="an infinity_emb program, to be compared")
    arguments = parser.parse_args()
    rounds, total = (2, 5_000) if arguments.quick else (5, 50_000)
    texts = pd.read_csv(arguments.data / "banking77" / "test.csv")["text"].tolist()[:1000]
    requests = [_request([text]) for text in texts]
    raw = raw_rate(texts, rounds)
    print(f"raw encoder      {raw:7.0f} texts/s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "tunesmith", "serve", "--port", str(port)]
        with process([*command, "--workers", "0"], port, Path(folder)) as server:
            asyncio.run(measure(port, requests))
            ours = [asyncio.run(measure(port, requests)) for _ in range(rounds)]
            before, done = _megabytes(server.pid), (rounds + 1) * len(requests)
            while done < total:
                done += asyncio.run(measure(port, requests)).requests
            growth = _megabytes(server.pid) - before
            burst, late = asyncio.run(overload(port))
        rate, with_client = _median(ours), statistics.median(each.whole_rate for each in ours)
        print(
            f"tunesmith serve  {rate:7.0f} texts/s, {with_client:.0f} with the client's own time",
            flush=True,
        )
        port = free_port()
        plain = [sys.executable, "-c", PLAIN, str(bundled_folder()), str(port)]
        with process(plain, port, Path(folder)):
            asyncio.run(measure(port, requests[:200]))
            theirs = [asyncio.run(measure(port, requests)) for _ in range(max(2, rounds - 2))]
        plain_rate = _median(theirs)
        print(f"plain endpoint   {plain_rate:7.0f} texts/s", flush=True)
    others = [*infinity_rates(arguments.infinity, texts, rounds)] if arguments.infinity else []
    other_rate = _median(others) if others else None
    times = np.concatenate([np.array(each.latencies) for each in ours]) * 1000
    print(
        json.dumps(
            {
                "of_raw_encoder": round(rate / raw, 3),
                "with_client": round(with_client / raw, 3),
                "over_plain_endpoint": round(rate / plain_rate, 2),
                "over_infinity": round(rate / other_rate, 2) if other_rate else None,
                "p50_ms": round(float(np.percentile(times, 50)), 1),
                "p95_ms": round(float(np.percentile(times, 95)), 1),
                "p99_ms": round(float(np.percentile(times, 99)), 1),
                "overload_ms": round(late * 1000, 1),
                "burst_ms": round(burst * 1000, 1),
                "growth_mb": round(growth, 1),
                "requests": done,
            }
        )
    )


if __name__ == "__main__":
    main()
