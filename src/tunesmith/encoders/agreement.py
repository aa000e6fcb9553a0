"""Check that a base gives the vectors of sentence-transformers before a fit builds on it."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.backends.torch_model import TorchModel, load
from tunesmith.encoders.base_notes import note_checked, was_checked
from tunesmith.encoders.model_files.description import Description, describe
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import ModelError
from tunesmith.version import __version__

TOLERANCE = 1e-4
HALF_TOLERANCE = 1e-2  # 16-bit weights on a GPU, where padding changes the rounding
# Digests of models that were compared in the tests of a release.
KNOWN = frozenset({"c006c9485a9bef2b32fa4211f98d5bc526db0fde6c16cd541e38233f4eced8ea"})
TEXTS = (
    "where is my card?",
    "a",
    "?!",
    "  spaces  around ",
    "CAPITALS and small",
    "two\nlines\tand a tab",
    "🎻🔥👩‍🔬 ✅",
    "où est ma commande ? 荷物はどこですか",
    "[MASK] [SEP] <s> </s> <pad>",
    "query: a text with the name of a prompt",
    "0.5 % of 1,234,567",
    "the parcel that I ordered on Monday has not come, and my letters get no answer " * 12,
)
Encode = Callable[[list[str]], Any]


def require_agreement(folder: Path) -> None:
    """Raise a ModelError if a fit would not see the vectors that sentence-transformers gives.

    ``encode``, ``encode_query`` and ``encode_document`` are compared on a dozen texts. The result
    is kept in Tunesmith's home by the digest of the model, so this is done once for each base.

    Raises
    ------
    ModelError
        The base has a Router, or the vectors of a text differ by more than 1e-4.

    Examples
    --------
    >>> from tunesmith.encoders import bundled_folder
    >>> require_agreement(bundled_folder())
    """
    described = describe(folder)
    if described.routed:
        raise ModelError(
            f"{folder.name} has a Router, which sends queries and documents through different "
            "modules: it can be evaluated and used, but not tuned",
            hint="start from the encoder of one of its routes",
            option="base",
        )
    digest = folder_digest(folder)
    if digest in KNOWN:
        return
    versions = {
        "tunesmith": __version__,
        "sentence-transformers": version("sentence-transformers"),
    }
    if was_checked(digest, versions):
        return
    _compare(folder, load(folder, digest, None), described)
    note_checked(digest, versions)


def _compare(folder: Path, model: TorchModel, described: Description) -> None:
    ours = TextEncoder(folder, backend="torch", cache=False, normalize=False)
    tolerance = TOLERANCE if model.full_precision else HALF_TOLERANCE
    for prompt, encode in model.reference(described).items():
        found = ours.encode(TEXTS, prompt=prompt)
        known, expected = _expected(encode, folder)
        largest = max(1.0, float(np.abs(expected).max()))
        if found.shape[1] != expected.shape[1]:
            raise _refusal(
                folder, prompt, f"{found.shape[1]} instead of {expected.shape[1]} numbers"
            )
        difference = np.abs(found[known] - expected).max(axis=1) / largest
        if not (difference <= tolerance).all():
            worst = int(np.nanargmax(difference)) if np.isfinite(difference).any() else 0
            text = TEXTS[known[worst]]
            raise _refusal(
                folder, prompt, f"a difference of {difference[worst]:.2g} for {text[:40]!r}"
            )


def _expected(encode: Encode, folder: Path) -> tuple[list[int], NDArray[np.float32]]:
    """Return the texts that sentence-transformers encodes, and their vectors.

    It raises an error for a text that is longer than the model's positions; Tunesmith truncates it.
    """
    try:
        return list(range(len(TEXTS))), np.asarray(encode(list(TEXTS)), dtype=np.float32)
    except Exception:
        known, vectors, reason = [], [], ""
        for index, text in enumerate(TEXTS):
            try:
                vectors.append(np.asarray(encode([text])[0], dtype=np.float32))
                known.append(index)
            except Exception as error:
                reason = str(error)[:200]
        if not known:
            raise ModelError(
                f"sentence-transformers cannot encode with {folder.name} ({reason}), so it cannot "
                "be tuned",
                hint="repair its configuration, or choose another base",
                option="base",
            ) from None
        return known, np.array(vectors)


def _refusal(folder: Path, prompt: str | None, what: str) -> ModelError:
    name = "encode" if prompt is None else f"encode_{prompt}"
    return ModelError(
        f"the vectors of {folder.name} are not those of sentence-transformers' {name} ({what}), so "
        "a fit would measure another model than the one in use",
        hint="choose another base, and report its configuration as a bug",
        option="base",
    )
