"""The result of distilling a model into a static one."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Distillation:
    """The result of distilling a model into a static model.

    Parameters
    ----------
    parent
        The name of the original model (teacher).
    texts
        The number of texts, including held-out ones.
    held_out
        The number of texts held out from training.
    cosine
        The mean cosine similarity to the parent's vectors on held-out texts.
    same
        The share of held-out texts with the same label as the parent; None without a classifier.
    rate, parent_rate
        The speed of the static model and of the parent, in texts per second.
    seed
        Random seed for the holdout and for shuffling.
    path
        The output folder.

    Examples
    --------
    >>> folder = Path("static")
    >>> result = Distillation("tickets-3f2a1c", 1000, 100, 0.93, 0.97, 20_000.0, 400.0, 0, folder)
    >>> result.cosine, result.rate / result.parent_rate
    (0.93, 50.0)
    """

    parent: str
    texts: int
    held_out: int
    cosine: float
    same: float | None
    rate: float
    parent_rate: float
    seed: int
    path: Path
