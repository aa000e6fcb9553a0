"""Start a fit: check what can be checked at once, store it, and queue it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from tunesmith.errors import UsageError
from tunesmith.fitting.request import FitRequest
from tunesmith.server.fits import StoredFit
from tunesmith.server.once import Sent
from tunesmith.server.services import Services

_DATASETS = ("test", "validation", "documents", "domain")


def start_fit(
    served: Services,
    dataset_id: str,
    options: Mapping[str, Any],
    *,
    name: str = "",
    created_by: str | None = None,
    origin: Mapping[str, Any] | None = None,
    sent: Sent = Sent(),  # noqa: B008 - it is frozen
) -> StoredFit:
    """Store and queue a fit; it is stored before this returns.

    A request that the client has sent before returns the fit that it has started.

    Parameters
    ----------
    served
        The server.
    dataset_id
        The data set to learn from.
    options
        Options of :class:`~tunesmith.fitting.FitRequest`; data sets are given by id. The
        columns and the kind of the data set hold unless others are given.
    name
        The name that people see; by default the data set's.
    created_by
        The id of the API key.
    origin
        Anything that a dialect wants to keep.
    sent
        How the client sent the request.

    Raises
    ------
    NotFound
        There is no such data set.
    NotReady
        A data set failed its check.
    UsageError
        Options are invalid or contradict each other.
    KeyReused
        The client gave the idempotency key of another request.
    """
    claim = sent.claim(created_by, [dataset_id, options, name, origin])
    if (earlier := served.fits.claimed(claim)) is not None:
        return earlier
    dataset = served.datasets.get(dataset_id)
    for ident in [dataset_id, *(options[each] for each in _DATASETS if options.get(each))]:
        served.datasets.usable(ident)
    read = {each: getattr(dataset.options, each) for each in ("kind", "columns", "encoding")}
    given = {each: value for each, value in options.items() if value is not None}
    skipping = dataset.options.skip_invalid or options.get("skip_invalid", False)
    request = {
        **options,
        **read,
        "fixes": list(dataset.options.fixes),
        **{each: value for each, value in given.items() if value != []},
        "skip_invalid": skipping,
    }
    checked = FitRequest(**{**request, "source": "", "fixes": tuple(request["fixes"])})
    checked.check()
    check_base(served, checked.base)
    request["base"] = checked.base
    try:
        fit = served.fits.add(
            dataset_id,
            request,
            name=name or dataset.name,
            created_by=created_by,
            origin=origin,
            claim=claim,
        )
    except IntegrityError:
        if (faster := served.fits.claimed(claim)) is None:
            raise
        return faster
    served.jobs.add(fit)
    return fit


def check_base(served: Services, base: str) -> None:
    """Refuse a base that is not a model of this server: a name must not become a path.

    Raises
    ------
    UsageError
        There is no such model.
    """
    if not served.models.has(base):
        raise UsageError(
            f"there is no base model {base!r}",
            hint="use a model of this server (GET /v1/models)",
            option="base",
        )
