"""``evaluate``: compare models on the user's own data, each with the first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from tunesmith.comparison.compared_models import (
    AnyModel,
    ComparedModel,
    compared_models,
    encode_with,
    seen_texts,
)
from tunesmith.errors import UsageError
from tunesmith.evaluation.comparison import Comparison, proven_outcome
from tunesmith.evaluation.item_scores import ItemScores, JointScores, MeanScores, Values, value
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.pairs.pair_classification import PairClassificationResult
from tunesmith.evaluation.pairs.similarity import SimilarityResult
from tunesmith.kinds import Kind
from tunesmith.progress import progress_bar
from tunesmith.results.finding import Finding
from tunesmith.results.notebook import paragraphs, table
from tunesmith.results.summary import Change, Outcome
from tunesmith.wording import clean, listing, number, signed

COMPARING: Final = "Comparing"
"""The title of the progress of metrics and intervals."""


@dataclass(frozen=True)
class Measured:
    """One metric of one model, and its change from the first model on the same items.

    Parameters
    ----------
    metric, model
        Names of the metric and the model.
    value
        Value over all items.
    change
        Change from the first model, with its 95% confidence interval; None for the first model.
    chance
        p-value of the change from a permutation test; only for the headline metric.
    """

    metric: str
    model: str
    value: float
    change: Change | None = None
    chance: float | None = None

    @property
    def outcome(self) -> Outcome | None:
        """The proven outcome; for the headline metric, interval and p-value must agree."""
        if self.change is None:
            return None
        return (
            self.change.outcome if self.chance is None else proven_outcome(self.change, self.chance)
        )


@dataclass(frozen=True)
class Disagreement:
    """An item on which models differ.

    Parameters
    ----------
    item
        Its position among the items.
    text
        The text that identifies it.
    scores
        The item's score by each model, in the models' order.

    Examples
    --------
    >>> max(Disagreement(0, "where is my card?", (1.0, 0.0)).scores)
    1.0
    """

    item: int
    text: str
    scores: tuple[float, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Results of several models on the same items.

    Parameters
    ----------
    data, kind, split
        Name and kind of the data, and the split of a retrieval folder.
    items
        Text that identifies each item.
    headline
        Headline metric.
    models
        Names of the models; all others are compared with the first.
    measured
        Every metric of every model, the headline metric first.
    scores
        Per-item scores of each model.
    findings, notes
        Findings of the data checks, and notes such as skipped rows.
    seed
        Random seed for folds, clustering and resampling.

    Examples
    --------
    >>> evaluation = evaluate("all-MiniLM-L6-v2", "examples/scored_pairs.csv")
    >>> evaluation.headline, len(evaluation.items), evaluation.models
    ('Spearman, cosine', 50, ('all-MiniLM-L6-v2',))
    """

    data: str
    kind: Kind
    split: str | None
    items: tuple[str, ...]
    headline: str
    models: tuple[str, ...]
    measured: tuple[Measured, ...]
    scores: tuple[ItemScores, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    seed: int

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The similarity threshold with each model's best F1, for labelled pairs; else empty."""
        pairs = zip(self.models, self.scores, strict=True)
        return {
            name: one.best_f1[1] for name, one in pairs if isinstance(one, PairClassificationResult)
        }

    @property
    def item_scores(self) -> Mapping[str, Values]:
        """Per-item scores of each model, shape (n,).

        For scored and labelled pairs this is the cosine similarity, for multi-label data the share
        of correct labels, and otherwise the item's value of the headline metric.
        """
        return {name: _per_item(one) for name, one in zip(self.models, self.scores, strict=True)}

    def of(self, metric: str) -> tuple[Measured, ...]:
        """Return one metric of each model, in the models' order."""
        return tuple(one for one in self.measured if one.metric == metric)

    def between(self, first: str, second: str) -> Measured:
        """Return the headline metric of the second model, with its change from the first.

        Raises
        ------
        UsageError
            One of them is not among the models.
        """
        unknown = next((each for each in (first, second) if each not in self.models), None)
        if unknown is not None:
            raise UsageError(f"{unknown} was not evaluated", hint=f"use {listing(self.models)}")
        scores = dict(zip(self.models, self.scores, strict=True))
        base, tuned = (_part_with(scores[each], self.headline) for each in (first, second))
        comparison = Comparison(base, tuned, self.seed)
        change = comparison.change(self.headline)
        chance = comparison.p_value(self.headline)
        return Measured(self.headline, second, change.tuned, change, chance)

    def disagreements(self) -> tuple[Disagreement, ...]:
        """Return the items whose scores differ between models, the largest differences first."""
        scores = np.column_stack(list(self.item_scores.values()))
        spread = scores.max(axis=1) - scores.min(axis=1)
        order = np.argsort(-spread, kind="stable")
        return tuple(
            Disagreement(int(item), self.items[item], tuple(map(float, scores[item])))
            for item in order[: np.count_nonzero(spread > 0)]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything except the items as plain values."""
        return {
            "data": self.data,
            "kind": self.kind,
            "split": self.split,
            "items": len(self.items),
            "headline": self.headline,
            "models": self.models,
            "metrics": [asdict(one) | {"outcome": one.outcome} for one in self.measured],
            "thresholds": dict(self.thresholds),
            "findings": [asdict(finding) for finding in self.findings],
            "notes": self.notes,
            "seed": self.seed,
        }

    def _repr_html_(self) -> str:
        rows = [
            (
                one.metric,
                clean(one.model),
                number(one.value),
                "" if one.change is None else signed(one.change.difference),
                "" if one.change is None else _interval(one.change),
            )
            for one in self.measured
        ]
        head = Markup("<p><b>{}</b></p>").format(repr(self))
        return str(
            head
            + paragraphs(self.notes)
            + table(("metric", "model", "value", "change", "95% CI"), rows, left=(0, 1))
        )

    def __repr__(self) -> str:
        """Return the headline metric of each model, without any text of the data."""
        values = [one for one in self.measured if one.metric == self.headline]
        scores = ", ".join(f"{one.model} {one.value:.3f}" for one in values)
        return f"Evaluation({self.data}: {self.headline}, {len(self.items)} items, {scores})"


def _interval(change: Change) -> str:
    return f"{signed(change.low)} to {signed(change.high)}"


def evaluate(  # noqa: PLR0913 - one parameter for each option of the command
    models: AnyModel | Sequence[AnyModel],
    data: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    split: str | None = None,
    train: object | None = None,
    seed: int = 0,
    skip_invalid: bool = False,
    strict: bool = False,
    verbose: bool = False,
) -> Evaluation:
    """Evaluate models on a data set and compare each with the first.

    Scored pairs are evaluated by the correlation of similarity and score; labelled pairs and NLI
    by average precision and best F1; triplets by accuracy; pairs and retrieval data by exact
    search over all documents. Labelled text is evaluated with a logistic probe, the five nearest
    neighbours and k-means, cross-validated or trained on ``train``. Confidence intervals are
    paired bootstraps over the items. Rows that one of the models was trained on are left out.

    Parameters
    ----------
    models
        Names, ids, folders or encoders; a single fitted model is compared with its base.
    data
        A file, a BEIR folder, a pandas or Arrow table, or a Hugging Face dataset.
    kind, columns
        Overrides for detection.
    split
        Split of a retrieval folder's judgements; by default ``test`` if it exists, else all.
    train
        Labelled training data for the classifiers; by default ``data`` is cross-validated.
    seed
        Random seed for folds, clustering and resampling.
    skip_invalid
        Skip invalid rows instead of raising an error.
    strict
        Raise an error for rows without a text or label, which are skipped by default, and for
        classes with a single text, which are used for training but not scored.
    verbose
        Show progress bars.

    Returns
    -------
    Evaluation
        Every metric of every model, with the changes from the first model.

    Raises
    ------
    UsageError
        There is no model, one is given twice, or an option does not apply to the data.
    DataError
        The data cannot be read or evaluated.
    ModelError
        A model cannot be loaded; raised after the data has been read and checked.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({
    ...     "text1": ["a cat", "a dog", "so late"], "text2": ["a kitten", "a train", "too late"],
    ...     "score": [4.5, 1.0, 5.0],
    ... })
    >>> evaluate("all-MiniLM-L6-v2", table).of("Spearman, cosine")[0].value > 0
    True
    """
    from tunesmith.datasets.evaluation_data import (  # noqa: PLC0415 - it needs scikit-learn
        EvaluationOptions,
        load_evaluation_data,
    )

    compared = compared_models(models)
    titles = tuple(one.title for one in compared)
    seen = seen_texts(compared)
    options = EvaluationOptions(kind, columns, split, train, seed, skip_invalid, strict, seen)
    evaluation_data = load_evaluation_data(data, options, compared[0].tokenizer_source)
    encoders = [one.open() for one in compared]
    scores = tuple(
        evaluation_data.evaluator.evaluate(encode_with(encoder, title, shown=verbose))
        for encoder, title in zip(encoders, titles, strict=True)
    )
    return Evaluation(
        data=evaluation_data.inspection.name,
        kind=evaluation_data.inspection.detected.kind,
        split=evaluation_data.split,
        items=tuple(evaluation_data.items),
        headline=evaluation_data.evaluator.headline,
        models=titles,
        measured=tuple(
            _measurements(titles, scores, evaluation_data.evaluator.headline, seed, shown=verbose)
        ),
        scores=scores,
        findings=evaluation_data.findings,
        notes=(
            *evaluation_data.notes,
            *(() if seen else _training_notes(compared, evaluation_data.inspection.name)),
        ),
        seed=seed,
    )


def _measurements(
    titles: Sequence[str], scores: Sequence[ItemScores], headline: str, seed: int, *, shown: bool
) -> Iterator[Measured]:
    metrics = sorted(scores[0].metrics, key=lambda metric: metric != headline)
    with progress_bar(COMPARING, len(metrics) * len(scores), shown=shown) as advance:
        for metric in metrics:
            first, *others = (_part_with(one, metric) for one in scores)
            yield Measured(metric, titles[0], value(first, metric))
            advance(1)
            for title, other in zip(titles[1:], others, strict=True):
                comparison = Comparison(first, other, seed)
                change = comparison.change(metric)
                chance = comparison.p_value(metric) if metric == headline else None
                yield Measured(metric, title, change.tuned, change, chance)
                advance(1)


def _part_with(scores: ItemScores, metric: str) -> ItemScores:
    return scores.part(metric) if isinstance(scores, JointScores) else scores


def _per_item(scores: ItemScores) -> Values:
    match scores:
        case JointScores(parts=parts):
            return _per_item(parts[0])
        case MeanScores(items=items):
            return next(iter(items.values()))
        case SimilarityResult(similarities=similarities):
            return similarities["cosine"]
        case PairClassificationResult(similarities=own):
            return own
        case LabelScores(predictions=given):
            return np.asarray(given.correct / np.maximum(given.entries, 1))
    raise TypeError(f"{type(scores).__name__} has no per-item scores")


def _training_notes(compared: Sequence[ComparedModel], name: str) -> Iterator[str]:
    for one in compared:
        if one.training_file == name:
            yield (
                f"{one.title} was fitted on a file named {name}. If this is the same file, the "
                "model has seen these texts, and a gain here proves nothing."
            )
