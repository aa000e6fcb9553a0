"""Texts from the token ids that LangChain sends: those of OpenAI's vocabulary cl100k_base.

Read as ids of the model's own vocabulary they would give plausible, wrong vectors. The vocabulary
is never downloaded: it is used if tiktoken has cached it, or if an installed package contains it.
"""

import hashlib
import os
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from tunesmith.errors import UsageError

# The name that tiktoken gives the file in its cache, and the SHA-256 that it expects.
_NAME = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
_DIGEST = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
_CACHES = ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")
_PACKAGES = (
    "llama_index/core/_static/tiktoken_cache",
    "litellm/litellm_core_utils/tokenizers",
    "litellm/llms/tokenizers",
)
_SPECIAL = {
    100257: b"<|endoftext|>",
    100258: b"<|fim_prefix|>",
    100259: b"<|fim_middle|>",
    100260: b"<|fim_suffix|>",
    100276: b"<|endofprompt|>",
}


def decode(lists: Sequence[Sequence[int]]) -> list[str]:
    """Return the texts of lists of ids of cl100k_base.

    Raises
    ------
    UsageError
        The vocabulary is not on this machine, or an id is not part of it.
    """
    known = vocabulary()
    if known is None:
        raise UsageError(
            "the input is token ids, and the vocabulary cl100k_base is not on this machine",
            hint="send strings; in LangChain check_embedding_ctx_length=False",
            option="input",
        )
    try:
        return [b"".join([known[each] for each in ids]).decode("utf-8", "replace") for ids in lists]
    except KeyError as error:
        raise UsageError(
            f"{error} is not a token id of cl100k_base", hint="send strings", option="input"
        ) from None


@cache
def vocabulary() -> Mapping[int, bytes] | None:
    """Return the bytes of each id; None if no folder contains the file as OpenAI published it."""
    for folder in _folders():
        path = folder / _NAME
        if path.is_file() and hashlib.sha256(content := path.read_bytes()).hexdigest() == _DIGEST:
            pairs = (line.split() for line in content.splitlines())
            return _SPECIAL | {int(rank): b64decode(token) for token, rank in pairs}
    return None


def _folders() -> Iterator[Path]:
    yield from (Path(os.environ[name]) for name in _CACHES if os.environ.get(name))
    yield Path(tempfile.gettempdir(), "data-gym-cache")
    yield from (Path(root, package) for root in sys.path for package in _PACKAGES)
