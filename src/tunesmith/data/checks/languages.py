"""Check the language of the texts against the languages that the base model was made for."""

from typing import Final

import numpy as np

from tunesmith.data.checks.context import Context, ModelTokens
from tunesmith.data.language import foreign_texts, language_name
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, percent

BASE_LANGUAGE: Final = "base-language"
"""The code of the findings."""
MULTILINGUAL: Final = ("intfloat/multilingual-e5-small", "paraphrase-multilingual-MiniLM-L12-v2")
_SAMPLE: Final = 300
# The start of a text tells its language; to tokenise whole documents takes seconds.
_START: Final = 2_000
_UNKNOWN: Final = 0.5
_LEAST_SHARE: Final = 0.1
_NAMED_LANGUAGES: Final = 4


def base_language(context: Context) -> Finding | None:
    """Find texts in a language that the base was not made for, or of characters unknown to it."""
    tokens = context.tokens
    if tokens is None:
        return None
    rows, texts = _sampled(context)
    if not texts:
        return None
    return _other_language(context, tokens, rows, texts) or _unknown(context, tokens, rows, texts)


def _other_language(
    context: Context, tokens: ModelTokens, rows: list[int], texts: list[str]
) -> Finding | None:
    languages = tokens.languages
    found = None if languages is None else foreign_texts(texts, languages)
    if found is None or languages is None:
        return None
    names = sorted(map(language_name, languages))
    share = len(found.positions) / len(texts)
    return context.finding(
        BASE_LANGUAGE,
        Severity.WARNING,
        _rows(rows, found.positions),
        f"{_how_many(share)} texts are in another language ({found.name}), but "
        f"{tokens.name} was made for {listing(names, shown=_NAMED_LANGUAGES)}.",
        _advice(),
        count=len(found.positions),
    )


def _unknown(
    context: Context, tokens: ModelTokens, rows: list[int], texts: list[str]
) -> Finding | None:
    positions = np.flatnonzero(tokens.unknown_shares(texts) > _UNKNOWN).tolist()
    share = len(positions) / len(texts)
    if share < _LEAST_SHARE:
        return None
    return context.finding(
        BASE_LANGUAGE,
        Severity.WARNING,
        _rows(rows, positions),
        f"{_how_many(share)} texts consist mostly of characters that {tokens.name} does not know.",
        _advice(),
        count=len(positions),
    )


def _how_many(share: float) -> str:
    return "All" if share == 1 else f"About {percent(share)} of the"


def _advice() -> str:
    names = " or ".join(MULTILINGUAL)
    return f"Set `base` to a model of that language or a multilingual one, such as {names}."


def _sampled(context: Context) -> tuple[list[int], list[str]]:
    """Return the starts of evenly spaced texts of all roles, with the positions of their rows."""
    pairs = [
        (row, text[:_START])
        for texts in context.texts.values()
        for row, text in enumerate(texts)
        if text.strip()
    ]
    chosen = pairs[:: max(1, len(pairs) // _SAMPLE)][:_SAMPLE]
    return [row for row, _ in chosen], [text for _, text in chosen]


def _rows(rows: list[int], positions: "list[int] | tuple[int, ...]") -> list[int]:
    return sorted({rows[position] for position in positions})
