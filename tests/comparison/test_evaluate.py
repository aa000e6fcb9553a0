"""Comparison of models on the same items, with the first as the reference."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import tunesmith
from tunesmith.comparison.evaluate import Evaluation, evaluate
from tunesmith.encoders.protocol import Encoder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, TunesmithError, UnknownKind, UsageError
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import Outcome
from tunesmith.results.to_json import plain


class LetterCounts:
    """A custom encoder: letter counts with noise."""

    digest, dimension, max_length = "0", 26, 512

    def __init__(self, name: str, noise: float) -> None:
        self.name, self.noise = name, noise

    def encode(
        self, texts: Any, *, prompt: str | None = None, verbose: bool = False
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        del prompt, verbose
        clear = [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        noise = np.random.default_rng(0).normal(size=(len(texts), 26))
        return np.asarray(np.array(clear) + self.noise * noise, dtype=np.float32)

    def token_lengths(self, texts: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array([len(text) for text in texts], dtype=np.int64)


def pairs(rows: int) -> pa.Table:
    """Return texts of random letters; similarity falls with the number of replaced letters."""
    generator = np.random.default_rng(1)
    left, right, score = [], [], []
    for row in range(rows):
        letters = generator.choice(list("abcdefghijklmnop"), 20)
        replaced = row % 11 * 2
        other = letters.copy()
        other[:replaced] = generator.choice(list("qrstuvwxyz"), replaced)
        left.append("".join(letters))
        right.append("".join(other))
        score.append(5 - replaced / 4)
    return pa.table({"text1": left, "text2": right, "score": score})


@pytest.fixture(scope="module")
def found() -> Evaluation:
    models = [LetterCounts("noisy", 4.0), LetterCounts("clear", 0.1), LetterCounts("same", 4.0)]
    return evaluate(models, pairs(120))


def test_the_first_is_the_reference(found: Evaluation) -> None:
    """It has no change; a model with less noise is proven better, an equal one is not."""
    first, clear, same = found.of(found.headline)
    assert found.models == ("noisy", "clear", "same")
    assert first.change is None
    assert first.outcome is None
    assert clear.outcome is Outcome.BETTER
    assert clear.change is not None
    assert clear.change.base == first.value
    assert clear.value == pytest.approx(first.value + clear.change.difference)
    assert same.change is not None
    assert (same.change.low, same.change.high) == (0, 0)
    assert same.outcome is Outcome.NO_PROVEN_CHANGE


def test_scores_on_any_scale_and_every_measure(found: Evaluation) -> None:
    """Scores from 0 to 5 are valid, and both correlations are given for four measures."""
    metrics = {one.metric for one in found.measured}
    assert len(metrics) == 8
    assert {"Spearman, cosine", "Pearson, manhattan"} <= metrics
    assert len(found.measured) == 24


def test_it_can_be_written_as_json(found: Evaluation) -> None:
    """It contains every interval; only the headline metric has a p-value."""
    document = json.loads(json.dumps(plain(found.to_dict())))
    assert document["items"] == 120
    ours = [one for one in document["metrics"] if one["model"] == "clear"]
    assert ours[0]["outcome"] == "better"
    assert ours[0]["change"]["low"] < ours[0]["change"]["high"]
    assert [one["chance"] is not None for one in ours] == [True] + [False] * 7


def test_per_example_scores_are_given(found: Evaluation) -> None:
    """They are the similarities of each pair, identified by its first text."""
    assert found.items == tuple(pairs(120)["text1"].to_pylist())
    assert set(found.item_scores) == set(found.models)
    assert all(scores.shape == (120,) for scores in found.item_scores.values())


@pytest.mark.parametrize(
    ("file", "headline"),
    [
        ("tickets.csv", "accuracy"),
        ("multilabel.jsonl", "macro F1"),
        ("pairs.csv", "nDCG@10"),
        ("labelled_pairs.csv", "average precision"),
        ("nli.jsonl", "average precision"),
        ("triplets.jsonl", "triplet accuracy"),
        ("retrieval", "nDCG@10"),
    ],
)
def test_every_kind_is_evaluated(
    examples: Path, tiny_model: Path, tmp_path: Path, file: str, headline: str
) -> None:
    """Every file gives the expected headline metric and a score for each item."""
    source = examples / file
    if file == "tickets.csv":  # by far the longest
        header, *rows = source.read_text("utf-8").splitlines(keepends=True)
        source = tmp_path / file
        source.write_text("".join([header, *rows[::4]]), "utf-8")
    models: list[Encoder] = [SentenceEncoder(tiny_model), LetterCounts("noise", 9.0)]
    found = evaluate(models, source)
    assert found.headline == headline == found.measured[0].metric
    assert len(found.of(headline)) == 2
    assert all(len(scores) == len(found.items) for scores in found.item_scores.values())
    assert bool(found.thresholds) is (headline == "average precision")
    assert found.split == ("test" if file == "retrieval" else None)


def test_a_split_selects_its_judgements(examples: Path, tiny_model: Path) -> None:
    """Each split has its own queries."""
    sizes = [len(evaluate(tiny_model, examples / "retrieval", split=name).items) for name in SPLITS]
    assert sizes == [16, 24]


SPLITS = ("test", "train")


def test_a_single_fitted_model_is_compared_with_its_base(
    toy_fit: FitResult, toy_tickets: Path
) -> None:
    """The base is the reference, and a note warns about the model's own training data."""
    found = tunesmith.evaluate(toy_fit.path, toy_tickets)
    assert found.models == ("model", "tuned")
    assert found.of("accuracy")[1].change is not None
    assert "No row of toy.csv is unseen." in found.notes
    page = found._repr_html_()
    assert "No row of toy.csv is unseen." in page
    assert page.count("<tr>") == 1 + len(found.measured)


def test_texts_shared_with_the_training_file_are_excluded(
    toy_tickets: Path, tmp_path: Path
) -> None:
    """Shared texts are not trained on, and a note says so."""
    lines = toy_tickets.read_text(encoding="utf-8").splitlines()
    test = tmp_path / "test.csv"
    test.write_text("\n".join(lines[:40]) + "\n", encoding="utf-8")
    found = evaluate(LetterCounts("letters", 0.0), test, train=toy_tickets)
    assert len(found.items) == 39
    assert any("39 " in note for note in found.notes)


def test_a_training_file_may_have_other_column_names(toy_tickets: Path, tmp_path: Path) -> None:
    """They are detected; a file without any of the labels is rejected."""
    lines = toy_tickets.read_text(encoding="utf-8").splitlines()
    test, training = tmp_path / "test.csv", tmp_path / "training.csv"
    test.write_text("\n".join(lines[:40]) + "\n", encoding="utf-8")
    training.write_text("\n".join(["query,intent", *lines[40:]]) + "\n", encoding="utf-8")
    found = evaluate(LetterCounts("letters", 0.0), test, train=training)
    assert found.of("accuracy")[0].value > 0.5
    other = [f"{line}s" for line in lines[40:]]
    training.write_text("\n".join(["query,intent", *other]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="no label in common"):
        evaluate(LetterCounts("letters", 0.0), test, train=training)


def test_invalid_rows_raise_or_are_skipped(tmp_path: Path) -> None:
    """By default they are skipped, and a note counts them; a strict evaluation refuses them."""
    table = pairs(30).to_pandas()
    table.loc[3, "text1"] = ""
    path = tmp_path / "pairs.csv"
    table.to_csv(path, index=False)
    with pytest.raises(DataError, match=r"(?s)No text in 1 row .*skip_invalid"):
        evaluate(LetterCounts("letters", 0.0), path, strict=True)
    found = evaluate(LetterCounts("letters", 0.0), path)
    assert len(found.items) == 29
    assert re.search(r"\b1 .*row", found.notes[0])


@pytest.mark.parametrize(
    ("table", "options", "error", "message"),
    [
        (pairs(30), {"split": "test"}, UsageError, "folder"),
        (pairs(30), {"train": "train.csv"}, UsageError, "training file"),
        (pairs(30).slice(0, 2), {}, DataError, "too few"),
        (
            pa.table({"text1": ["a", "b", "c"], "text2": ["d", "e", "f"], "score": [1.5] * 3}),
            {},
            DataError,
            "same score",
        ),
        (
            pa.table({"text": ["a text of mine", "and one more", "a third"]}),
            {"kind": "texts"},
            UnknownKind,
            "cannot be evaluated",
        ),
    ],
    ids=["split", "train", "few", "equal", "texts"],
)
def test_data_that_cannot_be_evaluated_is_rejected_before_any_model_is_opened(
    table: pa.Table, options: dict[str, str], error: type[TunesmithError], message: str
) -> None:
    """The second model does not exist, but the error is about the data."""
    with pytest.raises(error, match=message):
        evaluate([LetterCounts("letters", 0.0), "no-such-model"], table, **options)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.long
def test_the_untouched_model_on_stsb(shared_data: Path) -> None:
    """A file without a header and with scores from 0 to 5 gives the known correlations."""
    found = evaluate("all-MiniLM-L6-v2", shared_data / "stsb" / "stsb-en-test.csv")
    assert found.of("Pearson, cosine")[0].value == pytest.approx(0.8274, abs=5e-4)
    assert found.of("Spearman, cosine")[0].value == pytest.approx(0.8203, abs=5e-4)


def test_any_two_models_are_compared(found: Evaluation) -> None:
    clear = found.of(found.headline)[1]
    assert found.between("noisy", "clear") == clear
    change = found.between("clear", "noisy").change
    assert change is not None
    assert clear.change is not None
    assert change.difference == pytest.approx(-clear.change.difference)
    assert found.between("clear", "same").outcome is Outcome.WORSE
    with pytest.raises(UsageError, match="other was not evaluated"):
        found.between("noisy", "other")


def test_items_that_differ_come_by_the_size_of_the_difference(found: Evaluation) -> None:
    differing = found.disagreements()
    spreads = [max(each.scores) - min(each.scores) for each in differing]
    assert spreads == sorted(spreads, reverse=True)
    assert all(each.text == found.items[each.item] for each in differing)
    alone = evaluate(LetterCounts("noisy", 4.0), pairs(60))
    assert alone.disagreements() == ()
