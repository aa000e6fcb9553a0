"""Training on unlabelled texts with each of the four losses."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModel

from tests.error_fields import about
from tests.recipes.recipe_samples import WORDS, made, rows_for, weights
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.encoders.build import build
from tunesmith.encoders.model_files.bundled import bundled_folder
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, ModelError, UsageError
from tunesmith.kinds import Texts
from tunesmith.recipes.losses.heads import masked_head, only_positions
from tunesmith.recipes.losses.unlabelled import (
    LossSettings,
    Tsdae,
    UnlabelledLoss,
    delete_words,
    make_loss,
    require_trainable,
    words,
)
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.run import StepClock
from tunesmith.recipes.training.text_training import TextTraining, load_model
from tunesmith.recipes.training.weights import Optimizing
from tunesmith.recipes.unlabelled import UnlabelledRecipe

LOSSES: tuple[UnlabelledLoss, ...] = get_args(UnlabelledLoss)
TEXTS = made(Texts, [(f"my {one} and the {two}",) for one in WORDS for two in WORDS])
FEW = TEXTS.take(range(0, len(TEXTS), 2))


def _recipe(loss: UnlabelledLoss, **settings: int) -> UnlabelledRecipe:
    return UnlabelledRecipe(loss, batch_size=6, learning_rate=3e-3, **settings)  # type: ignore[arg-type]  # given by name


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_falls(loss: UnlabelledLoss, tiny_model: Path, tmp_path: Path) -> None:
    """Training lowers the loss and changes the vectors, but not their dimension."""
    run = _recipe(loss, epochs=5).run(tiny_model, TEXTS, tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    texts = TEXTS.texts("text")
    base, tuned = (
        SentenceEncoder(str(folder), cache=False).encode(texts)
        for folder in (tiny_model, tmp_path / "out")
    )
    assert base.shape == tuned.shape
    assert not np.allclose(base, tuned, atol=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_of_the_loss_are_not_saved(
    loss: UnlabelledLoss, tiny_model: Path, tmp_path: Path
) -> None:
    """The folder has the base's weight names, shapes and length limit, and no other weights."""
    _recipe(loss).run(tiny_model, FEW, tmp_path / "out")
    before, after = weights(tiny_model), weights(tmp_path / "out")
    assert {name: each.shape for name, each in before.items()} == {
        name: each.shape for name, each in after.items()
    }
    lengths = {load_model(each).max_seq_length for each in (tiny_model, tmp_path / "out")}
    assert len(lengths) == 1


class Killed(Exception):
    """Ends a run as a signal would."""


@pytest.mark.parametrize("loss", LOSSES)
def test_a_killed_run_resumes_to_the_same_weights(
    loss: UnlabelledLoss, tiny_model: Path, tmp_path: Path
) -> None:
    """The weights are bit-identical: decoders, heads, copies and random states are restored."""
    recipe = _recipe(loss, epochs=3)
    recipe.run(tiny_model, FEW, tmp_path / "whole")
    options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=0.0)
    done: list[int] = []

    def kill(rows: int) -> None:
        done.append(rows)
        if len(done) == 5:
            raise Killed

    with pytest.raises(Killed):
        recipe.run(tiny_model, FEW, tmp_path / "out", progress=kill, options=options)
    assert (tmp_path / "state").exists()
    recipe.run(tiny_model, FEW, tmp_path / "out", options=options)
    whole, found = weights(tmp_path / "whole"), weights(tmp_path / "out")
    assert all(np.array_equal(whole[name], found[name]) for name in whole)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("loss", ["simcse", "contrastive_tension"])
def test_upper_layers_can_be_trained_alone(
    loss: UnlabelledLoss, tiny_model: Path, tmp_path: Path
) -> None:
    """The frozen layers do not change."""
    run = _recipe(loss, train_layers=1, epochs=5).run(tiny_model, TEXTS, tmp_path / "out")
    assert run.losses[-1] < run.losses[0]
    before, after = weights(tiny_model), weights(tmp_path / "out")
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed
    frozen = ("embeddings", "layer.0.", "layer.1.")
    assert not [name for name in changed if any(part in name for part in frozen)]


def test_the_decoder_shares_the_weights_of_the_encoder(tiny_model: Path) -> None:
    """Only the cross-attention and the head have weights of their own."""
    model = load_model(tiny_model)
    loss = Tsdae(model, 0.6)
    TextTraining(model, TEXTS.texts("text"), None, Optimizing(1e-3), StepClock(None))
    (decoder,) = loss.modules()
    added = {id(each) for each in loss.parameters()}
    names = {name for name, each in decoder.named_parameters() if id(each) in added}
    assert all("crossattention" in name or name.startswith("cls.") for name in names)
    own = {id(each) for each in model.parameters()}
    shared = [name for name, each in decoder.named_parameters() if id(each) in own]
    assert any("layer.0.attention.self.query" in name for name in shared)


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta", "mpnet", "modernbert"])
def test_masked_positions_have_the_same_logits_alone(architecture: str, tmp_path: Path) -> None:
    """Logits of selected tokens equal their logits among all tokens."""
    model = small_transformer(architecture, tmp_path)
    head = masked_head(SimpleNamespace(transformers_model=model)).eval()
    ids = torch.arange(5, 29).reshape(2, 12)
    masked = torch.rand(2, 12, generator=torch.Generator().manual_seed(0)) < 0.3
    with torch.inference_mode():
        everything = head(input_ids=ids).logits
        with only_positions(head, masked):
            selected = head(input_ids=ids).logits[0]
        torch.testing.assert_close(selected, everything[masked])
        torch.testing.assert_close(head(input_ids=ids).logits, everything)


def small_transformer(architecture: str, folder: Path) -> Any:
    """A two-layer transformer with random weights, saved to a folder."""
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "dim": 32}
    more = {"num_attention_heads": 4, "n_heads": 4, "n_layers": 2, "hidden_dim": 64}
    tokens = {"vocab_size": 50, "pad_token_id": 0, "max_position_embeddings": 64}
    config = AutoConfig.for_model(architecture, **sizes, **more, **tokens)
    AutoModel.from_config(config).save_pretrained(folder)
    return AutoModel.from_pretrained(folder)


def test_the_decoder_uses_the_vector(tiny_model: Path) -> None:
    """The decoder depends on the vector: another vector gives other logits."""
    model = load_model(tiny_model).eval()
    loss = Tsdae(model, 0.6)
    weights = TextTraining(model, TEXTS.texts("text"), None, Optimizing(1e-3), StepClock(None))
    for module in (model, *loss.modules()):
        module.eval()
    with torch.no_grad():
        first, again, other = (  # the seed decides which words the vector is made of
            float(loss.loss(weights, np.arange(6), np.random.default_rng(seed)))
            for seed in (0, 0, 1)
        )
    assert first == again
    assert other != pytest.approx(first, abs=1e-5)


def test_cls_pooling_can_be_trained(tiny_model: Path, tmp_path: Path) -> None:
    """CLS pooling, as in the paper, is stored with the trained model."""
    recipe = replace(_recipe("tsdae"), pooling="cls")
    recipe.run(tiny_model, FEW, tmp_path / "out")
    assert load_model(tmp_path / "out")[1].pooling_mode == "cls"


def test_long_texts_are_truncated_during_training_only(tiny_model: Path, tmp_path: Path) -> None:
    """Training truncates long texts, but the model keeps its maximum length."""
    long = made(Texts, [(" ".join(WORDS * 40),), ("my card",)])
    recipe = replace(_recipe("simcse"), max_tokens=8)
    recipe.run(tiny_model, long, tmp_path / "out")
    assert load_model(tmp_path / "out").max_seq_length == load_model(tiny_model).max_seq_length


@pytest.mark.parametrize(
    ("loss", "architecture"), [("tsdae", "DistilBertConfig"), ("masked_lm", "CLIPTextConfig")]
)
def test_an_architecture_without_the_head_is_refused_before_the_run(
    loss: UnlabelledLoss, architecture: str, tmp_path: Path
) -> None:
    """The config is enough to refuse it; the message names an alternative."""
    getattr(transformers, architecture)().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="choose simcse or contrastive_tension"):
        require_trainable(loss, tmp_path)


def test_vectors_of_another_dimension_than_the_decoder_are_refused(
    tiny_model: Path, tmp_path: Path
) -> None:
    """A dense layer changes the dimension that the decoder would have to accept."""
    build(tiny_model, tmp_path / "wide", dense=48)
    with pytest.raises(ModelError, match=r"48 dimensions .* expects 32: choose simcse"):
        require_trainable("tsdae", tmp_path / "wide")


def test_the_transformer_may_have_a_subfolder(tiny_model: Path, tmp_path: Path) -> None:
    """Older models have this layout."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / "0_Transformer").mkdir()
    for path in folder.iterdir():
        if path.is_file() and path.name not in {"modules.json", "README.md"}:
            path.rename(folder / "0_Transformer" / path.name)
    listing = json.loads((folder / "modules.json").read_text())
    listing[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(listing))
    assert _recipe("tsdae").run(folder, FEW, tmp_path / "tsdae").steps > 0
    assert _recipe("masked_lm").run(folder, FEW, tmp_path / "masked_lm").steps > 0


def test_a_model_without_dropout_is_refused_by_simcse(tiny_model: Path) -> None:
    """Without dropout both views of a text would be equal."""
    model = load_model(tiny_model)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    with pytest.raises(ModelError, match="dropout"):
        make_loss("simcse", model, LossSettings())


def test_bad_settings_and_data_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """The error says what to give, and nothing is written."""
    with pytest.raises(UsageError, check=about(option="loss")):
        UnlabelledRecipe("typo")  # type: ignore[arg-type]  # wrong on purpose
    for wrong in ({"epochs": 0}, {"batch_size": 1}, {"deletion": 1.0}, {"masking": 0.0}):
        with pytest.raises(UsageError):
            UnlabelledRecipe("tsdae", **wrong)
    out = tmp_path / "out"
    with pytest.raises(DataError, match="too few"):
        _recipe("simcse").run(tiny_model, made(Texts, [("once",), ("once",)]), out)
    with pytest.raises(UsageError, check=about(option="examples")):
        _recipe("simcse").run(tiny_model, rows_for("ranking"), out)
    assert not out.exists()


@given(st.text(max_size=80), st.floats(0.05, 0.95), st.integers(0, 99))
def test_deleting_words_keeps_order_and_at_least_one(text: str, share: float, seed: int) -> None:
    """The result is a subsequence of the text; a text without words is unchanged."""
    left = delete_words(text, share, np.random.default_rng(seed))
    if not words(text):
        assert left == text
        return
    assert any(word.strip() in left for word in words(text))
    letters = iter("".join(text.split()))
    assert all(letter in letters for letter in "".join(left.split()))


def test_the_share_of_deleted_words_matches() -> None:
    """Over many words, 60% are deleted; Chinese characters count as words."""
    generator = np.random.default_rng(0)
    left = delete_words("word " * 20_000, 0.6, generator)
    assert len(left.split()) == pytest.approx(8_000, rel=0.03)
    assert len(delete_words("银行卡丢失了怎么办" * 1000, 0.6, generator)) < 4_000


def test_an_empty_table_of_texts_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """It is refused before a model is loaded."""
    empty = Texts(pa.table({"text": pa.array([], pa.string()), "row": pa.array([], pa.int64())}))
    with pytest.raises(DataError, match="0 texts"):
        _recipe("simcse").run(tiny_model, empty, tmp_path / "out")


@pytest.mark.long
def test_the_real_model_resumes_with_its_decoder(examples: Path, tmp_path: Path) -> None:
    """A run killed after its first step ends with the weights of an uninterrupted one."""
    texts = detect(read(examples / "texts.txt")).examples.take(np.arange(8))
    recipe, left = UnlabelledRecipe("tsdae", epochs=2, batch_size=4), [2]

    def kill(_: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=0.0)
    with pytest.raises(KeyboardInterrupt):
        recipe.run(bundled_folder(), texts, tmp_path / "parts", progress=kill, options=options)
    assert (tmp_path / "state").exists()
    run = recipe.run(bundled_folder(), texts, tmp_path / "parts", options=options)
    whole = recipe.run(bundled_folder(), texts, tmp_path / "whole")
    assert run.losses == pytest.approx(whole.losses, abs=1e-4)
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(np.allclose(expected[name], found[name], atol=1e-5) for name in expected)
