"""Graphs of vectors live beside the other libraries of a process."""

import subprocess
import sys

_SCRIPT = """
import tunesmith.server.indexes.graph
import torch

class Slicing(torch.nn.Module):
    def forward(self, numbers):
        return numbers[:, : numbers.size(1) + 0]

torch.jit.trace(Slicing(), torch.ones(1, 5))
print("traced")
"""


def test_a_model_can_be_exported_after_a_graph_is_loaded() -> None:
    """Whichever comes first; torch traced a slice forever if usearch had been imported before."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert run.stdout.strip() == "traced"
