"""Send generated requests to every operation of a server, and compare answers with its description.

Run ``python bench/api_fuzz.py [--quick] [--seed SEED]``: about 12,000 requests, or 2,000, to a
server in this process on a port of its own, which is empty, has no workers and needs no keys.
Requests are valid and invalid, single and several in a row. An answer is ``wrong`` if its status is
5xx, or if status, content type or body are not in the OpenAPI description; each is printed once.

The last line is JSON with the number of requests, the number of wrong answers, and the seconds.
"""

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.server.apps import running_server
from tests.server.fuzzing import fuzz


def main() -> None:
    """Send the requests and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests")
    parser.add_argument("--seed", type=int, default=1, help="seed of the generator")
    options = parser.parse_args()
    errors_only = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=errors_only)
    start = time.perf_counter()
    examples, steps = (20, 5) if options.quick else (300, 20)
    with TemporaryDirectory() as folder, running_server(Path(folder)) as url:
        found = fuzz(url, examples, seed=options.seed, steps=steps)
    for line in found.wrong:
        print(line)
    seconds = round(time.perf_counter() - start, 1)
    print(json.dumps({"requests": found.requests, "wrong": len(found.wrong), "seconds": seconds}))


if __name__ == "__main__":
    main()
