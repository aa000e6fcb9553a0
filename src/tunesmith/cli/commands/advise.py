"""``tunesmith advise``: what can be done with a file, at what cost, and what more labels bring."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

import tunesmith
from tunesmith.advice.class_forecast import Outlook
from tunesmith.cli.arguments.options import (
    DEFAULT_BASE,
    AnyKind,
    AsJson,
    Base,
    Columns,
    File,
    Seed,
    SkipInvalid,
    role_names,
)
from tunesmith.cli.render.describe import write_plan
from tunesmith.cli.render.fit_progress import TerminalEvents
from tunesmith.cli.render.output import Output, TableColumn, write_json
from tunesmith.fitting.budget import parse_duration
from tunesmith.wording import clean, count, cut, duration, kind_name, number, plural, share, signed

if TYPE_CHECKING:
    from tunesmith.advice.advise import Advice
    from tunesmith.advice.class_forecast import ClassForecast
    from tunesmith.advice.learning_curve import LearningCurve
    from tunesmith.cli.render.output import Cell

EXAMPLES = """
tunesmith advise tickets.csv                                  # options, costs, learning curve
tunesmith advise log.csv --columns text=query,label=intent    # say which column is which
tunesmith advise tickets.csv --json                           # for a script, with all classes
"""

MOST_CLASSES: Final = 10
_NEXT_TO_NOTHING: Final = 0.005
_JUDGED: Final = ("labelled", "multilabel", "scored_pairs")
_PAIRED: Final = ("pairs", "labelled_pairs", "nli", "triplets", "retrieval")
# What else can be done with a file of some kinds, beside fitting a model to it. "rows" stands for
# the options that say which rows and columns are meant, "text" and "text_and_label" for the
# one that names the columns of these roles.
_ALSO: Final = (
    (
        _JUDGED + _PAIRED,
        "evaluate {base} {file}{rows}{faulty}",
        "how good the base is on it as it stands",
    ),
    (_PAIRED, "mine {base} {file} -o triplets.parquet{rows}", "hard negatives"),
    (
        ("texts",),
        'search {base} "a topic" --corpus {file}{text}',
        "texts of a topic, to label them",
    ),
    (("texts", "labelled"), "plot {base} {file} -o map.png{text_and_label}", "a map of the texts"),
    (("texts",), "embed {base} {file} -o vectors.parquet{text}", "their vectors"),
    (
        ("texts",),
        "distill {base} --texts {file} -o static-model{text}",
        "a small and fast model for them",
    ),
)


def advise(
    file: File,
    kind: AnyKind = None,
    columns: Columns = None,
    base: Base = DEFAULT_BASE,
    seed: Seed = 0,
    skip_invalid: SkipInvalid = False,
    as_json: AsJson = False,
) -> None:
    """Say what can be done with a file, what it costs here, and what more labels would bring.

    The rungs of a fit and the recipes that could learn from the data, with the time of each on this
    machine. Of labelled texts also a learning curve: how good a classifier is after 10, 20, 40 and
    80% of the rows, and what twice the rows should bring, in all and in which class. Nothing is
    trained but such classifiers; the vectors stay in the cache for the fit.
    """
    output = Output(to_stderr=as_json)
    advice = tunesmith.advise(
        file,
        kind=kind,
        columns=role_names(columns),
        base=base,
        seed=seed,
        skip_invalid=skip_invalid,
        events=TerminalEvents(output),
    )
    said = {
        "--kind": kind,
        "--columns": columns,
        "--base": base if base != DEFAULT_BASE else None,
        "--seed": str(seed) if seed else None,
        "--skip-invalid": "" if skip_invalid else None,
    }
    command = _command(advice, file, said)
    if as_json:
        write_json(_document(advice, command))
    else:
        _write(output, advice)
        _write_next(output, command, _also(advice, file, base, said))


def _command(advice: "Advice", file: str, said: Mapping[str, str | None]) -> str | None:
    """Return the fit of the same data, with the options that were said and the advice."""
    if not advice.rungs:
        return None
    advised = {"--budget": advice.budget, "--folds": str(advice.folds) if advice.folds else None}
    return f"tunesmith fit {shlex.quote(file)}{_options({**advised, **said})}"


def _options(said: Mapping[str, str | None]) -> str:
    """Return options as they are typed, each behind a space; one of no value is a flag."""
    given = {name: value for name, value in said.items() if value is not None}
    words = [word for name, value in given.items() for word in (name, value) if word]
    return "".join(f" {shlex.quote(word)}" for word in words)


def _also(
    advice: "Advice", file: str, base: str, said: Mapping[str, str | None]
) -> list[tuple[str, str]]:
    roles = role_names(said["--columns"]) or {}
    names = {
        "file": shlex.quote(file),
        "base": shlex.quote(base),
        "rows": _options({name: said[name] for name in ("--kind", "--columns")}),
        "faulty": _options({"--skip-invalid": said["--skip-invalid"]}),
        "text": _options({"--columns": _said(roles, "text")}),
        "text_and_label": _options({"--columns": _said(roles, "text", "label")}),
    }
    kind = str(advice.inspection.examples.kind)
    return [
        (f"tunesmith {words.format(**names)}", meaning)
        for kinds, words, meaning in _ALSO
        if kind in kinds
    ]


def _said(roles: Mapping[str, str], *wanted: str) -> str | None:
    return ",".join(f"{role}={roles[role]}" for role in wanted if role in roles) or None


def _document(advice: "Advice", command: str | None) -> dict[str, Any]:
    inspection, curve = advice.inspection, advice.curve
    return {
        "file": inspection.name,
        "kind": inspection.detected.kind,
        "rows": advice.rows,
        "findings": inspection.findings,
        "sentences": advice.sentences,
        "recipe": advice.recipe or None,
        "rungs": [
            {"name": rung.name, "title": rung.title, "seconds": rung.estimate}
            for rung in advice.rungs
        ],
        "obstacle": advice.obstacle or None,
        "recipes": advice.recipes,
        "curve": None if curve is None else _curve_document(curve),
        "why_no_curve": advice.why_no_curve or None,
        "command": command,
        "seed": advice.seed,
    }


def _curve_document(curve: "LearningCurve") -> dict[str, Any]:
    classes = [{**asdict(each), "outlook": each.outlook} for each in curve.classes]
    return {**asdict(curve), "gain": curve.gain, "classes": classes}


def _write(output: Output, advice: "Advice") -> None:
    output.heading("What can be done")
    for sentence in advice.sentences:
        output.line(f"  {clean(sentence)}")
    if advice.rungs:
        write_plan(output, advice.rungs, parse_duration(advice.budget))
    else:
        output.line(f"  No fit: {clean(advice.obstacle)}.")
    if advice.recipes:
        _write_recipes(output, advice)
    if advice.curve is None:
        output.heading("Learning curve")
        output.line(f"  {clean(advice.why_no_curve)}")
    else:
        _write_curve(output, advice.curve)
        _write_classes(output, advice.curve)


def _write_recipes(output: Output, advice: "Advice") -> None:

    output.heading("Recipes that could train weights on it")
    columns = [
        TableColumn("recipe"),
        TableColumn(""),
        TableColumn("learns from"),
        TableColumn("rows", right=True),
        TableColumn("time", right=True),
        TableColumn("right where", fold=True),
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
    output.heading("Learning curve: a classifier on the base's vectors, every row tested")
    doubled = curve.doubled
    last = curve.points[-1]
    rows: list[list[Cell]] = [
        [
            share(point.rows / curve.rows, 0),
            count(point.rows),
            number(point.score),
            "",
            output.bar(point.score),
        ]
        for point in curve.points
    ]
    interval = f"expected, {number(doubled.low)} to {number(doubled.high)}"
    beyond = [(2, doubled.score, interval)]
    if curve.looked_at < curve.rows:
        beyond.insert(0, (1, curve.now, "expected"))
    rows += [
        [
            share(times * last.share, 0),
            count(round(times * last.share * curve.rows)),
            number(score),
            told,
            output.bar(score),
        ]
        for times, score, told in beyond
    ]
    columns = [TableColumn("learnt", right=True), TableColumn("rows", right=True)]
    columns += [TableColumn(curve.metric, right=True), TableColumn(""), TableColumn("")]
    output.table(columns, rows)
    if curve.looked_at < curve.rows:
        output.line(f"  Looked at: {count(curve.looked_at)} of {count(curve.rows)} rows.")
    output.line(f"  {_meaning(curve)}")
    few = sum(each.outlook is Outlook.TOO_FEW for each in curve.classes)
    if few and curve.metric == "macro F1":
        output.line(
            f"  {plural(few, 'label')} with under 5 rows: each label weighs the same in macro F1, "
            "so do not build on this forecast before there are more."
        )


def _meaning(curve: "LearningCurve") -> str:
    if curve.gain < _NEXT_TO_NOTHING:
        return (
            "Twice the rows should bring next to nothing: what is still wrong is not for want of "
            "rows."
        )
    return (
        f"Twice the rows should bring {curve.metric} from {number(curve.now)} to "
        f"{number(curve.doubled.score)} ({signed(curve.gain)})."
    )


def _write_classes(output: Output, curve: "LearningCurve") -> None:
    helped = [each for each in curve.classes if each.outlook is not Outlook.NONE]
    output.heading("Where more labels help most")
    if helped:
        _write_class_table(output, helped[:MOST_CLASSES])
    told = {
        "should gain less": len(helped) - MOST_CLASSES,
        "should gain nothing": len(curve.classes) - len(helped),
    }
    rest = [f"{plural(n, 'class', 'classes')} {what}" for what, n in told.items() if n > 0]
    if rest:
        output.line(f"  {'; '.join(rest)}. --json lists all.")


def _write_class_table(output: Output, classes: Sequence["ClassForecast"]) -> None:
    names = ("rows", "recall", "F1", "gain from twice the rows")
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


def _write_next(output: Output, command: str | None, also: Sequence[tuple[str, str]]) -> None:
    output.heading("Next")
    if command is not None:
        output.line("  ", (command, "cyan"))
    for words, meaning in also:
        output.line("  ", (words, "cyan"), (f"   # {meaning}", "dim"))
