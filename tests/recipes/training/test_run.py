"""Common parts of all recipes."""

from pathlib import Path

import numpy as np
import pytest

from tunesmith.errors import OutputError
from tunesmith.recipes.training.run import StepClock, linear_warmup_decay, require_free, save_model
from tunesmith.stop import Stop


def test_clock_without_a_limit_does_the_whole_plan() -> None:
    """Every planned step is done, and the progress goes from 0 to 1."""
    clock = StepClock()
    clock.begin(4)
    seen = []
    while not clock.done:
        seen.append(clock.progress)
        clock.tick()
    assert seen == [0.0, 0.25, 0.5, 0.75]
    assert clock.progress == 1.0


@pytest.mark.usefixtures("ticking")
def test_clock_cuts_the_plan_to_the_time_limit() -> None:
    """Steps that do not fit are not started, and the progress still reaches its end."""
    clock = StepClock(Stop(20.0))
    clock.begin(1000)
    while not clock.done:
        clock.tick()
    assert 5 <= clock.steps <= 20
    assert clock.progress > 0.7


def test_clock_with_time_to_spare_keeps_the_plan() -> None:
    """A far limit changes nothing, so that equal seeds stay equal."""
    clock = StepClock(Stop(3600))
    clock.begin(3)
    clock.tick()
    assert clock.progress == pytest.approx(1 / 3)


def test_rate_rises_then_falls() -> None:
    """The factor rises linearly, peaks at 1 where the warm-up ends, and falls to 0."""
    factors = [linear_warmup_decay(part, 0.1) for part in np.linspace(0, 1, 101)]
    assert int(np.argmax(factors)) == 10
    assert max(factors) == pytest.approx(1.0)
    assert factors[-1] == 0.0
    assert linear_warmup_decay(0.0, 0.0) == 1.0


class _Model:
    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure

    def save_pretrained(self, path: str, *, create_model_card: bool) -> None:
        assert not create_model_card
        Path(path).mkdir(exist_ok=True)
        (Path(path) / "weights").write_text("half")
        if self.failure is not None:
            raise self.failure


def test_save_model_leaves_a_whole_folder(tmp_path: Path) -> None:
    """The folder contains the model and no temporary files."""
    save_model(_Model(), tmp_path / "deep" / "model")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(OSError("disk full"), OutputError), (KeyboardInterrupt(), BaseException)],
)
def test_save_model_leaves_nothing_half_written(
    tmp_path: Path, failure: BaseException, raised: type[BaseException]
) -> None:
    """A full disk or Ctrl-C while writing leaves the folder as it was."""
    with pytest.raises(raised):
        save_model(_Model(failure), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_require_free_refuses_an_existing_folder(tmp_path: Path) -> None:
    """Existing folders are not overwritten."""
    require_free(tmp_path / "new")
    with pytest.raises(OutputError, match="already exists"):
        require_free(tmp_path)


@pytest.mark.usefixtures("ticking")
def test_evaluation_does_not_shorten_the_plan() -> None:
    """Evaluation takes longer than a step and must not count as one."""
    clock = StepClock(Stop(600.0))
    clock.begin(planned=100)
    for _ in range(10):
        with clock.paused():
            for _ in range(10):
                assert not clock.late
        clock.tick()
    assert clock.progress == pytest.approx(0.1)
