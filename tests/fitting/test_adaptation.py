"""A base is trained on its domain first, and the ladder says what that brought."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.fitting.pair_tables import KilledAfter, documents, made
from tunesmith.errors import DataError, UsageError
from tunesmith.events import NullEvents
from tunesmith.fitting.adaptation import all_shares_kept, domain_of, without_guard
from tunesmith.fitting.run import fit
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Pairs
from tunesmith.recipes.unlabelled import UnlabelledRecipe
from tunesmith.results.summary import FitResult, RungStatus


def adapted(source: object, base: Path, **words: Any) -> FitResult:
    return fit(source, base=base, **{"budget": None, "recipe": "adapt", **words})


class Heard(NullEvents):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


@pytest.fixture(scope="module")
def labelled(tiny_model: Path, toy_tickets: Path) -> FitResult:
    return adapted(toy_tickets, tiny_model, domain=documents(), first="tsdae")


def test_labels_climb_from_the_base_and_from_the_adapted_one(labelled: FitResult) -> None:
    """Each rung twice; what adapting brought is compared by every metric."""
    summary = labelled.summary
    names = [rung.name for rung in summary.rungs]
    cheap = ["linear", "network"]
    assert names == [
        *("base", *cheap, "adapted", *(f"adapted-{name}" for name in cheap)),
        *("top", "adapted-top", "whole", "adapted-whole"),
    ]
    assert {rung.status for rung in summary.rungs} <= {RungStatus.DONE, RungStatus.SKIPPED}
    assert [each.title for each in summary.compared] == [
        f"Adapted first: {change.metric}" for change in summary.changes
    ]
    assert "Adapted first: accuracy" in labelled.report.read_text(encoding="utf-8")


def test_pairs_are_adapted_to_their_own_texts(tiny_model: Path) -> None:
    """Where no domain is given; single sentences by their own dropout."""
    result = adapted(made("scored_pairs"), tiny_model)
    done = {rung.name for rung in result.summary.rungs if rung.status is RungStatus.DONE}
    assert {"top", "adapted", "adapted-top"} <= done
    assert [each.title for each in result.summary.compared] == ["Adapted first: Spearman, cosine"]


def test_titles_adapt_by_ranking(tiny_model: Path, toy_tickets: Path) -> None:
    """A domain of pairs is what it is."""
    texts = documents()["text"].to_pylist()
    titles = pa.table(
        {"title": [f"About {text[:12]} {row}" for row, text in enumerate(texts)], "abstract": texts}
    )
    result = adapted(toy_tickets, tiny_model, domain=titles)
    assert "adapted" in {rung.name for rung in result.summary.rungs}


def test_a_killed_fit_does_not_adapt_again(
    tiny_model: Path, toy_tickets: Path, monkeypatch: pytest.MonkeyPatch, labelled: FitResult
) -> None:
    """The adapted base is kept as every rung is, and the result is the same."""
    words: dict[str, Any] = {"domain": documents(), "first": "tsdae", "output": None}

    with pytest.raises(KeyboardInterrupt):
        adapted(toy_tickets, tiny_model, events=KilledAfter("adapted-whole"), **words)

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(UnlabelledRecipe, "run", untouched)
    again = adapted(toy_tickets, tiny_model, **words)
    assert again.verdict == labelled.verdict
    assert again.summary.compared == labelled.summary.compared


@pytest.mark.usefixtures("ticking")
def test_texts_of_the_test_leave_the_domain(tiny_model: Path, toy_tickets: Path) -> None:
    """So that nothing that is tested was read before, wherever the test is cut from."""
    with toy_tickets.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    domain = pa.table(
        {"text": [*documents()["text"].to_pylist(), *(text.upper() for text in texts)]}
    )
    heard = Heard()
    result = adapted(
        toy_tickets, tiny_model, domain=domain, first="tsdae", budget="10s", events=heard
    )
    sealed = result.summary.validation + result.summary.test
    assert f"{sealed} rows of the domain left out" in " ".join(heard.notes)


@pytest.mark.parametrize("role", [0, 1])
def test_a_row_of_the_domain_with_one_text_of_the_test_is_left_out(role: int) -> None:
    """Scores of other pairs of a text tell of it as well; of itself the row says nothing new."""
    pairs = [[f"sentence {row} of mine", f"answer {row} to it"] for row in range(20)]
    given = Pairs(
        pa.table(
            {
                "anchor": [pair[0] for pair in pairs],
                "positive": [pair[1] for pair in pairs],
                "row": list(range(20)),
            }
        )
    )
    settings = Settings("all-MiniLM-L6-v2", 60.0, "search", 0, 0, recipe="adapt")
    found = domain_of(given, [], [pairs[7][role].upper()], settings, NullEvents())
    assert set(found.examples.rows) == set(range(20)) - {7}
    with pytest.raises(DataError, match="all stand in the domain"):
        domain_of(given, [], [pair[role] for pair in pairs], settings, NullEvents())


def test_what_was_not_adapted_is_not_gone_on_from(
    tiny_model: Path, toy_tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rungs behind it say so, and the others are untouched."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(UnlabelledRecipe, "run", broken)
    result = adapted(toy_tickets, tiny_model, domain=documents(), first="simcse")
    told = {rung.name: rung.reason for rung in result.summary.rungs if rung.reason}
    assert told["adapted"] == "no such luck"
    assert (
        told["adapted-linear"] == "the base was not adapted: see that rung, or give more --budget"
    )
    assert not result.summary.compared


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"recipe": "auto", "domain": pa.table({"text": ["a", "b"]})}, "give --recipe adapt too"),
        ({"recipe": "auto", "first": "tsdae"}, "give --recipe adapt too"),
        ({"first": "typo"}, "there is no recipe 'typo'"),
        ({"folds": 3}, "leave out --folds or --recipe adapt"),
        ({"first": "gpl"}, "a --recipe of its own"),
        ({"first": "contrastive"}, "contrastive does not learn from texts"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    words: dict[str, Any], message: str, tiny_model: Path, toy_tickets: Path
) -> None:
    """With what to write instead."""
    with pytest.raises(UsageError, match=message):
        adapted(toy_tickets, tiny_model, **words)


def test_both_bases_tell_what_was_kept_of_a_training(tmp_path: Path) -> None:
    """Those from the adapted base under its name."""
    space = Workspace(tmp_path)
    space.note("top", 0.5)
    assert all_shares_kept(space) == {"top": 0.5}
    space.part("adapted").note("top", 0.25)
    assert all_shares_kept(space) == {"top": 0.5, "adapted-top": 0.25}


def test_weights_are_told_of_from_whichever_base_they_came(tmp_path: Path) -> None:
    """The chosen rung's if it has any of its own, else those of the last rung that has."""
    space = Workspace(tmp_path)
    assert without_guard(["base", "map"], "map", space) is None
    ladder = ["base", "map", "adapted", "adapted-map", "top", "adapted-top"]
    found = [without_guard(ladder, chosen, space) for chosen in ladder]
    again, domain = tmp_path / "adapted" / "top-trained", tmp_path / "domain"
    assert found == [again, again, domain, domain, tmp_path / "top-trained", again]
