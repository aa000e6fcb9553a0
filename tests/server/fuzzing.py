"""Send generated requests to every operation of a server, and collect answers that are wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder

# A fit that waits for a worker has a stream of events without an end.
ENDLESS = "/v1/fits/{fit_id}/events"
# Whether a fit, a data set and a model go together, a description cannot say.
_UNSAID = (
    "positive_data_acceptance",
    "negative_data_rejection",
    "use_after_free",
    "ignored_auth",
    "missing_required_header",
    "ensure_resource_availability",
)


@dataclass(frozen=True)
class Fuzzed:
    """The result of a run: the number of requests, and one line for each wrong answer."""

    requests: int
    wrong: tuple[str, ...]


def fuzz(url: str, examples: int, *, seed: int = 1, steps: int = 5) -> Fuzzed:
    """Send requests: valid and invalid ones for each operation, then operations one after another.

    Parameters
    ----------
    url
        The server, which needs no keys.
    examples
        Maximum number of generated requests for an operation.
    seed
        Seed of the generator.
    steps
        Maximum number of operations in a row.
    """
    description = requests.get(f"{url}/openapi.json", timeout=60).json()
    description["paths"].pop(ENDLESS)
    config = SchemathesisConfig.from_dict(_config(url, examples, seed, steps))
    schema = schemathesis.openapi.from_dict(description, config=config)
    number, wrong = 0, dict[str, None]()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            number += len(event.recorder.interactions)
            wrong.update(dict.fromkeys(_wrong(event.recorder)))
        elif isinstance(event, NonFatalError):
            wrong[f"{event.label}: {event.value!r}"] = None
    return Fuzzed(number, tuple(wrong))


def _config(url: str, examples: int, seed: int, steps: int) -> dict[str, Any]:
    generation = {"max-examples": examples, "deterministic": True, "mode": "all", "no-shrink": True}
    return {
        "base-url": url,
        "seed": seed,
        "continue-on-failure": True,
        "generation": generation,
        "checks": {name: {"enabled": False} for name in _UNSAID},
        "phases": {"stateful": {"max-steps": steps}},
    }


def _wrong(recorder: ScenarioRecorder) -> Iterator[str]:
    for ident, checks in recorder.checks.items():
        case = recorder.cases[ident].value
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                yield f"{case.method} {case.path}: {check.name}: {failure.title} {failure.message}"
