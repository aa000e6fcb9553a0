"""``tunesmith advise``: training options, time estimates and a learning curve for a file."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.text import Text

import tunesmith
from tunesmith.advice.class_forecast import Outlook
from tunesmith.advice.tables import curve_rows, forecast_sentences
from tunesmith.cli.arguments.data_files import data_source
from tunesmith.cli.arguments.options import (
    AnyKind,
    AsJson,
    Base,
    Columns,
    Documents,
    Encoding,
    File,
    Fix,
    Seed,
    SkipInvalid,
    Strict,
    role_names,
)
from tunesmith.cli.render.describe import write_plan
from tunesmith.cli.render.fit_progress import TerminalEvents
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.fitting.budget import parse_duration
from tunesmith.phrasing import kind_name
from tunesmith.wording import clean, count, cut, duration, number, plural, signed

if TYPE_CHECKING:
    from tunesmith.advice.advise import Advice
    from tunesmith.advice.class_forecast import ClassForecast
    from tunesmith.advice.learning_curve import LearningCurve
    from tunesmith.cli.render.output import Cell

EXAMPLES = """
tunesmith advise tickets.csv                                  # options, times, learning curve
tunesmith advise log.csv --columns text=query,label=intent    # choose the columns
tunesmith advise tickets.csv --json                           # as JSON, with all classes
"""

MAX_CLASSES: Final = 10
_SCORABLE_KINDS: Final = ("labelled", "multilabel", "scored_pairs")
_PAIR_KINDS: Final = ("pairs", "labelled_pairs", "nli", "triplets", "retrieval")
# Other commands for a file, by kind of data. "rows" stands for --kind, --columns and --documents,
# "text" and "text_and_label" for --columns with these roles, "faulty" for --skip-invalid and
# --strict.
_OTHER_COMMANDS: Final = (
    (
        _SCORABLE_KINDS + _PAIR_KINDS,
        "evaluate {base} {file}{rows}{faulty}",
        "score the base model on it",
    ),
    (_PAIR_KINDS, "mine {base} {file} -o triplets.parquet{rows}", "mine hard negatives"),
    (
        ("texts",),
        'search {base} "a topic" --corpus {file}{text}',
        "find texts on a topic to label",
    ),
    (
        ("texts", "labelled"),
        "plot {base} {file} -o map.png{text_and_label}",
        "plot a map of the texts",
    ),
    (("texts",), "embed {base} {file} -o vectors.parquet{text}", "embed the texts"),
    (
        ("texts",),
        "distill {base} --texts {file} -o static-model{text}",
        "distill a small, fast model for them",
    ),
)


def advise(  # noqa: PLR0917 - typer calls it, and by names
    file: File,
    kind: AnyKind = None,
    columns: Columns = None,
    base: Base = DEFAULT_BASE,
    seed: Seed = 0,
    documents: Documents = None,
    encoding: Encoding = None,
    fix: Fix = None,
    skip_invalid: SkipInvalid = False,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Recommend training options for a file, with time estimates and a learning curve.

    Lists the candidates of a fit and the fine-tuning recipes for this data, with estimated times on
    this machine. For labelled text it also draws a learning curve: the score of a classifier
    trained on 10, 20, 40 and 80% of the rows, and the expected gain from twice the rows, in total
    and by class. Only these classifiers are trained; embeddings are cached for the fit.
    """
    output = Output(to_stderr=as_json)
    advice = tunesmith.advise(
        data_source(
            file, encoding, documents, fix, kind=kind, columns=role_names(columns), base=base
        ),
        kind=kind,
        columns=role_names(columns),
        base=base,
        seed=seed,
        skip_invalid=skip_invalid,
        strict=strict,
        on_event=TerminalEvents(output),
    )
    options = {
        "--kind": kind,
        "--columns": columns,
        "--documents": documents,
        "--base": base if base != DEFAULT_BASE else None,
        "--seed": str(seed) if seed else None,
        "--encoding": encoding,
        "--fix": fix[0] if fix else None,
        "--skip-invalid": "" if skip_invalid else None,
        "--strict": "" if strict else None,
    }
    command = _command(advice, file, options)
    if as_json:
        write_json({**advice.to_dict(), "command": command})
    else:
        _write(output, advice)
        _write_next_steps(output, command, _other_commands(advice, file, base, options))


def _command(advice: "Advice", file: str, options: Mapping[str, str | None]) -> str | None:
    """Return the recommended ``fit`` command, with the options given to ``advise``."""
    if not advice.rungs:
        return None
    return f"tunesmith fit {shlex.quote(file)}{_options({'--budget': advice.budget, **options})}"


def _options(options: Mapping[str, str | None]) -> str:
    """Return options as typed on a command line; an option with an empty value is a flag."""
    given = {name: value for name, value in options.items() if value is not None}
    words = [word for name, value in given.items() for word in (name, value) if word]
    return "".join(f" {shlex.quote(word)}" for word in words)


def _other_commands(
    advice: "Advice", file: str, base: str, options: Mapping[str, str | None]
) -> list[tuple[str, str]]:
    roles = role_names(options["--columns"]) or {}
    names = {
        "file": shlex.quote(file),
        "base": shlex.quote(base),
        "rows": _options({name: options[name] for name in ("--kind", "--columns", "--documents")}),
        "faulty": _options({name: options[name] for name in ("--skip-invalid", "--strict")}),
        "text": _options({"--columns": _column_option(roles, "text")}),
        "text_and_label": _options({"--columns": _column_option(roles, "text", "label")}),
    }
    kind = str(advice.inspection.examples.kind)
    return [
        (f"tunesmith {template.format(**names)}", purpose)
        for kinds, template, purpose in _OTHER_COMMANDS
        if kind in kinds
    ]


def _column_option(roles: Mapping[str, str], *wanted: str) -> str | None:
    return ",".join(f"{role}={roles[role]}" for role in wanted if role in roles) or None


def _write(output: Output, advice: "Advice") -> None:
    output.heading("Recommendation")
    for sentence in advice.sentences:
        output.line(f"  {clean(sentence)}")
    if advice.rungs:
        write_plan(output, advice.rungs, parse_duration(advice.budget))
    else:
        output.line(f"  Cannot fit: {clean(advice.obstacle)}.")
    if advice.recipes:
        _write_recipes(output, advice)
    if advice.curve is None:
        output.heading("Learning curve")
        output.line(f"  {clean(advice.why_no_curve)}")
    else:
        _write_curve(output, advice.curve)
        _write_classes(output, advice.curve)


def _write_recipes(output: Output, advice: "Advice") -> None:
    output.heading("Fine-tuning recipes for this data")
    columns = [
        TableColumn("recipe"),
        TableColumn(""),
        TableColumn("trains on"),
        TableColumn("rows", right=True),
        TableColumn("time", right=True),
        TableColumn("when to use", fold=True),
    ]
    rows: list[list[Cell]] = [
        [
            recipe.name,
            Text("chosen", style="bold green") if recipe.chosen else "",
            kind_name(recipe.learns_from),
            count(recipe.rows),
            f"about {duration(recipe.seconds)}",
            recipe.when,
        ]
        for recipe in advice.recipes
    ]
    output.table(columns, rows)


def _write_curve(output: Output, curve: "LearningCurve") -> None:
    output.heading("Learning curve: a cross-validated classifier on the base's embeddings")
    rows: list[list[Cell]] = [
        [part, size, number(score), note, output.bar(score)]
        for part, size, score, note in curve_rows(curve)
    ]
    columns = [TableColumn("trained on", right=True), TableColumn("rows", right=True)]
    columns += [TableColumn(curve.metric, right=True), TableColumn(""), TableColumn("")]
    output.table(columns, rows)
    for sentence in forecast_sentences(curve):
        output.line(f"  {sentence}")


def _write_classes(output: Output, curve: "LearningCurve") -> None:
    improvable = [each for each in curve.classes if each.outlook is not Outlook.NONE]
    output.heading("Classes that gain most from more labels")
    if improvable:
        _write_class_table(output, improvable[:MAX_CLASSES])
    hidden = {
        "with a smaller expected gain": len(improvable) - MAX_CLASSES,
        "with no expected gain": len(curve.classes) - len(improvable),
    }
    rest = [f"{plural(n, 'class')} {reason}" for reason, n in hidden.items() if n > 0]
    if rest:
        output.line(f"  Not shown: {'; '.join(rest)}. Use --json to list all classes.")


def _write_class_table(output: Output, classes: Sequence["ClassForecast"]) -> None:
    names = ("rows", "recall", "F1", "gain from 2× rows")
    columns = [TableColumn("class", fold=True), *(TableColumn(name, right=True) for name in names)]
    columns.append(TableColumn(""))
    rows: list[list[Cell]] = [
        [
            cut(each.label, 60),
            count(each.rows),
            number(each.recall),
            number(each.f1),
            signed(each.gain),
            str(each.outlook) if each.outlook is Outlook.TOO_FEW else "",
        ]
        for each in classes
    ]
    output.table(columns, rows)


def _write_next_steps(
    output: Output, command: str | None, others: Sequence[tuple[str, str]]
) -> None:
    output.heading("Next steps")
    if command is not None:
        output.line("  ", (command, "cyan"))
    for other, purpose in others:
        output.line("  ", (other, "cyan"), (f"   # {purpose}", "dim"))
