"""Checks for repeated texts: duplicates, near-duplicates, conflicting labels, self-pairs."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from tunesmith.data.checks.context import Context
from tunesmith.data.checks.texts import is_blank
from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.kinds import (
    Labelled,
    LabelledPairs,
    Multilabel,
    Nli,
    Pairs,
    Retrieval,
    ScoredPairs,
    Texts,
    Triplets,
)
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural


def exact_duplicates(context: Context) -> Finding | None:
    """Find rows that repeat an earlier row, including its label."""
    if isinstance(context.examples, Retrieval):
        return None
    first: dict[Hashable, int] = {}
    copies = [
        (position, first[row])
        for position, row in enumerate(_whole_rows(context))
        if row is not None and first.setdefault(row, position) != position
    ]
    if not copies:
        return None
    copy, original = context.row_numbers(copies[0])
    return context.finding(
        "duplicate",
        Severity.WARNING,
        [position for position, _ in copies],
        f"{plural(len(copies), 'duplicate row')}: row {copy} is identical to row {original}.",
        "Drop the duplicates. A split always keeps them together.",
        role=context.examples.text_roles[0],
    )


def _whole_rows(context: Context) -> Iterable[Hashable | None]:
    target = [role for role in context.examples.roles if role not in context.texts]
    targets = [[str(value) for value in context.values(role)] for role in target]
    columns = [[text.strip() for text in texts] for texts in context.texts.values()]
    for row in zip(*columns, *targets, strict=True):
        yield None if is_blank(row[0]) else row


def near_duplicates(context: Context) -> Finding | None:
    """Find texts that differ only slightly from an earlier one."""
    if not isinstance(context.examples, Labelled | Multilabel | Texts):
        return None
    texts = [text.strip() for text in context.texts["text"]]
    spellings: dict[int, dict[str, int]] = defaultdict(dict)
    near = []
    for position, (text, group) in enumerate(zip(texts, context.groups.tolist(), strict=True)):
        known = spellings[group]
        if text not in known and known and not is_blank(text):
            near.append((position, next(iter(known.values()))))
        known.setdefault(text, position)
    if not near:
        return None
    one, other = context.row_numbers(near[0])
    return context.finding(
        "near-duplicate",
        Severity.WARNING,
        [position for position, _ in near],
        f"{plural(len(near), 'near-duplicate row')}: row {one} resembles row {other}.",
        "Keep one of each, or leave them. A split always keeps them together.",
        role="text",
    )


def conflicts(context: Context) -> Finding | None:
    """Find equal texts with different labels."""
    labels = _comparable_labels(context)
    if labels is None:
        return None
    rows: dict[Hashable, list[int]] = defaultdict(list)
    either_order = isinstance(context.examples, LabelledPairs)
    for position, key in enumerate(context.keys):
        if labels[position] is not None and any(key):
            rows[tuple(sorted(key)) if either_order else key].append(position)
    conflicting = {
        tuple(found): names
        for found in rows.values()
        if (names := _conflicting_labels([labels[index] for index in found]))
    }
    if not conflicting:
        return None
    first, names = next(iter(conflicting.items()))
    return context.finding(
        "conflict",
        Severity.WARNING,
        sorted(index for found in conflicting for index in found),
        f"{plural(len(conflicting), 'text')} with conflicting labels: rows "
        f"{listing(context.row_numbers(first))} have {listing(names, quoted=True)}.",
        "Decide which label is correct and change the others.",
        role=context.examples.roles[-1],
    )


def _comparable_labels(context: Context) -> Sequence[dict[str, str] | None] | None:
    """Return each row's labels as name to value, or ``None`` for rows without a label."""
    examples = context.examples
    if isinstance(examples, Multilabel):
        maps = context.values("labels")
        return [{str(name): str(value) for name, value in row or ()} or None for row in maps]
    if isinstance(examples, Labelled | LabelledPairs | Nli):
        return [None if label is None else {"": label} for label in context.labels]
    return None


def _conflicting_labels(labels: Sequence[dict[str, str] | None]) -> list[str]:
    """Return every value of the labels that have more than one value."""
    values_by_label: dict[str, dict[str, None]] = defaultdict(dict)
    for row in labels:
        for name, value in (row or {}).items():
            values_by_label[name][value] = None
    return [
        f"{name}: {value}" if name else value
        for name, values in values_by_label.items()
        if len(values) > 1
        for value in values
    ]


def equal_texts(context: Context) -> Finding | None:
    """Find pairs of a text with itself."""
    examples = context.examples
    if not isinstance(examples, Pairs | LabelledPairs | ScoredPairs | Nli | Triplets):
        return None
    found = [row for row, (left, right, *_) in enumerate(context.keys) if left == right != ""]
    if not found:
        return None
    return context.finding(
        "equal-sides",
        Severity.ERROR if len(found) == len(examples) else Severity.WARNING,
        found,
        f"Both texts of the pair are the same in {plural(len(found), 'row')}.",
        "Drop them unless intended: a model learns nothing from a text paired with itself.",
        role=examples.text_roles[-1],
    )


def false_negatives(context: Context) -> Finding | None:
    """Find negatives equal to the anchor or to a positive of it in any row."""
    if not isinstance(context.examples, Triplets):
        return None
    positives: dict[str, set[str]] = defaultdict(lambda: {""})
    for anchor, positive, *_ in context.keys:
        positives[anchor] |= {anchor, positive}
    found = [
        row
        for row, (anchor, *_) in enumerate(context.keys)
        if (positives[anchor] - {""}) & {normalise(text) for text in context.negatives[row]}
    ]
    if not found:
        return None
    return context.finding(
        "false-negative",
        Severity.ERROR if len(found) == len(context.examples) else Severity.WARNING,
        found,
        f"A negative is also the anchor or one of its positives in {plural(len(found), 'row')}.",
        "Drop the negative: a text cannot be both a positive and a negative of an anchor.",
        role="negatives",
    )
