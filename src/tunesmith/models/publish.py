"""Fitted models handed on: as one zip file, or to the Hugging Face hub.

What is handed on is what a fit wrote: the files whose digests ``tunesmith.json`` holds, verified
before, ``tunesmith.json`` and the model card. The report shows texts of the test set and goes with
them only when it is asked for; whatever else lies in the folder stays where it is.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from tunesmith.errors import DamagedModel, OutputError, TunesmithError, UsageError
from tunesmith.folders import writing_to
from tunesmith.models.folder import METADATA
from tunesmith.models.model import Model, load
from tunesmith.progress import Advance, progress_bar
from tunesmith.wording import name_only

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi

CARD: Final = "README.md"
REPORT: Final = "report.html"
MEGABYTE: Final = 1_000_000
# Smaller files go with the commit itself; larger ones are sent before it, one after the other.
LARGE: Final = 5 * MEGABYTE
# The earliest time that a zip file can hold; the same model gives the same bytes.
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True, eq=False)
class Package:
    """The files of a model that are handed on.

    Parameters
    ----------
    name
        The model's id.
    files
        Where the content of each lies, or the content itself; by name, in order.
    left_out
        The names of the files in the folder that are not handed on, in order.
    """

    name: str
    files: Mapping[str, Path | bytes]
    left_out: tuple[str, ...]

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The bytes of each file."""
        return {
            name: len(content) if isinstance(content, bytes) else content.stat().st_size
            for name, content in self.files.items()
        }


@dataclass(frozen=True, eq=False)
class Exported:
    """A model in a zip file, and what it was made of."""

    path: Path
    package: Package


@dataclass(frozen=True, eq=False)
class Pushed:
    """A model on the hub: the address of its page, who can see it, and what was sent."""

    url: str
    private: bool
    commit: str
    package: Package


def pack(model: str | Path, *, with_report: bool = False) -> Package:
    """Verify a fitted model and choose what of its folder is handed on.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    with_report
        Hand on ``report.html`` too. It shows texts of the test set.

    Raises
    ------
    UnknownModel
        There is no such model.
    DamagedModel
        A file is missing, was changed, or is a link that leads out of the folder.
    UsageError
        The report is asked for and there is none.
    """
    loaded = load(model)
    folder = loaded.path.resolve()
    there = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    present = [path.relative_to(folder).as_posix() for path in there]
    if with_report and REPORT not in present:
        raise UsageError(f"model {loaded.id} has no {REPORT}: leave out --with-report")
    wanted = {*loaded.metadata["files"], METADATA, CARD} | ({REPORT} if with_report else set())
    names = [name for name in present if name in wanted]
    _refuse_links_out(folder, names)
    files = {name: _metadata(loaded) if name == METADATA else folder / name for name in names}
    return Package(folder.name, files, tuple(name for name in present if name not in wanted))


def export(
    model: str | Path, out: str | Path, *, with_report: bool = False, verbose: bool = False
) -> Exported:
    """Write a fitted model as one zip file, verified before and whole or not at all.

    In it lies a folder named by the model's id: a plain sentence-transformers folder, which
    :func:`tunesmith.load` takes as well. The same model gives the same bytes: names in order, one
    time for all, and nothing is compressed, for weights hardly can be.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    out
        The file to write, new; its name ends in ``.zip``.
    with_report
        Put ``report.html`` in too. It shows texts of the test set.
    verbose
        Show a progress bar.

    Raises
    ------
    UsageError
        The name does not end in ``.zip``, or a report is asked for and there is none.
    OutputError
        Something lies there already, or it cannot be written.
    UnknownModel, DamagedModel
        The model cannot be had.

    Examples
    --------
    >>> export("tickets-3f2a1c", "tickets.zip").path    # doctest: +SKIP
    PosixPath('tickets.zip')
    """
    path = _new_zip(out)
    with writing_to(path), TemporaryDirectory(dir=path.parent, prefix=".tunesmith-") as aside:
        package = pack(model, with_report=with_report)
        unfinished = Path(aside) / path.name
        with _megabytes(f"Writing {path.name}", package, shown=verbose) as advance:
            _write_zip(package, unfinished, advance)
        unfinished.rename(path)
    return Exported(path, package)


def push(
    model: str | Path,
    repository: str,
    *,
    private: bool = True,
    with_report: bool = False,
    message: str | None = None,
    token: str | None = None,
    verbose: bool = False,
) -> Pushed:
    """Send a fitted model to the Hugging Face hub: the one thing here that sends anything.

    The repository is made where it is not there. All files come in one commit, so nobody sees
    half of them; files that are there already and not sent stay.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    repository
        ``user/name`` or ``organisation/name``.
    private
        Whether only those who are given access can see a new repository. A private model is
        never sent to a repository that is public already.
    with_report
        Send ``report.html`` too. It shows texts of the test set.
    message
        Of the commit; by default it names the model.
    token
        An access token; by default what ``huggingface_hub`` finds: ``HF_TOKEN``, or the token
        that ``hf auth login`` stored.
    verbose
        Show a progress bar.

    Raises
    ------
    UsageError
        The name, the message or the token is none, or the report is asked for and there is none.
    UnknownModel, DamagedModel
        The model cannot be had.
    OutputError
        The hub cannot be reached, or refuses; with the way out.

    Examples
    --------
    >>> push("tickets-3f2a1c", "ann/tickets").url    # doctest: +SKIP
    'https://huggingface.co/ann/tickets'
    """
    _check_repository(repository)
    if message is not None and not message.strip():
        raise UsageError("the message is empty: say what the commit is, or leave it out")
    _refuse_offline(repository)
    secret = _token(token)
    package = pack(model, with_report=with_report)
    from huggingface_hub import HfApi

    api = HfApi(token=secret)
    with _spoken(repository, api.endpoint, secret):
        address = api.create_repo(repository, private=private, exist_ok=True)
        hidden = bool(api.repo_info(repository).private)
        if private and not hidden:
            raise OutputError(
                f"{repository} is there already and public: give --public if all may see the "
                "model, or another name"
            )
        commit = _commit(api, repository, package, message or f"Model {package.name}", verbose)
    return Pushed(str(address), hidden, commit.oid, package)


def _refuse_links_out(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).resolve().is_relative_to(folder):
            raise DamagedModel(
                f"{folder / name} is a link that leads out of the model's folder: "
                "put the file itself there"
            )


def _metadata(model: Model) -> Path | bytes:
    """Return ``tunesmith.json``; of a base that lies in a folder of this machine only the name."""
    base = str(model.summary.get("base", ""))
    if name_only(base) == base:
        return model.path / METADATA
    shared = {**model.metadata, "summary": {**model.summary, "base": name_only(base)}}
    return f"{json.dumps(shared, indent=1, ensure_ascii=False)}\n".encode()


def _new_zip(out: str | Path) -> Path:
    path = Path(out).expanduser()
    if path.suffix.lower() != ".zip":
        raise UsageError(f"{out} cannot be written: give a name that ends in .zip")
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {path.parent}")
    with writing_to(path):
        taken = os.path.lexists(path)
    if taken:
        raise OutputError(f"{path} is there already: give a new name, or remove it")
    return path


@contextmanager
def _megabytes(title: str, package: Package, *, shown: bool) -> Iterator[Advance]:
    """Show a bar in megabytes; what it yields is told of bytes."""
    total = sum(package.sizes.values())
    done = 0
    with progress_bar(f"{title} (MB)", total // MEGABYTE, shown=shown) as advance:

        def tell(count: int) -> None:
            nonlocal done
            advance((done + count) // MEGABYTE - done // MEGABYTE)
            done += count

        yield tell


def _write_zip(package: Package, path: Path, advance: Advance) -> None:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, content in package.files.items():
            entry = ZipInfo(f"{package.name}/{name}", LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.file_size = package.sizes[name]
            with archive.open(entry, "w") as target:
                _copy(content, target, advance)


def _copy(content: Path | bytes, target: IO[bytes], advance: Advance) -> None:
    if isinstance(content, bytes):
        target.write(content)
        advance(len(content))
        return
    with content.open("rb") as source:
        while part := source.read(MEGABYTE):
            target.write(part)
            advance(len(part))


def _check_repository(repository: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # it is public

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise UsageError(
            f"{repository!r} is no name on the hub: give user/name, of letters, digits, dots, "
            "dashes and underscores, at most 96 each, no sign twice in a row, no .git at the end"
        ) from error
    if "/" not in repository:
        raise UsageError(f"{repository!r} has no owner: give user/name or organisation/name")


def _token(given: str | None) -> str:
    from huggingface_hub import get_token

    token = (given if given is not None else get_token() or "").strip()
    if given is None and not token:
        raise OutputError(
            "there is no access token: run `hf auth login`, or set HF_TOKEN to one with write "
            "access from https://huggingface.co/settings/tokens"
        )
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError("the token given is none: copy it again, or run `hf auth login`")
    return token


def _refuse_offline(repository: str) -> None:
    from huggingface_hub import is_offline_mode

    if is_offline_mode():
        names = " and ".join(name for name in _OFFLINE if os.environ.get(name)) or _OFFLINE[0]
        raise OutputError(
            f"{repository} was not pushed: the hub is not to be asked while {names} is set; "
            f"unset {names} and push again"
        )


def _commit(
    api: "HfApi", repository: str, package: Package, message: str, verbose: bool
) -> "CommitInfo":
    from huggingface_hub import CommitOperationAdd

    additions = {name: CommitOperationAdd(name, content) for name, content in package.files.items()}
    with _megabytes(f"Sending to {repository}", package, shown=verbose) as advance:
        for name in _largest(package):
            api.preupload_lfs_files(repository, [additions[name]], free_memory=False)
            advance(package.sizes[name])
        return api.create_commit(repository, list(additions.values()), commit_message=message)


def _largest(package: Package) -> list[str]:
    return [name for name, size in package.sizes.items() if size >= LARGE]


@contextmanager
def _spoken(repository: str, endpoint: str, secret: str) -> Iterator[None]:
    """Turn whatever the client raises into one sentence with the way out, without the token."""
    try:
        yield
    except TunesmithError:
        raise
    except Exception as error:  # the client, its transport and the hub each have their own kinds
        words = _words(error, repository, endpoint).replace(secret, "…")
        raise OutputError(f"{repository} was not pushed: {words}") from error


def _words(error: Exception, repository: str, endpoint: str) -> str:
    from huggingface_hub.errors import HfHubHTTPError

    found: BaseException | None = error
    while found is not None and not isinstance(found, HfHubHTTPError):
        found = found.__cause__
    if found is None:
        return (
            f"the hub at {endpoint} could not be reached, or did not answer as a hub does "
            f"({type(error).__name__}): check the network and HF_ENDPOINT, then push again"
        )
    status = found.response.status_code
    said = f" ({found.server_message})" if found.server_message else ""
    return _answers(repository, endpoint).get(status) or (
        f"the hub answers {status}{said}: "
        + ("try again later" if status >= 500 else "see what it says, and push again")
    )


def _answers(repository: str, endpoint: str) -> Mapping[int, str]:
    owner = repository.partition("/")[0]
    settings = f"{endpoint}/settings/tokens"
    return {
        401: f"the hub does not know the token: make one with write access at {settings}, then "
        "run `hf auth login` or set HF_TOKEN",
        403: f"the token may not write there: take a name under your own user, or a token with "
        f"write access to {owner} from {settings}",
        404: f"the hub knows no {owner}, or not this repository: check the name",
        409: "something else is changing it: wait a moment and push again",
        429: "the hub has had too many requests from you: wait some minutes and push again",
    }
