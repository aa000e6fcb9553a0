"""Tables of every kind of pairs that even a random model can learn."""

import random
from typing import Any

import pyarrow as pa

from tunesmith.events import CandidateFinished, Event

WORDS = ("card", "order", "refund", "login")


class KilledAfter:
    """Ends the whole fit once a candidate has ended, as a kill would."""

    def __init__(self, candidate: str) -> None:
        self.candidate = candidate

    def __call__(self, event: Event) -> None:
        if isinstance(event, CandidateFinished) and event.candidate.name == self.candidate:
            raise KeyboardInterrupt


def sentence(word: str, generator: random.Random) -> str:
    filler = [f"{generator.choice('bcdfg')}{generator.choice('aeiou')}" for _ in range(6)]
    filler.insert(generator.randrange(6), word)
    return " ".join([*filler, word])


def made(kind: str, rows: int = 120, seed: int = 5) -> pa.Table:
    """Return pairs that are positive if they share a word, which even a random model can learn."""
    generator = random.Random(seed)
    left = [sentence(WORDS[row % 4], generator) for row in range(rows)]
    same = [sentence(WORDS[row % 4], generator) for row in range(rows)]
    other = [sentence(WORDS[(row + 1) % 4], generator) for row in range(rows)]
    either = [same[row] if row % 2 else other[row] for row in range(rows)]
    labels = [row % 2 for row in range(rows)]
    tables: dict[str, dict[str, list[Any]]] = {
        "pairs": {"anchor": left, "positive": same},
        "triplets": {"anchor": left, "positive": same, "negative": other},
        "labelled_pairs": {"text1": left, "text2": either, "label": labels},
        "scored_pairs": {
            "text1": left,
            "text2": either,
            "score": [5.0 * (0.8 * one + 0.12 * row / rows) for row, one in enumerate(labels)],
        },
        "nli": {
            "premise": left,
            "hypothesis": either,
            "label": ["entailment" if one else "contradiction" for one in labels],
        },
    }
    return pa.table(tables[kind])


def documents(rows: int = 90, seed: int = 3) -> pa.Table:
    """Return documents of three sentences that share a word."""
    generator = random.Random(seed)
    texts = [
        ". ".join(sentence(WORDS[row % 4], generator).capitalize() for _ in range(3)) + "."
        for row in range(rows)
    ]
    return pa.table({"text": texts})
