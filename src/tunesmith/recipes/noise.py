"""Texts with words taken out, for a model that learns to put them back."""

import re

import numpy as np

# Chinese, Japanese and Thai set no spaces between words: each of their letters counts as one.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)\s*")


def words(text: str) -> list[str]:
    """Split a text into words, each with the space behind it.

    Examples
    --------
    >>> words("A red card,  please.")
    ['A ', 'red ', 'card,  ', 'please.']
    """
    return _WORD.findall(text)


def delete_words(text: str, share: float, generator: np.random.Generator) -> str:
    """Return a text without some of its words; one at least is left.

    Parameters
    ----------
    text
        With words or without.
    share
        The chance of each word to go, 0 to 1.
    generator
        What is drawn from.

    Examples
    --------
    >>> delete_words("where is my new card", 0.6, np.random.default_rng(0))
    'where card'
    """
    found = words(text)
    if not found:
        return text
    kept = np.flatnonzero(generator.random(len(found)) >= share)
    places = kept if len(kept) else generator.integers(len(found), size=1)
    return "".join(found[place] for place in places).strip()
