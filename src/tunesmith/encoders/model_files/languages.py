"""The languages that a model was made for, as its card says."""

import re
from pathlib import Path
from typing import Final

_CARD: Final = "README.md"
# A parser of YAML takes seconds for cards with long results, and this is needed of every file.
_FRONT: Final = re.compile(r"\ufeff?---\n(.*?)^---", re.DOTALL | re.MULTILINE)
_LANGUAGE: Final = re.compile(r"^languages?:((?:[^\n]*)(?:\n[ \t]*-[^\n]*)*)", re.MULTILINE)
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z-]*")
_ANY: Final = frozenset(["multilingual", "mul", "multi", "all", "code"])
_SHORT: Final = {
    "english": "en", "eng": "en", "german": "de", "deu": "de", "ger": "de", "french": "fr",
    "fra": "fr", "fre": "fr", "spanish": "es", "spa": "es", "italian": "it", "ita": "it",
    "portuguese": "pt", "por": "pt", "dutch": "nl", "nld": "nl", "polish": "pl", "pol": "pl",
    "russian": "ru", "rus": "ru", "chinese": "zh", "zho": "zh", "chi": "zh", "japanese": "ja",
    "jpn": "ja", "korean": "ko", "kor": "ko", "arabic": "ar", "ara": "ar", "turkish": "tr",
    "tur": "tr", "hindi": "hi", "hin": "hi", "nb": "no", "nn": "no",
}  # fmt: skip


def model_languages(folder: Path) -> frozenset[str] | None:
    """Return the ISO codes of the languages in the front matter of a model's card.

    Returns
    -------
    The codes, such as ``{"en"}``; None if the card names none, or says that there are many.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> model_languages(bundled_folder())
    frozenset({'en'})
    """
    card = folder / _CARD
    if not card.is_file():
        return None
    front = _FRONT.match(card.read_text("utf-8", errors="replace"))
    found = _LANGUAGE.search(front[1]) if front else None
    listed = _CODE.findall(found[1]) if found else []
    codes = [code.lower().partition("-")[0] for code in listed]
    if not codes or not _ANY.isdisjoint(codes):
        return None
    return frozenset(_SHORT.get(code, code) for code in codes)
