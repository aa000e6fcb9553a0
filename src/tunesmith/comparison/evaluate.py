"""Models side by side on the user's own data, each compared with the first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tunesmith.comparison.compared_models import (
    AnyModel,
    ComparedModel,
    compared_models,
    encode_with,
)
from tunesmith.datasets.evaluation_data import EvaluationOptions, load_evaluation_data
from tunesmith.evaluation.comparison import Comparison, agreed
from tunesmith.evaluation.item_scores import ItemScores, Joint, MeanScores, Values, value
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.pairs.pair_classification import PairClassificationResult
from tunesmith.evaluation.pairs.similarity import SimilarityResult
from tunesmith.kinds import Kind
from tunesmith.progress import progress_bar
from tunesmith.results.summary import Change, Finding, Outcome


@dataclass(frozen=True)
class Measured:
    """One metric of one model, and how it differs from the first model's on the same items.

    Parameters
    ----------
    metric, model
        Their names.
    value
        Over all items.
    change
        From the first model to this one, with the paired 95% interval; None for the first.
    chance
        How likely so large a change is where the two are the same, from swapping their answers;
        of the headline metric only.
    """

    metric: str
    model: str
    value: float
    change: Change | None = None
    chance: float | None = None

    @property
    def outcome(self) -> Outcome | None:
        """What is proven; of the headline metric, interval and chance must agree."""
        if self.change is None:
            return None
        return self.change.outcome if self.chance is None else agreed(self.change, self.chance)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Models on the same items.

    Parameters
    ----------
    data, kind, split
        What they were marked on.
    items
        The text by which each item is known.
    headline
        The metric that decides.
    models
        Their names; the first is what the others are compared with.
    measured
        Each metric of each model, the headline first, the models within.
    scores
        Each model's, item by item.
    findings, notes
        What was found in the data, and what was left out or should be known.
    seed
        Of folds, clusters and resamples.
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
        """Of judged pairs, the similarity from which each model's F1 is best; else empty."""
        pairs = zip(self.models, self.scores, strict=True)
        return {
            name: one.best_f1[1] for name, one in pairs if isinstance(one, PairClassificationResult)
        }

    @property
    def item_scores(self) -> Mapping[str, Values]:
        """What each model has on each item, shape (n,): the headline metric's part, or similarity.

        Of scored and judged pairs the cosine similarity, of everything else the item's share of
        the headline metric; of multi-label data the share of its labels that are right.
        """
        return {name: _single(one) for name, one in zip(self.models, self.scores, strict=True)}

    def of(self, metric: str) -> tuple[Measured, ...]:
        """Return one metric of each model, in the models' order."""
        return tuple(one for one in self.measured if one.metric == metric)

    def to_dict(self) -> dict[str, Any]:
        """Return all but the items as plain values."""
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


def evaluate(  # noqa: PLR0913 - each is one thing to say, and all are named
    models: AnyModel | Sequence[AnyModel],
    data: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    split: str | None = None,
    train: object | None = None,
    seed: int = 0,
    skip_invalid: bool = False,
    verbose: bool = False,
) -> Evaluation:
    """Mark models on data and compare each with the first.

    Scored pairs: correlation of similarity and score. Labelled pairs and NLI: average precision
    and the best F1. Triplets: accuracy. Pairs and retrieval: exact search over all documents.
    Labels: a logistic probe, the five nearest neighbours and k-means, over folds or after
    ``train``. Intervals are paired bootstraps over the items.

    Parameters
    ----------
    models
        Names, ids, folders or encoders; a fitted model alone is compared with its base.
    data
        A file, a BEIR folder, a pandas or Arrow table, or a Hugging Face dataset.
    kind, columns
        Override what would be detected.
    split
        The judgement file of a retrieval folder; ``test`` if there is one, else all.
    train
        Labelled data to learn from, where ``data`` is only judged.
    seed
        Of folds, clusters and resamples.
    skip_invalid
        Leave out rows with errors.
    verbose
        Show progress bars.

    Raises
    ------
    UsageError
        There is no model, one is given twice, or an option does not fit the data.
    DataError
        The data cannot be read, or nothing can be told from it.
    ModelError
        A model cannot be had; the data has been read and checked by then.

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
    field = compared_models(models)
    titles = tuple(one.title for one in field)
    options = EvaluationOptions(kind, columns, split, train, seed, skip_invalid)
    evaluation_data = load_evaluation_data(data, options, field[0].place)
    encoders = [one.open() for one in field]
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
            _measured(titles, scores, evaluation_data.evaluator.headline, seed, shown=verbose)
        ),
        scores=scores,
        findings=evaluation_data.findings,
        notes=(*evaluation_data.notes, *_learned_from(field, evaluation_data.inspection.name)),
        seed=seed,
    )


def _measured(
    titles: Sequence[str], scores: Sequence[ItemScores], headline: str, seed: int, *, shown: bool
) -> Iterator[Measured]:
    metrics = sorted(scores[0].metrics, key=lambda metric: metric != headline)
    with progress_bar("Comparing", len(metrics) * len(scores), shown=shown) as advance:
        for metric in metrics:
            first, *others = (_with(one, metric) for one in scores)
            yield Measured(metric, titles[0], value(first, metric))
            advance(1)
            for title, other in zip(titles[1:], others, strict=True):
                comparison = Comparison(first, other, seed)
                change = comparison.change(metric)
                chance = comparison.chance(metric) if metric == headline else None
                yield Measured(metric, title, change.tuned, change, chance)
                advance(1)


def _with(scores: ItemScores, metric: str) -> ItemScores:
    return scores.part(metric) if isinstance(scores, Joint) else scores


def _single(scores: ItemScores) -> Values:
    match scores:
        case Joint(parts=parts):
            return _single(parts[0])
        case MeanScores(items=items):
            return next(iter(items.values()))
        case SimilarityResult(similarities=similarities):
            return similarities["cosine"]
        case PairClassificationResult(similarities=own):
            return own
        case LabelScores(predictions=given):
            return np.asarray(given.correct / np.maximum(given.entries, 1))
    raise TypeError(f"{type(scores).__name__} has no score of a single item")


def _learned_from(field: Sequence[ComparedModel], name: str) -> Iterator[str]:
    for one in field:
        if one.learned_from == name:
            yield (
                f"{one.title} was fitted on a file named {name}: if it is this one, it has seen "
                "these texts, and what it gains here proves nothing."
            )
