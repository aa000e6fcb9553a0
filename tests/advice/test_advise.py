"""Advice on data of any kind: recipes, costs and the expected gain from more labels."""

import random
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest

from tunesmith.advice.advise import Advice, advise, budget_for
from tunesmith.errors import DataError, FaultyRows
from tunesmith.fitting.budget import parse_duration
from tunesmith.kinds import Kind
from tunesmith.recipes.build import BUILDERS
from tunesmith.recipes.registry import RECIPES, RecipeInfo
from tunesmith.results.summary import Rung, RungStatus

WORDS = ("card", "order", "refund", "login")


def sentence(word: str, generator: random.Random) -> str:
    filler = [f"{generator.choice('bcdfg')}{generator.choice('aeiou')}" for _ in range(6)]
    return " ".join([*filler, word, word])


def texts(rows: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [sentence(WORDS[row % 4], generator) for row in range(rows)]


def pairs(kind: str, rows: int = 60) -> pa.Table:
    left, right, labels = texts(rows, 1), texts(rows, 2), [row % 2 for row in range(rows)]
    last = {
        "pairs": {"anchor": left, "positive": right},
        "triplets": {"anchor": left, "positive": right, "negative": texts(rows + 1, 3)[1:]},
        "labelled_pairs": {"text1": left, "text2": right, "label": labels},
        "scored_pairs": {"text1": left, "text2": right, "score": [one / 2 for one in labels]},
        "nli": {
            "premise": left,
            "hypothesis": right,
            "label": ["entailment" if one else "contradiction" for one in labels],
        },
    }
    return pa.table(last[kind])


@pytest.fixture(scope="module")
def of_tickets(toy_tickets: Path, tiny_model: Path) -> Advice:
    """The advice on labelled text."""
    return advise(toy_tickets, base=tiny_model, seed=1)


def test_labelled_text_gets_everything(of_tickets: Advice) -> None:
    """The advice has candidates with times, recipes, a learning curve and a budget."""
    assert [rung.name for rung in of_tickets.rungs] == ["base", "linear", "network", "top", "whole"]
    assert all(rung.estimate > 0 for rung in of_tickets.rungs)
    assert (of_tickets.recipe, of_tickets.obstacle, of_tickets.why_no_curve) == (
        "contrastive",
        "",
        "",
    )
    assert of_tickets.curve is not None
    assert [point.rows for point in of_tickets.curve.points] == [30, 60, 120]
    assert of_tickets.curve.seed == of_tickets.seed == 1
    assert {each.label for each in of_tickets.curve.classes} == {"card", "order", "login"}


def test_few_rows_need_folds(of_tickets: Advice) -> None:
    """The budget is enough for every candidate in every fold."""
    assert of_tickets.folds == 5
    assert parse_duration(of_tickets.budget) >= sum(rung.estimate for rung in of_tickets.rungs)


def test_recipes_come_from_the_table(of_tickets: Advice) -> None:
    """They are those that accept the data, directly or reshaped."""
    assert [each.name for each in of_tickets.recipes] == [
        name for name, info in RECIPES.items() if Kind.LABELLED in info.kinds
    ]
    chosen = [each for each in of_tickets.recipes if each.chosen]
    assert [(each.name, each.learns_from) for each in chosen] == [("contrastive", Kind.LABELLED)]
    for each in of_tickets.recipes:
        assert each.seconds is not None
        assert each.seconds > 0
        assert each.when == RECIPES[each.name].when


@pytest.mark.parametrize("kind", ["pairs", "triplets", "labelled_pairs", "scored_pairs", "nli"])
def test_pairs_of_any_kind_get_recipes_and_costs(kind: str, tiny_model: Path) -> None:
    """They have no learning curve, and the advice gives the reason."""
    advice = advise(pairs(kind), kind=kind, base=tiny_model)
    assert [rung.name for rung in advice.rungs] == ["base", "map", "top", "whole"]
    assert advice.curve is None
    assert "needs labels" in advice.why_no_curve
    assert advice.folds == 5
    assert [each.name for each in advice.recipes if each.chosen] == [advice.recipe]
    for each in advice.recipes:
        assert each.learns_from in RECIPES[each.name].accepts
        assert each.rows > 0


def test_retrieval_data_gets_the_plan_of_its_fit(examples: Path, tiny_model: Path) -> None:
    """The plan includes the query map."""
    advice = advise(examples / "retrieval", base=tiny_model)
    assert advice.rungs[1].title == "Query map in closed form"
    assert advice.recipe == "ranking"


def test_unlabelled_text_gets_the_plan_of_its_fit(examples: Path, tiny_model: Path) -> None:
    """Documents have a plan, single sentences have an obstacle; neither has a curve."""
    documents = advise(examples / "documents.txt", base=tiny_model)
    assert [rung.name for rung in documents.rungs] == ["base", "map", "top", "whole"]
    assert {"ranking", "simcse", "tsdae", "gpl"} <= {each.name for each in documents.recipes}
    assert "label a few hundred" in documents.why_no_curve
    single = advise(examples / "texts.txt", base=tiny_model)
    assert (single.rungs, single.budget, single.curve) == ((), "", None)
    assert "first sentence" in single.obstacle


def test_a_new_recipe_appears_automatically(
    examples: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry in the registry and a builder are enough."""
    info = RecipeInfo("new", RECIPES["simcse"].accepts, "why", "texts are raw", "paper")
    monkeypatch.setitem(RECIPES, "new", info)
    monkeypatch.setitem(BUILDERS, "new", BUILDERS["simcse"])
    found = advise(examples / "documents.txt", base=tiny_model).recipes
    assert [each.rows for each in found if each.name == "new"] == [32]


def test_few_rows_get_a_reason_instead_of_a_curve(tiny_model: Path) -> None:
    """Twenty rows can be fitted, but are too few for a curve."""
    table = pa.table({"text": texts(20, 0), "label": [WORDS[row % 4] for row in range(20)]})
    advice = advise(table, base=tiny_model)
    assert advice.curve is None
    assert "20 rows are too few" in advice.why_no_curve
    assert advice.rungs


def test_data_that_cannot_be_split_has_an_obstacle(tiny_model: Path) -> None:
    """Twelve pairs are too few for validation, which is advice rather than an error."""
    advice = advise(pairs("scored_pairs", rows=12), kind="scored_pairs", base=tiny_model)
    assert advice.rungs == ()
    assert "at least 6" in advice.obstacle
    assert advice.budget == ""


def test_invalid_data_raises_as_in_a_fit(tmp_path: Path) -> None:
    """The error comes before any model is loaded."""
    path = tmp_path / "gaps.csv"
    lines = [f"some words of row {row},{'x' if row % 2 else 'y'}" for row in range(50)]
    path.write_text("\n".join(["text,label", *lines, "a text without a label,"]), "utf-8")
    with pytest.raises(FaultyRows, match="row 51"):
        advise(path, kind="labelled", strict=True)
    with pytest.raises(DataError):
        advise(tmp_path / "nowhere.csv")


def test_a_class_with_a_single_row_is_not_in_the_curve(tiny_model: Path) -> None:
    """It is used for training; a strict call can remove it."""
    labels = [WORDS[row % 4] for row in range(60)]
    labels[7] = "alone"
    table = pa.table({"text": texts(60, 0), "label": labels})
    advice = advise(table, base=tiny_model)
    assert (advice.rows, advice.folds) == (60, 5)
    assert advice.rungs
    assert advice.curve is not None
    assert "alone" not in {each.label for each in advice.curve.classes}
    assert advise(table, base=tiny_model, strict=True, skip_invalid=True).rows == 59


def test_many_rows_are_sampled(
    toy_tickets: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forecast is still for twice the rows of the file."""
    monkeypatch.setattr(import_module("tunesmith.advice.advise"), "MOST_CURVE_ROWS", 90)
    curve = advise(toy_tickets, base=tiny_model).curve
    assert curve is not None
    assert (curve.rows, curve.looked_at, curve.doubled.rows) == (150, 90, 300)


@pytest.mark.parametrize(
    ("seconds", "budget"),
    [(1, "30s"), (40, "1m"), (240, "10m"), (3000, "2h"), (540_000, "195h")],
)
def test_the_budget_is_the_next_common_one(seconds: float, budget: str) -> None:
    """It has some slack; very long budgets are in whole hours."""
    rungs = (Rung("whole", "Whole model", RungStatus.SKIPPED, estimate=seconds),)
    assert budget_for(rungs) == budget
