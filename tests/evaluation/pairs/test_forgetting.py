"""The bundled general pairs are sound, and they detect forgetting."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.evaluation.pairs.forgetting import forgetting, general_pairs
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.results.summary import Outcome

SCORES = (0, 0.2, 0.4, 0.6, 0.8, 1)


def _columns() -> tuple[list[str], list[str], list[float], list[str]]:
    table = general_pairs().table
    left, right, scores, topics = (
        table[name].to_pylist() for name in ("text1", "text2", "score", "topic")
    )
    return left, right, scores, topics


def _letters(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[text.count(letter) for letter in "etaoinsh"] for text in texts], np.float32)


def _words(texts: Sequence[str]) -> NDArray[np.float32]:
    words = sorted({word for text in _columns()[0] + _columns()[1] for word in text.split()})
    return np.array([[word in text.split() for word in words] for text in texts], np.float32)


def test_scores_are_balanced() -> None:
    """Every topic has two pairs of each score."""
    _, _, scores, topics = _columns()
    assert len(scores) >= 240
    assert len(set(topics)) >= 20
    counts = Counter(zip(topics, scores, strict=True))
    assert set(counts.values()) == {2}
    assert len(counts) == len(SCORES) * len(set(topics))


def test_no_pair_is_repeated() -> None:
    """It holds in either order, and no text is in two pairs."""
    left, right, _, _ = _columns()
    pairs = {frozenset(map(normalise, pair)) for pair in zip(left, right, strict=True)}
    assert len(pairs) == len(left)
    assert all(len(pair) == 2 for pair in pairs)
    assert len(set(map(normalise, left + right))) == 2 * len(left)


def test_texts_are_sentences() -> None:
    """They have at least three words, and include statements and questions, short and long."""
    left, right, _, _ = _columns()
    texts = left + right
    assert all(text == text.strip() and text[-1] in ".?" for text in texts)
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) >= 3
    assert max(lengths) > 5 * min(lengths)
    assert 50 < sum(text.endswith("?") for text in texts) < 200


def test_word_overlap_does_not_predict_the_score() -> None:
    """A model that only compares words scores far below one that captures meaning."""
    left, right, scores, _ = _columns()
    shared = [
        len(one & other) / len(one | other)
        for one, other in zip(map(_word_set, left), map(_word_set, right), strict=True)
    ]
    assert spearmanr(shared, scores)[0] < 0.6


def test_it_equals_scipy() -> None:
    """Both correlations are equal, and the interval contains the difference."""
    left, right, scores, _ = _columns()
    change = forgetting(_words, _letters)
    for encode, found in ((_words, change.base), (_letters, change.tuned)):
        one, other = encode(left), encode(right)
        sizes = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        expected = spearmanr((one * other).sum(axis=1) / np.maximum(sizes, 1e-9), scores)[0]
        assert found == pytest.approx(expected, abs=2e-3)
    assert change.low < change.difference < change.high < 0


def test_the_pairs_load_without_torch() -> None:
    """Reading them imports none of the large libraries."""
    code = (
        "import sys; from tunesmith.evaluation.pairs.forgetting import general_pairs;"
        "assert len(general_pairs()) and not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.long
def test_forgetting_is_detected(shared_data: Path, tmp_path: Path) -> None:
    """Eight steps at an absurd learning rate lose quality; an untouched copy loses exactly none."""
    base = SentenceEncoder(backend="torch").encode  # exporting the model would take longer
    copy = Path(shutil.copytree(bundled_folder(), tmp_path / "copy"))
    same = forgetting(base, SentenceEncoder(copy, cache=False, backend="torch").encode)
    assert (same.difference, same.low, same.high) == (0, 0, 0)
    questions = detect(read(shared_data / "quora" / "train.csv")).examples
    pairs = reshape(questions, "pairs").take(range(64))
    absurd = PairedRecipe("ranking", epochs=1, batch_size=8, learning_rate=1e-2)
    absurd.run(bundled_folder(), pairs, tmp_path / "damaged")
    change = forgetting(base, SentenceEncoder(tmp_path / "damaged", backend="torch").encode)
    assert change.base > 0.7
    assert change.difference < -0.02
    assert change.outcome is Outcome.WORSE


@pytest.mark.slow
def test_no_text_is_from_a_benchmark(shared_data: Path) -> None:
    """None of the texts is in the real data used to train and evaluate models here."""
    left, right, _, _ = _columns()
    own = set(map(normalise, left + right))
    for path in sorted(shared_data.rglob("*")):
        if path.suffix in {".csv", ".jsonl"}:
            assert not own & set(map(normalise, _cells(path))), path.name


def _word_set(text: str) -> set[str]:
    return set(normalise(text).split())


def _cells(path: Path) -> list[str]:
    if path.suffix == ".csv":
        table = read(path).table
        return [str(cell) for name in table.column_names for cell in table[name].to_pylist()]
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [cell for row in rows for cell in row.values() if isinstance(cell, str)]
