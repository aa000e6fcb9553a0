"""Compressed variants of the kept model, evaluated on the held-out test set."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from tunesmith.distillation.student import Teacher, teach
from tunesmith.encoders.backends.onnx_export import quantised
from tunesmith.encoders.backends.onnx_folder import Export, Refusal, find_export
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import Cancelled, TunesmithError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Vectors, predict
from tunesmith.evaluation.selection import Selection
from tunesmith.events import Note
from tunesmith.fitting.labels.finalists import LabelFinalist
from tunesmith.fitting.outcome import Finalist, Run, TestResult
from tunesmith.fitting.settings import Settings
from tunesmith.progress import progress_bar
from tunesmith.recipes.static_model import training_steps
from tunesmith.results.summary import CompressedVariant
from tunesmith.stop import Stop, check_stop, stopping

STATIC = CompressedVariant("static", "Static: one vector per token")
INT8 = CompressedVariant("int8", "int8 weights")


def compressed_variants(
    kept: Finalist, test_result: TestResult, settings: Settings, encoder: Path, run: Run
) -> tuple[CompressedVariant, ...]:
    """Evaluate a static model if the budget has time left, and an int8 model if requested.

    Empty without a held-out test set and for models without a classifier.

    Parameters
    ----------
    kept
        The kept model.
    test_result
        Result on the held-out test set.
    settings
        Settings of the fit.
    encoder
        Folder of the kept model with its ONNX file; ``onnx/int8`` is added if accepted.
    run
        Receiver of a note if variants are skipped, and the token.

    Returns
    -------
    tuple of CompressedVariant
        Each variant with its change from the kept model, or with the reason why it was rejected.

    Raises
    ------
    Cancelled
        The token was cancelled.

    Examples
    --------
    >>> from tunesmith.encoders.save import write_encoder
    >>> from tunesmith.fitting.cross_validation import CrossValidation
    >>> from tunesmith.fitting.labels.trial import fit_once
    >>> from tunesmith.fitting.workspace import Workspace
    >>> from tunesmith.stop import Stop
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from tunesmith.datasets.training_data import DataOptions, load_training_data
    >>> from tunesmith.events import ignore
    >>> settings = Settings(budget=0.1)    # time for the base only
    >>> rows = pd.read_csv("examples/tickets.csv", nrows=90)
    >>> data = load_training_data(rows, {}, DataOptions(), settings.base, ignore)
    >>> run, folding = Run(ignore, Stop()), CrossValidation(0, "as requested")
    >>> outcome = fit_once(data, settings, Workspace(Path("work")), run, folding)
    >>> kept, folder = outcome.finalists.base, outcome.finalists.base.space.folder
    >>> found = compressed_variants(kept, outcome.test_result, Settings(), folder, run)
    >>> [variant.name for variant in found]
    ['static']
    """
    if not isinstance(kept, LabelFinalist) or isinstance(test_result.comparison, Selection):
        return ()
    metric = test_result.metric
    static = partial(try_static, kept, test_result, metric, encoder, settings.seed)
    found = [_within(run.within(settings.budget), STATIC, static, run)]
    if settings.int8:
        int8 = partial(try_int8, kept, test_result, metric, encoder)
        found.append(_within(run.stop, INT8, int8, run))
    return tuple(variant for variant in found if variant is not None)


def _within(
    stop: Stop, variant: CompressedVariant, attempt: Callable[[], CompressedVariant], run: Run
) -> CompressedVariant | None:
    """Return the evaluated variant, or None with a note if a token ends the attempt."""

    def check() -> None:
        stop.check()
        if stop.late:
            raise Cancelled("the budget is used up")

    try:
        with stopping(check):
            check_stop()
            return attempt()
    except Cancelled:
        if run.stop.cancelled:
            raise
        reason = "stopped" if run.stop.requested else "the budget is used up"
        run.on_event(Note(f"{reason}: not evaluated: {variant.title}"))
        return None


def try_static(
    kept: LabelFinalist, test_result: TestResult, metric: str, encoder: Path, seed: int
) -> CompressedVariant:
    """Distil the kept model on its training texts, and evaluate the static model.

    Only tokens of these texts and of the test texts get a vector; no others are needed here.
    """
    if describe(encoder).static:
        return replace(STATIC, reason="the model is already static")
    test = list(test_result.evidence.texts)
    try:
        whole = TextEncoder(encoder, cache=False)
        teacher = Teacher.of(encoder, whole.encode, kept.classifier)
        with progress_bar("Distilling", training_steps(len(kept.texts))) as advance:
            student = teach(
                teacher,
                kept.texts,
                kept.training.vectors,
                among=kept.texts + test,
                seed=seed,
                advance=advance,
            )
    except Cancelled:
        raise
    except TunesmithError as error:
        return replace(STATIC, reason=str(error))
    training = Vectors(student.encode(kept.texts), kept.training.targets)
    assert student.classifier is not None
    static = replace(kept, classifier=student.classifier, training=training)
    return _evaluate_variant(STATIC, static, student.encode(test), test_result, metric, kept.name)


def try_int8(
    kept: LabelFinalist, test_result: TestResult, metric: str, encoder: Path
) -> CompressedVariant:
    """Quantize the kept model's ONNX file to int8, and keep that file if test accuracy holds."""
    digest = folder_digest(encoder)
    whole = find_export(encoder, digest)
    if not isinstance(whole, Export):
        reason = whole.reason if whole else "the model has no ONNX file"
        return replace(INT8, reason=f"not possible: {reason}")
    folder = whole.folder / "int8"
    export = quantised(whole, folder)
    if isinstance(export, Refusal):
        return replace(INT8, reason=f"rejected: {export.reason}")
    quantized = TextEncoder(encoder, precision="int8", cache=False)
    training = Vectors(quantized.encode(kept.texts), kept.training.targets)
    vectors = quantized.encode(list(test_result.evidence.texts))
    compressed = replace(kept, training=training)
    variant = _evaluate_variant(INT8, compressed, vectors, test_result, metric, kept.name)
    if not variant.acceptable:
        shutil.rmtree(folder)
    return variant


def _evaluate_variant(
    variant: CompressedVariant,
    compressed: LabelFinalist,
    vectors: np.ndarray,
    test_result: TestResult,
    metric: str,
    kept: str,
) -> CompressedVariant:
    """Return the variant with its change from the kept model on the held-out test set."""
    whole = test_result.comparison
    before = whole.base if kept == "base" else whole.tuned
    assert isinstance(before, LabelScores)
    after = predict(compressed.classifier, vectors, before.targets, compressed.training)
    comparison = Comparison(before, LabelScores(after, before.targets), whole.seed)
    least, _ = comparison.base_interval(metric)
    return replace(variant, change=comparison.change(metric), least=least)
