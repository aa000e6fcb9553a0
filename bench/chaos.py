"""Kill a server, its workers and its training processes at random while it is used.

Run ``python bench/chaos.py [--quick]``: 20 fits and 20 kills, or 4 and 4. The last line is JSON:
``fits``, ``kills`` by what was killed, ``requests`` that were answered in that time, ``wrong``
answers, ``lost`` data sets and fits, ``not_ready`` fits, ``attempts`` of all fits, ``seconds``.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.server.chaos import numbered, run_chaos, ticket
from tests.server.ports import free_port
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="4 fits and 4 kills")
    parser.add_argument("--seed", type=int, default=0, help="what is killed, and when")
    arguments = parser.parse_args()
    count = 4 if arguments.quick else 20
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_chaos(
            Path(folder),
            free_port(),
            files=numbered(ticket, count),
            base=DEFAULT_BASE,
            kills=count,
            seed=arguments.seed,
        )
    print(
        json.dumps(
            {
                "fits": outcome.fits,
                "kills": outcome.kills,
                "requests": outcome.requests,
                "wrong": outcome.wrong,
                "lost": outcome.lost_datasets,
                "not_ready": outcome.not_ready,
                "attempts": outcome.attempts,
                "seconds": outcome.seconds,
            }
        )
    )


if __name__ == "__main__":
    main()
