"""``fit``: from a file of text to a proven model and a report."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
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
from tunesmith.events import Events, NullEvents
from tunesmith.fitting import labels, pairs
from tunesmith.fitting.budget import parse_budget
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
from tunesmith.version import __version__

if TYPE_CHECKING:
    from tunesmith.fitting.outcome import Final, FitOutcome
    from tunesmith.fitting.task import Space


def fit(  # noqa: PLR0913 - the same words as the command line's options
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
    events: Events | None = None,
) -> FitResult:
    """Fit an embedding model to text, with a classifier where it has labels, and prove the gain.

    Parameters
    ----------
    source
        A file (CSV, TSV, JSON, JSONL, Parquet, or gzip of them), a pandas or Arrow table, a
        Hugging Face dataset or its name.
    base
        The model to start from: a sentence-transformers name or folder.
    budget
        The time that the ladder may take: ``"90s"``, ``"5m"``, ``"1h"``, or seconds; None for no
        limit.
    for_
        What decides: ``"classify"`` (accuracy of a classifier; macro F1 for multi-label data) or
        ``"search"`` (accuracy of the five nearest neighbours).
    seed
        Of the split, the training and the intervals.
    output
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
    recipe
        What trains weights on pairs, scores, NLI, triplets and queries: a name of
        :data:`tunesmith.recipes.RECIPES`; ``"auto"`` chooses by the data and says why.
        ``"adapt"`` does so too, and climbs the rungs again from the base trained on the domain.
    domain
        Raw texts of the domain, or pairs of them, for ``"adapt"``; by default the training texts.
    first
        What trains the base on them: a name as for ``recipe``.
    judge, generator
        For the recipe ``"gpl"``: a cross-encoder that says what answers a query, and a text-to-text
        model that writes queries; without the latter first sentences are the queries.
    corpus_type
        Where documents are searched: ``"open"`` keeps only what does no harm to queries for
        documents that no training query had, ``"closed"`` looks at the others alone.
    skip_invalid
        Leave out rows at fault instead of stopping.
    events
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
        raise UsageError("folds test every row of the file: leave out the folds or the test file")
    chosen = Path(output).expanduser().resolve() if output is not None else None
    if chosen is not None:
        model_folders.check_writable(chosen)
    events = events or NullEvents()
    options = DataOptions(kind, columns, skip_invalid)
    if domain is not None and not settings.adapts:
        raise UsageError("--domain is what a base is adapted to: give --recipe adapt too")
    given = {"validation": validation, "test": test, "domain": domain}
    others = {name: part for name, part in given.items() if part is not None}
    data = load_training_data(source, others, options, settings.base, events)
    _refuse_what_does_not_fit(data, settings)
    _refuse_base_that_knows(data, settings.base)
    fingerprint = _fingerprint(settings, data)
    default = models_folder() / model_folders.model_id(data.inspection.name, fingerprint)
    path = chosen or default
    model_folders.check_writable(path)
    # torch is loaded from here on: whatever is wrong with the data has been said.
    make_trial = _way_to_try(data, settings)
    with workspace(fingerprint) as space:
        outcome = make_trial(data, settings, space, events)
        summary = summarise(data, settings, outcome, time.monotonic() - started)
        kept = _kept(outcome, summary)
        encoder = space.model("kept")
        with replacing(encoder) as aside:
            _write(kept.space, aside)
        forms = labels.compressed_variants(kept, outcome.test_result, settings, encoder, events)
        summary = replace(summary, variants=forms, seconds=time.monotonic() - started)
        _save(path, encoder, kept, outcome, summary)
    return FitResult(summary, outcome.test_result.evidence, path)


def _write(space: "Space", out: Path) -> None:
    write_encoder(space.folder, space.layers, out, space.query_route)


def _way_to_try(
    data: TrainingData, settings: Settings
) -> "Callable[[TrainingData, Settings, Workspace, Events], FitOutcome]":
    if not data.labelled:
        return pairs.fit_pairs
    return labels.cross_fit if settings.folds else labels.fit_labelled


def _refuse_what_does_not_fit(data: TrainingData, settings: Settings) -> None:
    """Refuse settings that mean nothing for the kind of data there is."""
    kind = data.examples.kind
    if settings.adapts and settings.folds:
        raise UsageError("each fold would adapt the base anew: leave out --folds or --recipe adapt")
    if data.labelled and settings.recipe not in {"auto", "contrastive", ADAPT}:
        raise UsageError(
            f"texts with labels are trained by the recipe contrastive, not {settings.recipe}: "
            "leave --recipe out, make pairs of them first, or adapt the base to its texts "
            "(--recipe adapt --first NAME)"
        )
    if not data.labelled and settings.folds:
        raise UsageError(f"folds are for texts with labels, not for {kind}: leave out --folds")
    if not data.labelled and settings.int8:
        raise UsageError(
            f"int8 is judged by a classifier, and there is none for {kind}: leave out --int8"
        )
    if not data.labelled and settings.recipe not in {"auto", ADAPT}:
        recipe_kinds = RECIPES[settings.recipe].kinds
        if kind not in recipe_kinds:
            raise UsageError(
                f"the recipe {settings.recipe} learns from {', '.join(recipe_kinds)}, not from "
                f"{kind}: choose another, or auto"
            )


def _kept(outcome: "FitOutcome", summary: Summary) -> "Final":
    finalists = outcome.finalists
    return finalists.chosen if summary.kept == finalists.chosen.name else finalists.base


def _refuse_base_that_knows(data: TrainingData, base: str) -> None:
    """Refuse a base that was itself fitted to these rows: its test would not be sealed."""
    folder = locate(base)
    if not (folder / model_folders.METADATA).is_file():
        return
    summary = model_folders.read_metadata(folder)["summary"]
    if summary.get("data_digest") == data.digest:
        raise UsageError(
            f"{base} was itself fitted to {data.inspection.name}, so no row of it is unseen: "
            f"start from {summary.get('base')}, or give a test file that it has not seen"
        )


def _fingerprint(settings: Settings, data: TrainingData) -> str:
    """Return a digest of everything that decides the outcome, time aside."""
    facts = {
        **asdict(settings),
        "base": folder_digest(locate(settings.base)),
        "models": _digests_of_judges(settings),
        "data": data.digest,
        "kind": data.examples.kind,
        "columns": sorted(data.inspection.detected.columns.items()),
        "rows": len(data.examples),
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _digests_of_judges(settings: Settings) -> tuple[str, ...]:
    if settings.recipe != GPL:
        return ()
    return recipes.GplRecipe(settings.judge, settings.generator or None).digests


def _save(
    path: Path, encoder: Path, kept: "Final", outcome: "FitOutcome", summary: Summary
) -> None:
    def write_pages(folder: Path) -> None:
        write_report(
            summary, outcome.test_result.evidence, folder / "report.html", model_id=path.name
        )
        (folder / "README.md").write_text(model_card(summary), encoding="utf-8")
        if outcome.test_result.judge is not None:
            shutil.copytree(outcome.test_result.judge, folder / JUDGE)

    quantized = any(form.name == "int8" and form.fits for form in summary.variants)
    model_folders.save(
        path,
        encoder=encoder,
        classifier=kept.classifier,
        summary=summary.to_dict(),
        write_pages=write_pages,
        details={"precision": "int8"} if quantized else None,
    )
