"""Checks of texts that come twice: with the same label, with another, on both sides of a pair."""

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
from tunesmith.results.summary import Finding, Severity
from tunesmith.wording import listing, plural


def exact_duplicates(context: Context) -> Finding | None:
    """Find rows that repeat an earlier row, its label included."""
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
        f"An earlier row comes again in {plural(len(copies), 'row')}: "
        f"row {copy} is equal to row {original}.",
        "Drop the copies; until then a split keeps them on one side.",
        role=context.examples.text_roles[0],
    )


def _whole_rows(context: Context) -> Iterable[Hashable | None]:
    target = [role for role in context.examples.roles if role not in context.texts]
    targets = [[str(value) for value in context.values(role)] for role in target]
    columns = [[text.strip() for text in texts] for texts in context.texts.values()]
    for row in zip(*columns, *targets, strict=True):
        yield None if is_blank(row[0]) else row


def near_duplicates(context: Context) -> Finding | None:
    """Find texts that differ from an earlier one by little: case, a sign, a word."""
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
        f"An earlier text comes again almost unchanged in {plural(len(near), 'row')}: "
        f"row {one} resembles row {other}.",
        "Keep one of each, or leave them: a split keeps them on one side.",
        role="text",
    )


def conflicts(context: Context) -> Finding | None:
    """Find equal texts that carry different labels."""
    labels = _comparable_labels(context)
    if labels is None:
        return None
    rows: dict[Hashable, list[int]] = defaultdict(list)
    either_order = isinstance(context.examples, LabelledPairs)
    for position, key in enumerate(context.keys):
        if labels[position] is not None and any(key):
            rows[tuple(sorted(key)) if either_order else key].append(position)
    disputed = {
        tuple(found): names
        for found in rows.values()
        if (names := _disputed([labels[index] for index in found]))
    }
    if not disputed:
        return None
    first, names = next(iter(disputed.items()))
    return context.finding(
        "conflict",
        Severity.WARNING,
        sorted(index for found in disputed for index in found),
        f"More than one label for {plural(len(disputed), 'text')}: rows "
        f"{listing(context.row_numbers(first))} have {listing(names, quoted=True)}.",
        "Decide which label is right and correct the others.",
        role=context.examples.roles[-1],
    )


def _comparable_labels(context: Context) -> Sequence[dict[str, str] | None] | None:
    """Every row's labels as name to value; rows without are ``None``."""
    examples = context.examples
    if isinstance(examples, Multilabel):
        maps = context.values("labels")
        return [{str(name): str(value) for name, value in row or ()} or None for row in maps]
    if isinstance(examples, Labelled | LabelledPairs | Nli):
        return [None if label is None else {"": label} for label in context.labels]
    return None


def _disputed(labels: Sequence[dict[str, str] | None]) -> list[str]:
    """Return the labels that are said in more than one way, each way by its name."""
    said: dict[str, dict[str, None]] = defaultdict(dict)
    for row in labels:
        for name, value in (row or {}).items():
            said[name][value] = None
    return [
        f"{name}: {value}" if name else value
        for name, values in said.items()
        if len(values) > 1
        for value in values
    ]


def equal_sides(context: Context) -> Finding | None:
    """Find rows whose two texts are the same."""
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
        f"The same text on both sides in {plural(len(found), 'row')}.",
        "Drop them unless they are meant: nothing is learned from a text and itself.",
        role=examples.text_roles[-1],
    )


def false_negatives(context: Context) -> Finding | None:
    """Find negatives that are the anchor itself, or one of its positives in any row."""
    if not isinstance(context.examples, Triplets):
        return None
    belonging: dict[str, set[str]] = defaultdict(lambda: {""})
    for anchor, positive, *_ in context.keys:
        belonging[anchor] |= {anchor, positive}
    found = [
        row
        for row, (anchor, *_) in enumerate(context.keys)
        if (belonging[anchor] - {""}) & {normalise(text) for text in context.negatives[row]}
    ]
    if not found:
        return None
    return context.finding(
        "false-negative",
        Severity.ERROR if len(found) == len(context.examples) else Severity.WARNING,
        found,
        f"A negative that is also the anchor or a positive of it in {plural(len(found), 'row')}.",
        "Drop the negative: a model cannot bring a text near and push it away.",
        role="negatives",
    )
