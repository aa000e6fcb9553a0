"""Check data for problems before any model is loaded.

A check is a function that takes a :class:`~tunesmith.data.checks.context.Context` and returns a
:class:`~tunesmith.results.Finding`, or ``None`` if there is no problem or the check does not apply.
:data:`CHECKS` lists all checks; adding one takes a function and a line there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.checks import (
    duplicates,
    folders,
    headers,
    labels,
    languages,
    prefixes,
    retrieval,
    scores,
    spellings,
    texts,
)
from tunesmith.data.checks.context import Context, ModelTokens
from tunesmith.data.loaded import Loaded
from tunesmith.errors import FaultyRows
from tunesmith.kinds import Examples
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import SHOWN, listing, plural

if TYPE_CHECKING:
    from tunesmith.data.detection.detect import Detected

Check = Callable[[Context], Finding | None]
SomeExamples = TypeVar("SomeExamples", bound=Examples)


def rejected_lines(context: Context) -> Finding | None:
    """Find lines of the file that could not be read."""
    rejected = context.loaded.rejected
    if not rejected:
        return None
    first = [f"line {line.line}: {line.reason}" for line in rejected[:SHOWN]]
    more = f" and {len(rejected) - SHOWN:,} more" if len(rejected) > SHOWN else ""
    return context.finding(
        "rejected-line",
        Severity.WARNING,
        [],
        f"{plural(len(rejected), 'line')} could not be read: {'; '.join(first)}{more}.",
        "Fix these lines in the file; all other lines are used.",
        count=len(rejected),
    )


def guessed_encoding(context: Context) -> Finding | None:
    """Find a file that is not UTF-8 and whose encoding is therefore a guess."""
    if context.loaded.documents is not None and context.loaded.documents.guessed:
        return _guessed_documents(context, context.loaded.documents.guessed)
    guessed = context.loaded.guessed_encoding
    if guessed is None:
        return None
    return context.finding(
        "guessed-encoding",
        Severity.WARNING,
        [],
        f"The file is not UTF-8 and was read as {guessed}, which is a guess for "
        f"{_guessed_lines(context.loaded.guessed_lines)}.",
        "If texts look wrong, set `encoding`, or save the file as UTF-8.",
        count=len(context.examples),
    )


def _guessed_lines(lines: Sequence[int]) -> str:
    if len(lines) > SHOWN:
        return f"lines {', '.join(map(str, lines[:SHOWN]))} and more"
    return f"{'line' if len(lines) == 1 else 'lines'} {listing(lines)}"


def _guessed_documents(context: Context, guessed: Sequence[tuple[str, str]]) -> Finding:
    shown = listing([f"{name} ({encoding})" for name, encoding in guessed])
    return context.finding(
        "guessed-encoding",
        Severity.WARNING,
        [],
        f"The encoding of {plural(len(guessed), 'document')} is a guess: {shown}.",
        "If texts look wrong, set `encoding`, or save the documents as UTF-8.",
        count=len(guessed),
    )


def second_header(context: Context) -> Finding | None:
    """Find a second header below the first, as in the exports of surveys."""
    cells = context.loaded.second_header
    if not cells:
        return None
    return context.finding(
        "second-header",
        Severity.NOTE,
        [],
        f"A second header below the first is left out: {listing(cells, quoted=True)}.",
        "If it holds data, move it below another row.",
        count=1,
    )


def left_out_files(context: Context) -> Finding | None:
    """Find files of a folder of documents that are not read."""
    files = context.loaded.documents
    if files is None or not files.left_out:
        return None
    return context.finding(
        "left-out-file",
        Severity.WARNING,
        [],
        files.omission,
        "Fix or remove them; all other documents are used.",
        count=len(files.left_out),
    )


def doubtful_columns(context: Context) -> Finding | None:
    """Find unused columns that may matter, unless the user set the kind or columns."""
    doubts = context.detected.doubts
    if context.detected.overridden or not doubts:
        return None
    shown = listing([f"“{doubt.column}” ({doubt.reason})" for doubt in doubts])
    usable = [doubt for doubt in doubts if doubt.role]
    example = f', such as `columns={{"{usable[0].role}": "{usable[0].column}"}}`' if usable else ""
    return context.finding(
        "left-aside",
        Severity.WARNING,
        [],
        f"The file was detected as {context.examples.kind}, but check "
        f"{plural(len(doubts), 'column')}: {shown}.",
        f"If a column is not used as you mean it, fix it in the file, or set `kind` and "
        f"`columns`{example}.",
        count=len(doubts),
    )


CHECKS: Final[tuple[Check, ...]] = (
    rejected_lines,
    second_header,
    headers.another_header,
    left_out_files,
    folders.folders_of_labels,
    guessed_encoding,
    doubtful_columns,
    labels.few_rows,
    texts.empty_texts,
    texts.identical_texts,
    texts.ids_as_texts,
    texts.paths_as_texts,
    prefixes.labels_in_texts,
    prefixes.tables_in_texts,
    labels.missing_labels,
    labels.words_for_missing,
    labels.no_known_label,
    labels.unknown_nli_labels,
    labels.unknown_pair_labels,
    labels.one_class,
    labels.label_per_row,
    labels.tiny_classes,
    labels.small_classes,
    spellings.label_spellings,
    labels.absent_nli_labels,
    labels.numbered_nli_labels,
    scores.distances,
    scores.percentages,
    scores.missing_scores,
    scores.scores_out_of_range,
    scores.one_score,
    retrieval.incomplete_rows,
    retrieval.unanswered_questions,
    retrieval.added_documents,
    retrieval.unused_negatives,
    retrieval.repeated_ids,
    retrieval.unknown_judgements,
    retrieval.missing_relevance,
    retrieval.nothing_relevant,
    retrieval.own_copies,
    retrieval.repeated_texts,
    retrieval.repeated_judgements,
    retrieval.shared_queries,
    scores.conflicting_scores,
    duplicates.conflicts,
    duplicates.exact_duplicates,
    duplicates.near_duplicates,
    duplicates.equal_texts,
    duplicates.false_negatives,
    languages.base_language,
    texts.truncated_texts,
    texts.left_over_html,
    texts.damaged_characters,
)
"""All checks. Findings of the same severity are listed in this order."""

SKIPPING: Final[tuple[Check, ...]] = (texts.empty_texts, labels.missing_labels)
"""Checks whose rows are skipped unless strict; the other checks are of the remaining rows."""

_ORDER = list(Severity)


def check(
    detected: "Detected",
    loaded: Loaded,
    *,
    tokens: ModelTokens | None = None,
    groups: NDArray[np.int64] | None = None,
    strict: bool = False,
) -> tuple[Finding, ...]:
    """Return all findings, errors first.

    Rows without a text or label are skipped, and the other checks are of the remaining rows.

    Parameters
    ----------
    detected
        The detected kind, columns and examples.
    loaded
        The source as it was read, for its name and its rejected lines.
    tokens
        A token counter; without it, truncation is not checked.
    groups
        Near-duplicate groups from :func:`tunesmith.data.groups`, if already computed.
    strict
        Whether rows without a text or label, and classes that cannot be tested, are errors instead
        of warnings.

    Returns
    -------
    tuple of Finding
        The findings; empty if there is no problem.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data import detect, read
    >>> texts = ["lost it", "", "stolen", "pay me", "refund me"]
    >>> labels = ["card", "card", "card", "money", "money"]
    >>> loaded = read(pa.table({"text": texts, "label": labels}))
    >>> detected = detect(loaded)
    >>> [(finding.code, finding.rows) for finding in check(detected, loaded)][:2]
    [('few-rows', ()), ('empty-text', (2,))]
    """
    whole = Context(detected, loaded, tokens, groups, strict)
    kept = _kept(whole)
    rest = whole.take(kept) if len(kept) < len(whole.examples) else whole
    findings = [
        finding if run in SKIPPING else _among_all(finding, kept)
        for run in CHECKS
        if (finding := run(whole if run in SKIPPING else rest)) is not None
    ]
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


def rows_of_finding(
    code: str,
    detected: "Detected",
    loaded: Loaded,
    *,
    tokens: ModelTokens | None = None,
    strict: bool = False,
) -> tuple[int, ...]:
    """Return the numbers of all rows of a finding, which itself lists only the first ones.

    Parameters
    ----------
    code
        The code of the finding, such as ``"duplicate"``.
    detected, loaded, tokens, strict
        As for :func:`check`.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data import detect, read
    >>> loaded = read(pa.table({"text": ["a b"] * 30, "label": ["x", "y"] * 15}))
    >>> len(rows_of_finding("duplicate", detect(loaded), loaded))
    28
    """
    whole = Context(detected, loaded, tokens, strict=strict, listed=None)
    kept = _kept(whole)
    rest = whole.take(kept) if len(kept) < len(whole.examples) else whole
    for run in CHECKS:
        finding = run(whole if run in SKIPPING else rest)
        if finding is not None and finding.code == code:
            return finding.rows
    return ()


def _kept(whole: Context) -> NDArray[np.int64]:
    """Return the positions of the rows that are not skipped."""
    found = () if whole.strict else [each for run in SKIPPING if (each := run(whole))]
    return np.setdiff1d(np.arange(len(whole.examples)), sorted(_faulty(found)))


def _among_all(finding: Finding, kept: NDArray[np.int64]) -> Finding:
    """Return a finding about the kept rows with positions among all rows."""
    return replace(finding, faulty=tuple(kept[list(finding.faulty)].tolist()))


def raise_on_errors(findings: Sequence[Finding], name: str) -> None:
    """Raise an exception if any finding is an error.

    Parameters
    ----------
    findings
        The findings of the check.
    name
        The file's name, for the message.

    Raises
    ------
    FaultyRows
        At least one finding is an error; the message has a line for each error and a remedy.

    Examples
    --------
    >>> found = Finding("empty-text", Severity.ERROR, 1, "1 text is empty.", "Fill it in.", (7,))
    >>> raise_on_errors([found], "tickets.csv")
    Traceback (most recent call last):
    tunesmith.errors.FaultyRows: tickets.csv has errors:
    - 1 text is empty (row 7). Fill it in.
    Skipping rows (`skip_invalid=True`) cannot fix this.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    lines = [f"{name} has errors:", *map(_line, errors), _remedy(errors)]
    raise FaultyRows("\n".join(lines), file=name, findings=[_as_dict(each) for each in errors])


def _as_dict(finding: Finding) -> dict[str, Any]:
    names = ("code", "message", "advice", "column", "rows", "count")
    return {name: getattr(finding, name) for name in names}


def _line(finding: Finding) -> str:
    location = [f"column {finding.column}"] if finding.column else []
    if finding.rows:
        more = max(0, finding.count - len(finding.rows))
        rows = [*finding.rows, f"{more:,} more"] if more else finding.rows
        shown = listing(rows, shown=len(rows))
        location.append(f"{'row' if finding.count == 1 else 'rows'} {shown}")
    suffix = f" ({'; '.join(location)})" if location else ""
    return f"- {finding.message.removesuffix('.')}{suffix}. {finding.advice}"


def _remedy(errors: Sequence[Finding]) -> str:
    if not all(finding.faulty for finding in errors):
        return "Skipping rows (`skip_invalid=True`) cannot fix this."
    faulty = len(_faulty(errors))
    return f"Or skip the {plural(faulty, 'invalid row')} with `skip_invalid=True`."


def _faulty(findings: Sequence[Finding]) -> set[int]:
    return {position for finding in findings for position in finding.faulty}


def drop_faulty(examples: SomeExamples, findings: Sequence[Finding]) -> SomeExamples:
    """Return the examples without the rows listed as ``faulty`` in the findings.

    Positions refer to ``examples`` as they were checked. Check again afterwards, since too few
    rows may remain.

    Parameters
    ----------
    examples
        The examples as they were checked.
    findings
        The findings of the check.

    Returns
    -------
    The other rows, in the same order.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data import detect, read
    >>> labels = ["card", "card", "money", "money"]
    >>> loaded = read(pa.table({"text": ["lost it", "", "pay me", "refund me"], "label": labels}))
    >>> detected = detect(loaded)
    >>> drop_faulty(detected.examples, check(detected, loaded)).rows.tolist()
    [1, 3, 4]
    """
    return examples.take(np.setdiff1d(np.arange(len(examples)), sorted(_faulty(findings))))
