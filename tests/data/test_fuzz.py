"""Generated files of every kind, format, dialect, encoding and script, with and without faults.

What is read is what was generated: kind, columns, row numbers, texts and labels. Or a finding, a
note or an error names the difference. ``bench/fuzz.py`` reads two thousand of them.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.data.generated_faults import IN_BYTES, IN_LINES, IN_TABLE
from tests.data.generated_files import generate
from tests.data.generated_outcomes import outcome
from tests.data.generated_tables import KINDS

SEEDS = range(150)


@pytest.mark.parametrize("first", SEEDS[::10])
def test_nothing_is_read_otherwise_in_silence(first: int, tmp_path: Path) -> None:
    """Each file is read as it was generated, or the difference is named."""
    for seed in range(first, first + 10):
        made = generate(seed)
        assert outcome(made, tmp_path).unnamed == (), made.recipe


def test_the_files_vary() -> None:
    """Every kind is among the files of the suite, and every fault among those of the benchmark."""
    kinds = {generate(seed).recipe["kind"] for seed in SEEDS}
    assert kinds == {*KINDS, "retrieval"}
    faults = Counter(generate(seed).recipe["fault"] for seed in range(1000))
    assert {*IN_TABLE, *IN_LINES, *IN_BYTES} <= set(faults)
    assert faults[None] > 300


def test_the_same_seed_gives_the_same_file() -> None:
    """So a failure can be repeated."""
    assert [generate(seed) for seed in range(20)] == [generate(seed) for seed in range(20)]


def test_a_difference_is_found(tmp_path: Path) -> None:
    """A file that lacks rows, or whose cells differ, is not taken for the generated one."""
    made = next(file for file in map(generate, range(100)) if file.name.endswith(".jsonl"))
    content = made.content
    assert isinstance(content, bytes)
    shorter = replace(made, content=b"".join(content.splitlines(keepends=True)[:-3]))
    assert outcome(shorter, tmp_path).unnamed
