"""Choose a recipe for the data, and give the reason: recipe ``auto``."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tunesmith.data.reshaping.document_pairs import part_pairs
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.kinds import Examples, Kind, Labelled, Multilabel
from tunesmith.wording import percent, plural

FEWEST_TO_RANK = 8
"""Minimum number of rows in one batch, no two sharing a text, for in-batch negatives to be of
use."""
ENOUGH_HARD = 0.25
"""Minimum share of premises with an entailment that also have a contradiction, for hard
negatives to be used."""
MOSTLY_PARTS = 0.5
"""Minimum share of raw texts with several sentences for their sentences to be paired."""
MOSTLY_EQUAL = 0.8
"""Probability that two scores are equal at or above which their order carries little
information."""


@dataclass(frozen=True)
class Choice:
    """The recipe chosen for a data set.

    Parameters
    ----------
    name
        Name of the recipe in :data:`~tunesmith.recipes.RECIPES`.
    kind
        Kind to reshape the examples into first; their own kind if no reshaping is needed.
    sentences
        A description of the data, and the reason for the recipe.

    Examples
    --------
    >>> from tunesmith.kinds import labelled_examples
    >>> choose_recipe(labelled_examples(["a card", "an order"], ["card", "order"])).name
    'contrastive'
    """

    name: str
    kind: Kind
    sentences: tuple[str, str]


def choose_recipe(examples: Examples) -> Choice:
    r"""Return the recipe for examples, based on their kind and content.

    Raises
    ------
    DataError
        No relevance judgement is positive.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.kinds import Labelled
    >>> table = pa.table({"text": ["a", "b", "c"], "label": ["x", "x", "y"], "row": [1, 2, 3]})
    >>> print(*choose_recipe(Labelled(table)).sentences, sep="\n")
    Each of 3 texts has one of 2 labels.
    Contrastive training pulls texts with the same label together and pushes others away.
    """
    return _CHOOSERS[examples.kind](examples)


def _by_label(examples: Examples) -> Choice:
    assert isinstance(examples, Labelled | Multilabel)
    how = "one" if isinstance(examples, Labelled) else "several"
    texts, labels = plural(len(examples), "text"), plural(len(examples.classes), "label")
    facts = f"Each of {texts} has {how} of {labels}."
    reason = "Contrastive training pulls texts with the same label together and pushes others away."
    return Choice("contrastive", examples.kind, (facts, reason))


def _by_pairs(examples: Examples) -> Choice:
    pairs = reshape(examples, Kind.PAIRS)
    most = _batch_room(pairs.texts("anchor"), pairs.texts("positive"))
    facts = f"{plural(len(pairs), 'positive pair')}."
    if most < FEWEST_TO_RANK:
        return Choice("triplet", Kind.TRIPLETS, (facts, _too_few(most)))
    reason = "Multiple-negatives ranking loss with in-batch negatives."
    return Choice("ranking", Kind.PAIRS, (facts, reason))


def _by_triplets(examples: Examples) -> Choice:
    most = _batch_room(examples.texts("anchor"), examples.texts("positive"))
    facts = f"Each of {plural(len(examples), 'row')} has a negative."
    if most < FEWEST_TO_RANK:
        return Choice("triplet", Kind.TRIPLETS, (facts, _too_few(most)))
    reason = "Multiple-negatives ranking loss with hard and in-batch negatives."
    return Choice("ranking", Kind.TRIPLETS, (facts, reason))


def _by_binary_labels(examples: Examples) -> Choice:
    one, other, labels = (examples.table[role].to_pylist() for role in examples.roles)
    positive = [pair[:2] for pair in zip(one, other, labels, strict=True) if pair[2]]
    n_negative = len(labels) - len(positive)
    facts = f"{len(positive):,} of {plural(len(examples), 'pair')} are positive."
    if not n_negative and _batch_room(*_columns(positive)) >= FEWEST_TO_RANK:
        reason = "Multiple-negatives ranking loss with in-batch negatives."
        return Choice("ranking", Kind.PAIRS, (facts, reason))
    if not n_negative or not positive:
        reason = "All pairs have the same label, so the cosine is fitted to it directly."
        return Choice("cosine", Kind.SCORED_PAIRS, (facts, reason))
    reason = "CoSENT loss ranks positive pairs above negative ones."
    return Choice("cosent", Kind.SCORED_PAIRS, (facts, reason))


def _by_scores(examples: Examples) -> Choice:
    counts = Counter(examples.table["score"].to_pylist())
    equal = sum((count / len(examples)) ** 2 for count in counts.values())
    facts = (
        f"{plural(len(examples), 'scored pair')} with {plural(len(counts), 'distinct score')}; two "
        f"random scores are equal with probability {percent(equal)}."
    )
    if equal >= MOSTLY_EQUAL:
        reason = "Their order carries little information, so the cosine is fitted to the score."
        return Choice("cosine", Kind.SCORED_PAIRS, (facts, reason))
    reason = "CoSENT loss learns the order of the scores, whatever their scale."
    return Choice("cosent", Kind.SCORED_PAIRS, (facts, reason))


def _by_relations(examples: Examples) -> Choice:
    premises, hypotheses, labels = (examples.table[role].to_pylist() for role in examples.roles)
    rows = list(zip(premises, hypotheses, labels, strict=True))
    entailed = [row[:2] for row in rows if row[2] == "entailment"]
    facts = f"{len(entailed):,} of {plural(len(examples), 'row')} are entailments"
    if _batch_room(*_columns(entailed)) < FEWEST_TO_RANK:
        reason = "Too few for a ranking loss, so a classifier learns all three relations."
        return Choice("softmax", Kind.NLI, (f"{facts}.", reason))
    contradicted = {row[0] for row in rows if row[2] == "contradiction"}
    hard = _fraction(premise in contradicted for premise, _ in entailed)
    facts = f"{facts}, and {percent(hard)} of their premises also have a contradiction."
    if hard >= ENOUGH_HARD:
        reason = "Multiple-negatives ranking loss with contradictions as hard negatives."
        return Choice("ranking", Kind.TRIPLETS, (facts, reason))
    reason = "Multiple-negatives ranking loss with in-batch negatives."
    return Choice("ranking", Kind.PAIRS, (facts, reason))


def _by_documents(examples: Examples) -> Choice:
    pairs = list(part_pairs(examples.texts("text"), np.random.default_rng(0)))
    facts = f"{len(pairs):,} of {plural(len(examples), 'raw text')} have several sentences."
    if len(pairs) < max(FEWEST_TO_RANK, MOSTLY_PARTS * len(examples)):
        reason = "Too few sentence pairs, so SimCSE: two dropout views of each text."
        return Choice("simcse", Kind.TEXTS, (facts, reason))
    reason = (
        "Multiple-negatives ranking loss on sentence pairs from the same document, with in-batch "
        "negatives."
    )
    return Choice("ranking", Kind.PAIRS, (facts, reason))


def _batch_room(anchors: Collection[object], positives: Collection[object]) -> int:
    """Return the most rows that fit in one batch with no two sharing an anchor or positive."""
    return min(len(set(anchors)), len(set(positives)))


def _too_few(most: int) -> str:
    return (
        f"Only {plural(most, 'row')} fit in a batch without sharing a text, so triplet loss "
        "compares each with its own negative."
    )


def _columns(pairs: Sequence[tuple[object, ...]]) -> tuple[list[object], list[object]]:
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _fraction(flags: Iterable[object]) -> float:
    hits = [bool(each) for each in flags]
    return sum(hits) / max(len(hits), 1)


_CHOOSERS: dict[Kind, Callable[[Examples], Choice]] = {
    Kind.LABELLED: _by_label,
    Kind.MULTILABEL: _by_label,
    Kind.PAIRS: _by_pairs,
    Kind.RETRIEVAL: _by_pairs,
    Kind.TRIPLETS: _by_triplets,
    Kind.LABELLED_PAIRS: _by_binary_labels,
    Kind.SCORED_PAIRS: _by_scores,
    Kind.NLI: _by_relations,
    Kind.TEXTS: _by_documents,
}
