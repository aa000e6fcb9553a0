"""Benchmark encoding speed against ``SentenceTransformer.encode`` with its defaults.

Encodes 1,000 Banking77 test questions (short) and 200 arXiv abstracts (long), the contenders
taking turns in one process. Then it measures the time to the first vector from a cold start, each
in its own process. The last line is JSON: speed relative to sentence-transformers, and the share
of the machine's measured peak matrix throughput that long texts reach.

    python bench/encode.py [--quick]        # --quick: one turn each
"""

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper
from sentence_transformers import SentenceTransformer

from tunesmith import SentenceEncoder
from tunesmith.encoders.backends.cores import usable_cores
from tunesmith.encoders.model_files.bundled import bundled_folder

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))
Encode = Callable[[list[str]], Any]
MODEL = str(bundled_folder())
OURS = f"from tunesmith.encoders.text_encoder import TextEncoder as T; T({MODEL!r}, cache=False)"
THEIRS = f"from sentence_transformers import SentenceTransformer as T; T({MODEL!r})"


def short_texts() -> list[str]:
    """Return 1,000 questions of bank customers."""
    with (DATA / "banking77" / "test.csv").open(encoding="utf-8") as file:
        return [row["text"] for row in islice(csv.DictReader(file), 1000)]


def long_texts() -> list[str]:
    """Return 200 abstracts."""
    with (DATA / "arxiv" / "abstracts.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line)["abstract"] for line in islice(file, 200)]


def rates(contenders: dict[str, Encode], texts: list[str], turns: int) -> dict[str, float]:
    """Return texts per second, the median over the turns."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for encode in contenders.values():
        encode(texts[:64])
    for _ in range(turns):
        for name, encode in contenders.items():
            start = time.perf_counter()
            encode(texts)
            times[name].append(time.perf_counter() - start)
    return {name: len(texts) / statistics.median(found) for name, found in times.items()}


def operations(texts: list[str]) -> float:
    """Return the floating-point operations of the model's matrix products, without padding."""
    config = json.loads((bundled_folder() / "config.json").read_text("utf-8"))
    width, inner, layers = (
        config[name] for name in ("hidden_size", "intermediate_size", "num_hidden_layers")
    )
    tokens = np.minimum(SentenceEncoder().token_lengths(texts), 256).astype(float)
    each = tokens * (8 * width**2 + 4 * width * inner) + 4 * tokens**2 * width
    return float(layers * each.sum())


def matrix_peak() -> float:
    """Return the highest rate of float32 matrix operations per second among the libraries."""
    size, cores = 1024, usable_cores()
    left, right = (np.random.default_rng(seed).random((size, size), np.float32) for seed in (0, 1))
    tensors = torch.from_numpy(left), torch.from_numpy(right)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [size, size])],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [size, size])],
        [helper.make_tensor("b", TensorProto.FLOAT, [size, size], right.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    with ThreadPoolExecutor(cores) as pool:
        products: list[Callable[[int], object]] = [
            lambda count: [left @ right for _ in range(count)],
            lambda count: [torch.mm(*tensors) for _ in range(count)],
            lambda count: list(pool.map(lambda _: session.run(None, {"a": left}), range(count))),
        ]
        return max(_speed(product, 2.0 * size**3) for product in products)


def _speed(product: Callable[[int], object], work: float, count: int = 40) -> float:
    product(4)
    found = []
    for _ in range(5):
        start = time.perf_counter()
        product(count)
        found.append(count * work / (time.perf_counter() - start))
    return max(found)


def cold(code: str, turns: int) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and memory in MiB of a new process that encodes one text."""
    script = f"{code}.encode(['where is my parcel?'])"
    # getrusage reports at least the parent's memory for a child process.
    report = "print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1])"
    found = []
    for _ in range(turns):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", f"{script}\n{report}"], check=True, stdout=subprocess.PIPE
        )
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((wall, cpu, int(run.stdout.split()[-1]) / 1024))
    wall, cpu, memory = (statistics.median(column) for column in zip(*found, strict=True))
    return wall, cpu, memory


def main() -> None:
    """Run the contenders and print their speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one turn each")
    turns = 1 if parser.parse_args().quick else 5
    theirs = SentenceTransformer(MODEL, device="cpu")
    plain = SentenceEncoder(cache=False, backend="onnx")
    contenders: dict[str, Encode] = {
        "sentence-transformers": theirs.encode,
        "torch": SentenceEncoder(cache=False, backend="torch").encode,
        "fp32": plain.encode,
        "int8": SentenceEncoder(cache=False, precision="int8").encode,
    }
    figures: dict[str, float] = {}
    for name, texts in (("short", short_texts()), ("long", long_texts())):
        found = rates(contenders, texts, turns)
        reference = found["sentence-transformers"]
        for contender, rate in found.items():
            print(f"{name:6} {contender:22} {rate:8.1f} texts/s  {rate / reference:5.2f}")
        figures |= {f"{name}_{what}": found[what] / reference for what in ("fp32", "int8")}
        vectors, expected = plain.encode(texts), theirs.encode(texts)
        difference = float(np.abs(vectors - expected).max())
        cosine = float((contenders["int8"](texts) * expected).sum(axis=1).mean())
        print(f"{name:6} largest difference to torch {difference:.1e}, int8 cosine {cosine:.4f}")
        figures[f"{name}_difference"] = difference
        if name == "long":
            peak, reached = matrix_peak(), found["fp32"] * operations(texts) / len(texts)
            print(f"matrix peak {peak / 1e9:.0f} GFLOP/s, long texts reach {reached / 1e9:.0f}")
            figures["peak_share_long"] = reached / peak
    ours, peers = cold(OURS, turns), cold(THEIRS, turns)
    for who, (wall, cpu, memory) in (("tunesmith", ours), ("sentence-transformers", peers)):
        print(f"cold start {who:22} {wall:.2f} s wall, {cpu:.2f} s CPU, {memory:.0f} MiB")
    ratios = [peer / own for peer, own in zip(peers, ours, strict=True)]
    figures |= dict(zip(("cold_wall", "cold_cpu", "cold_memory"), ratios, strict=True))
    print(json.dumps({name: float(f"{value:.4g}") for name, value in figures.items()}))


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(os.environ["TUNESMITH_HOME"])
