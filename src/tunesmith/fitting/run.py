"""``fit``: tune a model on a data file, test it and write it with its report."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tunesmith import recipes
from tunesmith.datasets.training_data import DataOptions, TrainingData, load_training_data
from tunesmith.encoders.cross_encoder import JUDGE
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.save import write_encoder
from tunesmith.errors import UsageError
from tunesmith.events import OnEvent, ignore
from tunesmith.fitting import labels, pairs
from tunesmith.fitting.budget import parse_budget
from tunesmith.fitting.outcome import Run
from tunesmith.fitting.settings import ADAPT, GPL, Settings, check_settings
from tunesmith.fitting.summary import summarise
from tunesmith.fitting.workspace import Workspace, workspace
from tunesmith.folders import replacing
from tunesmith.home import models_folder
from tunesmith.kinds import CorpusType, Kind
from tunesmith.models import folder as model_folders
from tunesmith.recipes.registry import RECIPES
from tunesmith.report.pages.card import model_card
from tunesmith.report.pages.page import write_report
from tunesmith.results.summary import FitResult, Summary
from tunesmith.stop import Stop, stopping
from tunesmith.version import __version__
from tunesmith.watching import watching

if TYPE_CHECKING:
    from tunesmith.fitting.outcome import Finalist, FitOutcome
    from tunesmith.fitting.task import Space


def fit(  # noqa: PLR0913 - one parameter for each option of the command
    source: object,
    *,
    base: str | Path = DEFAULT_BASE,
    budget: str | float | None = "5m",
    for_: Literal["classify", "search"] = "classify",
    seed: int = 0,
    output: str | Path | None = None,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    test: object | None = None,
    validation: object | None = None,
    folds: int | None = None,
    int8: bool = False,
    recipe: str = "auto",
    domain: object | None = None,
    first: str = "auto",
    judge: str | Path | None = None,
    generator: str | Path | None = None,
    corpus_type: CorpusType = "open",
    skip_invalid: bool = False,
    on_event: OnEvent = ignore,
    stop: Stop | None = None,
) -> FitResult:
    """Fine-tune an embedding model on a data set and test whether it beats the base.

    Labelled text also gets a classifier.

    Parameters
    ----------
    source
        A file (CSV, TSV, JSON, JSONL, Parquet, or gzip of them), a pandas or Arrow table, a
        Hugging Face dataset or its name.
    base
        Base model: a sentence-transformers name or folder.
    budget
        Time budget for the ladder: ``"90s"``, ``"5m"``, ``"1h"``, or seconds; None for no limit.
    for_
        Metric to optimise: ``"classify"`` (accuracy of a classifier; macro F1 for multi-label
        data) or ``"search"`` (accuracy of the five nearest neighbours).
    seed
        Random seed for splitting, training and resampling.
    output
        Output folder for the model; by default a new folder in the model store, named after the
        file.
    kind, columns
        Overrides for detection, such as ``columns={"text": "query", "label": "intent"}``.
    test, validation
        Separate test and validation data, instead of a share of ``source``.
    folds
        Number of cross-validation folds, for small data: every row is tested once by a model that
        did not see it. Runs the ladder once per fold and once on all rows, within one budget.
    int8
        Also quantize the ONNX weights to int8, and serve them if vectors and test score hold.
    recipe
        Training recipe for pairs, scores, NLI, triplets and queries: a name in
        :data:`tunesmith.recipes.RECIPES`. ``"auto"`` chooses by the data and explains why.
        ``"adapt"`` does the same, and also runs every rung from a domain-adapted base.
    domain
        Unlabelled texts or text pairs of the domain, for ``"adapt"``; default: the training texts.
    first
        Recipe for the domain adaptation: a name as for ``recipe``.
    judge, generator
        Models for the recipe ``"gpl"``: a cross-encoder to score query–passage pairs, and a
        text-to-text model to generate queries. Without a generator, first sentences are queries.
    corpus_type
        Whether unseen documents will be added to the corpus: ``"open"`` rejects a model that makes
        queries for unseen documents worse, ``"closed"`` ignores unseen documents.
    skip_invalid
        Skip invalid rows instead of raising an error.
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
        Arguments are invalid or contradict each other.
    OutputError
        The model cannot be written.
    Cancelled
        The token was cancelled, or set before there was anything to test. The same call resumes
        the fit.

    Examples
    --------
    >>> result = fit("examples/tickets.csv", budget="60s")    # doctest: +SKIP
    >>> result.verdict.outcome                                # doctest: +SKIP
    <Outcome.BETTER: 'better'>
    """
    started = time.monotonic()
    if folds == 0:
        raise UsageError("folds must be 2 or more, not 0")
    settings = check_settings(
        Settings(
            base=str(base),
            budget=parse_budget(budget),
            goal=for_,
            seed=seed,
            folds=folds or 0,
            int8=int8,
            recipe=recipe,
            corpus_type=corpus_type,
            first=first,
            judge=str(judge or ""),
            generator=str(generator or ""),
        )
    )
    if folds is not None and test is not None:
        raise UsageError("folds test every row of the file: omit the folds or the test file")
    chosen = Path(output).expanduser().resolve() if output is not None else None
    if chosen is not None:
        model_folders.check_writable(chosen)
    run = Run(on_event, stop or Stop())
    options = DataOptions(kind, columns, skip_invalid)
    if domain is not None and not settings.adapts:
        raise UsageError("--domain needs domain adaptation: add --recipe adapt")
    given = {"validation": validation, "test": test, "domain": domain}
    others = {name: part for name, part in given.items() if part is not None}
    data = load_training_data(source, others, options, settings.base, on_event)
    _check_kind(data, settings)
    _check_base(data, settings.base)
    fingerprint = _fingerprint(settings, data)
    default = models_folder() / model_folders.model_id(data.inspection.name, fingerprint)
    path = chosen or default
    model_folders.check_writable(path)
    # From here on torch is loaded, so all checks of the data come before.
    fit_kind = _fit_function(data, settings)
    check_cancelled = partial(_check_cancelled, run.stop)
    with workspace(fingerprint) as space, watching(on_event), stopping(check_cancelled):
        outcome = fit_kind(data, settings, space, run)
        summary = summarise(data, settings, outcome, time.monotonic() - started)
        kept = _kept_finalist(outcome, summary)
        encoder = space.model("kept")
        with replacing(encoder) as temporary:
            _write(kept.space, temporary)
        variants = labels.compressed_variants(kept, outcome.test_result, settings, encoder, run)
        summary = replace(summary, variants=variants, seconds=time.monotonic() - started)
        _save(path, encoder, kept, outcome, summary)
    return FitResult(summary, outcome.test_result.evidence, path)


def _check_cancelled(stop: Stop) -> None:
    """Raise Cancelled if the fit was cancelled; a token that is only set ends the search alone."""
    if stop.cancelled:
        stop.check()


def _write(space: "Space", out: Path) -> None:
    write_encoder(space.folder, space.layers, out, space.query_route)


def _fit_function(
    data: TrainingData, settings: Settings
) -> "Callable[[TrainingData, Settings, Workspace, Run], FitOutcome]":
    if not data.labelled:
        return pairs.fit_pairs
    return labels.cross_fit if settings.folds else labels.fit_labelled


def _check_kind(data: TrainingData, settings: Settings) -> None:
    """Raise a UsageError for settings that do not apply to this kind of data."""
    kind = data.examples.kind
    if settings.adapts and settings.folds:
        raise UsageError(
            "--folds and --recipe adapt cannot be combined, as every fold would have to adapt the "
            "base again: omit one of them"
        )
    if data.labelled and settings.recipe not in {"auto", "contrastive", ADAPT}:
        raise UsageError(
            f"labelled text is trained with the recipe contrastive, not {settings.recipe}: omit "
            "--recipe, convert the data to pairs, or adapt the base to the texts first (--recipe "
            "adapt --first NAME)"
        )
    if not data.labelled and settings.folds:
        raise UsageError(f"folds are for labelled text, not for {kind}: omit --folds")
    if not data.labelled and settings.int8:
        raise UsageError(f"int8 is checked with a classifier, and {kind} has none: omit --int8")
    if not data.labelled and settings.recipe not in {"auto", ADAPT}:
        recipe_kinds = RECIPES[settings.recipe].kinds
        if kind not in recipe_kinds:
            raise UsageError(
                f"the recipe {settings.recipe} learns from {', '.join(recipe_kinds)}, not from "
                f"{kind}: choose another recipe, or auto"
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
            f"held out: start from {summary.get('base')}, or give a test file it has not seen"
        )


def _fingerprint(settings: Settings, data: TrainingData) -> str:
    """Return a digest of everything that determines the outcome, except time."""
    facts = {
        **asdict(settings),
        "base": folder_digest(locate(settings.base)),
        "models": _model_digests(settings),
        "data": data.digest,
        "kind": data.examples.kind,
        "columns": sorted(data.inspection.detected.columns.items()),
        "rows": len(data.examples),
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _model_digests(settings: Settings) -> tuple[str, ...]:
    if settings.recipe != GPL:
        return ()
    return recipes.GplRecipe(settings.judge, settings.generator or None).digests


def _save(
    path: Path, encoder: Path, kept: "Finalist", outcome: "FitOutcome", summary: Summary
) -> None:
    def write_pages(folder: Path) -> None:
        write_report(
            summary, outcome.test_result.evidence, folder / "report.html", model_id=path.name
        )
        (folder / "README.md").write_text(model_card(summary), encoding="utf-8")
        if outcome.test_result.judge is not None:
            shutil.copytree(outcome.test_result.judge, folder / JUDGE)

    quantized = any(variant.name == "int8" and variant.fits for variant in summary.variants)
    model_folders.save(
        path,
        encoder=encoder,
        classifier=kept.classifier,
        summary=summary.to_dict(),
        write_pages=write_pages,
        details={"precision": "int8"} if quantized else None,
    )
