"""What is wrong with the data, found before any model is loaded.

A check is a function from a :class:`~tunesmith.data.check_context.Context` to a
:class:`~tunesmith.results.Finding`, or to ``None`` where all is well or it does not apply.
:data:`CHECKS` lists them all; a new one is one function and one line there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data import (
    check_columns,
    check_duplicates,
    check_labels,
    check_pairs,
    check_retrieval,
    check_texts,
)
from tunesmith.data.check_context import (
    SHOWN,
    Context,
    Tokens,
    label_text,
    listing,
    number,
)
from tunesmith.data.loaded import Loaded
from tunesmith.errors import FaultyRows
from tunesmith.kinds import Examples, Labelled, LabelledPairs, Multilabel, Nli, Retrieval
from tunesmith.results import ClassCount, Finding, Severity

if TYPE_CHECKING:
    from tunesmith.data.detect import Detected

__all__ = [
    "CHECKS",
    "Check",
    "Tokens",
    "check",
    "class_counts",
    "drop_faulty",
    "raise_on_errors",
    "sample",
]

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
        f"{number(len(rejected), 'line')} could not be read: {'; '.join(first)}{more}.",
        "Mend the lines in the file; the rest is used.",
        count=len(rejected),
    )


CHECKS: Final[tuple[Check, ...]] = (
    rejected_lines,
    check_columns.left_aside,
    check_labels.few_rows,
    check_texts.empty_texts,
    check_texts.identical_texts,
    check_texts.codes_for_texts,
    check_texts.paths_for_texts,
    check_labels.missing_labels,
    check_labels.no_known_label,
    check_labels.unknown_nli_labels,
    check_labels.unknown_pair_labels,
    check_labels.one_class,
    check_labels.label_per_row,
    check_labels.tiny_classes,
    check_labels.small_classes,
    check_labels.label_spellings,
    check_labels.absent_nli_labels,
    check_pairs.missing_scores,
    check_pairs.scores_out_of_range,
    check_pairs.one_score,
    check_retrieval.repeated_ids,
    check_retrieval.unknown_judgements,
    check_retrieval.missing_relevance,
    check_retrieval.nothing_relevant,
    check_retrieval.repeated_judgements,
    check_retrieval.shared_queries,
    check_pairs.conflicting_scores,
    check_duplicates.conflicts,
    check_duplicates.exact_duplicates,
    check_duplicates.near_duplicates,
    check_duplicates.equal_sides,
    check_duplicates.false_negatives,
    check_texts.truncated_texts,
    check_texts.left_over_html,
    check_texts.damaged_characters,
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
        The texts' groups by :func:`tunesmith.data.duplicates.groups`, if they are known already.
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
        return "Leaving rows out (--keep-going) would not cure this."
    faulty = len(_faulty(errors))
    return f"Or leave the {number(faulty, 'faulty row')} out with --keep-going (keep_going=True)."


def _faulty(findings: Sequence[Finding]) -> set[int]:
    return {position for finding in findings for position in finding.faulty}


def drop_faulty(examples: SomeExamples, findings: Sequence[Finding]) -> SomeExamples:
    """Return the examples without the rows that the findings call faulty.

    Positions refer to ``examples`` as they were checked. Check again afterwards: what is left may
    be too little.
    """
    return examples.take(np.setdiff1d(np.arange(len(examples)), sorted(_faulty(findings))))


def class_counts(examples: Examples) -> tuple[ClassCount, ...]:
    """Return how many rows carry each label, the commonest first; empty for kinds without labels.

    Shares are of all rows. Of multi-label data a row counts for every label that is 1 in it.

    Examples
    --------
    >>> class_counts(tickets)[0]    # doctest: +SKIP
    ClassCount(label='refund', count=120, share=0.2, negative=0, unknown=0)
    """
    if isinstance(examples, Multilabel):
        return _multilabel_counts(examples)
    if not isinstance(examples, Labelled | LabelledPairs | Nli):
        return ()
    labels = [label_text(label) for label in examples.table["label"].to_pylist()]
    names, counts = np.unique([name for name in labels if name is not None], return_counts=True)
    return _commonest_first(
        ClassCount(str(name), count, count / len(examples))
        for name, count in zip(names, counts.tolist(), strict=True)
    )


def _multilabel_counts(examples: Multilabel) -> tuple[ClassCount, ...]:
    matrix = examples.matrix()
    sides = zip(
        examples.classes,
        (matrix == 1).sum(axis=0).tolist(),
        (matrix == 0).sum(axis=0).tolist(),
        np.isnan(matrix).sum(axis=0).tolist(),
        strict=True,
    )
    return _commonest_first(
        ClassCount(name, yes, yes / len(examples), no, unknown) for name, yes, no, unknown in sides
    )


def _commonest_first(counts: Iterable[ClassCount]) -> tuple[ClassCount, ...]:
    return tuple(sorted(counts, key=lambda item: (-item.count, item.label)))


def sample(examples: Examples, n: int = 5, seed: int = 0) -> tuple[Mapping[str, Any], ...]:
    """Return up to ``n`` rows drawn at random, in their order, each as role (and ``row``) to value.

    Of a collection, query and document are given by their texts where these are known.
    """
    random = np.random.default_rng(seed)
    positions = np.sort(random.permutation(len(examples))[:n])
    rows: list[dict[str, Any]] = examples.take(positions).table.to_pylist()
    if isinstance(examples, Retrieval):
        texts = {"query": _by_id(examples.queries), "document": _by_id(examples.corpus)}
        rows = [
            row | {role: known.get(str(row[role]), row[role]) for role, known in texts.items()}
            for row in rows
        ]
    return tuple(rows)


def _by_id(table: pa.Table) -> dict[str, str]:
    return dict(zip(map(str, table["id"].to_pylist()), table["text"].to_pylist(), strict=True))
