"""Checks for the texts themselves."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.entities import name2codepoint
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tunesmith.data.checks.context import Context
from tunesmith.data.tokens import Tokens
from tunesmith.kinds import Retrieval
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, percent, plural

_COUNTED = 16  # characters for each token that the model reads, more than nearly all tokens have
_TAGS = (
    "a abbr b blockquote body br button center code dd div dl dt em font footer form h[1-6] head "
    "header hr html i iframe img input label li link main meta nav ol option p pre script section "
    "select small span strong style sub sup svg table tbody td textarea th thead title tr u ul"
)
_ATTRIBUTE = r"""\s+[a-z][\w:-]*\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)"""
HTML: Final = re.compile(
    rf"</?(?:{_TAGS.replace(' ', '|')})(?:{_ATTRIBUTE})*\s*/?>|<!--|<!doctype"
    rf"|&(?:{'|'.join(name2codepoint)}|#\d+|#x[0-9a-f]+);",
    re.IGNORECASE,
)
"""Tags, comments and entities of HTML, but not ``a < b`` or ``<3``."""
_CODE = re.compile(
    r"[+-]?\d[\d.,]*"  # a number
    r"|\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?"  # a UUID
    r"|(?=[0-9a-f]*\d)[0-9a-f]{8,}"  # a hex digest
    r"|(?=\S*\d)[a-z]{0,12}[-_#:/]?\d[\w:.-]*",  # ticket-1042, DE12/7, q_17
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|[a-z]:[\\/]|\\\\|~?/|\.{1,2}[\\/])\S+"
    r"|[^\s\\/]+(?:[\\/][^\s\\/]+)*\.(?:txt|pdf|docx?|xlsx?|pptx?|html?|xml|json|jsonl|csv|tsv|md"
    r"|eml|msg|log|parquet|gz|zip|png|jpe?g|gif|tiff?|wav|mp3|mp4)",
    re.IGNORECASE,
)
_DAMAGED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]"  # control and replacement characters
    "|Ã[\x80-\xbf]|Â[\xa0-\xbf]|â€|ðŸ"  # UTF-8 decoded as Latin-1 or Windows-1252
)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_MOSTLY = 0.9


def empty_texts(context: Context) -> Finding | None:
    """Find rows with a missing, blank or invisible text; they are skipped unless strict."""
    if isinstance(context.examples, Retrieval):
        return _empty_in_retrieval(context)
    empty = {
        role: [position for position, text in enumerate(texts) if is_blank(text)]
        for role, texts in context.texts.items()
        if role != "negatives"
    }
    if "negatives" in context.texts:
        lists = enumerate(context.negatives)
        empty["negatives"] = [
            position for position, row in lists if not row or any(map(is_blank, row))
        ]
    found = sorted(set().union(*empty.values()))
    if not found:
        return None
    role = next(role for role, positions in empty.items() if positions)
    noun = "negative" if role == "negatives" else "text"
    return context.finding(
        "empty-text",
        context.lenient_severity,
        found,
        f"No {noun} in {plural(len(found), 'row')}.",
        f"Fill in the {noun} or drop the row."
        if context.strict
        else f"Rows without a {noun} are skipped: fill in the {noun} to use them.",
        role=role,
        drop=True,
    )


def _empty_in_retrieval(context: Context) -> Finding | None:
    examples = context.examples
    assert isinstance(examples, Retrieval)
    parts, count = [], 0
    for role, table in (("query", examples.queries), ("document", examples.corpus)):
        cells = zip(table["id"].to_pylist(), context.texts[role], strict=True)
        found = [name for name, text in cells if is_blank(text)]
        count += len(found)
        if found:
            parts.append(f"{plural(len(found), role)} ({listing(found, quoted=True)})")
    if not parts:
        return None
    return context.finding(
        "empty-text",
        Severity.WARNING,
        [],
        f"No text in {' and '.join(parts)}.",
        "Fill in the texts, or drop them together with their judgements.",
        count=count,
    )


def is_blank(text: str) -> bool:
    r"""Return whether the text has no visible characters.

    Examples
    --------
    >>> is_blank(" \u200b "), is_blank("-")
    (True, False)
    """
    return not text.translate(_INVISIBLE).strip()


def identical_texts(context: Context) -> Finding | None:
    """Find a text column with the same value in every row."""
    for role, texts in context.texts.items():
        if len(texts) > 1 and len(set(texts)) == 1 and not is_blank(texts[0]):
            return context.finding(
                "identical-texts",
                Severity.ERROR,
                range(len(context.examples)),
                f"The text is the same in all {plural(len(texts), 'row')}.",
                "Set the text column with `columns`.",
                role=role,
            )
    return None


def ids_as_texts(context: Context) -> Finding | None:
    """Find a text column that contains numbers, UUIDs or codes, like an id column."""
    return _mostly(
        context,
        lambda text: _CODE.fullmatch(text) is not None,
        1.0,
        "id-as-text",
        Severity.ERROR,
        "numbers or codes from an id column",
    )


def paths_as_texts(context: Context) -> Finding | None:
    """Find a text column that contains file paths or URLs instead of texts."""
    return _mostly(
        context,
        lambda text: _PATH.fullmatch(text) is not None,
        _MOSTLY,
        "path-as-text",
        Severity.WARNING,
        "file paths or URLs, which are not opened",
    )


def _mostly(
    context: Context,
    matches: Callable[[str], bool],
    least: float,
    code: str,
    severity: Severity,
    what: str,
) -> Finding | None:
    for role, texts in context.texts.items():
        filled = [
            (index, text.split("\n")) for index, text in enumerate(texts) if not is_blank(text)
        ]
        found = [index for index, lines in filled if all(matches(line.strip()) for line in lines)]
        if filled and len(found) >= least * len(filled):
            sample = f": {listing(texts[:3], quoted=True)}"
            finding = context.finding(
                code,
                severity,
                found if len(texts) == len(context.examples) else [],
                f"The texts look like {what}{sample}.",
                "Set the text column with `columns`.",
                role=role,
                count=len(found),
            )
            return replace(finding, sample=sample)
    return None


def left_over_html(context: Context) -> Finding | None:
    """Find tags and entities such as ``<br />`` and ``&nbsp;``, but not ``a < b`` or ``<3``."""
    return _containing(
        context,
        HTML,
        "html",
        "HTML in {rows}{sample}.",
        "Strip the tags and decode the entities: a model treats them as words.",
    )


def damaged_characters(context: Context) -> Finding | None:
    """Find control characters, replacement characters and wrongly decoded text."""
    return _containing(
        context,
        _DAMAGED,
        "damaged-characters",
        "Damaged characters in {rows}{sample}.",
        "Export the file from its source again as UTF-8.",
    )


def _containing(
    context: Context, pattern: re.Pattern[str], code: str, message: str, advice: str
) -> Finding | None:
    hits = [
        (role, index, match)
        for role, texts in context.texts.items()
        for index, text in enumerate(texts)
        if (match := pattern.search(text))
    ]
    if not hits:
        return None
    role, _, first = hits[0]
    found = sorted({index for _, index, _ in hits})
    in_rows = not isinstance(context.examples, Retrieval)
    count = len(found) if in_rows else len(hits)
    around = first.string[max(0, first.start() - 10) : first.end() + 10]
    printable = "".join(character if character.isprintable() else "�" for character in around)
    sample = f", such as {listing([printable], quoted=True)}"
    finding = context.finding(
        code,
        Severity.WARNING,
        found if in_rows else [],
        message.format(rows=plural(count, "row" if in_rows else "text"), sample=sample),
        advice,
        role=role,
        count=count,
    )
    return replace(finding, sample=sample)


def truncated_texts(context: Context) -> Finding | None:
    """Find texts that exceed the model's maximum length, and report how much is truncated."""
    if context.tokens is None:
        return None
    limit = context.tokens.max_length
    lengths = {role: _lengths(context.tokens, texts) for role, texts in _whole_texts(context)}
    all_lengths = np.concatenate([*lengths.values(), np.zeros(0, dtype=np.int64)])
    count = int((all_lengths > limit).sum())
    if not count:
        return None
    lost = percent(float(np.maximum(all_lengths - limit, 0).sum() / all_lengths.sum()))
    about = "about " if lost[0].isdigit() else ""
    share = count / len(all_lengths)
    return context.finding(
        "truncated",
        Severity.WARNING if share >= 0.01 else Severity.NOTE,
        _long_rows(context, lengths, limit),
        f"The model's maximum length is {limit} tokens: {plural(count, 'text')} ({percent(share)}) "
        f"will be truncated, losing {about}{lost} of all tokens.",
        "Shorten or split the texts, or use a base model with a longer maximum length.",
        role=max(lengths, key=lambda role: int((lengths[role] > limit).sum())),
        count=count,
    )


def _whole_texts(context: Context) -> Iterator[tuple[str, list[str]]]:
    for role, texts in context.texts.items():
        if role == "negatives":
            yield role, [text for row in context.negatives for text in row]
        else:
            yield role, texts


def _lengths(tokens: Tokens, texts: list[str]) -> NDArray[np.int64]:
    """Return the token counts of texts; that of a very long text is estimated from its start."""
    limit = tokens.max_length
    starts = [text[: limit * _COUNTED] for text in texts]
    counts = np.asarray(tokens.token_lengths(starts), dtype=np.int64)
    for index in np.flatnonzero(counts <= limit):
        if len(starts[index]) < len(texts[index]):  # whether it is truncated is never estimated
            starts[index] = texts[index]
            counts[index] = tokens.token_lengths([texts[index]])[0]
    whole = [len(text) / max(1, len(start)) for text, start in zip(texts, starts, strict=True)]
    estimated: NDArray[np.int64] = np.rint(counts * np.array(whole)).astype(np.int64)
    return estimated


def _long_rows(context: Context, lengths: dict[str, np.ndarray], limit: int) -> list[int]:
    by_row = [long for role, long in lengths.items() if role in context.examples.text_roles]
    return np.flatnonzero(np.any([long > limit for long in by_row], axis=0)).tolist()
