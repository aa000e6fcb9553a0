"""Benchmark truncated and quantised vectors: 5-NN on Banking77, retrieval on SciFact.

python bench/compact.py
"""

import csv
import json
import os
from pathlib import Path
from typing import get_args

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from sklearn.metrics import ndcg_score
from sklearn.neighbors import KNeighborsClassifier

from tunesmith import SentenceEncoder
from tunesmith.vectors.compress import VectorPrecision, dequantize, quantize, truncate

DATA = Path(os.environ.get("TUNESMITH_DATA", Path(__file__).parents[2] / "shared" / "data"))


def banking(name: str) -> tuple[list[str], list[str]]:
    """Return texts and labels."""
    with (DATA / "banking77" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def scifact() -> tuple[list[str], list[str], np.ndarray]:
    """Return the test queries, the documents, and their relevance, shape (queries, documents)."""
    documents = _lines("corpus.jsonl")
    index = {document["_id"]: number for number, document in enumerate(documents)}
    texts_by_id = {query["_id"]: query["text"] for query in _lines("queries.jsonl")}
    with (DATA / "scifact" / "qrels" / "test.tsv").open(encoding="utf-8") as file:
        relevant = [row for row in csv.DictReader(file, delimiter="\t") if int(row["score"]) > 0]
    queries = sorted({row["query-id"] for row in relevant})
    relevance = np.zeros((len(queries), len(documents)))
    for row in relevant:
        relevance[queries.index(row["query-id"]), index[row["corpus-id"]]] = 1
    texts = [f"{document['title']} {document['text']}" for document in documents]
    return [texts_by_id[query] for query in queries], texts, relevance


def _lines(name: str) -> list[dict[str, str]]:
    with (DATA / "scifact" / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main() -> None:
    """Print the results for each dimension and precision, and all of them as JSON."""
    encoder = SentenceEncoder()
    train, test = banking("train"), banking("test")
    queries, documents, relevance = scifact()
    spaces = [encoder.encode(texts) for texts in (train[0], test[0], queries, documents)]
    figures: dict[str, list[float]] = {}
    for dimension in (384, 256, 128, 64):
        for precision in get_args(VectorPrecision):
            if dimension < 384 and precision == "float16":
                continue
            cut = [truncate(space, dimension) for space in spaces]
            small = [dequantize(quantize(space, precision), precision, dimension) for space in cut]
            nearest = KNeighborsClassifier(5, metric="cosine").fit(small[0], train[1])
            right = float((nearest.predict(small[1]) == np.array(test[1])).mean())
            gain = float(ndcg_score(relevance, small[2] @ small[3].T, k=10))
            size = quantize(cut[0][:1], precision).nbytes
            print(
                f"{dimension:4} {precision:8} {size:5} bytes  5-NN {right:.3f}  nDCG@10 {gain:.3f}"
            )
            figures[f"{dimension} {precision}"] = [size, right, gain]
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
