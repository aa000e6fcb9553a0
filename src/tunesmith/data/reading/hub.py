"""Load datasets from the Hugging Face Hub by name; no other reader uses the network."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tunesmith.data.reading.formats import SUFFIXES
from tunesmith.data.reading.missing_paths import suggestions
from tunesmith.errors import HubUnavailable, UnreadableFile

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_TRUE = ("1", "on", "yes", "true")
_TIMEOUT = 10.0  # seconds


def may_be_hub_name(source: str) -> bool:
    """Return whether a string that is not a local file may be a dataset name and not a path.

    Examples
    --------
    >>> may_be_hub_name("mteb/banking77"), may_be_hub_name("tickts.csv")
    (True, False)
    """
    path = Path(source)
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if not _NAME.fullmatch(source) or suffixes & {*SUFFIXES, ".gz", ".xlsx", ".xls", ".zip"}:
        return False
    return "/" not in source or not path.parent.is_dir()


def load_from_hub(name: str) -> Any:
    """Load a dataset: its ``train`` split if it has one, else its first split.

    Raises
    ------
    HubUnavailable
        The Hub cannot be reached.
    UnreadableFile
        The Hub has no such dataset, or ``HF_HUB_OFFLINE`` is set.
    """
    offline = f"{name} is not a local file, and the Hugging Face Hub cannot be reached offline"
    similar = suggestions(Path(name))
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE:
        raise UnreadableFile(f"{offline} (HF_HUB_OFFLINE is set){similar}", file=name)
    if not _hub_answers():
        raise HubUnavailable(f"{offline}{similar}", file=name)
    import datasets

    try:
        loaded = datasets.load_dataset(name)
    except ConnectionError as error:
        raise HubUnavailable(f"{offline}{similar}", file=name) from error
    except (OSError, ValueError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0]
        raise UnreadableFile(
            f"{name} is not a local file, and loading it from the Hugging Face Hub failed:"
            f" {first_line}{similar}",
            file=name,
        ) from error
    if hasattr(loaded, "features"):
        return loaded
    return loaded["train" if "train" in loaded else next(iter(loaded))]


def _hub_answers() -> bool:
    # A single request, because the library would retry for half a minute and print each attempt.
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if not endpoint.startswith(("https:", "http:")):
        return False
    try:
        request = Request(endpoint, method="HEAD")  # noqa: S310 - its scheme was checked
        urlopen(request, timeout=_TIMEOUT).close()  # noqa: S310 - its scheme was checked
    except HTTPError:
        return True
    except OSError:
        return False
    return True
