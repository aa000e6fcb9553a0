"""Stores of a server: on SQLite, and on Postgres where it is installed."""

import getpass
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server.ports import free_port

if TYPE_CHECKING:
    from tunesmith.models.serving import LoadedModel
    from tunesmith.server.judging import Judge
    from tunesmith.server.stores import Stores

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a Postgres server that this fixture starts and stops."""
    if POSTGRES is None:
        pytest.skip("Postgres is not installed: sudo make packages")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # pytest's folders are closed to others
    folder.chmod(0o777)  # for the user that runs Postgres
    port = free_port()
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
def live_home(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of ``live_server``, with a tiny classifier called ``tiny-labels``."""
    import numpy as np

    from tunesmith.models import folder as model_folders
    from tunesmith.vectors.linear_classifier import LinearClassifier

    home = tmp_path_factory.mktemp("live")
    weight = np.random.default_rng(0).normal(size=(3, 32)).astype(np.float32)
    classifier = LinearClassifier(weight, np.zeros(3, np.float32), ("card", "login", "order"))
    model_folders.save(
        home / "models" / "tiny-labels",
        encoder=tiny_encoder,
        classifier=classifier,
        summary={},
        write_pages=lambda _: None,
    )
    return home


@pytest.fixture(scope="session")
def live_server(live_home: Path, shared_exports: None) -> Iterator[str]:
    """The address of a server without workers: fits stay queued."""
    from tests.server.apps import running_server

    with running_server(live_home) as address:
        yield address


@pytest.fixture(scope="session")
def live_trainer(tmp_path_factory: pytest.TempPathFactory, shared_exports: None) -> Iterator[str]:
    """The address of a server with a worker, where each fit has five seconds."""
    from tests.server.apps import running_server

    with running_server(tmp_path_factory.mktemp("trainer"), workers=1) as address:
        yield address


@pytest.fixture(scope="session")
def bundled(shared_exports: None) -> "LoadedModel":
    """The bundled model as the library serves it."""
    from tunesmith.models.serving import serve

    return serve("all-MiniLM-L6-v2", threads=1)


@pytest.fixture
def judge() -> Iterator["Judge"]:
    """Runs functions in a process of its own, which ends with the test."""
    from tunesmith.server.judging import Judge

    made = Judge()
    yield made
    made.close()


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """What libraries log while the test runs, on all levels."""
    root, handler = logging.getLogger(), BufferingHandler(sys.maxsize)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.buffer
    root.setLevel(level)
    root.removeHandler(handler)
