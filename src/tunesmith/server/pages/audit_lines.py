"""The entries of the audit log in words: when, who, what, on which thing, and how it ended."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tunesmith.server.audit import AuditEntry
from tunesmith.server.faults import NotFound
from tunesmith.server.services import Services

_PARAMETER: Final = re.compile(r"\{[^}]*\}")
_DIALECTS: Final = {"/cohere": "Cohere's client", "/openai": "OpenAI's client", "/tei": "TEI"}
_WORDS: Final[Mapping[str, str]] = {
    "POST /v1/datasets": "Uploaded a data set",
    "DELETE /v1/datasets/{}": "Deleted a data set",
    "POST /datasets/{}/delete": "Deleted a data set with its versions",
    "POST /v1/datasets/{}/changes": "Made a version of a data set",
    "POST /datasets/{}/remedies": "Made a version with a remedy",
    "POST /datasets/{}/rows": "Made a version with changed rows",
    "POST /datasets/{}/reading": "Made a version that is read differently",
    "POST /datasets/{}/undo": "Undid a version",
    "POST /models/{}/relabel": "Relabelled suspected label errors",
    "POST /v1/datasets/{}/labels": "Labelled texts",
    "POST /datasets/{}/label": "Labelled texts",
    "POST /datasets/{}/label/acts": "Labelled texts",
    "POST /datasets/{}/label/turn": "Undid or redid labels",
    "POST /datasets/{}/label/turn-back": "Undid or redid labels",
    "POST /v1/datasets/{}/labels/{}/{}": "Undid or redid labels",
    "POST /datasets/{}/label/fit": "Started a fit with new labels",
    "POST /datasets/{}/label/like": "Searched for similar texts",
    "POST /v1/fits": "Started a fit",
    "POST /fits": "Started a fit",
    "POST /v1/fits/{}/stop": "Stopped a fit",
    "POST /v1/fits/{}/cancel": "Cancelled a fit",
    "POST /v1/fits/{}/extend": "Gave a fit more time",
    "POST /fits/{}/extend": "Gave a fit more time",
    "POST /v1/fits/{}/retry": "Retried a fit",
    "POST /fits/{}/{}": "Stopped, cancelled or retried a fit",
    "DELETE /v1/fits/{}": "Deleted a fit",
    "PATCH /v1/models/{}": "Renamed a model",
    "POST /models/{}/rename": "Renamed a model",
    "DELETE /v1/models/{}": "Deleted a model",
    "POST /models/{}/delete": "Deleted a model",
    "POST /v1/models/{}/pin": "Kept a model loaded",
    "PUT /v1/aliases/{}": "Set an alias",
    "POST /models/{}/alias": "Set an alias",
    "DELETE /v1/aliases/{}": "Removed an alias",
    "POST /models/{}/alias/remove": "Removed an alias",
    "POST /v1/aliases/{}/roll-back": "Rolled an alias back",
    "POST /models/{}/alias/roll-back": "Rolled an alias back",
    "POST /v1/indexes": "Created a search index",
    "DELETE /v1/indexes/{}": "Deleted a search index",
    "POST /v1/indexes/{}/add": "Added texts to a search index",
    "DELETE /v1/indexes/{}/texts": "Deleted texts from a search index",
    "POST /v1/indexes/{}/search": "Searched an index",
    "POST /v1/keys": "Created an API key",
    "POST /settings/keys": "Created an API key",
    "DELETE /v1/keys/{}": "Revoked an API key",
    "POST /settings/keys/{}/revoke": "Revoked an API key",
    "POST /settings/notices/test": "Sent a test notice",
    "POST /settings/storage/{}/delete": "Deleted cached files",
    "POST /sign-in": "Signed in",
    "POST /sign-out": "Signed out",
    "POST /compare/cancel": "Cancelled a comparison",
    "POST /v1/embed": "Embedded texts",
    "POST /v1/classify": "Classified texts",
    "POST /v1/similarity": "Compared texts",
    "POST /v1/rerank": "Reranked texts",
    "POST /v1/evaluate": "Evaluated models",
    "POST /v1/advise": "Asked for advice on data",
    "POST /cohere/v1/datasets": "Uploaded a data set",
    "DELETE /cohere/v1/datasets/{}": "Deleted a data set",
    "POST /cohere/v1/finetuning/finetuned-models": "Started a fit",
    "PATCH /cohere/v1/finetuning/finetuned-models/{}": "Renamed a model",
    "DELETE /cohere/v1/finetuning/finetuned-models/{}": "Deleted a model",
    "POST /openai/v1/files": "Uploaded a data set",
    "DELETE /openai/v1/files/{}": "Deleted a data set",
    "POST /openai/v1/fine_tuning/jobs": "Started a fit",
    "POST /openai/v1/fine_tuning/jobs/{}/cancel": "Cancelled a fit",
    "POST /openai/v1/fine_tuning/jobs/{}/pause": "Stopped a fit",
    "POST /openai/v1/fine_tuning/jobs/{}/resume": "Resumed a fit",
    "DELETE /openai/v1/models/{}": "Deleted a model",
}
_REFUSED: Final = {401: "refused: no valid key", 403: "refused: not allowed", 404: "not found"}
_FAILED, _REFUSED_FROM = 500, 400


@dataclass(frozen=True)
class AuditLine:
    """An entry of the audit log in words.

    Parameters
    ----------
    at
        Seconds since 1970.
    who
        The name of the API key, or who else it was.
    what
        What was done.
    thing, address
        The name of what it was done to, and its page; empty without one.
    outcome
        How it ended.
    is_done
        Whether it was done.
    action
        Method and path as in the log, for those who look for it there.
    """

    at: float
    who: str
    what: str
    thing: str
    address: str
    outcome: str
    is_done: bool
    action: str


def audit_lines(served: Services, entries: Iterable[AuditEntry]) -> list[AuditLine]:
    """Return entries of the audit log in words, with the names that things have now."""
    people = {key.id: key.name for key in served.keys.all()}
    return [
        AuditLine(
            entry.at,
            _who(served, people, entry),
            words_of(entry.action),
            *_thing(served, people, entry.target),
            outcome_of(entry.status),
            entry.status < _REFUSED_FROM,
            entry.action,
        )
        for entry in entries
    ]


def words_of(action: str) -> str:
    """Return what a request does, from its method and the template of its path.

    Examples
    --------
    >>> words_of("POST /fits/{fit_id}/extend"), words_of("GET /models/{model}")
    ('Gave a fit more time', 'Asked for /models/{model}')
    """
    named = _PARAMETER.sub("{}", action)
    method, _, path = action.partition(" ")
    sender = next((name for start, name in _DIALECTS.items() if path.startswith(start)), "")
    words = _WORDS.get(named)
    if words is None:
        words = f"Asked for {path}" if method == "GET" else f"Called {path}"
    return f"{words}, by {sender}" if sender else words


def outcome_of(status: int) -> str:
    """Return how a request ended, from its status.

    Examples
    --------
    >>> outcome_of(201), outcome_of(403), outcome_of(422), outcome_of(500)
    ('done', 'refused: not allowed', 'not done (status 422)', 'failed (status 500)')
    """
    if status < _REFUSED_FROM:
        return "done"
    return _REFUSED.get(status) or (
        f"failed (status {status})" if status >= _FAILED else f"not done (status {status})"
    )


def _who(served: Services, people: Mapping[str, str], entry: AuditEntry) -> str:
    if entry.key_id is not None:
        return people.get(entry.key_id, entry.key_id)
    if served.settings.needs_keys:
        return "someone without a valid key"
    return "this machine" if served.settings.is_local else "someone without a key"


def _thing(served: Services, people: Mapping[str, str], target: str | None) -> tuple[str, str]:
    """Return the name of a thing and its page; its id if it was deleted."""
    if target is None:
        return "", ""
    if target in people:
        return people[target], ""
    try:
        if target.startswith("data-"):
            return served.datasets.get(target).name, f"/datasets/{target}"
        if served.models.has(target):
            return served.models.show(target).name, f"/models/{target}"
        return served.fits.get(target).name, f"/fits/{target}"
    except NotFound:
        return target, ""
