"""``fit`` as its users call it: columns by name, two sequences, recipes as objects."""

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import tunesmith
from tests.error_fields import about
from tests.fitting.fits import fit as fit_with
from tests.fitting.pair_tables import documents, made
from tunesmith.datasets.labelled_input import dataset_of
from tunesmith.errors import FaultyRows, UsageError
from tunesmith.events import Event, Planned
from tunesmith.kinds import Kind, Multilabel
from tunesmith.recipes import (
    Adaptation,
    AugmentedRecipe,
    ContrastiveRecipe,
    PairedRecipe,
    UnlabelledRecipe,
)

FRAME = pd.DataFrame(
    {
        "subject": ["card", None, "order", ""],
        "body": ["it is lost", "my card broke", "where is it", "late again"],
        "queue": ["card", "card", "order", "order"],
    },
    index=[7, 3, 5, 1],
)


@pytest.fixture(scope="module")
def tickets(toy_tickets: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of the toy tickets."""
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    texts, labels = zip(*(line.rpartition(",")[::2] for line in lines), strict=True)
    return list(texts), list(labels)


def test_a_fit_has_at_most_twelve_parameters() -> None:
    """Everything else belongs to the data set, the recipe or the settings."""
    assert len(inspect.signature(tunesmith.fit).parameters) <= 12


@pytest.mark.usefixtures("ticking")
def test_texts_and_labels_are_fitted(
    tiny_model: Path, tickets: tuple[list[str], list[str]]
) -> None:
    """As lists and as columns of a table with any index, the result is the same."""
    texts, labels = (column[:60] for column in tickets)
    index = np.random.default_rng(0).permutation(len(texts))
    series = pd.Series(texts, index=index), pd.Series(labels, index=index)
    plain, indexed = (
        tunesmith.fit(*given, base=tiny_model, budget="20s") for given in ((texts, labels), series)
    )
    assert plain.verdict == indexed.verdict
    assert plain.summary.rows == 60
    assert set(tunesmith.load(plain.path).labels) == {"card", "order", "login"}


@pytest.mark.parametrize(
    "convert", [list, np.array, pd.Series, pa.array, tuple], ids=lambda each: each.__name__
)
def test_any_sequence_is_taken(convert: Any) -> None:
    """Lists, tuples, NumPy arrays, pandas and Arrow columns, in the order of their rows."""
    data = dataset_of(convert(["a card", "an order"]), convert(["card", "order"]), None)
    assert data.examples.texts() == ["a card", "an order"]
    assert data.kind is Kind.LABELLED


def test_labels_may_be_numbers_or_flags() -> None:
    """A matrix of 1, 0 and NaN is multi-label, with the names of its columns."""
    assert [each.label for each in dataset_of(["a", "b"], [1, 0], None).counts] == ["0", "1"]
    flags = pd.DataFrame({"late": [1, 0], "broken": [np.nan, 1]})
    data = dataset_of(["a text", "another"], flags, None)
    assert isinstance(data.examples, Multilabel)
    np.testing.assert_array_equal(data.examples.matrix(["late", "broken"]), [[1, np.nan], [0, 1]])
    unnamed = dataset_of(["a text", "another"], np.array([[1, 0], [0, 1]]), None)
    assert isinstance(unnamed.examples, Multilabel)
    assert unnamed.examples.classes == ("0", "1")


def test_missing_texts_and_labels_are_found(tiny_model: Path) -> None:
    """None, NaN and NA are missing, and the rows are named; lengths must agree."""
    texts = ["a card", None, "an order", "a login"] * 10
    labels = pd.Series(["card", "card", pd.NA, np.nan] * 10)
    found = dataset_of(texts, labels, None).findings_for(tiny_model)
    rows = {finding.code: finding.rows[:4] for finding in found}
    assert rows["empty-text"] == (2, 6, 10, 14)
    assert rows["missing-label"] == (3, 4, 7, 8)
    with pytest.raises(FaultyRows, match="without 30 skipped rows"):
        tunesmith.fit(texts, labels, base=tiny_model)
    with pytest.raises(UsageError, match="2 texts but 1 labels"):
        tunesmith.fit(["a", "b"], ["x"], base=tiny_model)
    with pytest.raises(UsageError):
        tunesmith.fit("a text", ["x"], base=tiny_model)


def test_columns_are_named_and_joined() -> None:
    """Several text columns are joined by a line break; missing parts are left out."""
    data = dataset_of(FRAME, "queue", ["subject", "body"])
    assert data.examples.texts() == [
        "card\nit is lost",
        "my card broke",
        "order\nwhere is it",
        "late again",
    ]
    assert "joined" in " ".join(data.loaded.notes)
    assert dict(data.columns) == {"text": "subject+body", "label": "queue"}
    assert dataset_of(FRAME, "queue", "body").examples.texts()[0] == "it is lost"
    for wrong in ({"label": "none", "text": "body"}, {"label": "queue", "text": ["body", "none"]}):
        with pytest.raises(UsageError, check=about(column="none")):
            dataset_of(FRAME, **wrong)


def test_a_number_as_test_is_the_number_of_folds(tiny_model: Path, toy_tickets: Path) -> None:
    """One fold is not enough."""
    for wrong in (0, 1, -3):
        with pytest.raises(UsageError, check=about(option="test")):
            tunesmith.fit(toy_tickets, base=tiny_model, test=wrong)


def planned(source: object, base: Path, **options: Any) -> list[str]:
    """Return the planned candidates of a fit that stops once they are known."""
    events: list[Event] = []
    stop = tunesmith.Stop()

    def end(event: Event) -> None:
        events.append(event)
        if isinstance(event, Planned):
            stop.cancel()

    with pytest.raises(tunesmith.TunesmithError):
        fit_with(source, base, on_event=end, stop=stop, **options)
    (event,) = (event for event in events if isinstance(event, Planned))
    return [candidate.name for candidate in event.candidates]


def test_a_given_recipe_is_the_only_one_that_trains_weights(
    tiny_model: Path, toy_tickets: Path
) -> None:
    """Its rung is named after the layers that it trains."""
    top = ContrastiveRecipe(train_layers=1, epochs=1)
    assert planned(toy_tickets, tiny_model, recipe=top)[-2:] == ["network", "top"]
    whole = replace(top, train_layers=None)
    assert planned(toy_tickets, tiny_model, recipe=whole)[-2:] == ["network", "whole"]
    scored = made("scored_pairs")
    assert planned(scored, tiny_model, recipe=PairedRecipe("cosine"))[1:] == ["map", "top"]
    silver = AugmentedRecipe(epochs=1)
    assert planned(scored, tiny_model, recipe=silver)[1:] == ["map", "top", "augmented"]
    adapted = Adaptation(documents(), UnlabelledRecipe("simcse"), top)
    assert planned(toy_tickets, tiny_model, recipe=adapted)[-2:] == ["top", "adapted-top"]


def test_the_settings_of_a_given_recipe_are_used_and_recorded(tiny_model: Path) -> None:
    """Other settings are another fit."""
    recipe = PairedRecipe("cosent", epochs=1, learning_rate=1e-4)
    result = fit_with(made("scored_pairs", 60), tiny_model, recipe=recipe)
    assert result.summary.pairs is not None
    assert "learning_rate=0.0001" in result.summary.pairs.why
    other = fit_with(made("scored_pairs", 60), tiny_model, recipe=replace(recipe, epochs=2))
    assert other.path != result.path


def test_a_recipe_that_does_not_fit_the_data_is_refused(
    tiny_model: Path, toy_tickets: Path
) -> None:
    """Like its name."""
    with pytest.raises(UsageError, match="contrastive recipe, not cosine"):
        tunesmith.fit(toy_tickets, base=tiny_model, recipe=PairedRecipe("cosine"))
    with pytest.raises(UsageError, match="learns from"):
        tunesmith.fit(made("pairs"), base=tiny_model, recipe=ContrastiveRecipe())
