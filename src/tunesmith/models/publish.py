"""Publish fitted models as a zip file or on the Hugging Face Hub.

Published files are those with a digest in ``tunesmith.json``, verified first, as well as
``tunesmith.json`` itself and the model card. The report contains texts of the data and is only
included on request. Any other files in the folder are left out.
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

from tunesmith.errors import DamagedModel, HubUnavailable, OutputError, TunesmithError, UsageError
from tunesmith.folders import writing_to
from tunesmith.models.folder import METADATA
from tunesmith.models.model import Model, find, load
from tunesmith.progress import Advance, progress_bar
from tunesmith.wording import name_only

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi

CARD: Final = "README.md"
REPORT: Final = "report.html"
MEGABYTE: Final = 1_000_000
# Larger files are uploaded one by one before the commit; smaller ones are part of it.
LARGE: Final = 5 * MEGABYTE
# The earliest timestamp of the zip format; a fixed value makes exports reproducible.
TIMESTAMP: Final = (1980, 1, 1, 0, 0, 0)
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


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


@dataclass(frozen=True, eq=False)
class Exported:
    """An exported zip file, and the files in it.

    Parameters
    ----------
    path
        The zip file.
    package
        The files in it.

    Examples
    --------
    >>> package = Package("tickets-3f2a1c", {"README.md": b"# Tickets"}, ())
    >>> Exported(Path("tickets.zip"), package).path.name
    'tickets.zip'
    """

    path: Path
    package: Package


@dataclass(frozen=True, eq=False)
class Pushed:
    """A model on the Hub.

    Parameters
    ----------
    url
        The URL of its page.
    private
        Whether the repository is private.
    commit
        The hash of the commit.
    package
        The files pushed.

    Examples
    --------
    >>> package = Package("tickets-3f2a1c", {"README.md": b"# Tickets"}, ())
    >>> pushed = Pushed("https://huggingface.co/ann/tickets", True, "5d1f0c", package)
    >>> pushed.url, sorted(pushed.package.files)
    ('https://huggingface.co/ann/tickets', ['README.md'])
    """

    url: str
    private: bool
    commit: str
    package: Package


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


def export(
    model: str | Path, out: str | Path, *, with_report: bool = False, verbose: bool = False
) -> Exported:
    """Verify a fitted model and write it atomically to a zip file.

    The archive contains a folder named after the model's id, a standard sentence-transformers
    folder that :func:`tunesmith.load` can load too. Exports are reproducible: names are sorted and
    timestamps are fixed. Files are not compressed, because weights hardly shrink.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    out
        The output file, which must not exist; its name ends in ``.zip``.
    with_report
        Whether to include ``report.html``, which contains texts of the data.
    verbose
        Whether to show a progress bar.

    Returns
    -------
    Exported
        The zip file, and the files in it.

    Raises
    ------
    UsageError
        The file name does not end in ``.zip``, or the report is requested but does not exist.
    OutputError
        The file already exists or cannot be written.
    UnknownModel, DamagedModel
        The model does not exist or is damaged.

    Examples
    --------
    >>> export("tickets-3f2a1c", "tickets.zip").path    # doctest: +SKIP
    PosixPath('tickets.zip')
    """
    path = _new_zip(out)
    with writing_to(path), TemporaryDirectory(dir=path.parent, prefix=".tunesmith-") as temporary:
        package = pack(model, with_report=with_report)
        unfinished = Path(temporary) / path.name
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
    """Push a fitted model to the Hugging Face Hub; no other function uploads anything.

    The repository is created if it does not exist. All files are pushed in one commit. Other files
    already in the repository are kept.

    Parameters
    ----------
    model
        A fitted model's id or folder.
    repository
        The repository, as ``user/name`` or ``organisation/name``.
    private
        Whether a new repository is private. With True, pushing to an existing public repository
        raises an error.
    with_report
        Whether to include ``report.html``, which contains texts of the data.
    message
        The commit message; by default, it names the model.
    token
        An access token; by default ``HF_TOKEN`` or the token stored by ``hf auth login``.
    verbose
        Whether to show a progress bar.

    Returns
    -------
    Pushed
        The model's page on the Hub, and the files pushed.

    Raises
    ------
    UsageError
        The name, message or token is invalid, or the report is requested but does not exist.
    UnknownModel, DamagedModel
        The model does not exist or is damaged.
    OutputError
        The Hub cannot be reached or rejects the push.

    Examples
    --------
    >>> push("tickets-3f2a1c", "ann/tickets").url    # doctest: +SKIP
    'https://huggingface.co/ann/tickets'
    """
    _check_repository(repository)
    if message is not None and not message.strip():
        raise UsageError(
            "the commit message is empty", hint="provide a message, or omit the option"
        )
    _check_online(repository)
    secret = _token(token)
    package = pack(model, with_report=with_report)
    from huggingface_hub import HfApi

    api = HfApi(token=secret)
    with _translated_errors(repository, api.endpoint, secret):
        url = api.create_repo(repository, private=private, exist_ok=True)
        is_private = bool(api.repo_info(repository).private)
        if private and not is_private:
            raise OutputError(
                f"{repository} already exists and is public",
                hint="use `private=False` to publish the model there, or choose another name",
            )
        commit = _commit(api, repository, package, message or f"Model {package.name}", verbose)
    return Pushed(str(url), is_private, commit.oid, package)


def _check_links(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).resolve().is_relative_to(folder):
            raise DamagedModel(
                f"{folder / name} is a link to a file outside the model folder",
                hint="replace it with the file itself",
            )


def _metadata(model: Model) -> Path | bytes:
    """Return ``tunesmith.json``, with a local path to the base shortened to its name."""
    summary = model.metadata["summary"]
    base = str(summary.get("base", ""))
    if name_only(base) == base:
        return model.path / METADATA
    public = {**model.metadata, "summary": {**summary, "base": name_only(base)}}
    return f"{json.dumps(public, indent=1, ensure_ascii=False)}\n".encode()


def _new_zip(out: str | Path) -> Path:
    path = Path(out).expanduser()
    if path.suffix.lower() != ".zip":
        raise UsageError(f"{out} cannot be written", hint="use a file name that ends in .zip")
    if not path.parent.is_dir():
        raise OutputError(
            f"{path} cannot be written: there is no folder {path.parent}", hint="create it first"
        )
    with writing_to(path):
        exists = os.path.lexists(path)
    if exists:
        raise OutputError(f"{path} already exists", hint="choose another name, or delete it")
    return path


@contextmanager
def _megabytes(title: str, package: Package, *, shown: bool) -> Iterator[Advance]:
    """Show a progress bar in megabytes; the function it yields takes bytes."""
    total = sum(package.sizes.values())
    done = 0
    with progress_bar(f"{title} (MB)", total // MEGABYTE, shown=shown) as advance:

        def advance_bytes(count: int) -> None:
            nonlocal done
            advance((done + count) // MEGABYTE - done // MEGABYTE)
            done += count

        yield advance_bytes


def _write_zip(package: Package, path: Path, advance: Advance) -> None:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, content in package.files.items():
            entry = ZipInfo(f"{package.name}/{name}", TIMESTAMP)
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
        while chunk := source.read(MEGABYTE):
            target.write(chunk)
            advance(len(chunk))


def _check_repository(repository: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # it is public

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise UsageError(
            f"{repository!r} is not a valid repository name",
            hint="use user/name with letters, digits, dots, dashes and underscores, at most 96 "
            "characters each, without consecutive dots or dashes and without .git at the end",
        ) from error
    if "/" not in repository:
        raise UsageError(f"{repository!r} has no owner", hint="use user/name or organisation/name")


def _token(given: str | None) -> str:
    from huggingface_hub import get_token

    token = (given if given is not None else get_token() or "").strip()
    if given is None and not token:
        raise OutputError(
            "no access token found",
            hint=(
                "run `hf auth login`, or set HF_TOKEN to a token with write "
                "access from https://huggingface.co/settings/tokens"
            ),
        )
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "the access token is invalid", hint="copy it again, or run `hf auth login`"
        )
    return token


def _check_online(repository: str) -> None:
    from huggingface_hub import is_offline_mode

    if is_offline_mode():
        names = " and ".join(name for name in _OFFLINE if os.environ.get(name)) or _OFFLINE[0]
        raise HubUnavailable(
            f"{repository} was not pushed: offline mode is on ({names})",
            hint=f"unset {names} and push again",
        )


def _commit(
    api: "HfApi", repository: str, package: Package, message: str, verbose: bool
) -> "CommitInfo":
    from huggingface_hub import CommitOperationAdd

    additions = {name: CommitOperationAdd(name, content) for name, content in package.files.items()}
    with _megabytes(f"Uploading to {repository}", package, shown=verbose) as advance:
        for name in _large_files(package):
            api.preupload_lfs_files(repository, [additions[name]], free_memory=False)
            advance(package.sizes[name])
        return api.create_commit(repository, list(additions.values()), commit_message=message)


def _large_files(package: Package) -> list[str]:
    return [name for name, size in package.sizes.items() if size >= LARGE]


@contextmanager
def _translated_errors(repository: str, endpoint: str, secret: str) -> Iterator[None]:
    """Convert any client error into a one-line message with a remedy and without the token."""
    try:
        yield
    except TunesmithError:
        raise
    except Exception as error:  # the client and its transport raise many unrelated types
        reason = _explain(error, repository, endpoint).replace(secret, "…")
        raise OutputError(f"{repository} was not pushed: {reason}") from error


def _explain(error: Exception, repository: str, endpoint: str) -> str:
    from huggingface_hub.errors import HfHubHTTPError

    found: BaseException | None = error
    while found is not None and not isinstance(found, HfHubHTTPError):
        found = found.__cause__
    if found is None:
        return (
            f"the Hub at {endpoint} could not be reached, or its response was invalid "
            f"({type(error).__name__}): check the network and HF_ENDPOINT, then push again"
        )
    status = found.response.status_code
    details = f" ({found.server_message})" if found.server_message else ""
    return _explanations(repository, endpoint).get(status) or (
        f"the Hub returned status {status}{details}: "
        + ("try again later" if status >= 500 else "resolve the problem and push again")
    )


def _explanations(repository: str, endpoint: str) -> Mapping[int, str]:
    owner = repository.partition("/")[0]
    settings = f"{endpoint}/settings/tokens"
    return {
        401: f"the Hub rejected the token: create one with write access at {settings}, then "
        "run `hf auth login` or set HF_TOKEN",
        403: "the token has no write access: use a repository under your own user name, or a "
        f"token with write access to {owner} from {settings}",
        404: f"the Hub has no user or organisation {owner}, or no such repository: check the name",
        409: "the repository is being changed by another process: wait a moment and push again",
        429: "too many requests: wait a few minutes and push again",
    }
