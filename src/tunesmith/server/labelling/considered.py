"""Guesses and suggestions for the labels that are in force, kept as long as they are the newest."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from tunesmith.folders import replacing
from tunesmith.home import Home
from tunesmith.labelling.label_guesses import LabelGuesses
from tunesmith.server.judging import Failure, guarded
from tunesmith.server.labelling.labelled_texts import NONE, LabelledTexts

SUGGESTED: Final = 40
"""Number of suggestions that are made at a time."""
_KEPT = 3  # guesses of each data set, the newest
_KEY_LENGTH = 40
_STALE_ACTS = 10
_FEW_LEFT = 10
_ARRAYS = ("likely", "probability", "doubt", "suspects")


@dataclass(frozen=True)
class Suggested:
    """A suggestion: the position of the text, why, and its likely label."""

    position: int
    reason: str
    likely: str | None
    probability: float


@dataclass(frozen=True, eq=False)
class Considered:
    """Guesses and suggestions for the labels that were in force at some moment.

    Parameters
    ----------
    key
        Other for other labels.
    guesses
        The likely label and the doubt of each text; None while there are no two labels.
    suggestions
        The texts to label next, best first.
    labelled
        The number of labels that the guesses were made from.
    revision
        The revision of the labels.
    """

    key: str
    guesses: LabelGuesses | None
    suggestions: tuple[Suggested, ...]
    labelled: int
    revision: int

    def is_stale(self, texts: LabelledTexts) -> bool:
        """Return whether enough was labelled since to make new suggestions."""
        labelled = int((texts.codes != NONE).sum())
        learns = self.guesses is None and bool((texts.counts > 0).sum() > 1)
        acts = max(abs(labelled - self.labelled), abs(texts.revision - self.revision))
        left = sum(not texts.reviewed[each.position] for each in self.suggestions)
        return learns or acts >= _STALE_ACTS or left < min(_FEW_LEFT, len(self.suggestions))


def key_of(texts: LabelledTexts) -> str:
    """Return a name for what is computed from labels, other for other labels."""
    names = json.dumps(texts.names).encode()
    marks = texts.codes.tobytes() + texts.reviewed.tobytes()
    return hashlib.sha256(names + marks).hexdigest()[:_KEY_LENGTH]


def stored(folder: Path, key: str) -> Considered | None:
    """Return what was computed for a key, or else the newest; None if there is nothing."""
    if (folder / key).is_dir():
        return _read(folder / key)
    newest = _newest(folder)
    return None if newest is None else _read(folder / newest)


def consider(
    home: Home,
    folder: Path,
    key: str,
    labels: list[str | None],
    reviewed: list[int],
    revision: int,
) -> dict[str, Any] | Failure:
    """Guess the labels of all texts and suggest some; runs in the child process."""
    from tunesmith.labelling.guesses import guess_labels  # noqa: PLC0415 - needs scikit-learn
    from tunesmith.labelling.suggest import suggest  # noqa: PLC0415 - needs scikit-learn

    def run() -> dict[str, Any]:
        vectors = np.load(folder.parent / "vectors.npy")
        known = len({label for label in labels if label is not None}) > 1
        guesses = guess_labels(vectors, labels) if known else None
        found = suggest(vectors, labels, guesses, reviewed=reviewed, count=SUGGESTED)
        labelled = sum(label is not None for label in labels)
        words = {
            "suggested": [asdict(each) for each in found],
            "labelled": labelled,
            "revision": revision,
        }
        _save(folder, key, guesses, words)
        return {"suggested": len(found)}

    return guarded(home, run)


def guessed(texts: LabelledTexts, considered: Considered | None) -> tuple[Any, Any, Any]:
    """Return likely label (an index of the texts' names), probability and doubt of each text."""
    if considered is None or considered.guesses is None:
        empty = np.zeros(len(texts), dtype=np.float32)
        return np.full(len(texts), NONE, dtype=np.int32), empty, empty
    guesses = considered.guesses
    numbers = {name: number for number, name in enumerate(texts.names)}
    own = np.array([numbers.get(name, NONE) for name in guesses.names], dtype=np.int32)
    return own[guesses.likely], guesses.probability, guesses.doubt


def _save(folder: Path, key: str, guesses: LabelGuesses | None, words: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / key) as temporary:
        named = {"names": None if guesses is None else guesses.names, **words}
        (temporary / "words.json").write_text(json.dumps(named), encoding="utf-8")
        if guesses is not None:
            arrays = {name: getattr(guesses, name) for name in _ARRAYS}
            np.savez(temporary / "guesses.npz", **arrays)


@lru_cache(maxsize=2)
def _read(folder: Path) -> Considered:
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    guesses = None
    if words["names"] is not None:
        with np.load(folder / "guesses.npz", allow_pickle=False) as held:
            guesses = LabelGuesses(tuple(words["names"]), **{name: held[name] for name in _ARRAYS})
    return Considered(
        key=folder.name,
        guesses=guesses,
        suggestions=tuple(Suggested(**each) for each in words["suggested"]),
        labelled=words["labelled"],
        revision=words["revision"],
    )


def _newest(folder: Path) -> str | None:
    """Return the newest of the guesses of a data set; older ones are removed."""
    if not folder.is_dir():
        return None
    found = sorted(
        (each for each in folder.iterdir() if len(each.name) == _KEY_LENGTH),
        key=lambda each: each.stat().st_mtime,
    )
    for old in found[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return found[-1].name if found else None
