"""``tunesmith fit``: from a file of text to a proven model and a report."""

import shlex
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import tunesmith
from tunesmith.cli.arguments.options import (
    DATA,
    DEFAULT_BASE,
    METHOD,
    OUTPUT,
    AnyKind,
    AsJson,
    Base,
    Budget,
    Columns,
    File,
    Goal,
    Seed,
    SkipInvalid,
    role_names,
)
from tunesmith.cli.render.describe import write_proof
from tunesmith.cli.render.fit_progress import TerminalEvents
from tunesmith.cli.render.output import Output, write_json
from tunesmith.home import models_folder
from tunesmith.report.pages.snippets import commands

if TYPE_CHECKING:
    from tunesmith.results.summary import FitResult

EXAMPLES = """
tunesmith fit tickets.csv                          # all choices made for you, five minutes at most
tunesmith fit tickets.csv --budget 60s             # only what fits into a minute
tunesmith fit train.csv --test test.csv            # a test file of your own
tunesmith fit small.csv --folds 5                  # little data: every row is tested once
tunesmith fit tickets.csv --recipe adapt --domain texts.txt  # learn the domain's language first
tunesmith fit tickets.csv --for search -o model      # judged by nearest neighbours, kept in ./model
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
            help="Where the model goes. A new folder in the home when not given.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    kind: AnyKind = None,
    columns: Columns = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test",
            metavar="FILE",
            help="Test on this file instead of a fifth of the rows.",
            rich_help_panel=DATA,
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            "--validation",
            metavar="FILE",
            help="Choose the rung on this file.",
            rich_help_panel=DATA,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds",
            metavar="K",
            min=2,
            help="Cross-fit: test every row once, by models that did not see it.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Serve it with weights of 8 bits, twice as fast, if the sealed test allows it.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="What trains weights: auto, adapt, contrastive, ranking, triplet, cosent, cosine, "
            "augmented, softmax, simcse, contrastive_tension, gpl, tsdae or masked_lm.",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain",
            metavar="FILE",
            help="With --recipe adapt: raw texts, or pairs, that the base learns from first.",
            rich_help_panel=DATA,
        ),
    ] = None,
    first: Annotated[
        str,
        typer.Option(
            "--first",
            metavar="NAME",
            help="With --recipe adapt: what trains the base on them, such as tsdae or ranking.",
            rich_help_panel=METHOD,
        ),
    ] = "auto",
    judge: Annotated[
        str,
        typer.Option(
            "--judge",
            metavar="MODEL",
            help="With --recipe gpl: a cross-encoder that says what answers a query.",
            rich_help_panel=METHOD,
        ),
    ] = "",
    generator: Annotated[
        str,
        typer.Option(
            "--generator",
            metavar="MODEL",
            help="With --recipe gpl: a text-to-text model that writes queries for passages.",
            rich_help_panel=METHOD,
        ),
    ] = "",
    corpus_type: Annotated[
        Literal["open", "closed"],
        typer.Option(
            "--corpus-type",
            metavar="open|closed",
            help="Whether unseen documents will be added to a searched corpus.",
            rich_help_panel=METHOD,
        ),
    ] = "open",
    skip_invalid: SkipInvalid = False,
    as_json: AsJson = False,
) -> None:
    """Fit a model to a file of text, and prove whether it is better.

    Candidates are tried from the cheapest to the dearest; validation picks one, and a sealed test
    compares it with the untouched base on the same rows. Model and report are kept; where nothing
    is proven, the base is. Ctrl-C ends the trying and keeps what is finished.
    """
    shown = Output(to_stderr=as_json)
    result = tunesmith.fit(
        file,
        base=base,
        budget=budget,
        for_=goal,
        seed=seed,
        output=output,
        kind=kind,
        columns=role_names(columns),
        test=test,
        validation=validation,
        folds=folds,
        int8=int8,
        recipe=recipe,
        domain=domain,
        first=first,
        judge=judge,
        generator=generator,
        corpus_type=corpus_type,
        skip_invalid=skip_invalid,
        events=TerminalEvents(shown),
    )
    if as_json:
        places = {"path": result.path, "report": result.report}
        write_json({**result.summary.to_dict(), **places})
    else:
        write_result(shown, result)


def write_result(output: Output, result: "FitResult") -> None:
    """Write the verdict, what is behind it, where things lie, and what to do next."""
    write_proof(output, result.summary)
    output.heading("Where it lies")
    output.facts({"model": str(result.path), "report": str(result.report)})
    output.heading("Next")
    for command in _next_commands(result):
        output.line("  ", (command, "cyan"))


def _next_commands(result: "FitResult") -> list[str]:
    kept_at_home = result.path.parent == models_folder()
    name = result.path.name if kept_at_home else str(result.path)
    told = commands(name, result.summary)
    if any(form.name == "static" and form.fits for form in result.summary.variants):
        told.append(f"tunesmith distill {shlex.quote(name)} --texts texts.csv")
    return told
