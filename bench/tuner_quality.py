"""Benchmark the gain from tuners on held-out rows, over five seeds, with confidence intervals.

Run ``python bench/tuner_quality.py [--quick]``. Every embedding space is evaluated with 5-NN
(cosine) and a logistic probe (C = 10), and compared with the untouched vectors on the same rows.
The 95% interval of the gain is a normal approximation over test rows, with each row's gain averaged
over seeds. Seeds determine the sample of training rows and the tuners' initialisation. The last
line is JSON.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import train_test_split

from spaces import (
    DATA,
    OURS,
    Hits,
    Make,
    Split,
    banking,
    evaluate,
    few_of,
    imdb,
    read_lines,
    read_table,
)
from tunesmith import SentenceEncoder
from tunesmith.tuners import (
    ContrastiveLearner,
    NudgeTuner,
    QueryTuner,
    SbertLearner,
    pair_columns,
    pairs_from_labels,
)
from tunesmith.tuners.relevance import Relevance


def quality(name: str, draw: Callable[[int], Split], seeds: Any) -> dict[str, float]:
    """Print held-out scores of base and tuners, as means over seeds with 95% CIs of the gain."""
    found: dict[str, float] = {}
    base = [evaluate(lambda X: X, draw(seed)) for seed in seeds]
    print(f"\n{name}\n{'untouched':30} {line(base, base)}")
    for tuner, make in OURS.items():
        tuned = []
        for seed in seeds:
            data = draw(seed)
            tuned.append(evaluate(make(seed).fit(data.X, data.y).transform, data))
        print(f"{tuner:30} {line(tuned, base)}", flush=True)
        key = f"{name}, {tuner}"
        found[f"{key}, 5-NN"] = float(np.mean([each.neighbours.mean() for each in tuned]))
        found[f"{key}, probe"] = float(np.mean([each.probe.mean() for each in tuned]))
    return found


def line(tuned: list[Hits], base: list[Hits]) -> str:
    """Return both accuracies with the interval of their gain, over all test rows of all seeds."""
    parts = []
    for part in ("neighbours", "probe"):
        after, before = ([getattr(each, part) for each in hits] for hits in (tuned, base))
        gains = np.mean(np.asarray(after, float) - np.asarray(before, float), axis=0)
        spread = 1.96 * gains.std() / len(gains) ** 0.5
        mean = np.mean([each.mean() for each in after])
        parts.append(f"{mean:.4f} ({gains.mean() - spread:+.4f} to {gains.mean() + spread:+.4f})")
    return "5-NN {}   probe {}".format(*parts)


def rare_label(vectors: Any, labels: Any, seeds: Any) -> None:
    """Print balanced accuracy and average precision on a held-out third of a rare label."""
    print(f"\nnew-dataset, a third held out, {len(labels)} sentences")
    spaces: dict[str, Make | None] = {"untouched": None, **OURS}
    for name, make in spaces.items():
        scores = []
        for seed in seeds:
            train, test = train_test_split(
                np.arange(len(labels)), test_size=1 / 3, stratify=labels, random_state=seed
            )
            X, Z = vectors[train], vectors[test]
            if make is not None:
                tuner = make(seed).fit(X, labels[train])
                X, Z = tuner.transform(X), tuner.transform(Z)
            probe = LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
            probability = probe.fit(X, labels[train]).predict_proba(Z)[:, 1]
            scores.append(
                (
                    balanced_accuracy_score(labels[test], probability > 0.5),
                    average_precision_score(labels[test], probability),
                )
            )
        mean, error = np.mean(scores, axis=0), 1.96 * np.std(scores, axis=0) / len(scores) ** 0.5
        print(
            f"{name:30} balanced accuracy {mean[0]:.4f} ± {error[0]:.4f}   "
            f"average precision {mean[1]:.4f} ± {error[1]:.4f}",
            flush=True,
        )


def demonstration(texts: list[str], vectors: Any, labels: Any) -> None:
    """Repeat embetter's demonstration, scored on the training rows and on held-out rows."""
    rng = np.random.default_rng(0)
    holdout = np.zeros(len(labels), dtype=bool)
    holdout[rng.permutation(len(labels))[: len(labels) // 3]] = True
    every = np.ones(len(labels), dtype=bool)
    for learner in ("SbertLearner", "ContrastiveLearner"):
        for name, train, test in (
            ("on the training rows", every, every),
            ("on a third held out", ~holdout, holdout),
        ):
            rows = np.flatnonzero(train)
            cats = [{"new-dataset": int(label)} for label in labels[rows]]
            first_, second, similar = pair_columns(
                pairs_from_labels(rows.tolist(), cats, 3, seed=0)
            )
            if learner == "SbertLearner":
                sbert = SbertLearner(random_state=0)
                sbert.fit([texts[i] for i in first_], [texts[i] for i in second], similar)
                tuned = sbert.transform(texts)
            else:
                pairs = ContrastiveLearner(300, 64, 5, 1e-3, random_state=0)
                tuned = pairs.fit(vectors[first_], vectors[second], similar).transform(vectors)
            before, after = (
                LogisticRegression(class_weight="balanced", max_iter=1000)
                .fit(space[train], labels[train])
                .score(space[test], labels[test])
                for space in (vectors, tuned)
            )
            print(f"{learner:20} {name:26} accuracy {before:.3f} to {after:.3f}", flush=True)


def retrieval(data: Path) -> None:
    """Print nDCG@10 on SciFact, overall and for documents with and without training queries."""
    folder = data / "scifact"
    corpus, queries = (read_lines(folder / f"{name}.jsonl") for name in ("corpus", "queries"))
    texts = [f"{row.get('title', '')} {row['text']}".strip() for row in corpus]
    indices = [{row["_id"]: index for index, row in enumerate(rows)} for rows in (queries, corpus)]
    train, test = (
        np.array(
            [
                (indices[0][query], indices[1][document])
                for query, document, score in read_table(folder / "qrels" / f"{name}.tsv")
                if int(score) > 0
            ]
        )
        for name in ("train", "test")
    )
    encoder = SentenceEncoder()
    D, Q = encoder.encode(texts), encoder.encode([row["text"] for row in queries])
    relevance = Relevance.of(Q, D, test)
    relevance = relevance.take(relevance.answered)
    seen = np.array([bool(np.isin(own, train[:, 1]).any()) for own in relevance.relevant])
    tuned_documents = NudgeTuner(random_state=0).fit(Q, D, train).transform(D)
    tuned_queries = QueryTuner(random_state=0).fit(Q, D, train).transform(relevance.queries)
    base = relevance.scores(relevance.queries, relevance.documents)
    print(f"\nSciFact, {len(base)} test queries, {seen.sum()} on documents with training queries")
    for name, vectors in {
        "untouched": (relevance.queries, relevance.documents),
        "NudgeTuner": (relevance.queries, tuned_documents),
        "QueryTuner": (tuned_queries, relevance.documents),
        "both": (tuned_queries, tuned_documents),
    }.items():
        scores = relevance.scores(*vectors)
        gains = [(scores - base)[chosen] for chosen in (seen, ~seen)]
        shown = [
            f"{gain.mean():+.3f} ± {1.96 * gain.std() / len(gain) ** 0.5:.3f}" for gain in gains
        ]
        print(f"{name:12} nDCG@10 {scores.mean():.4f}   seen {shown[0]}   unseen {shown[1]}")


def main() -> None:
    """Run all benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds, few texts")
    quick = parser.parse_args().quick
    seeds = range(2 if quick else 5)
    questions, reviews = banking(), imdb()
    found = quality("Banking77, 8 per class", lambda seed: few_of(questions, 8, seed), seeds)
    found |= quality("IMDB, 200 reviews", lambda seed: few_of(reviews, 100, seed), seeds)
    if not quick:
        found |= quality("Banking77, 32 per class", lambda seed: few_of(questions, 32, seed), seeds)
        found |= quality("Banking77, all", lambda _: questions, seeds)
    rows = read_lines(DATA / "embetter" / "new-dataset.jsonl")
    texts = [row["text"] for row in rows]
    labels = np.array([int(row["cats"]["new-dataset"]) for row in rows])
    vectors = SentenceEncoder(verbose=True).encode(texts)
    rare_label(vectors, labels, seeds)
    if not quick:
        retrieval(DATA)
        demonstration(texts, vectors, labels)
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


if __name__ == "__main__":
    main()
