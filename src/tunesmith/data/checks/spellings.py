"""Find labels that look the same: one class to a person, several to a model."""

import unicodedata
from collections import defaultdict

from tunesmith.data.checks.context import Context
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_SHOWN = 3
# Marks that Unicode does not count as formatting, although they have no shape of their own.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\ufe0e\ufe0f")


def label_spellings(context: Context) -> Finding | None:
    """Find labels that differ in case, spaces, invisible characters or Unicode form only."""
    if not isinstance(context.examples, Labelled | Multilabel):
        return None
    rows = _rows_by_label(context)
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in rows:
        spellings[plain_label(name)].append(name)
    variants = [found for found in spellings.values() if len(found) > 1]
    if not variants:
        return None
    merges = {name: _best(found, rows) for found in variants for name in found}
    others = [name for name in merges if name != merges[name]]
    shown = [f"{_visible(name)} → {_visible(merges[name])}" for name in others]
    return context.finding(
        "label-spelling",
        Severity.WARNING,
        sorted({row for name in others for row in rows[name]}),
        f"{plural(len(variants), 'label')} spelled in more than one way, such as "
        f"{listing([_visible(name) for name in variants[0]])}.",
        "Every spelling counts as a separate class: replace the rarer ones in the file "
        f"({listing(shown, shown=_SHOWN)}).",
        role=context.examples.roles[-1],
    )


def plain_label(label: str) -> str:
    r"""Return the label as it looks: compatible forms, case and spaces are the same.

    Examples
    --------
    >>> plain_label("Water\u200b"), plain_label("ｗａｔｅｒ "), plain_label("cafe\u0301") == "café"
    ('water', 'water', True)
    """
    folded = unicodedata.normalize("NFKC", label).casefold()
    seen = "".join(character for character in folded if not is_invisible(character))
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def is_invisible(character: str) -> bool:
    """Return whether a character has no shape: format and control characters, and fillers."""
    if character in _BLANK:
        return True
    return unicodedata.category(character) in ("Cf", "Cc") and not character.isspace()


def _rows_by_label(context: Context) -> dict[str, list[int]]:
    """Return the positions of the rows of each label; in multi-label data, of its 1s."""
    rows: dict[str, list[int]] = defaultdict(list)
    if isinstance(context.examples, Multilabel):
        for position, known in enumerate(context.values("labels")):
            for name, value in known or ():
                rows[str(name)] += [position] if value == 1 else []
    else:
        for position, label in enumerate(context.labels):
            if label is not None:
                rows[label].append(position)
    return dict(rows)


def _best(names: list[str], rows: dict[str, list[int]]) -> str:
    """Return the most frequent spelling; of equally frequent ones, the one without oddities."""
    return min(names, key=lambda name: (-len(rows[name]), _oddities(name), name))


def _oddities(label: str) -> int:
    composed = unicodedata.normalize("NFC", label)
    return sum(map(_is_odd, label)) + (composed != label) + (label != " ".join(label.split()))


def _is_odd(character: str) -> bool:
    return is_invisible(character) or unicodedata.normalize("NFKC", character) != character


def _visible(label: str) -> str:
    """Return a label in quotes, with the code of each character that is not seen as it is."""
    decomposed = unicodedata.normalize("NFC", label) != label
    return "“" + "".join(_shown(one, decomposed=decomposed) for one in label) + "”"


def _shown(character: str, *, decomposed: bool) -> str:
    hidden = _is_odd(character) or (character.isspace() and character != " ")
    accent = decomposed and unicodedata.combining(character) > 0
    return f"<U+{ord(character):04X}>" if hidden or accent else character
