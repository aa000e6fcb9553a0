"""From a file to what models are marked on: read, checked, and made an exam."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.checks.check import drop_faulty, raise_on_errors
from tunesmith.data.checks.overlap import overlap
from tunesmith.datasets.inspection import Inspection, inspect, inspect_like, remaining, without
from tunesmith.errors import DataError, UsageError
from tunesmith.evaluation.evaluator import Evaluator
from tunesmith.evaluation.labels.classification import LabelEvaluator
from tunesmith.evaluation.pairs.evaluators import (
    PairClassificationEvaluator,
    RetrievalEvaluator,
    SimilarityEvaluator,
    TripletEvaluator,
    build_evaluator,
)
from tunesmith.evaluation.pairs.similarity import MEASURES
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel, Retrieval
from tunesmith.results.summary import Finding
from tunesmith.wording import plural

TEST = "test"
# What is too little to learn from, or on a scale that a loss cannot take, can be measured on.
OF_TRAINING_ONLY = frozenset({"few-rows", "score-range"})
OF_LEARNED_LABELS = OF_TRAINING_ONLY | {"one-class", "tiny-class", "label-per-row"}


@dataclass(frozen=True)
class EvaluationOptions:
    """How the data is to be read, and what is asked of it.

    Parameters
    ----------
    kind, columns
        Override what would be detected.
    split
        The judgements of a retrieval folder that count, by the name of their file.
    train
        A file with labels to learn from.
    seed
        Of folds and clusters.
    skip_invalid
        Leave out rows with errors.
    """

    kind: Kind | str | None = None
    columns: Mapping[str, str] | None = None
    split: str | None = None
    train: object | None = None
    seed: int = 0
    skip_invalid: bool = False


@dataclass(frozen=True, eq=False)
class EvaluationData:
    """What models are marked on.

    Parameters
    ----------
    inspection
        Of the file.
    evaluator
        What its rows ask.
    split
        The judgements that count, where there are several.
    findings
        Of all files.
    notes
        What was left out.
    """

    inspection: Inspection
    evaluator: Evaluator
    split: str | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def items(self) -> list[str]:
        """The text by which each item is known: of a pair the first, of a search the query."""
        match self.evaluator:
            case LabelEvaluator(pool=pool, judged=judged):
                return [pool[row] for row in judged]
            case SimilarityEvaluator(left=texts) | PairClassificationEvaluator(left=texts):
                return texts
            case TripletEvaluator(anchors=texts) | RetrievalEvaluator(queries=texts):
                return texts
        raise TypeError(f"{type(self.evaluator).__name__} names no items")


def load_evaluation_data(
    source: object, options: EvaluationOptions, base: str | Path
) -> EvaluationData:
    """Read and check the data and make an exam of it; no model is loaded.

    Parameters
    ----------
    source
        A file, a BEIR folder, or a table.
    options
        How it is to be read.
    base
        The model whose length limit the texts are held against.

    Raises
    ------
    FaultyRows
        The file has errors, and ``skip_invalid`` is off.
    UnknownKind
        Nothing in it tells good vectors from bad ones.
    UsageError
        An option does not fit the kind.
    DataError
        There is too little, or nothing to tell apart.
    """
    inspection = inspect(source, kind=options.kind, columns=options.columns, base=base)
    _refuse_misfits(inspection, options)
    ignored = OF_TRAINING_ONLY if options.train is None else OF_LEARNED_LABELS
    examples, notes = _usable(inspection, ignored, skip_invalid=options.skip_invalid)
    if isinstance(examples, Labelled | Multilabel):
        return _label_evaluation(inspection, examples, options, base, notes)
    chosen = None
    if isinstance(examples, Retrieval):
        chosen = _split(examples, options.split)
        examples = examples.take(_rows_of(examples, chosen))
    evaluator = build_evaluator(examples)
    if isinstance(evaluator, SimilarityEvaluator):
        evaluator = replace(evaluator, measures=MEASURES)
    return EvaluationData(
        inspection, evaluator, chosen, without(ignored, inspection.findings), notes
    )


def _refuse_misfits(inspection: Inspection, options: EvaluationOptions) -> None:
    examples, name = inspection.examples, inspection.name
    if options.split is not None and not isinstance(examples, Retrieval):
        raise UsageError(f"{name} is no retrieval folder: only its judgements come in splits")
    if options.train is not None and not isinstance(examples, Labelled | Multilabel):
        raise UsageError(f"{name} holds {examples.kind}: a training file is for texts with labels")


def _usable(
    inspection: Inspection, ignored: frozenset[str], *, skip_invalid: bool
) -> tuple[Examples, tuple[str, ...]]:
    left = remaining(inspection, ignored, skip_invalid=skip_invalid)
    raise_on_errors(left.findings, inspection.name)
    dropped = len(inspection.examples) - len(left.examples)
    notes = (f"{inspection.name}: left out {plural(dropped, 'row')} at fault",) if dropped else ()
    return left.examples, notes


def _label_evaluation(
    inspection: Inspection,
    examples: Labelled | Multilabel,
    options: EvaluationOptions,
    base: str | Path,
    notes: tuple[str, ...],
) -> EvaluationData:
    if options.train is None:
        evaluator = LabelEvaluator.cross_validated(examples, seed=options.seed)
        return EvaluationData(
            inspection, evaluator, None, without(OF_TRAINING_ONLY, inspection.findings), notes
        )
    training = inspect_like(options.train, inspection, options.columns, base)
    learned, more = _usable(training, OF_TRAINING_ONLY, skip_invalid=options.skip_invalid)
    assert isinstance(learned, Labelled | Multilabel)
    if not set(learned.classes) & set(examples.classes):
        raise DataError(
            f"{training.name} has no label in common with {inspection.name}: spell them alike, or "
            "name the column with --columns"
        )
    shared = overlap(learned, examples, inspection.name)
    if shared:
        learned = drop_faulty(learned, shared)
        more += (f"{shared[0].message} They are not learned from.",)
    if not len(learned):
        raise DataError(f"{training.name} has no row left that {inspection.name} does not have")
    evaluator = LabelEvaluator.trained(learned, examples, seed=options.seed)
    findings = without(OF_LEARNED_LABELS, inspection.findings)
    return EvaluationData(inspection, evaluator, None, findings, (*notes, *more))


def _split(examples: Retrieval, wanted: str | None) -> str | None:
    names = list(dict.fromkeys(examples.table["split"].to_pylist()))
    if wanted is not None and wanted not in names:
        raise UsageError(f"there is no split {wanted!r}: the judgements are {', '.join(names)}")
    return wanted or (TEST if TEST in names else None)


def _rows_of(examples: Retrieval, split: str | None) -> NDArray[np.int64]:
    if split is None:
        return np.arange(len(examples))
    return np.flatnonzero(np.array(examples.table["split"].to_pylist()) == split)
