"""The recipe for what data there is, and why: ``--recipe auto``."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tunesmith.data.reshaping.document_pairs import part_pairs
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel
from tunesmith.wording import percent, plural

FEWEST_TO_RANK = 8
"""Rows that must find room in one batch, no two sharing a text, for ranking to teach anything."""
ENOUGH_HARD = 0.25
"""The share of pairs whose texts have known negatives from which these are taken."""
MOSTLY_PARTS = 0.5
"""The share of raw texts that must have parts, so that these are paired."""
MOSTLY_EQUAL = 0.8
"""How often two rows have the same score where an order of scores says little."""


@dataclass(frozen=True)
class Choice:
    """A recipe for some examples.

    Parameters
    ----------
    name
        Of the recipe in :data:`~tunesmith.recipes.RECIPES`.
    kind
        What the examples are to be reshaped into first; their own kind where nothing is to be done.
    sentences
        What the data is like, and why the recipe follows from it.
    """

    name: str
    kind: Kind
    sentences: tuple[str, str]


def choose_recipe(examples: Examples) -> Choice:
    r"""Return the recipe for examples, by their kind and by what is in them.

    Raises
    ------
    DataError
        They are judgements of which none says so.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.kinds import Labelled
    >>> table = pa.table({"text": ["a", "b", "c"], "label": ["x", "x", "y"], "row": [1, 2, 3]})
    >>> print(*choose_recipe(Labelled(table)).sentences, sep="\n")
    Each of 3 texts has one of 2 labels.
    Texts of one label are drawn together, away from all others.
    """
    return _CHOOSERS[examples.kind](examples)


def _by_label(examples: Examples) -> Choice:
    assert isinstance(examples, Labelled | Multilabel)
    how = "one" if isinstance(examples, Labelled) else "several"
    texts, labels = plural(len(examples), "text"), plural(len(examples.classes), "label")
    facts = f"Each of {texts} has {how} of {labels}."
    reason = "Texts of one label are drawn together, away from all others."
    return Choice("contrastive", examples.kind, (facts, reason))


def _by_pairs(examples: Examples) -> Choice:
    pairs = reshape(examples, Kind.PAIRS)
    room = _room(pairs.texts("anchor"), pairs.texts("positive"))
    facts = f"What belongs together is said by {plural(len(pairs), 'pair')}."
    if room < FEWEST_TO_RANK:
        return Choice("triplet", Kind.TRIPLETS, (facts, _too_few(room)))
    reason = "Ranking sets each positive against all others of its batch."
    return Choice("ranking", Kind.PAIRS, (facts, reason))


def _by_triplets(examples: Examples) -> Choice:
    room = _room(examples.texts("anchor"), examples.texts("positive"))
    facts = f"Each of {plural(len(examples), 'row')} has a negative."
    if room < FEWEST_TO_RANK:
        return Choice("triplet", Kind.TRIPLETS, (facts, _too_few(room)))
    reason = "Ranking sets each positive against it and against all others of its batch."
    return Choice("ranking", Kind.TRIPLETS, (facts, reason))


def _by_judgements(examples: Examples) -> Choice:
    one, other, labels = (examples.table[role].to_pylist() for role in examples.roles)
    alike = [pair[:2] for pair in zip(one, other, labels, strict=True) if pair[2]]
    apart = [pair[:2] for pair in zip(one, other, labels, strict=True) if not pair[2]]
    facts = f"Judged alike are {len(alike):,} of {plural(len(examples), 'pair')}."
    if not apart and _room(*_columns(alike)) >= FEWEST_TO_RANK:
        reason = "Ranking sets each positive against all others of its batch."
        return Choice("ranking", Kind.PAIRS, (facts, reason))
    if not apart or not alike:
        reason = "All judgements are the same, so no order can be learnt, only the cosine itself."
        return Choice("cosine", Kind.SCORED_PAIRS, (facts, reason))
    reason = "Pairs judged alike are to be nearer than pairs judged unlike."
    return Choice("cosent", Kind.SCORED_PAIRS, (facts, reason))


def _by_scores(examples: Examples) -> Choice:
    counts = Counter(examples.table["score"].to_pylist())
    equal = sum((count / len(examples)) ** 2 for count in counts.values())
    facts = (
        f"Scores of {plural(len(examples), 'pair')} have {plural(len(counts), 'value')}, and any "
        f"two are equal with a chance of {percent(equal)}."
    )
    if equal >= MOSTLY_EQUAL:
        reason = "Their order says little, so the cosine is drawn to the score itself."
        return Choice("cosine", Kind.SCORED_PAIRS, (facts, reason))
    reason = "Their order is what counts, whatever the scores mean in themselves."
    return Choice("cosent", Kind.SCORED_PAIRS, (facts, reason))


def _by_relations(examples: Examples) -> Choice:
    premises, hypotheses, labels = (examples.table[role].to_pylist() for role in examples.roles)
    rows = list(zip(premises, hypotheses, labels, strict=True))
    entailed = [row[:2] for row in rows if row[2] == "entailment"]
    facts = f"Entailed are {len(entailed):,} of {plural(len(examples), 'row')}"
    if _room(*_columns(entailed)) < FEWEST_TO_RANK:
        reason = "That is too little to rank, so a classifier learns all three relations."
        return Choice("softmax", Kind.NLI, (f"{facts}.", reason))
    contradicted = {row[0] for row in rows if row[2] == "contradiction"}
    hard = _share(premise in contradicted for premise, _ in entailed)
    facts = f"{facts}, and {percent(hard)} of their premises have a contradiction too."
    if hard >= ENOUGH_HARD:
        reason = "Ranking takes these for hard negatives of the premise."
        return Choice("ranking", Kind.TRIPLETS, (facts, reason))
    reason = "Ranking sets what is entailed against all else in its batch."
    return Choice("ranking", Kind.PAIRS, (facts, reason))


def _by_documents(examples: Examples) -> Choice:
    pairs = list(part_pairs(examples.texts("text"), np.random.default_rng(0)))
    facts = f"Several sentences stand in {len(pairs):,} of {plural(len(examples), 'raw text')}."
    if len(pairs) < max(FEWEST_TO_RANK, MOSTLY_PARTS * len(examples)):
        reason = "With few parts to pair, each text is its own partner under other dropout."
        return Choice("simcse", Kind.TEXTS, (facts, reason))
    reason = "Ranking sets what stands in one document against all others of its batch."
    return Choice("ranking", Kind.PAIRS, (facts, reason))


def _room(anchors: Collection[object], positives: Collection[object]) -> int:
    """Return how many rows can stand in one batch at most, no two sharing an anchor or positive."""
    return min(len(set(anchors)), len(set(positives)))


def _too_few(room: int) -> str:
    return (
        f"Only {plural(room, 'row')} can stand in a batch without sharing a text, so each is "
        "compared with a negative of its own."
    )


def _columns(pairs: Sequence[tuple[object, ...]]) -> tuple[list[object], list[object]]:
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _share(found: Iterable[object]) -> float:
    hits = [bool(each) for each in found]
    return sum(hits) / max(len(hits), 1)


_CHOOSERS: dict[Kind, Callable[[Examples], Choice]] = {
    Kind.LABELLED: _by_label,
    Kind.MULTILABEL: _by_label,
    Kind.PAIRS: _by_pairs,
    Kind.RETRIEVAL: _by_pairs,
    Kind.TRIPLETS: _by_triplets,
    Kind.LABELLED_PAIRS: _by_judgements,
    Kind.SCORED_PAIRS: _by_scores,
    Kind.NLI: _by_relations,
    Kind.TEXTS: _by_documents,
}
