"""The durable queue of fits: an entry stays until a worker has ended it."""

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

from tunesmith.server.fits import Status, StoredFit
from tunesmith.server.stores import Stores

QUEUE, WORKFLOW = "fits", "run_fit"
# The same for every version of Tunesmith, so that an upgrade finishes what was queued before it.
VERSION = "1"


class Jobs:
    """The queue, as the web process sees it: it adds fits and runs none.

    Parameters
    ----------
    stores
        The stores of the server.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        DBOS.migrate(stores.settings.jobs_url)
        self._client = DBOSClient(
            system_database_url=stores.settings.jobs_url,
            serializer=DBOSPortableJSONSerializer(),  # the default one is pickle
        )

    def add(self, fit: StoredFit) -> None:
        """Queue a fit; queueing the same attempt again changes nothing."""
        self._client.enqueue(
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": f"{fit.id}:{fit.attempt}",
                "app_version": VERSION,
            },
            fit.id,
        )

    def add_forgotten(self) -> None:
        """Queue the fits that were stored but not queued, because the process died in between."""
        for fit in self._stores.fits.all([Status.QUEUED]):
            self.add(fit)

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()
