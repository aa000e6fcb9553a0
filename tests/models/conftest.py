"""A model folder to publish."""

from pathlib import Path

import numpy as np
import pytest

from tunesmith.models import folder as model_folders
from tunesmith.vectors.linear_classifier import LinearClassifier

CARD = "# A card\n"


@pytest.fixture
def published(home: Path, tiny_encoder: Path) -> Path:
    """The folder of a fitted model with a report, a card and an unrelated file."""
    weight = np.random.default_rng(0).normal(size=(2, 32)).astype(np.float32)
    path = home / "models" / "tickets-3f2a1c"
    model_folders.save(
        path,
        encoder=tiny_encoder,
        classifier=LinearClassifier(weight, np.zeros(2, dtype=np.float32), ("late", "lost")),
        summary={"source": "tickets.csv", "base": "all-MiniLM-L6-v2"},
        write_pages=_write_pages,
    )
    (path / "tickets.csv").write_text("text,label\na secret,late\n", encoding="utf-8")
    return path


def _write_pages(folder: Path) -> None:
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "report.html").write_text("<p>a secret", encoding="utf-8")
