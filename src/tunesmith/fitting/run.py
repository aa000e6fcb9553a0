"""``fit``: from a file of labelled text to a proven model and a report."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tunesmith import __version__, model_folders
from tunesmith.encoders.digest import folder_digest
from tunesmith.encoders.locate import locate
from tunesmith.encoders.written import write_encoder
from tunesmith.errors import UsageError
from tunesmith.fitting.inspection import DEFAULT_BASE
from tunesmith.fitting.listener import Listener, Silence
from tunesmith.fitting.material import DataOptions, Material, gather_material
from tunesmith.fitting.settings import Settings, make_settings
from tunesmith.fitting.workspace import workspace
from tunesmith.folders import replacing
from tunesmith.home import models_folder
from tunesmith.kinds import Kind
from tunesmith.report.card import model_card
from tunesmith.report.page import write_report
from tunesmith.results import FitResult, Summary

if TYPE_CHECKING:
    from tunesmith.fitting.proof import Final
    from tunesmith.fitting.trial import Trial


def fit(  # noqa: PLR0913 -- the same words as the command line's options
    source: object,
    *,
    base: str | Path = DEFAULT_BASE,
    budget: str | float = "5m",
    for_: Literal["classify", "search"] = "classify",
    seed: int = 0,
    out: str | Path | None = None,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    test: object | None = None,
    validation: object | None = None,
    folds: int | None = None,
    int8: bool = False,
    keep_going: bool = False,
    listener: Listener | None = None,
) -> FitResult:
    """Fit an embedding model and a classifier to labelled text, and prove what it brought.

    Parameters
    ----------
    source
        A file (CSV, TSV, JSON, JSONL, Parquet, or gzip of them), a pandas or Arrow table, a
        Hugging Face dataset or its name.
    base
        The model to start from: a sentence-transformers name or folder.
    budget
        The time that the ladder may take: ``"90s"``, ``"5m"``, ``"1h"``, or seconds.
    for_
        What decides: ``"classify"`` (accuracy of a classifier; macro F1 for multi-label data) or
        ``"search"`` (accuracy of the five nearest neighbours).
    seed
        Of the split, the training and the intervals.
    out
        The folder for the model; by default one in the home, named after the file.
    kind, columns
        Override what is detected: ``columns={"text": "query", "label": "intent"}``.
    test, validation
        Files of one's own instead of a share of ``source``.
    folds
        With K, every row is tested once by models that did not see it, and the verdict rests on
        all rows: for small data. Takes K + 1 climbs, which share the budget.
    int8
        Also round the weights of the ONNX file to 8 bits, and serve the model so if its vectors
        and the sealed test's metric stay within their bounds.
    keep_going
        Leave out rows at fault instead of stopping.
    listener
        Hears each step.

    Returns
    -------
    The verdict, what stands behind it, and where the model lies.

    Raises
    ------
    DataError
        When the data cannot be used; before any model is loaded.
    UsageError
        When the words of the call do not fit together.
    OutputError
        When the model cannot be written.

    Examples
    --------
    >>> result = fit("examples/tickets.csv", budget="60s")    # doctest: +SKIP
    >>> result.verdict.outcome                                # doctest: +SKIP
    <Outcome.BETTER: 'better'>
    """
    started = time.monotonic()
    settings = make_settings(str(base), budget, for_, seed, folds, int8=int8)
    if folds is not None and test is not None:
        raise UsageError("folds test every row of the file: leave out the folds or the test file")
    chosen = Path(out).expanduser().resolve() if out is not None else None
    if chosen is not None:
        model_folders.check_writable(chosen)
    hears = listener or Silence()
    options = DataOptions(kind, columns, keep_going)
    given = {"validation": validation, "test": test}
    others = {name: part for name, part in given.items() if part is not None}
    material = gather_material(source, others, options, settings.base, hears)
    _refuse_base_that_knows(material, settings.base)
    fingerprint = _fingerprint(settings, material)
    default = models_folder() / model_folders.model_id(material.inspection.name, fingerprint)
    path = chosen or default
    model_folders.check_writable(path)
    # torch is imported from here on: whatever is wrong with the data has been said by now.
    from tunesmith.fitting.folds import cross_fitted_trial
    from tunesmith.fitting.lighter import lighter_forms
    from tunesmith.fitting.summary import summarise
    from tunesmith.fitting.trial import one_trial

    make_trial = cross_fitted_trial if settings.folds else one_trial
    with workspace(fingerprint) as space:
        trial = make_trial(material, settings, space, hears)
        summary = summarise(material, settings, trial, time.monotonic() - started)
        kept = _kept(trial, summary)
        encoder = space.model("kept")
        with replacing(encoder) as aside:
            write_encoder(kept.space.folder, kept.space.layers, aside)
        forms = (
            () if settings.folds else lighter_forms(kept, trial.opened, settings, encoder, hears)
        )
        summary = replace(summary, lighter=forms, seconds=time.monotonic() - started)
        _save(path, encoder, kept, trial, summary)
    return FitResult(summary, trial.opened.evidence, path)


def _kept(trial: "Trial", summary: Summary) -> "Final":
    finalists = trial.finalists
    return finalists.chosen if summary.kept == finalists.chosen.name else finalists.base


def _refuse_base_that_knows(material: Material, base: str) -> None:
    """Refuse a base that was itself fitted to these rows: its test would not be sealed."""
    folder = locate(base)
    if not (folder / model_folders.METADATA).is_file():
        return
    summary = model_folders.read_metadata(folder)["summary"]
    if summary.get("data_digest") == material.digest:
        raise UsageError(
            f"{base} was itself fitted to {material.inspection.name}, so no row of it is unseen: "
            f"start from {summary.get('base')}, or give a test file that it has not seen"
        )


def _fingerprint(settings: Settings, material: Material) -> str:
    """Return a digest of everything that decides the outcome, time aside."""
    facts = {
        **asdict(settings),
        "base": folder_digest(locate(settings.base)),
        "data": material.digest,
        "kind": material.examples.kind,
        "columns": sorted(material.inspection.detected.columns.items()),
        "rows": len(material.examples),
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _save(path: Path, encoder: Path, kept: "Final", trial: "Trial", summary: Summary) -> None:
    def write_pages(folder: Path) -> None:
        write_report(summary, trial.opened.evidence, folder / "report.html", model_id=path.name)
        (folder / "README.md").write_text(model_card(summary), encoding="utf-8")

    coarse = any(form.name == "int8" and form.fits for form in summary.lighter)
    model_folders.save(
        path,
        encoder=encoder,
        classifier=kept.classifier,
        summary=summary.to_dict(),
        write_pages=write_pages,
        details={"precision": "int8"} if coarse else None,
    )
