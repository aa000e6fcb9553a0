"""The size of a text is close to its tokens."""

from pathlib import Path

import pytest

from tunesmith.encoders.backends.tokenizer import FolderTokens
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.server.inference.token_estimate import estimated_tokens


@pytest.mark.slow
def test_the_estimate_is_close_to_the_tokens_of_the_bundled_base(examples: Path) -> None:
    """Within 30% in the sum over real texts."""
    texts = (examples / "texts.txt").read_text("utf-8").splitlines()
    exact = int(FolderTokens(bundled_folder()).token_lengths(texts).sum())
    assert sum(estimated_tokens(text, 256) for text in texts) == pytest.approx(exact, rel=0.3)


def test_every_text_costs_something() -> None:
    """Also an empty one; a longer one never costs less."""
    costs = [estimated_tokens("é" * length, 16) for length in range(500)]
    assert costs[0] > 0
    assert costs == sorted(costs)
