"""Load evaluation data: read a file, check it and build an evaluator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.checks.check import drop_faulty, raise_on_errors
from tunesmith.data.checks.overlap import overlap
from tunesmith.data.checks.retrieval import (
    describe_own_copies,
    describe_repeated_texts,
    own_positives,
)
from tunesmith.datasets.inspection import (
    Inspection,
    inspect,
    inspect_like,
    name_without_skipped,
    remaining,
    without,
)
from tunesmith.datasets.unseen_labels import unseen_labels, with_known_spellings
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
from tunesmith.models.seen import SeenTexts
from tunesmith.results.finding import Finding
from tunesmith.wording import listing, plural

TEST = "test"
# Findings that matter for training but not for evaluation.
TRAINING_ONLY = frozenset({"few-rows", "score-range"})
# With a separate training file, the class sizes of the evaluated file do not matter either.
WITH_TRAINING_FILE = TRAINING_ONLY | {"one-class", "tiny-class", "label-per-row"}


@dataclass(frozen=True)
class EvaluationOptions:
    """Options for reading evaluation data and building an evaluator.

    Parameters
    ----------
    kind, columns
        The kind and columns of the data; detected if None.
    split
        The name of a judgement file of a BEIR folder, without its ending.
    train
        A labelled training file; without it, labelled data are cross-validated.
    seed
        Random seed for folds and clusters.
    skip_invalid
        Whether to skip rows with errors.
    strict
        Whether rows without a text or label, and classes with a single text, are errors.
    seen
        Texts that the models were fitted on, whose rows are left out; None if there are none.
    """

    kind: Kind | str | None = None
    columns: Mapping[str, str] | None = None
    split: str | None = None
    train: object | None = None
    seed: int = 0
    skip_invalid: bool = False
    strict: bool = False
    seen: SeenTexts | None = None


@dataclass(frozen=True, eq=False)
class EvaluationData:
    """The data that models are evaluated on.

    Parameters
    ----------
    inspection
        The inspection of the file.
    evaluator
        The evaluator built from its rows.
    split
        The judgement file in use; None for all judgements and for other kinds.
    findings
        The findings in the file.
    notes
        Notes on skipped rows.

    Examples
    --------
    >>> options = EvaluationOptions(split="test")
    >>> data = load_evaluation_data("examples/retrieval", options, "all-MiniLM-L6-v2")
    >>> data.split, len(data.items)
    ('test', 16)
    """

    inspection: Inspection
    evaluator: Evaluator
    split: str | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def items(self) -> list[str]:
        """The text that identifies each item: the text itself, a pair's first text or the query."""
        match self.evaluator:
            case LabelEvaluator(pool=pool, evaluated=evaluated):
                return [pool[row] for row in evaluated]
            case SimilarityEvaluator(left=texts) | PairClassificationEvaluator(left=texts):
                return texts
            case TripletEvaluator(anchors=texts) | RetrievalEvaluator(queries=texts):
                return texts
        raise TypeError(f"{type(self.evaluator).__name__} has no item texts")


def load_evaluation_data(
    source: object, options: EvaluationOptions, base: str | Path
) -> EvaluationData:
    """Read and check the data and build an evaluator, without loading a model.

    Parameters
    ----------
    source
        A file, a BEIR folder, or a table.
    options
        Options for reading and evaluation.
    base
        The model whose maximum sequence length is used for the truncation check.

    Returns
    -------
    EvaluationData
        The inspection, the evaluator and the findings.

    Raises
    ------
    FaultyRows
        The file has errors and ``skip_invalid`` is off.
    UnknownKind
        No evaluator exists for this kind of data.
    UsageError
        An option does not apply to the kind.
    DataError
        There are too few rows, or no label in common with the training file.
    ModelError
        The base model cannot be found.

    Examples
    --------
    >>> path, base = "examples/scored_pairs.csv", "all-MiniLM-L6-v2"
    >>> load_evaluation_data(path, EvaluationOptions(), base).evaluator.headline
    'Spearman, cosine'
    """
    inspection = inspect(
        source, kind=options.kind, columns=options.columns, base=base, strict=options.strict
    )
    _check_options(inspection, options)
    ignored = TRAINING_ONLY if options.train is None else WITH_TRAINING_FILE
    examples, notes = _usable(inspection, ignored, skip_invalid=options.skip_invalid)
    chosen = None
    notes += tuple(each.message for each in own_positives(examples))
    if isinstance(examples, Retrieval):
        chosen = _split(examples, options.split)
        part = examples.take(_rows_of(examples, chosen))
        notes += tuple(_retrieval_notes(examples, part))
        examples = part
    if options.seen is not None:
        examples, more = _unseen(examples, options.seen, inspection.name)
        notes += more
    if isinstance(examples, Labelled | Multilabel):
        return _label_evaluation(inspection, examples, options, base, notes)
    evaluator = build_evaluator(examples)
    if isinstance(evaluator, SimilarityEvaluator):
        evaluator = replace(evaluator, measures=MEASURES)
    return EvaluationData(
        inspection, evaluator, chosen, without(ignored, inspection.findings), notes
    )


def _check_options(inspection: Inspection, options: EvaluationOptions) -> None:
    examples, name = inspection.examples, inspection.name
    if options.split is not None and not isinstance(examples, Retrieval):
        raise UsageError(
            f"{name} is not a BEIR folder: only those have splits", hint="omit the split", file=name
        )
    if options.train is not None and not isinstance(examples, Labelled | Multilabel):
        raise UsageError(
            f"{name} contains {examples.kind}: a training file is only used with labelled texts",
            file=name,
        )


def _usable(
    inspection: Inspection, ignored: frozenset[str], *, skip_invalid: bool
) -> tuple[Examples, tuple[str, ...]]:
    kept = remaining(inspection, ignored, skip_invalid=skip_invalid)
    raise_on_errors(kept.findings, name_without_skipped(inspection, kept.examples))
    skipped = len(inspection.examples) - len(kept.examples)
    notes = (f"{inspection.name}: skipped {plural(skipped, 'invalid row')}",) if skipped else ()
    return kept.examples, notes


def _label_evaluation(
    inspection: Inspection,
    examples: Labelled | Multilabel,
    options: EvaluationOptions,
    base: str | Path,
    notes: tuple[str, ...],
) -> EvaluationData:
    if options.train is None:
        evaluator = LabelEvaluator.cross_validated(examples, seed=options.seed)
        notes += _untested(evaluator, inspection.name)
        return EvaluationData(
            inspection, evaluator, None, without(TRAINING_ONLY, inspection.findings), notes
        )
    training = inspect_like(options.train, inspection, options.columns, base)
    train, more = _usable(training, TRAINING_ONLY, skip_invalid=options.skip_invalid)
    assert isinstance(train, Labelled | Multilabel)
    names = (training.name, inspection.name)
    unseen = unseen_labels(train, examples, names=names, role="test")
    shared = overlap(train, examples, inspection.name)
    if shared:
        train = drop_faulty(train, shared)
        more += (f"{shared[0].message} They are not used for training.",)
    if not len(train):
        raise DataError(
            f"every row of {training.name} also occurs in {inspection.name}",
            hint="use a training file with other texts",
        )
    evaluator = LabelEvaluator.trained(train, examples, seed=options.seed)
    findings = without(WITH_TRAINING_FILE, with_known_spellings(inspection, train)) + unseen
    return EvaluationData(inspection, evaluator, None, findings, (*notes, *more))


def _untested(evaluator: LabelEvaluator, name: str) -> tuple[str, ...]:
    """Say which classes no metric covers, as all of their rows are used for training only."""
    targets = evaluator.targets
    tested = targets.take(evaluator.evaluated).positive.any(axis=0)
    untested = np.flatnonzero(targets.positive.any(axis=0) & ~tested)
    if not len(untested):
        return ()
    classes = plural(len(untested), "class")
    names = listing([targets.labels[label] for label in untested], quoted=True)
    return (f"{name}: no metric covers {classes} that cannot be tested: {names}.",)


def _unseen(examples: Examples, seen: SeenTexts, name: str) -> tuple[Examples, tuple[str, ...]]:
    """Leave out rows that were trained on, and say how many rows are not new."""
    trained, tested = seen.rows(examples)
    count, left_out, known = len(examples), int(trained.sum()), int(tested.sum())
    if left_out == count:
        raise DataError(
            f"no row of {name} is unseen: the model was trained on {_all_of(count)}",
            hint="give rows that were not in training",
            file=name,
        )
    notes = []
    if left_out + known == count:
        notes.append(f"No row of {name} is unseen.")
    if left_out:
        notes.append(
            f"{left_out:,} of {plural(count, 'row')} of {name} were in training and are left out."
        )
    if known:
        notes.append(
            f"{known:,} of {plural(count, 'row')} of {name} were in the test set of the fit, so "
            "their result is not new."
        )
    return examples.take(np.flatnonzero(~trained)), tuple(notes)


def _all_of(count: int) -> str:
    return "it" if count == 1 else f"all {count:,}"


def _retrieval_notes(examples: Retrieval, part: Retrieval) -> Iterator[str]:
    """Say which queries are left out, and which documents are not candidates or count as one."""
    answered, judged = part.answered(), set(part.table["query"].to_pylist())
    names = dict.fromkeys(map(str, examples.queries["id"].to_pylist()))
    without = [name for name in names if name not in answered | (examples.answered() - judged)]
    if without and answered:
        yield (
            f"{plural(len(without), 'query')} without a relevant document left out: "
            f"{listing(without, quoted=True)}."
        )
    shared = sorted(part.own_copies() & answered)
    if shared:
        yield describe_own_copies(shared)
    if repeated := describe_repeated_texts(part):
        yield repeated


def _split(examples: Retrieval, wanted: str | None) -> str | None:
    names = list(dict.fromkeys(examples.table["split"].to_pylist()))
    if wanted is not None and wanted not in names:
        raise UsageError(
            f"there is no split {wanted!r}: the splits are {', '.join(names)}", option="split"
        )
    return wanted or (TEST if TEST in names else None)


def _rows_of(examples: Retrieval, split: str | None) -> NDArray[np.int64]:
    if split is None:
        return np.arange(len(examples))
    return np.flatnonzero(np.array(examples.table["split"].to_pylist()) == split)
