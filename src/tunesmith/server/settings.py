"""Settings of a server: where it keeps things, where it listens, and its limits."""

from dataclasses import dataclass, field
from pathlib import Path

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.home import Home, current_home
from tunesmith.server.inference.limits import Limits
from tunesmith.server.notices.settings import NoticeSettings

MEBIBYTE = 2**20


@dataclass(frozen=True)
class ServerSettings:
    """Where a server keeps things, where it listens, and its limits.

    Parameters
    ----------
    home
        The home folder; metadata and files are in its folder ``server`` by default.
    database
        URL of the database for metadata and jobs, such as ``postgresql://user@host/name``; empty
        for two SQLite files in the home.
    files
        Folder or fsspec URL (``s3://bucket/folder``) for data sets and models; empty for a folder
        in the home.
    host, port
        Address to listen on. An address other than this machine's needs API keys.
    workers
        Number of worker processes that the server starts; 0 if workers are started separately.
    require_keys
        Whether every request needs an API key; None for only when other machines can connect.
    upload_bytes, upload_rows, upload_seconds
        Maximum size of an uploaded file in bytes and rows, and seconds to receive it.
    body_bytes
        Maximum size of any other request in bytes.
    requests_per_minute
        Maximum number of requests of one key in a minute; None for no limit.
    dialect_budget
        Time budget in seconds for fits started by OpenAI's and Cohere's clients, which name none.
    tei_model
        Model that answers under ``/tei`` if the address names none.
    limits
        Memory for models, waiting work, and the size of a request for vectors.
    notices
        Where notices of ended fits go.
    audit_use
        Whether the audit log also records each request that only uses a model, such as
        ``POST /v1/embed``.
    reload_models
        Whether loaded models follow their folders: one that another process replaced is loaded
        again, one that was removed is unloaded.

    Examples
    --------
    >>> ServerSettings(Home(Path("/srv/tunesmith"))).metadata_url
    'sqlite:////srv/tunesmith/server/metadata.db'
    >>> ServerSettings(host="0.0.0.0").needs_keys
    True
    """

    home: Home = field(default_factory=current_home)
    database: str = ""
    files: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    require_keys: bool | None = None
    upload_bytes: int = 1024 * MEBIBYTE
    upload_rows: int = 2_000_000
    upload_seconds: float = 600.0
    body_bytes: int = 64 * MEBIBYTE
    requests_per_minute: int | None = None
    dialect_budget: float = 300.0
    tei_model: str = DEFAULT_BASE
    limits: Limits = field(default_factory=Limits)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    audit_use: bool = False
    reload_models: bool = False

    @property
    def folder(self) -> Path:
        """The server's own folder in the home."""
        return self.home.folder / "server"

    @property
    def metadata_url(self) -> str:
        """The database of metadata."""
        return self.database or f"sqlite:///{self.folder / 'metadata.db'}"

    @property
    def jobs_url(self) -> str:
        """The database of jobs: a file of its own for SQLite, so that neither waits for the other.

        A Postgres database holds both, in schemas of their own.
        """
        return self.database or f"sqlite:///{self.folder / 'jobs.db'}"

    @property
    def files_url(self) -> str:
        """The folder or URL of data sets and models."""
        return self.files or str(self.folder / "files")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        return self.host in {"127.0.0.1", "::1", "localhost"}

    @property
    def needs_keys(self) -> bool:
        """Whether every request needs an API key."""
        if self.require_keys is not None:
            return self.require_keys
        return not self.is_local
