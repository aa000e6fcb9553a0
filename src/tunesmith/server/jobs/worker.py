"""A worker: takes fits from the queue, and takes over those of workers that died."""

import os
import signal
import socket
import threading
import time
from typing import IO

import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer

from tunesmith.server.ids import new_id
from tunesmith.server.jobs.queue import QUEUE, VERSION, WORKFLOW, Jobs
from tunesmith.server.jobs.runner import Runner
from tunesmith.server.metadata.tables import workers
from tunesmith.server.settings import ServerSettings
from tunesmith.server.stores import Stores, open_stores

BEAT_SECONDS = 2.0
DEAD_SECONDS = 30.0


class Worker:
    """A process that runs fits, one at a time.

    Parameters
    ----------
    stores
        The stores of the server.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores, self.id = stores, new_id("worker")
        self._runner = Runner(stores, self.id)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run fits until :meth:`stop` is called."""
        self._register()
        DBOS(
            config={
                "name": "tunesmith",
                "system_database_url": self._stores.settings.jobs_url,
                "application_version": VERSION,
                "executor_id": self.id,
                "serializer": DBOSPortableJSONSerializer(),  # the default one is pickle
                "log_level": "WARNING",
            }
        )

        @DBOS.workflow(name=WORKFLOW)
        def run_fit(ident: str) -> None:
            self._runner.run(ident)

        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=1, on_conflict="always_update")
        jobs = Jobs(self._stores)
        while not self._stopped.wait(BEAT_SECONDS):
            self._beat()
            self._take_over()
            jobs.add_forgotten()
        self._leave()

    def stop(self) -> None:
        """End after the current beat; an unfinished fit goes to another worker."""
        self._stopped.set()

    def _register(self) -> None:
        now = time.time()
        row = {"id": self.id, "host": socket.gethostname(), "process": os.getpid()}
        with self._stores.engine.begin() as connection:
            connection.execute(workers.insert().values(**row, started_at=now, seen_at=now))

    def _beat(self) -> None:
        seen = workers.update().where(workers.c.id == self.id).values(seen_at=time.time())
        with self._stores.engine.begin() as connection:
            if not connection.execute(seen).rowcount:
                self._register()  # another worker took this one for dead

    def _take_over(self) -> None:
        """Queue the fits of workers that were not seen for a while again."""
        late = workers.c.seen_at < time.time() - DEAD_SECONDS
        with self._stores.engine.connect() as connection:
            dead = list(connection.execute(sa.select(workers.c.id).where(late)).scalars())
        if not dead:
            return
        DBOS._recover_pending_workflows(dead)
        with self._stores.engine.begin() as connection:
            connection.execute(workers.delete().where(workers.c.id.in_(dead)))

    def _leave(self) -> None:
        """Say that this worker is gone, so that another takes over at once."""
        gone = workers.update().where(workers.c.id == self.id).values(seen_at=0.0)
        with self._stores.engine.begin() as connection:
            connection.execute(gone)


def forget(stores: Stores, process: int) -> None:
    """Note that a worker process of this machine is dead, so that its fit is taken over at once."""
    own = sa.and_(workers.c.process == process, workers.c.host == socket.gethostname())
    with stores.engine.begin() as connection:
        connection.execute(workers.update().where(own).values(seen_at=0.0))


def run_worker(settings: ServerSettings, lifeline: IO[str] | None = None) -> None:
    """Run a worker in this process until it is interrupted or terminated.

    Parameters
    ----------
    settings
        The settings of the server.
    lifeline
        A stream whose end means that the server is gone, and the worker with it.

    Examples
    --------
    >>> run_worker(ServerSettings(database="postgresql://db/tunesmith"))  # doctest: +SKIP
    """
    with settings.home.active():
        worker = Worker(open_stores(settings))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if lifeline is not None:
            threading.Thread(target=_wait, args=(lifeline, worker), daemon=True).start()
        worker.run()
    # A fit that runs in a thread of dbos must not keep the process; another worker goes on with it.
    os._exit(0)


def _wait(lifeline: IO[str], worker: Worker) -> None:
    lifeline.read()
    worker.stop()
