"""How changes are phrased."""

from tunesmith.phrasing import format_change, format_interval
from tunesmith.results.summary import Change


def test_percentage_points_are_for_fractions_only() -> None:
    """A change of log loss is not given in points."""
    loss = Change("log loss", 0.412, 0.299, -0.2, -0.05, higher_is_better=False)
    assert format_change(loss) == "−0.113 log loss"
    assert format_interval(loss) == "95% CI −0.200 to −0.050"
