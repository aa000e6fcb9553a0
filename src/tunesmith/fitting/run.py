"""Tune a model on a data set, test it and write it with its report."""

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.encoders.agreement import require_agreement
from tunesmith.encoders.backends.onnx_folder import lacks_export
from tunesmith.encoders.cross_encoder import JUDGE
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.save import write_encoder
from tunesmith.errors import UsageError
from tunesmith.events import Note, OnEvent, ignore
from tunesmith.fitting import labels, pairs
from tunesmith.fitting.cross_validation import STAGES
from tunesmith.fitting.outcome import Run
from tunesmith.fitting.settings import AUTO, Settings, check_settings, recipe_name
from tunesmith.fitting.summary import finding_texts, summarise
from tunesmith.fitting.workspace import workspace
from tunesmith.folders import replacing
from tunesmith.home import current_home
from tunesmith.kinds import Kind
from tunesmith.models import folder as model_folders
from tunesmith.models.base import base_details
from tunesmith.models.base_classifier import write_base_classifier
from tunesmith.models.confusions import write_confusions
from tunesmith.models.familiar import write_familiar
from tunesmith.models.held_out import write_held_out
from tunesmith.models.seen import write_seen
from tunesmith.models.suspects import write_suspects
from tunesmith.recipes.registry import RECIPES
from tunesmith.report.pages.card import model_card
from tunesmith.report.pages.page import write_report
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import Summary
from tunesmith.stop import Stop, stopping
from tunesmith.version import __version__
from tunesmith.watching import watching

if TYPE_CHECKING:
    from tunesmith.fitting.outcome import Finalist, FitOutcome

DEFAULTS = Settings()
_ONNX_BUDGET = 20.0  # seconds; an export takes about a tenth of it


def fit_dataset(
    data: object,
    settings: Settings = DEFAULTS,
    *,
    test: object | None = None,
    validation: object | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    on_event: OnEvent = ignore,
    stop: Stop | None = None,
) -> FitResult:
    """Fine-tune an embedding model with every setting there is; :func:`tunesmith.fit` is shorter.

    Parameters
    ----------
    data
        A :class:`~tunesmith.datasets.Dataset`, or anything that :func:`tunesmith.read` takes.
    settings
        Settings of the fit.
    test, validation
        Separate test and validation data, instead of a share of ``data``.
    output
        Output folder for the model; by default a folder in the model store, named after the file
        and everything that determines the result.
    overwrite
        Whether a model in the output folder may be replaced.
    on_event
        Function that receives each event of the fit (:mod:`tunesmith.events`) as it happens.
    stop
        Token that ends the fit early: :meth:`~tunesmith.stop.Stop.set` ends the search and tests
        the best of the finished candidates, :meth:`~tunesmith.stop.Stop.cancel` ends the fit.

    Returns
    -------
    The verdict, the summary and evidence behind it, and the model folder.

    Raises
    ------
    DataError
        The data cannot be used; raised before any model is loaded.
    UsageError
        Settings are invalid or contradict each other.
    OutputError
        The model cannot be written, or the output folder holds a model already.
    ModelError
        The base cannot be loaded, has a Router, or gives other vectors than sentence-transformers.
    Cancelled
        The token was cancelled, or set before there was anything to test. The same call resumes
        the fit.

    Examples
    --------
    >>> import pandas as pd
    >>> settings = Settings(cross_validate=2, budget=1)
    >>> result = fit_dataset(pd.read_csv("examples/tickets.csv", nrows=90), settings)
    >>> result.summary.folds
    2
    """
    started = time.monotonic()
    check_settings(settings)
    if isinstance(settings.cross_validate, int) and validation is not None:
        raise UsageError(
            "folds choose the candidate on all rows",
            hint="omit `cross_validate` or the validation file",
            option="validation",
        )
    chosen = Path(output).expanduser().resolve() if output is not None else None
    if chosen is not None:
        model_folders.check_writable(chosen, overwrite=overwrite)
    run = Run(on_event, stop or Stop())
    given = {"validation": validation, "test": test, "domain": _domain(settings)}
    others = {name: part for name, part in given.items() if part is not None}
    training = load_training_data(data, others, DataOptions(), settings.base, on_event)
    check_fit(training, settings)
    fingerprint = _fingerprint(settings, training)
    default = current_home().models / model_folders.model_id(training.inspection.name, fingerprint)
    path = chosen or default
    model_folders.check_writable(path, overwrite=True)
    # From here on torch is loaded, so all checks of the data come before.
    require_agreement(locate(settings.base))
    run = replace(run, started=time.monotonic())  # reading and loading do not count
    fit_kind = labels.fit_labelled if training.labelled else pairs.fit_pairs
    check_cancelled = partial(_check_cancelled, run.stop)
    with workspace(fingerprint) as space, watching(on_event), stopping(check_cancelled):
        outcome = fit_kind(training, settings, space, run)
        summary = summarise(training, settings, outcome, time.monotonic() - started)
        kept = _kept_finalist(outcome, summary)
        encoder = space.model("kept")
        onnx = settings.int8 or not _late(run, settings.budget)
        with replacing(encoder) as temporary:
            write_encoder(
                kept.space.folder,
                kept.space.layers,
                temporary,
                kept.space.query_route,
                onnx=onnx,
            )
        if not onnx and lacks_export(encoder):
            on_event(Note("the budget is used up: the ONNX file is left for the first use to make"))
        variants = labels.compressed_variants(kept, outcome.test_result, settings, encoder, run)
        summary = replace(summary, variants=variants, seconds=time.monotonic() - started)
        columns = dict(training.inspection.detected.columns)
        details = {"columns": columns, **base_details(settings.base)}
        outcome = _with_finding_texts(outcome, training, summary)
        _save(path, encoder, kept, outcome, summary, details)
    return FitResult(summary, outcome.test_result.evidence, path)


def _with_finding_texts(
    outcome: "FitOutcome", training: TrainingData, summary: Summary
) -> "FitOutcome":
    texts = finding_texts(training, summary.findings)
    evidence = replace(outcome.test_result.evidence, finding_texts=texts)
    return replace(outcome, test_result=replace(outcome.test_result, evidence=evidence))


def _domain(settings: Settings) -> object | None:
    return None if settings.adaptation is None else settings.adaptation.domain


def _check_cancelled(stop: Stop) -> None:
    """Raise Cancelled if the fit was cancelled; a token that is only set ends the search alone."""
    if stop.cancelled:
        stop.check()


def _late(run: Run, budget: float | None) -> bool:
    """Return whether a budget is used up of which an ONNX file would take more than a tenth."""
    return budget is not None and budget < _ONNX_BUDGET and run.within(budget).late


def check_fit(data: TrainingData, settings: Settings) -> None:
    """Check that settings apply to the data.

    Raises
    ------
    UsageError
        They do not, or the base was fitted on the same data: the test would not be held out.
    """
    _check_kind(data, settings)
    _check_base(data, settings.base)


def _check_kind(data: TrainingData, settings: Settings) -> None:
    """Raise a UsageError for settings that do not apply to this kind of data."""
    kind, name = data.examples.kind, recipe_name(settings.training)
    folds = isinstance(settings.cross_validate, int)
    if settings.adaptation is not None and folds:
        raise UsageError(
            "folds and domain adaptation cannot be combined: every fold would have to adapt the "
            "base again",
            hint="omit one of them",
            option="cross_validate",
        )
    if data.labelled and name not in {AUTO, "contrastive"}:
        raise UsageError(
            f"labelled text is trained with the contrastive recipe, not {name}",
            hint="omit `recipe`, convert the data to pairs, or adapt the base to the texts first "
            "(`recipe`: adapt, `first`: the recipe)",
            option="recipe",
        )
    if folds and name in STAGES:
        raise UsageError(
            f"{name} has several stages, which are not run in every fold",
            hint="omit `cross_validate`",
            option="cross_validate",
        )
    if kind is Kind.TEXTS and folds:
        raise UsageError(
            "unlabelled text cannot be divided into folds: it has nothing to test",
            hint="omit `cross_validate`",
            option="cross_validate",
        )
    if not data.labelled and settings.int8:
        raise UsageError(
            f"int8 is checked with a classifier, and {kind} has none",
            hint="omit `int8`",
            option="int8",
        )
    if not data.labelled and name != AUTO and kind not in RECIPES[name].kinds:
        raise UsageError(
            f"the recipe {name} learns from {', '.join(RECIPES[name].kinds)}, not from {kind}",
            hint="choose another recipe, or auto",
            option="recipe",
        )


def _kept_finalist(outcome: "FitOutcome", summary: Summary) -> "Finalist":
    finalists = outcome.finalists
    return finalists.chosen if summary.kept == finalists.chosen.name else finalists.base


def _check_base(data: TrainingData, base: str) -> None:
    """Raise a UsageError for a base fitted on the same data: the test would not be held out."""
    folder = locate(base)
    if not (folder / model_folders.METADATA).is_file():
        return
    summary = model_folders.read_metadata(folder)["summary"]
    if summary.get("data_digest") == data.digest:
        raise UsageError(
            f"{base} was itself fitted on {data.inspection.name}, so the test set would not be "
            f"held out",
            hint=f"start from {summary.get('base')}, or give a test file it has not seen",
            option="base",
        )


def _fingerprint(settings: Settings, data: TrainingData) -> str:
    """Return a digest of everything that determines the outcome, except time."""
    facts = {
        **settings.facts,
        "base": folder_digest(locate(settings.base)),
        "models": getattr(settings.training, "digests", ()),
        "data": data.digest,
        "kind": data.examples.kind,
        "columns": sorted(data.inspection.detected.columns.items()),
        "rows": len(data.examples),
        "fixes": data.inspection.fixes,
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _save(
    path: Path,
    encoder: Path,
    kept: "Finalist",
    outcome: "FitOutcome",
    summary: Summary,
    details: Mapping[str, Any],
) -> None:
    def write_pages(folder: Path) -> None:
        write_report(
            summary, outcome.test_result.evidence, folder / "report.html", model_id=path.name
        )
        (folder / "README.md").write_text(model_card(summary), encoding="utf-8")
        write_seen(folder, outcome.seen)
        if kept.familiar is not None:
            write_familiar(folder, kept.familiar)
        if summary.calibration is not None:
            write_suspects(folder, outcome.test_result.evidence.suspects)
        write_confusions(folder, outcome.test_result.evidence)
        write_held_out(folder, outcome.test_result.evidence)
        base = outcome.finalists.base
        if base is not kept and base.classifier is not None:
            write_base_classifier(folder, base.classifier)
        if outcome.test_result.judge is not None:
            shutil.copytree(outcome.test_result.judge, folder / JUDGE)

    quantized = any(variant.name == "int8" and variant.acceptable for variant in summary.variants)
    model_folders.save(
        path,
        encoder=encoder,
        classifier=kept.classifier,
        summary=summary.to_dict(),
        write_pages=write_pages,
        details={**details, **({"precision": "int8"} if quantized else {})},
    )
