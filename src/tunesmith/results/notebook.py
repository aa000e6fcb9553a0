"""Results as HTML for notebooks: a few lines and tables, every text escaped."""

import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

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
    head = Markup('<p><b style="color: {}">{}</b> {}</p>').format(
        colour, _heading(verdict), clean(verdict.sentence)
    )
    advice = Markup("<p>{}</p>").format(clean(verdict.advice)) if verdict.advice else Markup()
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
            ", ".join(map(str, finding.rows)),
            clean(finding.without_texts().message),
            clean(finding.advice),
        )
        for finding in findings[:_FINDINGS]
    ]
    rest = len(findings) - _FINDINGS
    more = Markup("<p>and {} more</p>").format(rest) if rest > 0 else Markup()
    return table(("finding", "rows", "row numbers", "problem", "advice"), rows) + more


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


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table; every cell is escaped.

    Examples
    --------
    >>> print(table(["class"], [["<b>"]]))
    <table><thead><tr><th>class</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>
    """
    head = _cells("th", names)
    body = Markup().join(_cells("td", row) for row in rows)
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body)


def _cells(tag: str, cells: Sequence[str]) -> Markup:
    form = Markup("<th>{}</th>") if tag == "th" else Markup("<td>{}</td>")
    inner = Markup().join(form.format(escape(cell)) for cell in cells)
    return Markup("<tr>{}</tr>").format(inner)


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
