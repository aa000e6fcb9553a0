"""Scores of pairs equal those of sentence-transformers, and other models are refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from sentence_transformers import CrossEncoder as Theirs
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.errors import DamagedModel, ModelError, UnknownModel

PAIRS = [("my card", "a card is late"), ("refund", "[bold]"), ("", "order"), ("late", "x " * 400)]


def test_scores_are_those_of_sentence_transformers(tiny_judge: Path) -> None:
    """Scores are between 0 and 1 for any batches and any activation of the model."""
    theirs = Theirs(str(tiny_judge), device="cpu", activation_fn=torch.nn.Identity())
    expected = 1 / (1 + np.exp(-theirs.predict(PAIRS)))
    for size in (1, 3, 32):
        scores = CrossEncoder(tiny_judge, device="cpu", batch_size=size).score(PAIRS)
        np.testing.assert_allclose(scores, expected, atol=1e-5)
        assert scores.dtype == np.float32
    assert np.ptp(expected) > 0.01


def test_no_pairs_have_no_scores(tiny_judge: Path) -> None:
    """A long list is scored in chunks."""
    judge = CrossEncoder(str(tiny_judge))
    assert judge.score([]).shape == (0,)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tunesmith.encoders.cross_encoder.CHUNK", 3)
        np.testing.assert_allclose(judge.score(PAIRS)[3:], judge.score(PAIRS[3:]), atol=1e-5)


def test_other_models_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """An encoder would get a random head, so it is refused."""
    with pytest.raises(UnknownModel, match="not a cross-encoder but BertModel"):
        CrossEncoder(tiny_model)
    with pytest.raises(UnknownModel, match=r"no config\.json"):
        CrossEncoder(tmp_path)
    for name in ("no/such-model", "../nowhere"):
        with pytest.raises(UnknownModel, match="give the folder of one"):
            CrossEncoder(name)
    (tmp_path / "config.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DamagedModel, match=r"config\.json cannot be read"):
        CrossEncoder(tmp_path)


def test_a_model_without_a_single_finite_output_is_refused(
    tiny_judge: Path, tmp_path: Path
) -> None:
    """Several outputs, unreadable weights, and non-finite weights."""
    three = CrossEncoder(_with_three_outputs(tiny_judge, tmp_path / "three"))
    with pytest.raises(ModelError, match="has 3 outputs"):
        three.score(PAIRS)
    broken = tmp_path / "broken"
    shutil.copytree(tiny_judge, broken)
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(DamagedModel, match="cannot be loaded as a cross-encoder"):
        CrossEncoder(broken).score(PAIRS)
    _spoil(tiny_judge, broken)
    with pytest.raises(ModelError, match="not finite"):
        CrossEncoder(broken).score(PAIRS)


def _with_three_outputs(source: Path, target: Path) -> Path:
    model = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=3, ignore_mismatched_sizes=True
    )
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(source).save_pretrained(target)
    return target


def _spoil(source: Path, target: Path) -> None:
    weights = load_file(source / "model.safetensors")
    weights["classifier.bias"] = np.full(1, np.nan, dtype=np.float32)
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
