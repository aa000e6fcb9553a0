"""Results as HTML for notebooks: a few lines and tables, every text escaped."""

import re
import webbrowser
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tunesmith.notebook import in_notebook
from tunesmith.results.finding import Finding
from tunesmith.results.summary import Change, ClassCount, Outcome, Summary, Verdict
from tunesmith.wording import clean, count, number, share, signed

_COLOURS = {Outcome.BETTER: "#1a7f37", Outcome.WORSE: "#cf222e"}
_CLASSES = 12
_FINDINGS = 20


def summary_html(summary: Summary, path: Path) -> Markup:
    """Return the verdict, the test metrics and the findings of a fit.

    Parameters
    ----------
    summary
        Summary of the fit.
    path
        The model's folder, which is shown.
    """
    verdict = summary.verdict
    colour = _COLOURS.get(verdict.outcome, "#9a6700")
    head = Markup('<p><b style="color: {}">{}.</b> {}</p>').format(
        colour, _heading(verdict), code_spans(verdict.sentence)
    )
    advice = Markup("<p>{}</p>").format(code_spans(verdict.advice)) if verdict.advice else Markup()
    where = Markup("<p>Model: <code>{}</code></p>").format(path)
    return head + advice + changes_html(summary.changes, summary.test_set) + where


def _heading(verdict: Verdict) -> str:
    name = verdict.outcome.capitalize()
    chance = min(verdict.probability or 0.0, 0.99)
    return f"{name}, probably better ({chance:.0%})" if verdict.likely else name


def changes_html(changes: Sequence[Change], tested: str = "held-out test") -> Markup:
    """Return test metrics of the base and the chosen model with confidence intervals."""
    rows = [
        (
            change.metric,
            number(change.base),
            number(change.tuned),
            signed(change.difference),
            f"{signed(change.low)} to {signed(change.high)}",
        )
        for change in changes
    ]
    return table((tested, "base", "chosen", "change", "95% CI"), rows)


def findings_html(findings: Sequence[Finding]) -> Markup:
    """Return the findings of the check, without quoted texts of the user's."""
    if not findings:
        return Markup("<p>No problems found.</p>")
    rows = [
        (
            str(finding.severity),
            count(finding.count),
            ", ".join(map(str, finding.rows)) + (", …" if finding.more_rows else ""),
            clean(finding.without_texts().message),
            clean(finding.advice),
        )
        for finding in findings[:_FINDINGS]
    ]
    rest = len(findings) - _FINDINGS
    more = Markup("<p>and {} more</p>").format(rest) if rest > 0 else Markup()
    names = ("finding", "rows", "row numbers", "problem", "advice")
    return table(names, rows, left=(0, 2, 3, 4)) + more


def counts_html(counts: Sequence[ClassCount]) -> Markup:
    """Return the number of rows of the largest classes."""
    ranked = sorted(counts, key=lambda each: (-each.count, each.label))
    rows = [(clean(each.label), count(each.count), share(each.share)) for each in ranked[:_CLASSES]]
    rest = len(ranked) - _CLASSES
    more = Markup("<p>and {} more classes</p>").format(rest) if rest > 0 else Markup()
    return table(("class", "rows", "share"), rows) + more if rows else Markup()


def paragraphs(texts: Iterable[str]) -> Markup:
    """Return a paragraph for each text; every text is escaped."""
    return Markup().join(Markup("<p>{}</p>").format(clean(text)) for text in texts)


def table(
    names: Sequence[str], rows: Iterable[Sequence[str]], *, left: Collection[int] = (0,)
) -> Markup:
    """Return a table; every cell is escaped.

    Parameters
    ----------
    names
        Headings.
    rows
        Cells of each row.
    left
        Positions of the columns of text. Notebooks align all columns to the right, which suits
        numbers only.

    Examples
    --------
    >>> print(table(["rows"], [["<5"]], left=()))
    <table><thead><tr><th>rows</th></tr></thead><tbody><tr><td>&lt;5</td></tr></tbody></table>
    """
    head = _cells("th", names, left)
    body = Markup().join(_cells("td", row, left) for row in rows)
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body)


def _cells(tag: str, cells: Sequence[str], left: Collection[int]) -> Markup:
    style = Markup(' style="text-align: left"')
    inner = Markup().join(
        Markup("<{0}{1}>{2}</{0}>").format(tag, style if column in left else "", cell)
        for column, cell in enumerate(cells)
    )
    return Markup("<tr>{}</tr>").format(inner)


def code_spans(text: str) -> Markup:
    """Return a sentence as HTML, with the parameters in backticks as code.

    Examples
    --------
    >>> print(code_spans("increase `budget`, < 1"))
    increase <code>budget</code>, &lt; 1
    """
    parts = re.split("`([^`]+)`", clean(text))
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if n % 2 else part for n, part in enumerate(parts))


def show(result: Any, report: Path) -> None:
    """Display a result in a notebook; elsewhere open its report in the browser.

    Parameters
    ----------
    result
        An object with ``_repr_html_``.
    report
        The file to open.
    """
    if in_notebook():
        from IPython.display import display  # noqa: PLC0415 - a notebook has it, others need not

        display(result)
    else:
        webbrowser.open(report.resolve().as_uri())
