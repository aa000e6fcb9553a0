"""Pairs that raw documents give for nothing: parts of one document belong together."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

PartPair = Literal["title", "neighbours", "cloze"]
PART_PAIRS: tuple[PartPair, ...] = ("title", "neighbours", "cloze")
_FEWEST_WORDS = 3
# Behind a stop comes a space and something that can begin a sentence; Chinese and Japanese stops
# need no space.
_BEGIN = r"(?=[\"'“‘(\[]*[^\Wa-z_])"
_CLOSED = r"(?<=[.!?…][\"'”’)\]])"
_END = re.compile(rf"(?:(?<=[.!?…])|{_CLOSED})\s+{_BEGIN}|(?<=[。！？])|\n")


def sentences(text: str) -> list[str]:
    """Split a text into sentences; one of less than three words stays with the one before.

    Examples
    --------
    >>> sentences("My card is lost. Since Monday! What can I do, e.g. call you?")
    ['My card is lost. Since Monday!', 'What can I do, e.g. call you?']
    """
    found: list[str] = []
    for part in _END.split(text):
        sentence = part.strip()
        if not sentence:
            continue
        if found and min(_size(sentence), _size(found[-1])) < _FEWEST_WORDS:
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def part_pairs(
    texts: Sequence[str],
    generator: np.random.Generator,
    ways: Sequence[PartPair] = PART_PAIRS,
) -> Iterator[tuple[int, str, str]]:
    """Yield for each document one pair of its parts; one of a single sentence has none.

    One pair a document, for two of the same would be taken for unlike in a batch.

    Parameters
    ----------
    texts
        The documents.
    generator
        Draws the way for each document, and the sentences.
    ways
        ``"title"``: the first line or sentence with all that follows, unless another document
        begins alike; ``"neighbours"``: a sentence with the next; ``"cloze"``: a sentence with all
        others, which hold it too in a tenth of the documents (inverse cloze task; Lee et al., 2019,
        https://arxiv.org/abs/1906.00300).

    Yields
    ------
    The position of the document, and the two texts.

    Examples
    --------
    >>> texts = ["A lost card. Call us. We will send a new one."]
    >>> list(part_pairs(texts, np.random.default_rng(0), ["title"]))
    [(0, 'A lost card. Call us.', 'We will send a new one.')]
    """
    documents = [sentences(text) for text in texts]
    begun = Counter(parts[0] for parts in {tuple(parts) for parts in documents if parts})
    other = [way for way in ways if way != "title"]
    for place, parts in enumerate(documents):
        if len(parts) < 2:
            continue
        way = ways[int(generator.integers(len(ways)))]
        if way == "title" and begun[parts[0]] > 1:
            if not other:
                continue
            way = other[int(generator.integers(len(other)))]
        yield place, *_pair(parts, way, generator)


def _pair(parts: list[str], way: PartPair, generator: np.random.Generator) -> tuple[str, str]:
    if way == "title":
        return parts[0], " ".join(parts[1:])
    if way == "neighbours":
        first = int(generator.integers(len(parts) - 1))
        return parts[first], parts[first + 1]
    chosen = int(generator.integers(len(parts)))
    whole = generator.random() < 0.1
    others = [part for place, part in enumerate(parts) if whole or place != chosen]
    return parts[chosen], " ".join(others)


def _size(sentence: str) -> int:
    """Return how many words there are; without spaces, two letters count as one."""
    return max(len(sentence.split()), len(sentence) // 2 if not sentence.isascii() else 0)
