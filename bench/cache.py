"""Benchmark reading vectors from the cache, and encoding texts without it.

Run ``python bench/cache.py [--quick]``. It prints a table and a last line of JSON:
``read_seconds`` is the time for 10,000 vectors of 384 dimensions, ``encode_ratio`` the time of
``SentenceTransformer.encode`` over that of ``SentenceEncoder`` on the same 1,000 questions.
"""

import argparse
import csv
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer

from tunesmith.encoders.cache.vector_cache import VectorCache, text_digest
from tunesmith.encoders.sentence_encoder import SentenceEncoder

ROOT = Path(__file__).resolve().parent.parent
VECTORS = 10_000
WIDTH = 384


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of a function call in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(work: Callable[[], object], repeats: int) -> float:
    """Return the median wall time of repeated calls in seconds."""
    return statistics.median(seconds(work) for _ in range(repeats))


def measure_cache(folder: Path, repeats: int) -> dict[str, float]:
    """Write and read 10,000 vectors."""
    cache = VectorCache(folder)
    texts = [f"question {number}: where is my order?" for number in range(VECTORS)]
    digests = [text_digest(text) for text in texts]
    vectors = np.random.default_rng(0).normal(size=(VECTORS, WIDTH)).astype(np.float32)
    return {
        "write_seconds": seconds(lambda: cache.put_many("bench", digests, vectors)),
        "digest_seconds": median(lambda: [text_digest(text) for text in texts], repeats),
        "read_seconds": median(lambda: cache.get_many("bench", digests), repeats),
        "one_read_seconds": median(lambda: cache.get_many("bench", digests[:1]), repeats),
    }


def questions(count: int) -> list[str]:
    """Return real questions, or an empty list if the data is not available."""
    data = Path(os.environ.get("TUNESMITH_DATA", ROOT.parent / "shared" / "data"))
    path = data / "banking77" / "test.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)][:count]


def measure_encoding(folder: Path, texts: list[str], repeats: int) -> dict[str, float]:
    """Encode real questions with sentence-transformers, with Tunesmith, and from the cache."""
    encoder = SentenceEncoder(cache=False, device="cpu")
    cached = SentenceEncoder(cache=folder, device="cpu")
    peer = SentenceTransformer(str(encoder.folder), device="cpu")
    encoder.encode(texts[:32])
    peer.encode(texts[:32])
    theirs: list[float] = []
    ours: list[float] = []
    for repeat in range(repeats):
        # The order alternates, so that both have the same conditions.
        for times, model in [(theirs, peer), (ours, encoder)][:: 1 if repeat % 2 else -1]:
            times.append(seconds(partial(model.encode, texts)))
    cached.encode(texts)
    return {
        "peer_seconds": statistics.median(theirs),
        "encode_seconds": statistics.median(ours),
        "encode_ratio": statistics.median(np.divide(theirs, ours)),
        "cached_encode_seconds": median(lambda: cached.encode(texts), repeats),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one repeat, 300 questions")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        results = measure_cache(Path(folder), repeats=1 if quick else 9)
        texts = questions(300 if quick else 1000)
        if texts:
            results |= measure_encoding(Path(folder), texts, repeats=1 if quick else 5)
    table = Table("measure", "value", title=f"{VECTORS:,} cached vectors, {len(texts):,} questions")
    for name, value in results.items():
        table.add_row(name, f"{value:.4f}")
    Console().print(table)
    print(json.dumps({name: round(value, 5) for name, value in results.items()}))


if __name__ == "__main__":
    main()
