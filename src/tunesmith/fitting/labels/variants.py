"""Lighter forms of the model that a fit keeps, tried on its sealed test."""

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
from tunesmith.events import Listener
from tunesmith.fitting.labels.sealed_test import LabelFinal
from tunesmith.fitting.outcome import Final, Opened
from tunesmith.fitting.settings import Settings
from tunesmith.progress import progress_bar
from tunesmith.recipes.static_model import training_steps
from tunesmith.results.summary import Lighter

STATIC = Lighter("static", "Static: a vector for each token")
INT8 = Lighter("int8", "Weights of 8 bits")


def lighter_forms(
    kept: Final, opened: Opened, settings: Settings, encoder: Path, listener: Listener
) -> tuple[Lighter, ...]:
    """Try a static model, and 8 bits where asked for; Ctrl-C leaves out those to come.

    Without a sealed test or a classifier there is nothing to judge them by.

    Parameters
    ----------
    kept
        The model that is kept.
    opened
        The sealed test.
    settings
        What the fit was asked for.
    encoder
        The kept model's folder with its ONNX file; ``onnx/int8`` is added where it is accepted.
    listener
        Told of an interruption.
    """
    if settings.folds or not isinstance(kept, LabelFinal):
        return ()
    metric = opened.metric
    found: list[Lighter] = []
    try:
        found.append(try_static(kept, opened, metric, encoder, settings.seed))
        if settings.int8:
            found.append(try_int8(kept, opened, metric, encoder))
    except KeyboardInterrupt:
        listener.note("interrupted: lighter forms of the model were not all tried")
    return tuple(found)


def try_static(kept: LabelFinal, opened: Opened, metric: str, encoder: Path, seed: int) -> Lighter:
    """Distil the kept model from the texts it was fitted on, and test what comes of it.

    Only tokens of these texts and the test's get a vector: the others change nothing here.
    """
    if describe(encoder).static:
        return replace(STATIC, reason="it is one already")
    test = list(opened.evidence.texts)
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
    lighter = replace(kept, classifier=student.classifier, training=training)
    return _compared(STATIC, lighter, student.encode(test), opened, metric, kept.name)


def try_int8(kept: LabelFinal, opened: Opened, metric: str, encoder: Path) -> Lighter:
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
    coarse = TextEncoder(encoder, precision="int8", cache=False)
    training = Vectors(coarse.encode(kept.texts), kept.training.targets)
    vectors = coarse.encode(list(opened.evidence.texts))
    lighter = replace(kept, training=training)
    found = _compared(INT8, lighter, vectors, opened, metric, kept.name)
    if not found.fits:
        shutil.rmtree(place)
    return found


def _compared(
    form: Lighter,
    lighter: LabelFinal,
    vectors: np.ndarray,
    opened: Opened,
    metric: str,
    kept: str,
) -> Lighter:
    """Return the form with its change from the kept model on the sealed test."""
    whole = opened.comparison
    before = whole.base if kept == "base" else whole.tuned
    assert isinstance(before, LabelScores)
    after = predict(lighter.classifier, vectors, before.targets, lighter.training)
    comparison = Comparison(before, LabelScores(after, before.targets), whole.seed)
    least, _ = comparison.base_interval(metric)
    return replace(form, change=comparison.change(metric), least=least)
