"""Data sets on the Hugging Face hub, by name; the only place where reading meets the network."""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tunesmith.data.reading.formats import SUFFIXES
from tunesmith.errors import UnreadableFile

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_TRUE = ("1", "on", "yes", "true")
_PATIENCE = 10.0  # seconds


def may_be_hub_name(source: str) -> bool:
    """Whether a word that is no file here may name a data set: it does not look like a path.

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


def missing_file(source: str) -> UnreadableFile:
    """Return the error for a path that leads nowhere, with names like it."""
    path = Path(source).expanduser()
    folder = "" if path.parent.is_dir() else f"; nor is there a folder {path.parent}"
    return UnreadableFile(f"there is no file {source}{folder}{_similar(path)}")


def load_from_hub(name: str) -> Any:
    """Load a data set: its split ``train`` where it has one, else its first.

    Raises
    ------
    UnreadableFile
        The hub cannot be reached, or has no such data set.
    """
    offline = f"{name} is not a file here, and the hub cannot be reached offline"
    near = _similar(Path(name))
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE:
        raise UnreadableFile(f"{offline} (HF_HUB_OFFLINE is set){near}")
    if not _hub_answers():
        raise UnreadableFile(f"{offline}{near}")
    import datasets

    try:
        loaded = datasets.load_dataset(name)
    except ConnectionError as error:
        raise UnreadableFile(f"{offline}{near}") from error
    except (OSError, ValueError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0]
        raise UnreadableFile(
            f"{name} is not a file here, and the hub does not give it: {first_line}{near}"
        ) from error
    if hasattr(loaded, "features"):
        return loaded
    return loaded["train" if "train" in loaded else next(iter(loaded))]


def _hub_answers() -> bool:
    # Asked once and plainly: the library would try for half a minute, and print each attempt.
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if not endpoint.startswith(("https:", "http:")):
        return False
    try:
        request = Request(endpoint, method="HEAD")  # noqa: S310 - its scheme was checked
        urlopen(request, timeout=_PATIENCE).close()  # noqa: S310 - its scheme was checked
    except HTTPError:
        return True
    except OSError:
        return False
    return True


def _similar(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return ""
    names = [entry.name for entry in folder.iterdir()]
    by_stem = [name for name in names if Path(name).stem.lower() == path.stem.lower()]
    near = list(dict.fromkeys([*by_stem, *get_close_matches(path.name, names, n=4, cutoff=0.6)]))
    return f"; did you mean {', '.join(near[:4])}?" if near else ""
