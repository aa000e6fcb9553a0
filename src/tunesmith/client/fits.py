"""Fits: start, follow, stop, and the model that they make."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tunesmith.client.datasets import Datasets
from tunesmith.client.errors import error_of
from tunesmith.client.models import Models
from tunesmith.client.resources import RemoteFit, RemoteModel, resource
from tunesmith.client.sse import follow
from tunesmith.client.verbs import name_of, part, part_of
from tunesmith.errors import Cancelled
from tunesmith.events import OnEvent, event_from_dict, ignore

_READING = ("kind", "columns", "encoding", "fixes", "skip_invalid", "strict")
_OTHER_DATA = ("test", "validation", "documents", "domain")
_LIKE_DATA = ("test", "validation")


class Fits(Datasets, Models):
    """Verbs for fits."""

    def fit(self, data: Any, *, on_event: OnEvent = ignore, **options: Any) -> RemoteModel:
        """Fit a model on a server and wait for it.

        Parameters
        ----------
        data
            A data set of the server, its id, or anything that :meth:`read` takes.
        on_event
            Function that receives each event, as in :func:`tunesmith.fit`; a lost connection is
            resumed where it was lost.
        **options
            Options of ``POST /v1/fits``: ``name``, ``budget``, ``goal``, ``base``, ``seed``,
            ``cross_validate``, ``keep``, ``int8``, ``recipe`` and others; ``test``,
            ``validation``, ``documents`` and ``domain`` take data as ``data`` does.

        Returns
        -------
        The model, ready to be called, with summary and verdict.

        Raises
        ------
        TunesmithError
            The data or an option cannot be used, or the fit failed.
        Cancelled
            The fit was cancelled.
        """
        return self.follow(self.start_fit(data, **options), on_event=on_event)

    def start_fit(self, data: Any, **options: Any) -> RemoteFit:
        """Start a fit and return at once; parameters are those of :meth:`fit`."""
        reading = {name: options[name] for name in _READING if options.get(name)}
        values = {**options, "dataset": self._dataset_id(data, **reading)}
        for name in _OTHER_DATA:
            if values.get(name) is not None:
                like = reading if name in _LIKE_DATA else {}
                values[name] = self._dataset_id(values[name], **like)
        if "fixes" in values:
            values["fixes"] = list(values["fixes"])
        # Every attempt has the same key, so that the server starts one fit.
        headers = {"Idempotency-Key": str(uuid4())}
        return resource(RemoteFit, self._connection.post("/fits", values, headers=headers))

    def follow(self, fit: str | RemoteFit, *, on_event: OnEvent = ignore) -> RemoteModel:
        """Wait for a fit from its first event on, and return its model.

        Raises
        ------
        TunesmithError
            The fit failed.
        Cancelled
            The fit was cancelled.
        """
        last = "0"
        while not (found := self.show_fit(fit)).ended or last == "0":
            for event in follow(self._connection, f"/fits/{part(fit)}/events", last):
                last = event.id
                _pass_on(event.values, on_event)
        if found.status == "cancelled":
            raise Cancelled(f"fit {found.id} was cancelled", hint="retry it, or start another")
        if found.status == "failed":
            raise error_of(found.error or {})
        return self.model(found.id)

    def fits(self, *, limit: int | None = None, offset: int = 0) -> list[RemoteFit]:
        """Return fits, newest first: all, or ``limit`` after ``offset``."""
        found = self._connection.get("/fits", **part_of(limit, offset))
        return [resource(RemoteFit, each) for each in found]

    def show_fit(self, fit: str | RemoteFit) -> RemoteFit:
        """Return a fit with its status."""
        return resource(RemoteFit, self._connection.get(f"/fits/{part(fit)}"))

    def log(self, fit: str | RemoteFit) -> str:
        """Return the events of a fit as lines of text."""
        return self._connection.send("GET", f"/fits/{part(fit)}/log").text

    def stop(self, fit: str | RemoteFit) -> RemoteFit:
        """End the search of a fit: the best of the finished candidates is tested and saved."""
        return self._command(fit, "stop")

    def cancel(self, fit: str | RemoteFit) -> RemoteFit:
        """Cancel a fit; what is finished is kept for a retry."""
        return self._command(fit, "cancel")

    def retry(self, fit: str | RemoteFit) -> RemoteFit:
        """Queue a fit again that failed or was cancelled; it resumes."""
        return self._command(fit, "retry")

    def extend(self, fit: str | RemoteFit, seconds: float) -> RemoteFit:
        """Allow a running fit more time."""
        answer = self._connection.post(
            f"/fits/{part(fit)}/extend", {"seconds": seconds}, repeat=False
        )
        return resource(RemoteFit, answer)

    def delete_fit(self, fit: str | RemoteFit) -> None:
        """Delete a fit; its model, if there is one, stays."""
        self._connection.send("DELETE", f"/fits/{part(fit)}")

    def _command(self, fit: str | RemoteFit, word: str) -> RemoteFit:
        answer = self._connection.post(f"/fits/{part(name_of(fit))}/{word}", repeat=False)
        return resource(RemoteFit, answer)


def _pass_on(values: Mapping[str, Any], on_event: OnEvent) -> None:
    event = event_from_dict(values)
    if event is not None:
        on_event(event)
