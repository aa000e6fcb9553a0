"""Tables of findings, classes, changes, candidates and verdicts in a terminal."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from rich.text import Text

from tunesmith.cli.flags import with_flags
from tunesmith.cli.render.output import Cell, Output, TableColumn
from tunesmith.data.checks.spellings import plain_label, visible
from tunesmith.data.statistics import ScoreSpread, SplitSize
from tunesmith.phrasing import (
    format_test_source,
    outcome_name,
    part_name,
    selection_metric,
    selection_set,
    verdict_name,
)
from tunesmith.report.pages.safeguards import (
    blended_share,
    forgetting,
    label_free,
    without_blending,
)
from tunesmith.results.finding import Finding, Severity
from tunesmith.results.summary import (
    Change,
    ClassCount,
    CompressedVariant,
    Outcome,
    PairFindings,
    Rung,
    RungStatus,
    Summary,
    Verdict,
)
from tunesmith.wording import clean, count, cut, duration, number, plural, share, signed, within

MAX_CLASSES: Final = 30
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
_SEVERITY_SYMBOLS: Final = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}
_STATUS_SYMBOLS: Final = {
    RungStatus.DONE: ("✓", "green"),
    RungStatus.SKIPPED: ("–", "dim"),
    RungStatus.DROPPED: ("–", "dim"),
    RungStatus.FAILED: ("✗", "red"),
    RungStatus.INTERRUPTED: ("✗", "yellow"),
}


def severity_counts(findings: Sequence[Finding]) -> str:
    """Return ``1 error, 2 warnings, 3 notes``, or ``no problems found``."""
    counts = {kind: sum(item.severity is kind for item in findings) for kind in Severity}
    parts = [plural(value, str(kind)) for kind, value in counts.items() if value]
    return ", ".join(parts) or "no problems found"


def write_findings(output: Output, findings: Sequence[Finding]) -> None:
    """Write each finding with its rows and advice."""
    for finding in findings:
        locations = [f"column {clean(finding.column)}"] if finding.column else []
        locations += [_rows(finding)] if finding.rows else []
        where = f" ({'; '.join(locations)})" if locations else ""
        lead = f"  {_SEVERITY_SYMBOLS[finding.severity]} {finding.severity:<7}  "
        message = with_flags(clean(finding.message))
        output.item(Text(lead, style=STYLES[finding.severity]), f"{message}{where}")
        output.item(" " * len(lead), (with_flags(clean(finding.advice)), "dim"))


def _rows(finding: Finding) -> str:
    more = ", …" if finding.more_rows else ""
    noun = "row" if len(finding.rows) == 1 else "rows"
    return f"{noun} {', '.join(str(row) for row in finding.rows)}{more}"


def write_class_counts(output: Output, counts: Sequence[ClassCount]) -> None:
    """Write the number and share of rows of each class, the largest first.

    Labels that look the same are in quotes, with the code of each invisible character.
    """
    partial = any(item.negative or item.unknown for item in counts)
    columns = [
        TableColumn("class", fold=True),
        TableColumn("rows", right=True),
        TableColumn("share", right=True),
    ]
    columns += (
        [TableColumn("no", right=True), TableColumn("unknown", right=True)] if partial else []
    )
    ranked = sorted(counts, key=lambda item: (-item.count, item.label))
    widest = max((item.share for item in counts), default=1.0) or 1.0
    lookalikes = Counter(plain_label(item.label) for item in counts)
    rows: list[list[Cell]] = []
    for item in ranked[:MAX_CLASSES]:
        is_only = lookalikes[plain_label(item.label)] == 1
        name = cut(item.label if is_only else visible(item.label), 60)
        cells: list[Cell] = [name, count(item.count), share(item.share)]
        cells += [count(item.negative), count(item.unknown)] if partial else []
        rows.append([*cells, output.bar(item.share / widest)])
    output.table([*columns, TableColumn("")], rows)
    if len(ranked) > MAX_CLASSES:
        rest = sum(item.count for item in ranked[MAX_CLASSES:])
        output.line(f"  and {count(len(ranked) - MAX_CLASSES)} more with {plural(rest, 'row')}")


def write_samples(output: Output, samples: Sequence[Mapping[str, Any]]) -> None:
    """Write a few rows as a table with a column for each role."""
    roles = sorted(samples[0] if samples else (), key=lambda role: role != "row")
    columns = [TableColumn(role, right=role == "row", fold=True) for role in roles]
    cells = [[cut(str(sample[role]), SAMPLE_WIDTH) for role in roles] for sample in samples]
    output.table(columns, cells)


def write_plan(output: Output, rungs: Sequence[Rung], budget: float | None) -> None:
    """Write the planned candidates with their time estimates."""
    output.heading(f"Plan {within(budget)}")
    columns = [TableColumn("candidate"), TableColumn("estimate", right=True)]
    output.table(columns, [[rung.title, f"about {duration(rung.estimate)}"] for rung in rungs])


def write_rung(output: Output, rung: Rung) -> None:
    """Write the result of a candidate on one line."""
    symbol, style = _STATUS_SYMBOLS[rung.status]
    value = number(rung.score) if rung.score is not None else ""
    cost = duration(rung.seconds) if rung.status is RungStatus.DONE else str(rung.status)
    lead = Text.assemble("  ", (symbol, style), f" {rung.title:<34} {value:>6}  {cost:>11}  ")
    reason = "" if rung.reason == rung.status else with_flags(clean(rung.reason))
    output.item(lead, (reason, "dim"))


def write_ladder(output: Output, summary: Summary) -> None:
    """Write all candidates of a finished fit as a table, with the chosen one marked."""
    columns = [
        TableColumn("candidate"),
        TableColumn(f"{selection_set(summary)} {selection_metric(summary)}", right=True),
        TableColumn("time", right=True),
        TableColumn("", fold=True),
    ]
    rows: list[list[Cell]] = []
    reference = () if summary.reference is None else (summary.reference,)
    for rung in (*reference, *summary.rungs):
        remark = (
            Text("chosen", style="bold green")
            if rung.chosen
            else Text(with_flags(clean(rung.reason)))
        )
        done = rung.status is RungStatus.DONE
        seconds = duration(rung.seconds) if done else str(rung.status)
        rows.append([rung.title, number(rung.score), seconds, remark])
    output.table(columns, rows)


def write_test_results(output: Output, summary: Summary) -> None:
    """Write the verdict and all test results."""
    write_verdict(output, summary.verdict)
    output.line()
    write_changes(output, summary.changes, summary.test_set, summary.outcome_of)
    if summary.pairs is not None:
        write_query_parts(output, summary.pairs, summary.test_set)
        write_safeguards(output, summary.pairs)
    if summary.compared:
        output.heading("Other comparisons")
        write_comparisons(output, summary)
    if summary.variants:
        output.line()
        write_variants(output, summary.variants)


def write_changes(
    output: Output,
    changes: Sequence[Change],
    tested: str = "held-out test",
    outcome_of: Callable[[Change], Outcome] = attrgetter("outcome"),
) -> None:
    """Write test metrics of the base and the chosen model with confidence intervals."""
    columns = [
        TableColumn(tested),
        TableColumn("base", right=True),
        TableColumn("chosen", right=True),
        TableColumn("change", right=True),
        TableColumn("95% CI", right=True),
        TableColumn(""),
    ]
    output.table(columns, [_change_row(each.metric, each, outcome_of(each)) for each in changes])


def _change_row(title: str, change: Change, outcome: Outcome) -> list[Cell]:
    return [
        title,
        number(change.base),
        number(change.tuned),
        Text(signed(change.difference), style=STYLES[outcome]),
        f"{signed(change.low)} to {signed(change.high)}",
        Text(outcome_name(outcome).lower(), style=STYLES[outcome]),
    ]


def write_query_parts(output: Output, pairs: PairFindings, tested: str = "held-out test") -> None:
    """Write the metrics for queries with seen and with unseen documents, if there are both."""
    if len(pairs.parts) == 1:
        only = pairs.parts[0]
        output.line(f"All {only.items:,} are {part_name(only.name).lower()}.")
        return
    for part in pairs.parts:
        output.heading(f"{part_name(part.name)} ({plural(part.items, 'query')})")
        write_changes(output, part.changes, tested)


def write_safeguards(output: Output, pairs: PairFindings) -> None:
    """Write the recipe, the blending of weights and the measured forgetting."""
    output.heading("Safeguards")
    facts = {
        "recipe": clean(f"{pairs.recipe}. {pairs.why}"),
        "test data": format_test_source(pairs.judged_by),
        **{
            f"training weight kept ({name})": blended_share(part)
            for name, part in pairs.shares.items()
        },
        "without blending": without_blending(pairs),
        "forgetting": forgetting(pairs),
        **label_free(pairs),
    }
    output.facts(facts)


def write_comparisons(output: Output, summary: Summary) -> None:
    """Write the other comparisons on the held-out test set, and the training stages."""
    columns = [
        TableColumn("held-out test", fold=True),
        TableColumn("without", right=True),
        TableColumn("with", right=True),
        TableColumn("change", right=True),
        TableColumn("95% CI", right=True),
        TableColumn(""),
    ]
    changes = [(each.title, each.change) for each in summary.compared]
    output.table(columns, [_change_row(title, change, change.outcome) for title, change in changes])
    if summary.stages:
        stages = [
            f"{stage.name} ({plural(stage.rows, 'row')}, {duration(stage.seconds)})"
            for stage in summary.stages
        ]
        output.facts({"stages": ", ".join(stages)})


def write_variants(output: Output, variants: Sequence[CompressedVariant]) -> None:
    """Write the test scores of the compressed variants next to the model's own."""
    columns = [
        TableColumn("compressed variant", fold=True),
        TableColumn("model", right=True),
        TableColumn("variant", right=True),
        TableColumn("change", right=True),
        TableColumn("95% CI", right=True),
        TableColumn("", fold=True),
    ]
    output.table(columns, [_variant_row(variant) for variant in variants])


def _variant_row(variant: CompressedVariant) -> list[Cell]:
    change = variant.change
    if change is None:
        return [variant.title, "", "", "", "", with_flags(clean(variant.finding))]
    interval = f"{signed(change.low)} to {signed(change.high)}"
    values = [number(change.base), number(change.tuned), signed(change.difference), interval]
    return [
        variant.title,
        *values,
        Text(variant.finding, style="green" if variant.acceptable else "red"),
    ]


def write_verdict(output: Output, verdict: Verdict) -> None:
    """Write the verdict as a panel."""
    lines = [with_flags(each) for each in (verdict.sentence, verdict.advice) if each]
    output.panel(verdict_name(verdict), lines, style=STYLES[verdict.outcome])


QUARTILES = ("minimum", "first quartile", "median", "third quartile", "maximum")


def write_score_distribution(output: Output, spread: ScoreSpread) -> None:
    """Write the quartiles and a histogram of the scores."""
    quartiles = zip(QUARTILES, spread.quartiles, strict=True)
    output.line("  " + ", ".join(f"{name} {number(value, 2)}" for name, value in quartiles))
    columns = [
        TableColumn("from", right=True),
        TableColumn("to", right=True),
        TableColumn("pairs", right=True),
    ]
    largest = max(spread.counts)
    rows: list[list[Cell]] = [
        [number(low, 2), number(high, 2), count(pairs), output.bar(pairs / largest)]
        for low, high, pairs in zip(spread.edges, spread.edges[1:], spread.counts, strict=False)
    ]
    output.table([*columns, TableColumn("")], rows)


def write_splits(output: Output, splits: Sequence[SplitSize]) -> None:
    """Write the number of queries, documents and judgements in each judgement file."""
    names = ("queries", "documents", "judgements")
    columns = [TableColumn("file", fold=True), *(TableColumn(name, right=True) for name in names)]
    rows: list[list[Cell]] = [
        [clean(part.name), count(part.queries), count(part.documents), count(part.judgements)]
        for part in splits
    ]
    output.table(columns, rows)
