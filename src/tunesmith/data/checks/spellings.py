"""Find labels that look the same: one class to a person, several to a model."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection

from tunesmith.data.checks.context import Context
from tunesmith.kinds import Labelled, Multilabel
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing, plural

_SHOWN = 3
_WHOLE = re.compile(r"^([+-]?[0-9]+)\.0+$")
# Marks that Unicode does not count as formatting, although they have no shape of their own.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\ufe0e\ufe0f")


def label_spellings(context: Context, known: Collection[str] = ()) -> Finding | None:
    """Find labels that differ in case, spaces, invisible characters, Unicode form or .0 only.

    The advice prefers the spellings that are known from training data, if there are any.
    """
    if not isinstance(context.examples, Labelled | Multilabel):
        return None
    rows = rows_by_label(context.examples)
    variants = [found for found in _variants(rows) if len(found) > 1]
    if not variants:
        return None
    best = merges(rows, known)
    others = [name for found in variants for name in found if name != best[name]]
    shown = [f"{visible(name)} → {visible(best[name])}" for name in others]
    return context.finding(
        "label-spelling",
        Severity.WARNING,
        sorted({row for name in others for row in rows[name]}),
        f"{plural(len(variants), 'label')} spelled in more than one way, such as "
        f"{listing([visible(name) for name in variants[0]])}.",
        f"Every spelling counts as a separate class: replace {_which(known)} in the file "
        f"({listing(shown, shown=_SHOWN)}), or merge the spellings (fix `label-spelling`).",
        role=context.examples.roles[-1],
    )


def _which(known: Collection[str]) -> str:
    return "those that the training data does not have" if known else "the rarer ones"


def plain_label(label: str) -> str:
    r"""Return the label as it looks: compatible forms, case and spaces are the same.

    A whole number has no decimals, because tables with missing cells write 1 as 1.0.

    Examples
    --------
    >>> plain_label("1.0"), plain_label("2.10")
    ('1', '2.10')
    >>> plain_label("Water\u200b"), plain_label("ｗａｔｅｒ "), plain_label("cafe\u0301") == "café"
    ('water', 'water', True)
    """
    folded = unicodedata.normalize("NFKC", label).casefold()
    seen = "".join(character for character in folded if not is_invisible(character))
    plain = " ".join(unicodedata.normalize("NFKC", seen).split())
    return _WHOLE.sub(r"\1", plain)


def loose_label(label: str) -> str:
    """Return the label as it looks, with hyphens and underscores as spaces.

    Examples
    --------
    >>> loose_label("Card_lost") == loose_label("card-lost ") == loose_label("card  lost")
    True
    """
    return plain_label(label.replace("_", " ").replace("-", " "))


def is_invisible(character: str) -> bool:
    """Return whether a character has no shape: format and control characters, and fillers."""
    if character in _BLANK:
        return True
    return unicodedata.category(character) in ("Cf", "Cc") and not character.isspace()


def rows_by_label(examples: Labelled | Multilabel) -> dict[str, list[int]]:
    """Return the positions of the rows of each label; in multi-label data, of its 1s."""
    rows: dict[str, list[int]] = defaultdict(list)
    if isinstance(examples, Multilabel):
        for position, known in enumerate(examples.table["labels"].to_pylist()):
            for name, value in known or ():
                rows[str(name)] += [position] if value == 1 else []
    else:
        for position, label in enumerate(examples.table["label"].to_pylist()):
            if label is not None:
                rows[str(label)].append(position)
    return dict(rows)


def merges(rows: dict[str, list[int]], known: Collection[str] = ()) -> dict[str, str]:
    """Return the best spelling of each label, given the rows of each and the known spellings.

    Examples
    --------
    >>> merges({"lift": [1], "Lift": [2, 3], "water": [4]})
    {'lift': 'Lift', 'Lift': 'Lift', 'water': 'water'}
    """
    return {name: _best(found, rows, known) for found in _variants(rows) for name in found}


def _variants(rows: dict[str, list[int]]) -> list[list[str]]:
    """Return the labels that look the same."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in rows:
        spellings[plain_label(name)].append(name)
    return list(spellings.values())


def _best(names: list[str], rows: dict[str, list[int]], known: Collection[str]) -> str:
    """Return a known spelling, else the most frequent one, else the one without oddities."""
    return min(names, key=lambda name: (name not in known, -len(rows[name]), _oddities(name), name))


def _oddities(label: str) -> int:
    composed = unicodedata.normalize("NFC", label)
    return sum(map(_is_odd, label)) + (composed != label) + (label != " ".join(label.split()))


def _is_odd(character: str) -> bool:
    return is_invisible(character) or unicodedata.normalize("NFKC", character) != character


def visible(label: str) -> str:
    """Return a label in quotes, with the code of each character that is not seen as it is."""
    decomposed = unicodedata.normalize("NFC", label) != label
    return "“" + "".join(_shown(one, decomposed=decomposed) for one in label) + "”"


def _shown(character: str, *, decomposed: bool) -> str:
    hidden = _is_odd(character) or (character.isspace() and character != " ")
    accent = decomposed and unicodedata.combining(character) > 0
    return f"<U+{ord(character):04X}>" if hidden or accent else character
