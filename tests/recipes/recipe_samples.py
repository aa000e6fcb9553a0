"""Sample rows for every loss, and the weights of a model folder."""

from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
from safetensors.numpy import load_file

from tunesmith.kinds import Examples, Nli, Pairs, ScoredPairs, Triplets
from tunesmith.recipes.losses.kinds import PairedLoss

LOSSES: tuple[PairedLoss, ...] = get_args(PairedLoss)
WORDS = ("card", "order", "login", "refund", "money", "late")


def made(cls: type[Examples], rows: list[tuple[Any, ...]]) -> Examples:
    """Return examples of a kind, with columns in the order of its roles."""
    columns = dict(zip(cls.roles, map(list, zip(*rows, strict=True)), strict=True))
    return cls(pa.table({**columns, "row": pa.array(range(1, len(rows) + 1), pa.int64())}))


def rows_for(loss: PairedLoss) -> Examples:
    """Return rows in which texts with the same word are positives, others negatives."""
    positives, negatives = [], []
    for number in range(24):
        word, other = WORDS[number % 6], WORDS[(number + 1) % 6]
        positives.append((f"{word} number {number}", f"my {word} {number}"))
        negatives.append(f"my {other} {number}")
    if loss == "ranking":
        return made(Pairs, positives)
    if loss == "triplet":
        return made(
            Triplets, [(*pair, [no]) for pair, no in zip(positives, negatives, strict=True)]
        )
    if loss == "margins":
        rows = zip(positives, negatives, strict=True)
        triplets = made(Triplets, [(*pair, [no]) for pair, no in rows])
        margins = pa.array([0.9] * len(positives))
        return Triplets(triplets.table.append_column("margin", margins))
    if loss == "softmax":
        yes = [(*pair, "entailment") for pair in positives]
        no = [(pair[0], no, "contradiction") for pair, no in zip(positives, negatives, strict=True)]
        return made(Nli, yes + no)
    scored = [(*pair, 1.0) for pair in positives]
    return made(
        ScoredPairs,
        scored + [(pair[0], no, 0.0) for pair, no in zip(positives, negatives, strict=True)],
    )


def weights(folder: Path) -> dict[str, Any]:
    """Return the weights of a model's transformer, by name."""
    return dict(load_file(folder / "model.safetensors"))
