"""A remedy resolves its finding, and says how many rows it changes before."""

import pyarrow as pa
import pytest

from tunesmith.datasets.changes import changed_rows
from tunesmith.datasets.clean_texts import clean_text
from tunesmith.datasets.dataset import Dataset, read
from tunesmith.datasets.remedies import applied, remedies
from tunesmith.errors import UsageError


@pytest.fixture(scope="module")
def data() -> Dataset:
    texts = [f"a text number {number}" for number in range(40)]
    labels = ["ab"[number % 2] for number in range(40)]
    texts += [*texts[:12], texts[0], texts[1], "<b>bold</b> words here"]
    labels += [*labels[:12], "b", "b", "a"]
    return read(pa.table({"text": texts, "label": labels}))


def test_all_rows_of_a_finding_are_changed(data: Dataset) -> None:
    """Also those beyond the first ten, which the finding lists."""
    found = {each.code: each for each in data.findings}
    assert [each.action for each in remedies(found["duplicate"], data.kind)] == [
        "Drop 13 repeated rows"
    ]
    remedy = applied(data, "duplicate", "drop")
    assert remedy.note == "Dropped 13 repeated rows"
    left = changed_rows(data, remedy.rows).table
    assert "duplicate" not in {each.code for each in read(left).findings}


def test_contradictions_get_the_most_frequent_label(data: Dataset) -> None:
    remedy = applied(data, "conflict", "relabel")
    assert remedy.rows.relabel == {53: "a"}
    left = changed_rows(data, remedy.rows).table
    assert "conflict" not in {each.code for each in read(left).findings}


def test_merged_spellings_are_in_the_rows() -> None:
    labels = ["Card", "card", "Login"]
    table = {"text": [f"a text {row}" for row in range(60)], "label": [*labels[:2], *labels] * 12}
    data = read(pa.table(table))
    remedy = applied(data, "label-spelling", "merge")
    assert remedy.note == "Merged labels with several spellings in 24 rows"
    assert set(changed_rows(data, remedy.rows).table["label"].to_pylist()) == {"Card", "Login"}


def test_a_remedy_that_is_unknown_is_refused(data: Dataset) -> None:
    for code, name in (("nothing", "drop"), ("html", "drop"), ("duplicate", "nothing")):
        with pytest.raises(UsageError, match="load the page again"):
            applied(data, code, name)


@pytest.mark.parametrize(
    ("scores", "actions"),
    [
        ([number % 6 for number in range(60)], []),
        ([7 * number - 30 for number in range(60)], []),
        ([*(number / 58 for number in range(59)), 1.7], ["Drop 1 row with a score out of range"]),
    ],
    ids=["a common scale", "an unknown scale", "an outlier"],
)
def test_only_outliers_of_scores_are_dropped(scores: list[float], actions: list[str]) -> None:
    """Training rescales a common scale, and dropping its rows would leave the lowest scores."""
    rows = range(len(scores))
    table = {"text1": [f"a text {row}" for row in rows], "text2": [f"other {row}" for row in rows]}
    data = read(pa.table({**table, "score": [float(score) for score in scores]}))
    found = {each.code: each for each in data.findings}["score-range"]
    assert [each.action for each in remedies(found, data.kind)] == actions
    if not actions:
        with pytest.raises(UsageError, match="load the page again"):
            applied(data, "score-range", "drop")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<p>one</p><p>two</p>", "one  two"),
        ("wo<b>r</b>d", "word"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("a\u200bb\x00 ", "ab"),
        ("👩\u200d🚀 stays", "👩\u200d🚀 stays"),
        ("&lt;3 &amp; more<br>", "<3 & more"),
    ],
)
def test_clean_texts(text: str, clean: str) -> None:
    assert clean_text(text) == clean.replace("  ", " ")
