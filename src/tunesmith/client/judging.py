"""Evaluate models and get advice on a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunesmith.client.datasets import Datasets
from tunesmith.client.resources import RemoteModel, resource
from tunesmith.client.verbs import name_of
from tunesmith.results.summary import Change


@dataclass(frozen=True)
class RemoteMetric:
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
    outcome
        The proven outcome; None for the first model.
    """

    metric: str
    model: str
    value: float | None
    change: Change | None = None
    chance: float | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class RemoteEvaluation:
    """Results of several models on the same items.

    Parameters
    ----------
    data, kind, items
        Name and kind of the data, and the number of items.
    headline
        Headline metric.
    models
        Names of the models; all others are compared with the first.
    metrics
        Every metric of every model, the headline metric first.
    thresholds
        The similarity threshold with each model's best F1, for labelled pairs; else empty.
    notes
        Notes such as skipped rows.

    Examples
    --------
    >>> metric = RemoteMetric("accuracy", "mine", 0.9)
    >>> found = RemoteEvaluation("a.csv", "labelled", 9, "accuracy", ("mine",), (metric,))
    >>> found.of("accuracy")[0].value
    0.9
    """

    data: str
    kind: str
    items: int
    headline: str
    models: tuple[str, ...]
    metrics: tuple[RemoteMetric, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, metric: str) -> tuple[RemoteMetric, ...]:
        """Return one metric of each model, in the models' order."""
        return tuple(one for one in self.metrics if one.metric == metric)


@dataclass(frozen=True)
class RemoteAdvice:
    """Advice on a data set.

    Parameters
    ----------
    rows
        Number of usable rows.
    sentences
        Properties of the data, and the recipe that follows from them.
    recipe
        Recipe that a fit would use.
    budget
        Time budget sufficient for all candidates, such as ``"2m"``; None if a fit cannot start.
    obstacle
        Reason why a fit cannot start; None if it can.
    rungs, recipes
        Candidates and usable recipes, with estimated seconds.
    curve
        Learning curve with a forecast for twice the data; None without labels.

    Examples
    --------
    >>> RemoteAdvice(90, ("90 rows.",), "contrastive", "2m").budget
    '2m'
    """

    rows: int
    sentences: tuple[str, ...]
    recipe: str | None = None
    budget: str | None = None
    obstacle: str | None = None
    rungs: tuple[Mapping[str, Any], ...] = ()
    recipes: tuple[Mapping[str, Any], ...] = ()
    curve: Mapping[str, Any] | None = None


class Judging(Datasets):
    """Verbs that evaluate."""

    def evaluate(
        self,
        models: str | RemoteModel | Sequence[str | RemoteModel],
        data: Any,
        *,
        split: str | None = None,
        train: Any = None,
        seed: int = 0,
    ) -> RemoteEvaluation:
        """Evaluate models on a data set and compare each with the first.

        Parameters
        ----------
        models
            Models, ids or aliases; a single fitted model is compared with its base.
        data
            A data set of the server, its id, or anything that :meth:`read` takes.
        split
            Split of the judgements of retrieval data.
        train
            Labelled training data for the classifiers; by default ``data`` is cross-validated.
        seed
            Random seed for folds, clustering and resampling.

        Returns
        -------
        Every metric of every model, with the changes from the first model.
        """
        given = [models] if isinstance(models, str | RemoteModel) else list(models)
        values: dict[str, Any] = {"models": [name_of(each) for each in given], "seed": seed}
        values |= {"dataset": self._dataset_id(data), "split": split}
        values |= {} if train is None else {"train": self._dataset_id(train)}
        return resource(RemoteEvaluation, self._connection.post("/evaluate", values))

    def advise(
        self, data: Any, *, base: str | RemoteModel | None = None, seed: int = 0
    ) -> RemoteAdvice:
        """Recommend a recipe and a budget for data, and forecast the gain from more labels.

        Parameters
        ----------
        data
            A data set of the server, its id, or anything that :meth:`read` takes.
        base
            The base model; by default the bundled one.
        seed
            Random seed for splitting.
        """
        values: dict[str, Any] = {"dataset": self._dataset_id(data), "seed": seed}
        values |= {} if base is None else {"base": name_of(base)}
        return resource(RemoteAdvice, self._connection.post("/advise", values))
