"""Stores of a server: on SQLite, and on Postgres where it is installed."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tunesmith.server.stores import Stores

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a Postgres server that this fixture starts and stops."""
    if POSTGRES is None:
        pytest.skip("Postgres is not installed: apt install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # pytest's folders are closed to others
    folder.chmod(0o777)  # a user of its own runs Postgres
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # It refuses to run as root; Debian's package brings a user of its own.
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    user = user if os.geteuid() == 0 else []
    name = "postgres" if user else getpass.getuser()
    data, control = folder / "data", [*user, str(POSTGRES / "pg_ctl")]
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    initdb = [*user, str(POSTGRES / "initdb"), "-D", str(data), "-A", "trust", "-U", name]
    subprocess.run(initdb, check=True, capture_output=True)
    start = [*control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
    yield f"postgresql://{name}@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-D", str(data), "-m", "immediate", "stop"], check=True)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'metadata.db'}"
        return
    import sqlalchemy as sa

    url = sa.make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    name = f"test_{os.urandom(6).hex()}"
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    plain = url.set(drivername="postgresql", database=name)
    yield plain.render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def stores(database: str, home: Path) -> Iterator["Stores"]:
    """Empty stores in the home of the test, on a database of each kind."""
    from tunesmith.home import Home
    from tunesmith.server.settings import ServerSettings
    from tunesmith.server.stores import open_stores

    is_postgres = database.startswith("postgresql")
    settings = ServerSettings(Home(home), database=database if is_postgres else "")
    found = open_stores(settings)
    yield found
    found.engine.dispose()


@pytest.fixture
def upload(tmp_path: Path, examples: Path) -> Path:
    """A received file, which a store moves away."""
    folder = tmp_path / "upload"
    folder.mkdir()
    shutil.copy(examples / "tickets.csv", folder / "received")
    return folder / "received"


@pytest.fixture(scope="session")
def exports(shared_home: Path, shared_exports: None) -> Path:
    """The folder with the export of the bundled model, which servers share."""
    from tunesmith.home import Home

    return Home(shared_home).exports


@pytest.fixture(scope="module")
def live_server(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on this machine that answers requests, and has no worker."""
    with serving(tmp_path_factory.mktemp("live"), exports, workers=0) as url:
        yield url


@pytest.fixture(scope="module")
def live_trainer(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on this machine with one worker."""
    with serving(tmp_path_factory.mktemp("trainer"), exports, workers=1) as url:
        yield url


@contextmanager
def serving(folder: Path, exports: Path, *, workers: int, port: int = 0) -> Iterator[str]:
    """Run a server in a thread, with its home in a folder; yield its URL."""
    import uvicorn

    from tunesmith.home import Home
    from tunesmith.server.app import create_app
    from tunesmith.server.settings import ServerSettings

    home = Home(folder)
    if not home.exports.exists():
        home.exports.symlink_to(exports)
    app = create_app(ServerSettings(home, workers=workers))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))

    def run() -> None:
        with home.active():
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
