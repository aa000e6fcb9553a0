"""Compressed variants of the model that a fit keeps, evaluated on its held-out test set."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from tunesmith.distillation.student import Teacher, teach
from tunesmith.encoders.backends.onnx_export import quantised
from tunesmith.encoders.backends.onnx_folder import Export, Refusal, find_export
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import TunesmithError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.labels.label_scores import LabelScores
from tunesmith.evaluation.labels.predictions import Vectors, predict
from tunesmith.events import Events
from tunesmith.fitting.labels.sealed_test import LabelFinal
from tunesmith.fitting.outcome import Final, TestResult
from tunesmith.fitting.settings import Settings
from tunesmith.progress import progress_bar
from tunesmith.recipes.static_model import training_steps
from tunesmith.results.summary import CompressedVariant

STATIC = CompressedVariant("static", "Static: a vector for each token")
INT8 = CompressedVariant("int8", "Weights of 8 bits")


def compressed_variants(
    kept: Final, test_result: TestResult, settings: Settings, encoder: Path, events: Events
) -> tuple[CompressedVariant, ...]:
    """Try a static model, and 8 bits where asked for; Ctrl-C leaves out those to come.

    Without a sealed test or a classifier there is nothing to judge them by.

    Parameters
    ----------
    kept
        The model that is kept.
    test_result
        The sealed test.
    settings
        What the fit was asked for.
    encoder
        The kept model's folder with its ONNX file; ``onnx/int8`` is added where it is accepted.
    events
        Told of an interruption.
    """
    if settings.folds or not isinstance(kept, LabelFinal):
        return ()
    metric = test_result.metric
    found: list[CompressedVariant] = []
    try:
        found.append(try_static(kept, test_result, metric, encoder, settings.seed))
        if settings.int8:
            found.append(try_int8(kept, test_result, metric, encoder))
    except KeyboardInterrupt:
        events.note("interrupted: lighter forms of the model were not all tried")
    return tuple(found)


def try_static(
    kept: LabelFinal, test_result: TestResult, metric: str, encoder: Path, seed: int
) -> CompressedVariant:
    """Distil the kept model from the texts it was fitted on, and test what comes of it.

    Only tokens of these texts and the test's get a vector: the others change nothing here.
    """
    if describe(encoder).static:
        return replace(STATIC, reason="it is one already")
    test = list(test_result.evidence.texts)
    try:
        whole = TextEncoder(encoder, cache=False)
        teacher = Teacher.of(encoder, whole.encode, kept.classifier)
        with progress_bar("Trying a static model", training_steps(len(kept.texts))) as advance:
            student = teach(
                teacher,
                kept.texts,
                kept.training.vectors,
                among=kept.texts + test,
                seed=seed,
                advance=advance,
            )
    except TunesmithError as error:
        return replace(STATIC, reason=str(error))
    training = Vectors(student.encode(kept.texts), kept.training.targets)
    assert student.classifier is not None
    variants = replace(kept, classifier=student.classifier, training=training)
    return _compared(STATIC, variants, student.encode(test), test_result, metric, kept.name)


def try_int8(
    kept: LabelFinal, test_result: TestResult, metric: str, encoder: Path
) -> CompressedVariant:
    """Round the weights of the kept model's ONNX file, and keep them so if the test allows it."""
    digest = folder_digest(encoder)
    whole = find_export(encoder, digest)
    if not isinstance(whole, Export):
        reason = whole.reason if whole else "it has no ONNX file"
        return replace(INT8, reason=f"not possible: {reason}")
    place = whole.folder / "int8"
    made = quantised(whole, place)
    if isinstance(made, Refusal):
        return replace(INT8, reason=f"refused: {made.reason}")
    quantized = TextEncoder(encoder, precision="int8", cache=False)
    training = Vectors(quantized.encode(kept.texts), kept.training.targets)
    vectors = quantized.encode(list(test_result.evidence.texts))
    variants = replace(kept, training=training)
    found = _compared(INT8, variants, vectors, test_result, metric, kept.name)
    if not found.fits:
        shutil.rmtree(place)
    return found


def _compared(
    form: CompressedVariant,
    variants: LabelFinal,
    vectors: np.ndarray,
    test_result: TestResult,
    metric: str,
    kept: str,
) -> CompressedVariant:
    """Return the form with its change from the kept model on the sealed test."""
    whole = test_result.comparison
    before = whole.base if kept == "base" else whole.tuned
    assert isinstance(before, LabelScores)
    after = predict(variants.classifier, vectors, before.targets, variants.training)
    comparison = Comparison(before, LabelScores(after, before.targets), whole.seed)
    least, _ = comparison.base_interval(metric)
    return replace(form, change=comparison.change(metric), least=least)
