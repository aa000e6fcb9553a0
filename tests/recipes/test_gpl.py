"""GPL: generated queries, a cross-encoder's margins, and an encoder trained on them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

from tests.error_fields import about
from tests.recipes.recipe_samples import WORDS, made, rows_for, weights
from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.errors import BudgetExhausted, DataError, UnknownModel, UsageError
from tunesmith.kinds import Texts
from tunesmith.recipes.gpl import GplRecipe
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.queries import generate_queries
from tunesmith.recipes.training.options import RunOptions
from tunesmith.stop import Stop

PASSAGES = made(
    Texts,
    [(f"My {one} is {two}. The {one} came with a {two}.",) for one in WORDS for two in WORDS],
)


def _recipe(judge: Path) -> GplRecipe:
    return GplRecipe(str(judge), train_layers=1, epochs=1, learning_rate=3e-3, depth=8)


@pytest.fixture(scope="module")
def tiny_writer(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text-to-text model with random weights."""
    folder = tmp_path_factory.mktemp("writer")
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=16,
        d_kv=8,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=tokenizer.pad_token_id,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.sep_token_id,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_margins_come_from_the_judge(tiny_model: Path, tiny_judge: Path, tmp_path: Path) -> None:
    """A margin is the score of a query's own passage minus that of a retrieved negative."""
    state = tmp_path / "state"
    run = _recipe(tiny_judge).run(
        tiny_model, PASSAGES, tmp_path / "out", options=RunOptions(checkpoint=state)
    )
    assert [(stage.name, stage.rows) for stage in run.stages] == [("queries", 36), ("margins", 72)]
    table = pq.read_table(state / "margins.parquet").to_pylist()
    judge = CrossEncoder(tiny_judge)
    for row in table:
        ((negative,), query, own) = row["negatives"], row["anchor"], row["positive"]
        assert negative != own
        own_score, other_score = judge.score([(query, own), (query, negative)])
        assert row["margin"] == pytest.approx(float(own_score - other_score), abs=1e-6)
    before, after = weights(tiny_model), weights(tmp_path / "out")
    assert any(not np.array_equal(before[name], after[name]) for name in before)


class Killed(Exception):
    """Ends a run as a signal would."""


@pytest.mark.parametrize(
    ("stage", "broken"),
    [
        ("queries", "tunesmith.recipes.gpl.first_sentences"),
        ("margins", "tunesmith.encoders.cross_encoder.CrossEncoder.score"),
        ("student", ""),
    ],
)
def test_a_run_killed_in_any_stage_resumes_to_the_same_weights(
    stage: str,
    broken: str,
    tiny_model: Path,
    tiny_judge: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The weights are bit-identical, and finished stages are not run again."""
    recipe = _recipe(tiny_judge)
    recipe.run(tiny_model, PASSAGES, tmp_path / "whole")
    options = RunOptions(checkpoint=tmp_path / "state", checkpoint_seconds=0.0)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    progress = kill if stage == "student" else None
    with monkeypatch.context() as patch:
        if broken:
            patch.setattr(broken, kill)
        with pytest.raises(Killed):
            recipe.run(tiny_model, PASSAGES, tmp_path / "out", progress=progress, options=options)
    recipe.run(tiny_model, PASSAGES, tmp_path / "out", options=options)
    whole, found = weights(tmp_path / "whole"), weights(tmp_path / "out")
    assert all(np.array_equal(whole[name], found[name]) for name in whole)


def test_generated_queries_are_reproducible(tiny_writer: Path) -> None:
    """A seed gives several queries per passage, each with its passage."""
    passages = PASSAGES.texts("text")[:5]
    found = generate_queries(passages, tiny_writer, each=3, seed=1)
    assert found == generate_queries(passages, tiny_writer, each=3, seed=1)
    assert {passage for _, passage in found} <= set(passages)
    assert all(query.strip() for query, _ in found)
    assert len(found) > len(passages)


def test_the_recipe_runs_with_a_generator(
    tiny_model: Path, tiny_judge: Path, tiny_writer: Path, tmp_path: Path
) -> None:
    """The whole recipe runs with generated queries."""
    recipe = replace(_recipe(tiny_judge), generator=str(tiny_writer))
    run = recipe.run(tiny_model, PASSAGES, tmp_path / "out")
    assert run.stages[0].name == "queries"
    assert run.steps > 0


def test_missing_inputs_are_reported(tiny_model: Path, tiny_judge: Path, tmp_path: Path) -> None:
    """Errors name a missing judge, generator, multi-sentence passage or margin."""
    out = tmp_path / "out"
    with pytest.raises(UsageError, check=about(option="judge")):
        GplRecipe("")
    with pytest.raises(UnknownModel, match="no cross-encoder 'no/such'"):
        GplRecipe("no/such").run(tiny_model, PASSAGES, out)
    with pytest.raises(UnknownModel, match="use first sentences"):
        replace(_recipe(tiny_judge), generator="no/such").run(tiny_model, PASSAGES, out)
    with pytest.raises(DataError, match="or a generator"):
        _recipe(tiny_judge).run(tiny_model, made(Texts, [("one",), ("two",)]), out)
    with pytest.raises(UsageError, check=about(option="examples")):
        _recipe(tiny_judge).run(tiny_model, rows_for("ranking"), out)
    with pytest.raises(DataError, match="no margin column"):
        PairedRecipe("margins").run(tiny_model, rows_for("triplet"), out)
    assert not out.exists()


def test_query_generation_and_scoring_respect_the_time_limit(
    tiny_model: Path, tiny_judge: Path, tiny_writer: Path, tmp_path: Path
) -> None:
    """A slow generator is stopped with an error."""
    for recipe in (_recipe(tiny_judge), replace(_recipe(tiny_judge), generator=str(tiny_writer))):
        with pytest.raises(BudgetExhausted):
            recipe.run(tiny_model, PASSAGES, tmp_path / "out", stop=Stop(0))
    assert not (tmp_path / "out").exists()


def test_another_judge_of_the_same_name_is_another_run(
    tiny_model: Path, tiny_judge: Path, tmp_path: Path
) -> None:
    """The scores of a changed judge are not taken from the old run."""
    judge, state = tmp_path / "judge", tmp_path / "state"
    shutil.copytree(tiny_judge, judge)
    before = _recipe(judge).digests
    _recipe(judge).run(tiny_model, PASSAGES, tmp_path / "out", options=RunOptions(checkpoint=state))
    changed = {name: 2 * values for name, values in load_file(judge / "model.safetensors").items()}
    save_file(changed, judge / "model.safetensors", {"format": "pt"})
    assert _recipe(judge).digests != before
    with pytest.raises(UsageError, check=about(option="checkpoint")):
        _recipe(judge).run(
            tiny_model, PASSAGES, tmp_path / "other", options=RunOptions(checkpoint=state)
        )
