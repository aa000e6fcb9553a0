"""Create positive pairs from unlabelled documents: two parts of the same document."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

PartPair = Literal["title", "neighbours", "cloze"]
PART_PAIRS: tuple[PartPair, ...] = ("title", "neighbours", "cloze")
_MIN_WORDS = 3
# A full stop must be followed by a space and a possible sentence start; Chinese and Japanese full
# stops need no space.
_BEGIN = r"(?=[\"'“‘(\[]*[^\Wa-z_])"
_CLOSED = r"(?<=[.!?…][\"'”’)\]])"
_END = re.compile(rf"(?:(?<=[.!?…])|{_CLOSED})\s+{_BEGIN}|(?<=[。！？])|\n")


def sentences(text: str) -> list[str]:
    """Split a text into sentences; one with fewer than three words is joined to a neighbour.

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
        if found and min(_size(sentence), _size(found[-1])) < _MIN_WORDS:
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def part_pairs(
    texts: Sequence[str],
    generator: np.random.Generator,
    ways: Sequence[PartPair] = PART_PAIRS,
) -> Iterator[tuple[int, str, str]]:
    """Yield one pair of parts for each document with at least two sentences.

    A second pair from the same document could become an in-batch negative of the first.

    Parameters
    ----------
    texts
        The documents.
    generator
        A random generator that chooses the method and the sentences for each document.
    ways
        Methods to choose from. ``"title"``: the first line or sentence and the rest, unless another
        document has the same first sentence. ``"neighbours"``: a sentence and the next one.
        ``"cloze"``: a sentence and all others, with the sentence itself kept in the rest for a
        tenth of the documents (inverse cloze task; Lee et al., 2019,
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
    openings = Counter(parts[0] for parts in {tuple(parts) for parts in documents if parts})
    other = [way for way in ways if way != "title"]
    for position, parts in enumerate(documents):
        if len(parts) < 2:
            continue
        way = ways[int(generator.integers(len(ways)))]
        if way == "title" and openings[parts[0]] > 1:
            if not other:
                continue
            way = other[int(generator.integers(len(other)))]
        yield position, *_pair(parts, way, generator)


def _pair(parts: list[str], way: PartPair, generator: np.random.Generator) -> tuple[str, str]:
    if way == "title":
        return parts[0], " ".join(parts[1:])
    if way == "neighbours":
        first = int(generator.integers(len(parts) - 1))
        return parts[first], parts[first + 1]
    chosen = int(generator.integers(len(parts)))
    keep = generator.random() < 0.1
    others = [part for index, part in enumerate(parts) if keep or index != chosen]
    return parts[chosen], " ".join(others)


def _size(sentence: str) -> int:
    """Return the number of words; in text without spaces, two characters count as a word."""
    return max(len(sentence.split()), len(sentence) // 2 if not sentence.isascii() else 0)
