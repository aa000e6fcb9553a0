"""Notes in the home on bases that were checked, so that each is checked once for each version."""

import json
from collections.abc import Mapping

from tunesmith.home import current_home


def was_checked(name: str, versions: Mapping[str, str]) -> bool:
    """Return whether a check is noted with these versions of libraries.

    Examples
    --------
    >>> was_checked("0000", {"tunesmith": "0.1"})
    False
    """
    try:
        found = json.loads((current_home().agreements / f"{name}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(found == versions)


def note_checked(name: str, versions: Mapping[str, str]) -> None:
    """Note a check that was passed.

    Raises
    ------
    OSError
        The home cannot be written.
    """
    note = current_home().agreements / f"{name}.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(dict(versions)) + "\n", encoding="utf-8")
