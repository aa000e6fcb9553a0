"""What is wrong with the data, found before any model is loaded.

A check is a function from a :class:`~tunesmith.data.checks.context.Context` to a
:class:`~tunesmith.results.Finding`, or to ``None`` where all is well or it does not apply.
:data:`CHECKS` lists them all; a new one is one function and one line there.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.checks import duplicates, labels, retrieval, scores, texts
from tunesmith.data.checks.context import Context, Tokens
from tunesmith.data.column_names import HALVES, NEGATIVES, plain_name
from tunesmith.data.detection.column_profile import Shape, profile
from tunesmith.data.loaded import Loaded
from tunesmith.errors import FaultyRows
from tunesmith.kinds import Examples, Labelled, Multilabel, Pairs, Texts
from tunesmith.results.summary import Finding, Severity
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
        "Mend the lines in the file; the rest is used.",
        count=len(rejected),
    )


def left_aside(context: Context) -> Finding | None:
    """Find columns named for pairs or triplets in data that was taken for something less."""
    if context.detected.as_said:
        return None
    if isinstance(context.examples, Labelled | Multilabel | Texts):
        telling, what = HALVES, "one of several texts in a row"
    elif isinstance(context.examples, Pairs):
        telling, what = frozenset(NEGATIVES), "negatives"
    else:
        return None
    table = context.loaded.table
    found = [
        name
        for name in table.column_names
        if plain_name(name) in telling and profile(name, table[name]).shape is not Shape.NUMBER
    ]
    if not found:
        return None
    return context.finding(
        "left-aside",
        Severity.WARNING,
        [],
        f"The file was taken for {context.examples.kind}, but a column is named for {what}: "
        f"{listing(found, quoted=True)}.",
        "Add or mend the column that goes with it, or say what it is with --kind and --columns.",
        count=len(found),
    )


CHECKS: Final[tuple[Check, ...]] = (
    rejected_lines,
    left_aside,
    labels.few_rows,
    texts.empty_texts,
    texts.identical_texts,
    texts.codes_for_texts,
    texts.paths_for_texts,
    labels.missing_labels,
    labels.no_known_label,
    labels.unknown_nli_labels,
    labels.unknown_pair_labels,
    labels.one_class,
    labels.label_per_row,
    labels.tiny_classes,
    labels.small_classes,
    labels.label_spellings,
    labels.absent_nli_labels,
    scores.missing_scores,
    scores.scores_out_of_range,
    scores.one_score,
    retrieval.repeated_ids,
    retrieval.unknown_judgements,
    retrieval.missing_relevance,
    retrieval.nothing_relevant,
    retrieval.repeated_judgements,
    retrieval.shared_queries,
    scores.conflicting_scores,
    duplicates.conflicts,
    duplicates.exact_duplicates,
    duplicates.near_duplicates,
    duplicates.equal_sides,
    duplicates.false_negatives,
    texts.truncated_texts,
    texts.left_over_html,
    texts.damaged_characters,
)
"""All checks; of one severity, findings come in this order."""

_ORDER = list(Severity)


def check(
    detected: "Detected",
    loaded: Loaded,
    *,
    tokens: Tokens | None = None,
    groups: NDArray[np.int64] | None = None,
) -> tuple[Finding, ...]:
    """Return everything that the checks find, errors first.

    Parameters
    ----------
    detected
        The kind, the columns and the examples.
    loaded
        What was read, for the file's name and its rejected lines.
    tokens
        What counts tokens; without it no truncation is found.
    groups
        The texts' groups by :func:`tunesmith.data.groups`, if they are known already.
    """
    context = Context(detected, loaded, tokens, groups)
    findings = [finding for run in CHECKS if (finding := run(context)) is not None]
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


def raise_on_errors(findings: Sequence[Finding], name: str) -> None:
    """Raise if there is an error among the findings.

    Parameters
    ----------
    findings
        What the check found.
    name
        The file's name, for the message.

    Raises
    ------
    FaultyRows
        With one line for each error, and the way out.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    lines = [f"{name} cannot be used as it stands:", *map(_line, errors), _way_out(errors)]
    raise FaultyRows("\n".join(lines))


def _line(finding: Finding) -> str:
    places = [f"column {finding.column}"] if finding.column else []
    if finding.rows:
        more = max(0, finding.count - len(finding.rows))
        rows = [*finding.rows, f"{more:,} more"] if more else finding.rows
        shown = listing(rows, shown=len(rows))
        places.append(f"{'row' if finding.count == 1 else 'rows'} {shown}")
    where = f" ({'; '.join(places)})" if places else ""
    return f"- {finding.message.removesuffix('.')}{where}. {finding.advice}"


def _way_out(errors: Sequence[Finding]) -> str:
    if not all(finding.faulty for finding in errors):
        return "Leaving rows out (--skip-invalid) would not cure this."
    faulty = len(_faulty(errors))
    return (
        f"Or leave the {plural(faulty, 'faulty row')} out with --skip-invalid (skip_invalid=True)."
    )


def _faulty(findings: Sequence[Finding]) -> set[int]:
    return {position for finding in findings for position in finding.faulty}


def drop_faulty(examples: SomeExamples, findings: Sequence[Finding]) -> SomeExamples:
    """Return the examples without the rows that the findings call faulty.

    Positions refer to ``examples`` as they were checked. Check again afterwards: what is left may
    be too little.
    """
    return examples.take(np.setdiff1d(np.arange(len(examples)), sorted(_faulty(findings))))
