"""How findings, classes, changes, rungs and verdicts look in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from tunesmith.cli.render.output import Cell, Output, TableColumn
from tunesmith.data.statistics import ScoreSpread, SplitSize
from tunesmith.report.pages.safeguards import forgotten, kept_share, label_free, without_guards
from tunesmith.results.summary import (
    Change,
    ClassCount,
    CompressedVariant,
    Finding,
    Outcome,
    PairFindings,
    Rung,
    RungStatus,
    Severity,
    Summary,
    Verdict,
)
from tunesmith.wording import (
    chosen_by,
    clean,
    count,
    cut,
    duration,
    judged_by,
    number,
    outcome_name,
    part_name,
    plural,
    share,
    signed,
    within,
)

MOST_CLASSES: Final = 30
SAMPLE_WIDTH: Final = 100
STYLES: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "blue",
    Outcome.BETTER: "green",
    Outcome.NO_PROVEN_CHANGE: "yellow",
    Outcome.WORSE: "red",
    Outcome.UNPROVEN: "yellow",
}
_SIGNS: Final = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}
_RUNG_SIGNS: Final = {
    RungStatus.DONE: ("✓", "green"),
    RungStatus.SKIPPED: ("–", "dim"),
    RungStatus.FAILED: ("✗", "red"),
    RungStatus.INTERRUPTED: ("✗", "yellow"),
}


def how_many(findings: Sequence[Finding]) -> str:
    """Return ``1 error, 2 warnings, 3 notes``, or ``nothing found``."""
    counts = {kind: sum(item.severity is kind for item in findings) for kind in Severity}
    parts = [plural(value, str(kind)) for kind, value in counts.items() if value]
    return ", ".join(parts) or "nothing found"


def write_findings(output: Output, findings: Sequence[Finding]) -> None:
    """Write each finding with its rows and what to do."""
    for finding in findings:
        places = [f"column {clean(finding.column)}"] if finding.column else []
        places += [_rows(finding)] if finding.rows else []
        where = f" ({'; '.join(places)})" if places else ""
        sign = f"  {_SIGNS[finding.severity]} {finding.severity:<7}  "
        output.item(Text(sign, style=STYLES[finding.severity]), f"{clean(finding.message)}{where}")
        output.item(" " * len(sign), (clean(finding.advice), "dim"))


def _rows(finding: Finding) -> str:
    more = ", …" if finding.count > len(finding.rows) else ""
    word = "row" if len(finding.rows) == 1 and not more else "rows"
    return f"{word} {', '.join(str(row) for row in finding.rows)}{more}"


def write_counts(output: Output, counts: Sequence[ClassCount]) -> None:
    """Write how many rows each class has, with its share and a bar; the largest first."""
    known = any(item.negative or item.unknown for item in counts)
    columns = [
        TableColumn("class", fold=True),
        TableColumn("rows", right=True),
        TableColumn("share", right=True),
    ]
    columns += [TableColumn("no", right=True), TableColumn("unknown", right=True)] if known else []
    ranked = sorted(counts, key=lambda item: (-item.count, item.label))
    widest = max((item.share for item in counts), default=1.0) or 1.0
    rows: list[list[Cell]] = []
    for item in ranked[:MOST_CLASSES]:
        cells: list[Cell] = [cut(item.label, 60), count(item.count), share(item.share)]
        cells += [count(item.negative), count(item.unknown)] if known else []
        rows.append([*cells, output.bar(item.share / widest)])
    output.table([*columns, TableColumn("")], rows)
    if len(ranked) > MOST_CLASSES:
        rest = sum(item.count for item in ranked[MOST_CLASSES:])
        output.line(f"  and {count(len(ranked) - MOST_CLASSES)} more with {plural(rest, 'row')}")


def write_samples(output: Output, samples: Sequence[Mapping[str, Any]]) -> None:
    """Write a few rows as a table, a role a column."""
    roles = sorted(samples[0] if samples else (), key=lambda role: role != "row")
    columns = [TableColumn(role, right=role == "row", fold=True) for role in roles]
    cells = [[cut(str(sample[role]), SAMPLE_WIDTH) for role in roles] for sample in samples]
    output.table(columns, cells)


def write_plan(output: Output, rungs: Sequence[Rung], budget: float | None) -> None:
    """Write the rungs before the first one, with the estimate of each."""
    output.heading(f"Plan {within(budget)}")
    columns = [TableColumn("rung"), TableColumn("estimate", right=True)]
    output.table(columns, [[rung.title, f"about {duration(rung.estimate)}"] for rung in rungs])


def write_rung(output: Output, rung: Rung) -> None:
    """Write how a rung ended, on one line."""
    sign, style = _RUNG_SIGNS[rung.status]
    value = number(rung.score) if rung.score is not None else ""
    cost = duration(rung.seconds) if rung.status is RungStatus.DONE else str(rung.status)
    lead = Text.assemble("  ", (sign, style), f" {rung.title:<34} {value:>6}  {cost:>11}  ")
    reason = "" if rung.reason == rung.status else clean(rung.reason)
    output.item(lead, (reason, "dim"))


def write_ladder(output: Output, summary: Summary) -> None:
    """Write all rungs of a finished fit as a table; the chosen one is marked."""
    columns = [
        TableColumn("rung"),
        TableColumn(f"validation {chosen_by(summary)}", right=True),
        TableColumn("time", right=True),
        TableColumn("", fold=True),
    ]
    rows: list[list[Cell]] = []
    reference = () if summary.reference is None else (summary.reference,)
    for rung in (*reference, *summary.rungs):
        mark = Text("chosen", style="bold green") if rung.chosen else Text(clean(rung.reason))
        done = rung.status is RungStatus.DONE
        seconds = duration(rung.seconds) if done else str(rung.status)
        rows.append([rung.title, number(rung.score), seconds, mark])
    output.table(columns, rows)


def write_proof(output: Output, summary: Summary) -> None:
    """Write the verdict and everything that stands behind it."""
    write_verdict(output, summary.verdict)
    output.line()
    write_changes(output, summary.changes)
    if summary.pairs is not None:
        write_parts(output, summary.pairs)
        write_guards(output, summary.pairs)
    if summary.compared:
        output.heading("Also compared")
        write_compared(output, summary)
    if summary.variants:
        output.line()
        write_lighter(output, summary.variants)


def write_changes(output: Output, changes: Sequence[Change]) -> None:
    """Write metrics of base and choice on the same sealed test, with 95% intervals."""
    columns = [
        TableColumn("sealed test"),
        TableColumn("base", right=True),
        TableColumn("choice", right=True),
        TableColumn("change", right=True),
        TableColumn("95% interval", right=True),
        TableColumn(""),
    ]
    output.table(columns, [_change_row(change.metric, change) for change in changes])


def _change_row(title: str, change: Change) -> list[Cell]:
    return [
        title,
        number(change.base),
        number(change.tuned),
        Text(signed(change.difference), style=STYLES[change.outcome]),
        f"{signed(change.low)} to {signed(change.high)}",
        Text(outcome_name(change.outcome).lower(), style=STYLES[change.outcome]),
    ]


def write_parts(output: Output, pairs: PairFindings) -> None:
    """Write the metrics of the queries seen in training and of the others, a table each."""
    for part in pairs.parts:
        output.heading(f"{part_name(part.name)} ({plural(part.items, 'query')})")
        write_changes(output, part.changes)


def write_guards(output: Output, pairs: PairFindings) -> None:
    """Write how weights were trained, what held them back, and what that was good for."""
    output.heading("Guards")
    facts = {
        "recipe": clean(f"{pairs.recipe}. {pairs.why}"),
        "judged by": judged_by(pairs.judged_by),
        **{f"kept of {name}": kept_share(part) for name, part in pairs.shares.items()},
        "alone": without_guards(pairs),
        "forgotten": forgotten(pairs),
        **label_free(pairs),
    }
    output.facts(facts)


def write_compared(output: Output, summary: Summary) -> None:
    """Write what else was compared on the sealed test, and the stages that led to it."""
    columns = [
        TableColumn("sealed test", fold=True),
        TableColumn("without", right=True),
        TableColumn("with", right=True),
        TableColumn("change", right=True),
        TableColumn("95% interval", right=True),
        TableColumn(""),
    ]
    changes = [(each.title, each.change) for each in summary.compared]
    output.table(columns, [_change_row(title, change) for title, change in changes])
    if summary.stages:
        told = [
            f"{stage.name} ({plural(stage.rows, 'row')}, {duration(stage.seconds)})"
            for stage in summary.stages
        ]
        output.facts({"stages": ", ".join(told)})


def write_lighter(output: Output, forms: Sequence[CompressedVariant]) -> None:
    """Write what lighter forms of the model keep of its score on the sealed test."""
    columns = [
        TableColumn("lighter form", fold=True),
        TableColumn("model", right=True),
        TableColumn("lighter", right=True),
        TableColumn("change", right=True),
        TableColumn("95% interval", right=True),
        TableColumn("", fold=True),
    ]
    output.table(columns, [_lighter_row(form) for form in forms])


def _lighter_row(form: CompressedVariant) -> list[Cell]:
    change = form.change
    if change is None:
        return [form.title, "", "", "", "", clean(form.finding)]
    interval = f"{signed(change.low)} to {signed(change.high)}"
    values = [number(change.base), number(change.tuned), signed(change.difference), interval]
    return [form.title, *values, Text(form.finding, style="green" if form.fits else "red")]


def write_verdict(output: Output, verdict: Verdict) -> None:
    """Write the verdict in its sentences."""
    lines = [verdict.sentence, *([verdict.advice] if verdict.advice else [])]
    output.panel(outcome_name(verdict.outcome), lines, style=STYLES[verdict.outcome])


QUARTILES = ("lowest", "first quarter", "half", "three quarters", "highest")


def write_scores(output: Output, spread: ScoreSpread) -> None:
    """Write the quartiles, then how many pairs have which score, with a bar each."""
    said = zip(QUARTILES, spread.quartiles, strict=True)
    output.line("  " + ", ".join(f"{name} {number(value, 2)}" for name, value in said))
    columns = [
        TableColumn("from", right=True),
        TableColumn("to", right=True),
        TableColumn("pairs", right=True),
    ]
    most = max(spread.counts)
    rows: list[list[Cell]] = [
        [number(low, 2), number(high, 2), count(pairs), output.bar(pairs / most)]
        for low, high, pairs in zip(spread.edges, spread.edges[1:], spread.counts, strict=False)
    ]
    output.table([*columns, TableColumn("")], rows)


def write_splits(output: Output, splits: Sequence[SplitSize]) -> None:
    """Write how many queries, documents and judgements each judgement file has."""
    names = ("queries", "documents", "judgements")
    columns = [TableColumn("file", fold=True), *(TableColumn(name, right=True) for name in names)]
    rows: list[list[Cell]] = [
        [clean(part.name), count(part.queries), count(part.documents), count(part.judgements)]
        for part in splits
    ]
    output.table(columns, rows)
