"""Check whether the documents of a folder are in subfolders that may be labels."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Final

from tunesmith.data.checks.context import Context
from tunesmith.data.column_meanings import SPLITS
from tunesmith.data.reading.documents.find import PLAIN
from tunesmith.kinds import Texts
from tunesmith.results.finding import Finding, Severity
from tunesmith.wording import listing

_FEWEST: Final = 3  # documents in a folder, on average


def folders_of_labels(context: Context) -> Finding | None:
    """Find documents that are all in two or more folders of one depth, as labelled ones often are.

    Documentation is laid out in the same way, so only plain texts are a warning.
    """
    if context.loaded.documents is None or not isinstance(context.examples, Texts):
        return None
    paths = [PurePosixPath(path) for path in context.loaded.documents.paths]
    folders = Counter(path.parent.name for path in paths)
    alike = len({len(path.parts) for path in paths}) == 1 and "" not in folders
    if not alike or len(folders) < 2 or len(paths) < _FEWEST * len(folders):
        return None
    plain = all(path.suffix.lower() in PLAIN for path in paths)
    names = listing(list(folders), quoted=True)
    return context.finding(
        "label-folder",
        Severity.WARNING if plain else Severity.NOTE,
        [],
        f"The documents are in the folders {names}, but are read as texts without labels.",
        _advice(paths, set(folders)),
        count=len(paths),
    )


def _advice(paths: list[PurePosixPath], folders: set[str]) -> str:
    splits = "pass the folder of each split separately, the one for tests as `test`"
    if {name.lower() for name in folders} <= SPLITS:
        return f"If they are the splits of the data, {splits}."
    usage = 'If the folders are labels, set `columns={"label": "folder"}`.'
    if {path.parts[0].lower() for path in paths} <= SPLITS:
        return f"{usage} As there are splits, {splits}."
    return usage
