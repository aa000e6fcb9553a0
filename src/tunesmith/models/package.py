"""What of a fitted model is published: the files with a digest, verified, and the model card.

Published files are those with a digest in ``tunesmith.json``, verified first, as well as
``tunesmith.json`` itself and the model card. The report contains texts of the data and is only
included on request. Any other files in the folder are left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tunesmith.errors import DamagedModel, UsageError
from tunesmith.models.base import FOLDER
from tunesmith.models.folder import METADATA
from tunesmith.models.model import Model, find, load
from tunesmith.progress import Advance, progress_bar
from tunesmith.wording import name_only

CARD: Final = "README.md"
REPORT: Final = "report.html"
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Package:
    """The files of a model to publish.

    Parameters
    ----------
    name
        The model's id.
    files
        File name to path, or to content, sorted by name.
    left_out
        The names of files in the folder that are not published, sorted.

    Examples
    --------
    >>> Package("tickets-3f2a1c", {"README.md": b"# Tickets"}, ("report.html",)).sizes
    {'README.md': 9}
    """

    name: str
    files: Mapping[str, Path | bytes]
    left_out: tuple[str, ...]

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The size of each file in bytes."""
        return {
            name: len(content) if isinstance(content, bytes) else content.stat().st_size
            for name, content in self.files.items()
        }


def pack(model: str | Path, *, with_report: bool = False) -> Package:
    """Verify a fitted model and select the files to publish.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    with_report
        Whether to include ``report.html``, which contains texts of the data.

    Returns
    -------
    Package
        The files to publish, and the names of those left out.

    Raises
    ------
    UnknownModel
        There is no such model.
    DamagedModel
        A file is missing, has changed, or is a link to a file outside the folder.
    UsageError
        The report is requested but does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from tunesmith.models import save
    >>> encoder, out = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp()) / "tickets"
    >>> save(out, encoder=encoder, classifier=None, summary={}, write_pages=lambda folder: None)
    >>> (out / "notes.txt").touch()
    >>> package = pack(out)
    >>> list(package.files), package.left_out
    (['tunesmith.json'], ('notes.txt',))
    """
    loaded = load(find(model))
    folder = loaded.path.resolve()
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    present = [path.relative_to(folder).as_posix() for path in paths]
    if with_report and REPORT not in present:
        raise UsageError(
            f"model {loaded.id} has no {REPORT}", hint="omit `with_report`", option="with_report"
        )
    wanted = {*loaded.metadata["files"], METADATA, CARD} | ({REPORT} if with_report else set())
    names = [name for name in present if name in wanted]
    _check_links(folder, names)
    files = {name: _metadata(loaded) if name == METADATA else folder / name for name in names}
    return Package(folder.name, files, tuple(name for name in present if name not in wanted))


@contextmanager
def megabytes(title: str, package: Package, *, shown: bool) -> Iterator[Advance]:
    """Show a progress bar in megabytes; the function it yields takes bytes."""
    total = sum(package.sizes.values())
    done = 0
    with progress_bar(f"{title} (MB)", total // MEGABYTE, shown=shown) as advance:

        def advance_bytes(count: int) -> None:
            nonlocal done
            advance((done + count) // MEGABYTE - done // MEGABYTE)
            done += count

        yield advance_bytes


def _check_links(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).resolve().is_relative_to(folder):
            raise DamagedModel(
                f"{folder / name} is a link to a file outside the model folder",
                hint="replace it with the file itself",
            )


def _metadata(model: Model) -> Path | bytes:
    """Return ``tunesmith.json``, with a local base's path left out or shortened to its name."""
    summary = model.metadata["summary"]
    base = str(summary.get("base", ""))
    if name_only(base) == base and FOLDER not in model.metadata:
        return model.path / METADATA
    public = {**model.metadata, "summary": {**summary, "base": name_only(base)}}
    public.pop(FOLDER, None)
    return f"{json.dumps(public, indent=1, ensure_ascii=False)}\n".encode()
