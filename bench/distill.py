"""Benchmark the quality and speed of static models distilled from all-MiniLM-L6-v2.

The model is distilled twice: on Banking77's training questions, evaluated by a probe and 5-NN on
its test file; and on STS-B's training sentences, evaluated by the correlation with its validation
scores. Speed is measured on 1,000 test questions and 200 arXiv abstracts, the models taking turns
in one process; ratios are over the same model with ONNX Runtime and over
``SentenceTransformer.encode``. The last line is JSON.

    python bench/distill.py [--quick]        # --quick: one turn each
"""

import argparse
import csv
import json
import os
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
HOME = os.environ["TUNESMITH_HOME"] = tempfile.mkdtemp()

from scipy.stats import pearsonr, spearmanr
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from encode import DATA, MODEL, Encode, long_texts, rates, short_texts
from tunesmith import SentenceEncoder, distill


def banking(name: str) -> tuple[list[str], list[str]]:
    """Return questions and intents."""
    with (DATA / "banking77" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def pairs(name: str) -> tuple[list[str], list[str], list[float]]:
    """Return two lists of sentences and their scores."""
    with (DATA / "stsb" / f"stsb-en-{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return [row[0] for row in rows], [row[1] for row in rows], [float(row[2]) for row in rows]


def on_banking(encode: Encode) -> dict[str, float]:
    """Return the accuracy of a probe and of 5-NN."""
    (texts, labels), (test, truth) = banking("train"), banking("test")
    vectors, unseen = encode(texts), encode(test)
    probe = LogisticRegression(C=30, max_iter=300).fit(vectors, labels)
    near = KNeighborsClassifier(5, metric="cosine").fit(vectors, labels)
    return {"probe": probe.score(unseen, truth), "5-NN": near.score(unseen, truth)}


def on_sts(encode: Encode) -> dict[str, float]:
    """Return the correlations of cosine similarity with the scores."""
    left, right, scores = pairs("dev")
    cosines = (encode(left) * encode(right)).sum(axis=1)
    found = {"Spearman": spearmanr(cosines, scores), "Pearson": pearsonr(cosines, scores)}
    return {name: float(result.statistic) for name, result in found.items()}


def main() -> None:
    """Distil, evaluate, time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one turn each")
    turns = 1 if parser.parse_args().quick else 5
    left, right, _ = pairs("train")
    questions, sentences = banking("train")[0], sorted({*left, *right})
    figures: dict[str, float] = {}
    tasks = [("Banking77", on_banking, questions), ("STS-B validation", on_sts, sentences)]
    for name, evaluate, texts in tasks:
        folder = Path(HOME) / name.split()[0].lower()
        result = distill("all-MiniLM-L6-v2", texts, output=folder)
        print(f"{name}: distilled from {result.texts:,} texts, cosine {result.cosine:.3f}")
        parent = evaluate(SentenceEncoder().encode)
        static = evaluate(SentenceEncoder(folder).encode)
        for metric, value in static.items():
            print(f"  {metric:<9} parent {parent[metric]:.4f}   static {value:.4f}")
            figures |= {f"{metric}_parent": parent[metric], f"{metric}_static": value}
    contenders: dict[str, Encode] = {
        "sentence-transformers": SentenceTransformer(MODEL, device="cpu").encode,
        "onnx": SentenceEncoder(cache=False, backend="onnx").encode,
        "static": SentenceEncoder(Path(HOME) / "banking77").encode,
        "static_st": SentenceTransformer(f"{HOME}/banking77", device="cpu").encode,
    }
    for length, texts in (("short", short_texts()), ("long", long_texts())):
        found = rates(contenders, texts, turns)
        print(f"{length}: " + ", ".join(f"{name} {rate:,.0f}" for name, rate in found.items()))
        figures[f"{length}_over_onnx"] = found["static"] / found["onnx"]
        figures[f"{length}_over_st"] = found["static"] / found["sentence-transformers"]
    print(json.dumps({name: round(float(value), 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
