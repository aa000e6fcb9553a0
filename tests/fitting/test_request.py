"""A fit described by plain values is the fit that these values describe."""

import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith.errors import UsageError
from tunesmith.fitting import FitRequest


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"test": "t.csv", "split_by": "date"}, "split_by"),
        ({"domain": "texts.txt"}, "domain"),
        ({"first": "tsdae"}, "first"),
        ({"judge": "a-model"}, "judge"),
        ({"generator": "a-model", "recipe": "ranking"}, "judge"),
        ({"goal": "guess"}, "goal"),
    ],
)
def test_contradictions_are_found_without_reading_a_file(
    options: dict[str, str], named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        FitRequest("no-such-file.csv", **options).check()  # type: ignore[arg-type]  # on purpose
    assert caught.value.option == named


@pytest.mark.slow
def test_a_request_and_its_fit(examples: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    """Columns, fixes and settings reach the fit."""
    request = FitRequest(
        str(examples / "tickets.csv"),
        base=str(tiny_encoder),
        budget=1.0,
        cross_validate=2,
        columns={"text": "text", "label": "intent"},
        fixes=("label-spelling",),
    )
    result = request.run(output=tmp_path / "model")
    assert result.summary.folds == 2
    assert result.path == tmp_path / "model"


def test_a_split_by_time_tests_on_the_latest_rows(tmp_path: Path) -> None:
    lines = [f"question {n},answer {n},2026-01-{n:02}" for n in range(1, 29)]
    file = tmp_path / "faq.csv"
    file.write_text("\n".join(["question,answer,date", *lines]), encoding="utf-8")
    data, later = FitRequest(str(file), split_by="date")._read()
    assert later is not None
    assert (len(data), len(later)) == (22, 6)


def test_a_check_loads_no_torch() -> None:
    """A server checks every fit that is requested, also with gpl and a judge."""
    check = "FitRequest('a.csv', recipe='gpl', judge='judge').check()"
    code = f"import sys; from tunesmith.fitting import FitRequest; {check}; "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
