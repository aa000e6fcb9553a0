"""``push``: a fitted model on the Hugging Face Hub."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tunesmith.errors import HubUnavailable, OutputError, TunesmithError, UsageError
from tunesmith.models.package import MEGABYTE, Package, megabytes, pack

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi

# Larger files are uploaded one by one before the commit; smaller ones are part of it.
LARGE: Final = 5 * MEGABYTE
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


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
        There is no token, or the Hub cannot be reached or rejects the push.
    HubUnavailable
        Offline mode is on.

    Examples
    --------
    >>> push("tickets-3f2a1c", "ann/tickets").url    # network  # doctest: +SKIP
    'https://huggingface.co/ann/tickets'
    """
    _check_repository(repository)
    if message is not None and not message.strip():
        raise UsageError(
            "the commit message is empty",
            hint="provide a message, or omit the option",
            option="message",
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
            option="repository",
        ) from error
    if "/" not in repository:
        raise UsageError(
            f"{repository!r} has no owner",
            hint="use user/name or organisation/name",
            option="repository",
        )


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
            "the access token is invalid",
            hint="copy it again, or run `hf auth login`",
            option="token",
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
    with megabytes(f"Uploading to {repository}", package, shown=verbose) as advance:
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
