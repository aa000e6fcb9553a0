"""The texts of a data set on two maps, saved and read again."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunesmith
from tunesmith.comparison.draw_map import draw_map
from tunesmith.results.fit_result import FitResult
from tunesmith.results.text_map import read_map


def test_a_fit_is_drawn_before_and_after(
    toy_fit: FitResult, toy_tickets: Path, tmp_path: Path
) -> None:
    """Each row has a place, its label, and whether its neighbours have another; files are equal."""
    data = tunesmith.read(toy_tickets)
    made = draw_map(toy_fit.path, data)
    assert len(made) == 150
    assert made.before.shape == made.after.shape == (150, 2)
    assert made.rows.tolist() == data.examples.rows.tolist()
    labels = [made.names[number] for number in made.labels]
    assert labels == data.examples.table["label"].to_pylist()
    assert made.strangers[1].mean() <= made.strangers[0].mean()
    assert made.strangers.any()
    assert made.predicted is not None
    assert (made.predicted == made.labels).mean() > 0.4  # three labels
    for name in ("one", "two"):
        draw_map(toy_fit.path, data).save(tmp_path / name)
    again = read_map(tmp_path / "one")
    assert (again.titles, again.names) == (made.titles, made.names)
    assert np.array_equal(again.after, made.after)
    assert np.array_equal(again.strangers, made.strangers)
    assert np.array_equal(again.predicted, made.predicted)  # type: ignore[arg-type]
    one, two = ((tmp_path / name / "map.npz").read_bytes() for name in ("one", "two"))
    assert one == two
    assert all(text.encode() not in one for text in data.examples.texts())


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"anchor": 0, "positive": 1}, {"anchor", "positive"}),
        ({"query": 0, "positive": 1, "negative": 2}, {"anchor", "positive"}),
        ({"text": 0}, {"text"}),
        ({"text": 0, "red": "1", "big": "0"}, {"red", "no label"}),
    ],
)
def test_any_kind_has_a_map(
    columns: dict[str, int | str], names: set[str], tiny_model: Path
) -> None:
    """Without labels, each distinct text once, by its role; a base alone has one map twice."""
    frame = pd.DataFrame(
        {
            name: [f"text {place} {row} card" for row in range(30)]
            if isinstance(place, int)
            else [place if row % 2 else "0" for row in range(30)]
            for name, place in columns.items()
        }
    )
    if "red" in columns:
        frame["big"] = "0"
    made = draw_map(tiny_model, tunesmith.read(frame))
    assert {made.names[number] for number in made.labels} <= names | {"red"}
    assert np.array_equal(made.before, made.after)
    assert made.rows.min() == 1
