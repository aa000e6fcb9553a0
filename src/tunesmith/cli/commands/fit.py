"""``tunesmith fit``: fine-tune a model on a file and test it on held-out rows."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tunesmith import fitting
from tunesmith.cli.arguments.options import (
    DATA,
    METHOD,
    OUTPUT,
    AnyKind,
    AsJson,
    Base,
    Budget,
    Columns,
    Documents,
    Encoding,
    File,
    Fix,
    Goal,
    Overwrite,
    Seed,
    SkipInvalid,
    Strict,
    role_names,
)
from tunesmith.cli.interrupts import stop_on_interrupt
from tunesmith.cli.remote_fit import fit_remotely
from tunesmith.cli.render.describe import write_test_results
from tunesmith.cli.render.fit_progress import TerminalEvents
from tunesmith.cli.render.output import Output, write_json
from tunesmith.cli.server import server
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.fitting.budget import parse_budget
from tunesmith.home import current_home
from tunesmith.report.pages.snippets import SAMPLE_TEXTS, commands
from tunesmith.wording import clean

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

_LINE = 60

EXAMPLES = """
tunesmith fit tickets.csv                          # automatic, at most five minutes
tunesmith fit tickets.csv --budget 60s             # at most one minute
tunesmith fit train.csv --test test.csv            # your own test file
tunesmith fit large.csv --cross-validate off       # one held-out test set instead of folds
tunesmith fit tickets.csv --recipe adapt --domain texts.txt  # adapt to the domain first
tunesmith fit tickets.csv --for search -o model      # optimise for retrieval
tunesmith fit clicks.csv --documents articles/       # queries, clicks and all documents
tunesmith fit clicks.csv --documents articles/ --split-by date  # test on the latest clicks
"""


def fit(  # noqa: PLR0917 - typer calls it, and by names
    file: File,
    budget: Budget = "5m",
    goal: Goal = "classify",
    base: Base = DEFAULT_BASE,
    seed: Seed = 0,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Output directory. Default: a new folder in the model store.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Overwrite = False,
    kind: AnyKind = None,
    columns: Columns = None,
    documents: Documents = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test",
            metavar="FILE",
            help="Test file, never trained on. Default: cross-validation, or a held-out fifth "
            "of the rows.",
            rich_help_panel=DATA,
        ),
    ] = None,
    split_by: Annotated[
        str | None,
        typer.Option(
            "--split-by",
            metavar="COLUMN",
            help="Test on the latest fifth of the rows, by this column of dates or numbers.",
            rich_help_panel=DATA,
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            "--validation",
            metavar="FILE",
            help="Validation file. Default: held-out rows.",
            rich_help_panel=DATA,
        ),
    ] = None,
    cross_validate: Annotated[
        str,
        typer.Option(
            "--cross-validate",
            metavar="auto|K|off",
            help="Number of folds, to test every row once, or off for one held-out test set. auto "
            "uses five folds for few rows.",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    keep: Annotated[
        Literal["auto", "proven", "likely"],
        typer.Option(
            "--keep",
            metavar="auto|proven|likely",
            help="Keep a tuned model only if proven better, or also if likely better. auto means "
            "likely for classification, proven otherwise.",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Also quantize to int8 if test accuracy holds; about twice as fast.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="Fine-tuning recipe: auto, adapt, contrastive, ranking, triplet, cosent, cosine, "
            "augmented, softmax, simcse, contrastive_tension, gpl, tsdae or masked_lm.",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain",
            metavar="FILE",
            help="With --recipe adapt: unlabelled texts or pairs for domain adaptation.",
            rich_help_panel=DATA,
        ),
    ] = None,
    first: Annotated[
        str,
        typer.Option(
            "--first",
            metavar="NAME",
            help="With --recipe adapt: objective for domain adaptation, such as tsdae or ranking.",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    judge: Annotated[
        str,
        typer.Option(
            "--judge",
            metavar="MODEL",
            help="With --recipe gpl: cross-encoder used to score query–passage pairs.",
            rich_help_panel=METHOD,
        ),
    ] = "",
    generator: Annotated[
        str,
        typer.Option(
            "--generator",
            metavar="MODEL",
            help="With --recipe gpl: text-to-text model used to generate queries.",
            rich_help_panel=METHOD,
        ),
    ] = "",
    corpus_type: Annotated[
        Literal["open", "closed"],
        typer.Option(
            "--corpus-type",
            metavar="open|closed",
            help="Whether unseen documents will be added to the corpus (open) or not (closed).",
            rich_help_panel=METHOD,
        ),
    ] = "open",
    encoding: Encoding = None,
    fix: Fix = None,
    skip_invalid: SkipInvalid = False,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on a file of text and test whether it is better.

    Candidates are tried from cheapest to most expensive. With few rows, each row is predicted by
    models that were not trained on it, and the best candidate is trained once more on all rows;
    with many, one held-out set is the test. The model and a report are saved; without a proven or
    likely gain, the base weights are kept. Ctrl-C stops the search; finished candidates are kept.
    """
    shown = Output(to_stderr=as_json)
    request = fitting.FitRequest(
        source=file,
        budget=parse_budget(budget),
        goal=goal,
        base=base,
        seed=seed,
        kind=None if kind is None else str(kind),
        columns=role_names(columns),
        documents=documents,
        test=test,
        split_by=split_by,
        validation=validation,
        cross_validate=int(cross_validate) if cross_validate.isdigit() else cross_validate,
        keep=keep,
        int8=int8,
        recipe=recipe,
        domain=domain,
        first=first,
        judge=judge,
        generator=generator,
        corpus_type=corpus_type,
        encoding=encoding,
        fixes=tuple(fix or ()),
        skip_invalid=skip_invalid,
        strict=strict,
    )
    if (client := server()) is not None:
        fit_remotely(client, request, output, overwrite=overwrite, as_json=as_json)
        return
    with stop_on_interrupt() as stop:
        result = request.run(
            output=output, overwrite=overwrite, on_event=TerminalEvents(shown), stop=stop
        )
    if as_json:
        paths = {"path": result.path, "report": result.report}
        write_json({**result.summary.to_dict(), **paths})
    else:
        write_result(shown, result, searchable(file, documents))


def write_result(output: Output, result: "FitResult", file: str) -> None:
    """Write the test results, the output paths and the next steps with the user's own file."""
    write_test_results(output, result.summary)
    output.heading("Output")
    output.facts({"model": str(result.path), "report": str(result.report)})
    output.heading("Next steps")
    for command in _next_commands(result, file):
        output.line("  ", (command, "cyan"))


def searchable(file: str, documents: str | None) -> str:
    """Return what a model fitted on a file searches: all documents, or a BEIR folder's corpus."""
    given = documents or file
    corpora = (Path(given) / name for name in ("corpus.jsonl", "corpus.jsonl.gz"))
    return next((str(corpus) for corpus in corpora if corpus.is_file()), given)


def _next_commands(result: "FitResult", file: str) -> list[str]:
    in_store = result.path.parent == current_home().models
    name = result.path.name if in_store else str(result.path)
    lines = commands(name, result.summary, texts=_example_texts(result), file=file)
    if any(variant.name == "static" and variant.acceptable for variant in result.summary.variants):
        lines.append(f"tunesmith distill {shlex.quote(name)} --texts {shlex.quote(file)}")
    return lines


def _example_texts(result: "FitResult") -> tuple[str, str]:
    """Return two texts of the test set that fit on a line, or examples if there are none."""
    pairs = result.evidence.pairs
    texts = result.evidence.texts if pairs is None else (*pairs.left, *pairs.right)
    short = (text for text in texts if text == clean(text) and 0 < len(text) <= _LINE)
    chosen = [*dict.fromkeys(short)][:2]
    return (chosen[0], chosen[1]) if len(chosen) == 2 else SAMPLE_TEXTS
