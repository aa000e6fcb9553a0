"""Sample results of fits for the tests of the report and the model card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.report.sample_parts import findings, rungs, sentences
from tunesmith.results.calibration import (
    AnsweredShare,
    Calibration,
    Reliability,
    ReliabilityBin,
)
from tunesmith.results.evidence import ChangedText, Evidence, Maps, SuspectedLabel
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.summary import (
    Change,
    ClassChange,
    ClassCount,
    CompressedVariant,
    Outcome,
    Rung,
    RungStatus,
    Summary,
    Verdict,
)

TRAVEL = ("airfare", "airline", "ground_service")
SUPPORT = (
    "account_locked",
    "address_change",
    "cancel_order",
    "damaged_item",
    "delivery_late",
    "invoice_request",
    "payment_failed",
    "refund_status",
    "return_item",
    "voucher_not_working",
)
SUBJECTS = ("card", "transfer", "cash", "app", "limit", "fee", "top_up", "pin")
OPENINGS = (
    "please tell me about",
    "i need help with",
    "what is the matter with",
    "hello,",
    "can you sort out",
    "third time i ask:",
)
ENDINGS = (
    "from boston",
    "for tomorrow morning",
    "on my last order",
    "as soon as posible",
    "since monday",
    "with the app",
    "",
)


@dataclass(frozen=True, eq=False)
class Sample:
    """The input of a report."""

    summary: Summary
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Predictions:
    """True classes and predictions before and after, each shape (n,)."""

    true: NDArray[np.int64]
    base: NDArray[np.int64]
    tuned: NDArray[np.int64]


def few() -> Sample:
    """Three classes, 70 test texts: better."""
    return _labelled("atis-ft-3classes.csv", TRAVEL, 70, 0.80, 0.985, Outcome.BETTER)


def ten() -> Sample:
    """Ten classes, 130 test texts: no proven change."""
    return _labelled("tickets.csv", SUPPORT, 130, 0.84, 0.86, Outcome.NO_PROVEN_CHANGE)


def many() -> Sample:
    """77 classes, 3,000 test texts: better."""
    names = tuple(f"{SUPPORT[i % 10]}_for_{SUBJECTS[i // 10]}" for i in range(77))
    return _labelled("banking.csv", names, 3000, 0.925, 0.941, Outcome.BETTER)


def worse() -> Sample:
    """Three classes, 70 test texts: worse."""
    return _labelled("shuffled.csv", TRAVEL, 70, 0.9, 0.62, Outcome.WORSE)


def multilabel() -> Sample:
    """Multi-label data with unknown labels, without a confusion matrix."""
    labels = ("new-dataset", "data-quality", "data-quality/label-errors", "benchmark")
    rng = np.random.default_rng(4)
    true = tuple(", ".join(name for name in labels if rng.random() < 0.3) for _ in range(180))
    sample = _labelled("sentences.jsonl", labels, 180, 0.71, 0.78, Outcome.BETTER)
    counts = tuple(
        ClassCount(name, 120 + 90 * i, (120 + 90 * i) / 2209, 300 + 200 * i, 1789 - 290 * i)
        for i, name in enumerate(labels)
    )
    change = Change("mean average precision", 0.712, 0.786, 0.041, 0.108)
    nothing = np.zeros((0, 0), dtype=np.int64)
    summary = replace(
        sample.summary,
        kind="multilabel",
        rows=2209,
        train=1650,
        validation=379,
        counts=counts,
        decision="each row has an object of labels, 1 or 0, and some are missing",
        verdict=Verdict(
            Outcome.BETTER,
            change,
            "On the held-out test set, the tuned model ranks the correct labels higher.",
        ),
        changes=(
            change,
            Change("macro F1", 0.66, 0.70, 0.012, 0.068),
            Change("log loss", 0.41, 0.36, -0.08, -0.02, False),
        ),
    )
    evidence = replace(
        sample.evidence, true_labels=true, confusion_base=nothing, confusion_tuned=nothing
    )
    return Sample(summary, evidence)


def calibrated() -> Sample:
    """Ten classes with calibration and 130 suspected label errors."""
    sample = ten()
    summary = replace(sample.summary, calibration=calibration())
    suspects = tuple(
        SuspectedLabel(row, SUPPORT[row % 10], SUPPORT[(row + 3) % 10], 0.97 - row / 500, text)
        for row, text in enumerate(sample.evidence.texts)
    )
    return Sample(summary, replace(sample.evidence, suspects=suspects))


def calibration(temperature: float | None = 0.54) -> Calibration:
    """Return cautious probabilities, and good ones after scaling."""
    likely = np.linspace(0.2, 0.96, 15)
    method = "Platt scaling" if temperature is None else "temperature scaling"

    def reliability(error: float, accuracies: NDArray[np.float64]) -> Reliability:
        pairs = zip(likely.tolist(), accuracies.tolist(), strict=True)
        return Reliability(error, 0.4 + error, tuple(ReliabilityBin(*pair, 26) for pair in pairs))

    before, after = reliability(0.132, likely**0.4), reliability(0.021, likely**1.05)
    answered = (
        AnsweredShare(0.5, 0.93, 0.91),
        AnsweredShare(0.8, 0.71, 0.972),
        AnsweredShare(0.99, 0.0, None),
    )
    return Calibration(method, temperature, before, after, answered)


def bare() -> Sample:
    """A minimal result with folds: no changes, maps or findings."""
    sample = few()
    level = Change("accuracy", 0.9, 0.9, 0.0, 0.0)
    summary = replace(
        sample.summary,
        counts=(),
        findings=(),
        changes=(),
        classes=(),
        versions={},
        decision="",
        chosen="base",
        kept="base",
        rungs=(),
        folds=5,
        verdict=Verdict(Outcome.NO_PROVEN_CHANGE, level, "No candidate was better than the base."),
    )
    nothing = np.zeros((0, 0), dtype=np.int64)
    return Sample(summary, Evidence((), (), (), nothing, nothing, None, ()))


def nasty(text: str) -> Sample:
    """Three classes, with every string replaced by ``text``."""
    sample = few()
    labels = (text, *TRAVEL[1:])
    old = sample.summary
    finding = Finding("x", Severity.ERROR, 3, text, text, (1, 2), text)
    summary = replace(
        old,
        source=text,
        decision=text,
        findings=(finding,),
        base=text,
        goal=text,
        created=text,
        verdict=replace(old.verdict, sentence=text, advice=text),
        versions={text: text},
        rungs=tuple(replace(rung, title=text, reason=text) for rung in old.rungs),
        counts=tuple(
            replace(row, label=name) for row, name in zip(old.counts, labels, strict=True)
        ),
        classes=tuple(
            replace(row, label=name) for row, name in zip(old.classes, labels, strict=True)
        ),
    )
    evidence = replace(
        sample.evidence,
        labels=labels,
        texts=(text,) * 70,
        true_labels=(text,) * 70,
        suspects=(SuspectedLabel(3, text, text, 0.9, text),),
        changed=(ChangedText(text, text, text, text + "2", (text,), (text, text + "2"), 0.5),),
    )
    return Sample(summary, evidence)


def _labelled(
    source: str, names: Sequence[str], tested: int, before: float, after: float, outcome: Outcome
) -> Sample:
    rng = np.random.default_rng(len(names))
    share = rng.dirichlet(np.full(len(names), 6.0))
    true = np.sort(rng.choice(len(names), size=tested, p=share))
    predictions = Predictions(
        true, _predict(true, before, len(names), rng), _predict(true, after, len(names), rng)
    )
    texts = _texts(true, names, rng)
    return Sample(
        _summary(source, names, predictions, outcome), _evidence(texts, names, predictions, rng)
    )


def _predict(
    true: NDArray[np.int64], accuracy: float, classes: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return predictions with this accuracy; most errors are the next class."""
    correct = rng.permutation(len(true)) < round(accuracy * len(true))
    step = rng.choice([1, 1, 1, 2, 2, 5], size=len(true))
    return np.where(correct, true, (true + step) % classes)


def _texts(
    true: NDArray[np.int64], names: Sequence[str], rng: np.random.Generator
) -> tuple[str, ...]:
    return tuple(
        f"{OPENINGS[rng.integers(6)]} the {names[index].replace('_', ' ')} "
        f"{ENDINGS[rng.integers(7)]} (no. {number})"
        for number, index in enumerate(true)
    )


def _evidence(
    texts: tuple[str, ...], names: Sequence[str], predictions: Predictions, rng: np.random.Generator
) -> Evidence:
    labels = tuple(names[index] for index in predictions.true)
    changed = tuple(
        ChangedText(
            texts[i],
            labels[i],
            names[predictions.base[i]],
            names[predictions.tuned[i]],
            tuple(texts[j] for j in rng.integers(len(texts), size=3)) + texts[:2],
            tuple(texts[j] for j in rng.integers(len(texts), size=3)) + texts[:2],
            0.4,
        )
        for i in np.flatnonzero(predictions.base != predictions.tuned)[:12]
    )
    return Evidence(
        texts,
        labels,
        tuple(names),
        _confusion(predictions.true, predictions.base, len(names)),
        _confusion(predictions.true, predictions.tuned, len(names)),
        _maps(predictions, len(names), rng),
        changed,
    )


def _confusion(
    true: NDArray[np.int64], predicted: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    counts = np.zeros((size, size), dtype=np.int64)
    np.add.at(counts, (true, predicted), 1)
    return counts


def _maps(predictions: Predictions, classes: int, rng: np.random.Generator) -> Maps:
    def drawn(predicted: NDArray[np.int64], spread: float, reach: float) -> NDArray[np.float32]:
        noise = rng.normal(scale=spread, size=(len(predicted), 2))
        return (reach * centres[predicted] + noise).astype(np.float32)

    centres = np.random.default_rng(1).normal(size=(classes, 2))
    return Maps(
        np.arange(len(predictions.true)),
        drawn(predictions.base, 0.35, 0.5),
        drawn(predictions.tuned, 0.2, 0.6),
        drawn(predictions.base, 2.5, 14),
        drawn(predictions.tuned, 1.6, 18),
    )


def _summary(
    source: str, names: Sequence[str], predictions: Predictions, outcome: Outcome
) -> Summary:
    tested = len(predictions.true)
    rows = tested * 5
    accuracy = _accuracy(predictions)
    per_class = np.bincount(predictions.true, minlength=len(names)) * 5
    better = outcome is Outcome.BETTER
    return Summary(
        source=source,
        kind="labelled",
        decision="'query' holds texts, 'intent' holds few distinct values",
        goal="classify",
        base="all-MiniLM-L6-v2",
        base_digest="53aa5117" * 8,
        data_digest="9f2c11de" * 8,
        seed=0,
        budget=300.0,
        seconds=41.3,
        rows=rows,
        train=rows - tested - rows // 8,
        validation=rows // 8,
        test=tested,
        folds=0,
        counts=tuple(
            ClassCount(n, int(c), int(c) / rows) for n, c in zip(names, per_class, strict=True)
        ),
        findings=findings(),
        reference=Rung(
            "tfidf", "TF-IDF with logistic regression", RungStatus.DONE, 0.3, 0.21, 0.791
        ),
        rungs=rungs(),
        chosen="linear",
        kept="linear" if better else "base",
        verdict=Verdict(outcome, accuracy, *sentences(outcome)),
        changes=_changes(accuracy),
        classes=tuple(_class_change(n, i, predictions) for i, n in enumerate(names)),
        versions={
            "tunesmith": "0.1.0",
            "torch": "2.13.0",
            "sentence-transformers": "6.2.0",
            "python": "3.11.7",
        },
        created="2026-11-21T02:10:00+00:00",
        variants=(
            CompressedVariant(
                "static",
                "Static: a vector for each token",
                Change("accuracy", 0.9, 0.88, -0.05, 0.01),
            ),
            CompressedVariant(
                "int8", "int8 weights", reason="rejected: its embeddings differ too much"
            ),
        ),
    )


def _accuracy(predictions: Predictions) -> Change:
    before, after = (predictions.base == predictions.true), (predictions.tuned == predictions.true)
    half = 1.96 * float(np.std(after * 1.0 - before * 1.0)) / len(before) ** 0.5
    difference = float(after.mean() - before.mean())
    return Change(
        "accuracy", float(before.mean()), float(after.mean()), difference - half, difference + half
    )


def _changes(accuracy: Change) -> tuple[Change, ...]:
    gain, half = accuracy.difference, (accuracy.high - accuracy.low) / 2
    near = [
        ("macro F1", 0.011),
        ("macro precision", -0.006),
        ("macro recall", 0.002),
        ("5-NN accuracy", -0.03),
    ]
    others = (
        Change(
            name,
            accuracy.base + shift,
            accuracy.tuned + 0.8 * shift,
            gain - 0.2 * shift - 1.1 * half,
            gain - 0.2 * shift + 1.1 * half,
        )
        for name, shift in near
    )
    loss = Change(
        "log loss", 0.412, 0.412 - 2 * gain, -2 * gain - 1.5 * half, -2 * gain + 1.5 * half, False
    )
    return (accuracy, *others, loss)


def _class_change(name: str, index: int, predictions: Predictions) -> ClassChange:
    def measured(predicted: NDArray[np.int64]) -> tuple[float, float, float]:
        hits = int(((predicted == index) & (predictions.true == index)).sum())
        precision = hits / max(1, int((predicted == index).sum()))
        recall = hits / max(1, size)
        return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)

    size = int((predictions.true == index).sum())
    base, tuned = measured(predictions.base), measured(predictions.tuned)
    half = 0.9 / max(1, size) ** 0.5 * 0.4
    change = Change("F1", base[2], tuned[2], tuned[2] - base[2] - half, tuned[2] - base[2] + half)
    return ClassChange(name, size, base[0], base[1], tuned[0], tuned[1], change)
