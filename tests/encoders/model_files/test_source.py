"""The files of a model, as they are first read."""

import shutil
import warnings
from pathlib import Path

import pytest

from tunesmith.encoders.text_encoder import TextEncoder


def test_assumed_pooling_gives_a_warning(tiny_model: Path, tmp_path: Path) -> None:
    """Where a folder without modules.json is first used; a whole model gives none."""
    folder = Path(shutil.copytree(tiny_model, tmp_path / "bare"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TextEncoder(folder, cache=False).token_lengths(["a"])
    (folder / "modules.json").unlink()
    with pytest.warns(RuntimeWarning, match=r"bare has no modules\.json, so mean pooling"):
        TextEncoder(folder, cache=False).token_lengths(["a"])
