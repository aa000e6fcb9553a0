"""The base is adapted to the domain first, and the ladder measures the effect."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.error_fields import about
from tests.fitting.fits import fit
from tests.fitting.pair_tables import KilledAfter, documents, made
from tunesmith.errors import DataError, UsageError
from tunesmith.events import Event, Note, ignore
from tunesmith.fitting.adaptation import all_shares_kept, prepare_domain, unblended_weights
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.workspace import Workspace
from tunesmith.kinds import Pairs
from tunesmith.recipes.unlabelled import UnlabelledRecipe
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import RungStatus


def adapted(source: object, base: Path, **options: Any) -> FitResult:
    return fit(source, base, **{"recipe": "adapt", **options})


@pytest.fixture(scope="module")
def labelled(tiny_model: Path, few_tickets: Path) -> FitResult:
    return adapted(few_tickets, tiny_model, domain=documents(40), first="tsdae")


def test_labelled_rungs_run_from_the_base_and_the_adapted_base(labelled: FitResult) -> None:
    """Each rung runs twice, and the effect of adaptation is compared for every metric."""
    summary = labelled.summary
    names = [rung.name for rung in summary.rungs]
    cheap = ["linear", "network"]
    assert names == [
        *("base", *cheap, "adapted", *(f"adapted-{name}" for name in cheap)),
        *("top", "adapted-top", "whole", "adapted-whole"),
    ]
    assert {rung.status for rung in summary.rungs} <= {RungStatus.DONE, RungStatus.SKIPPED}
    assert [each.title for each in summary.compared] == [
        f"Domain adaptation: {change.metric}" for change in summary.changes
    ]
    assert "Domain adaptation: accuracy" in labelled.report.read_text(encoding="utf-8")


def test_pairs_are_adapted_to_their_own_texts(tiny_model: Path) -> None:
    """Without domain data, the training sentences are used."""
    result = adapted(made("scored_pairs", 60), tiny_model)
    done = {rung.name for rung in result.summary.rungs if rung.status is RungStatus.DONE}
    assert {"top", "adapted", "adapted-top"} <= done
    titles = [each.title for each in result.summary.compared]
    assert titles == ["Domain adaptation: Spearman, cosine"]


@pytest.mark.slow
@pytest.mark.usefixtures("ticking")
def test_titles_adapt_by_ranking(tiny_model: Path, few_tickets: Path) -> None:
    """Domain data may be pairs."""
    texts = documents(40)["text"].to_pylist()
    titles = pa.table(
        {"title": [f"About {text[:12]} {row}" for row, text in enumerate(texts)], "abstract": texts}
    )
    result = adapted(few_tickets, tiny_model, domain=titles, budget="90s")
    status = {rung.name: rung.status for rung in result.summary.rungs}
    assert status["adapted"] is RungStatus.DONE


def test_a_killed_fit_does_not_adapt_again(
    tiny_model: Path, few_tickets: Path, monkeypatch: pytest.MonkeyPatch, labelled: FitResult
) -> None:
    """The adapted base is kept like every rung, and the result is the same."""
    options: dict[str, Any] = {"domain": documents(40), "first": "tsdae", "output": None}

    with pytest.raises(KeyboardInterrupt):
        adapted(few_tickets, tiny_model, on_event=KilledAfter("adapted-whole"), **options)

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(UnlabelledRecipe, "run", untouched)
    again = adapted(few_tickets, tiny_model, **options)
    assert again.verdict == labelled.verdict
    for own, other in zip(again.summary.compared, labelled.summary.compared, strict=True):
        assert own.title == other.title
        # Vectors from the cache and of the ONNX export differ in the last digits.
        for score in ("base", "tuned", "low", "high"):
            before = getattr(other.change, score)
            assert getattr(own.change, score) == pytest.approx(before, abs=1e-3), score


@pytest.mark.usefixtures("ticking")
def test_held_out_texts_are_excluded_from_the_domain(tiny_model: Path, few_tickets: Path) -> None:
    """No held-out text is used for adaptation, even if it is in the domain data."""
    with few_tickets.open(newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    domain = pa.table(
        {"text": [*documents(40)["text"].to_pylist(), *(text.upper() for text in texts)]}
    )
    events: list[Event] = []
    result = adapted(
        few_tickets, tiny_model, domain=domain, first="tsdae", budget="10s", on_event=events.append
    )
    held_out = result.summary.validation + result.summary.test
    notes = [event.text for event in events if isinstance(event, Note)]
    assert f"{held_out} rows of the domain" in " ".join(notes)


@pytest.mark.parametrize("role", [0, 1])
def test_a_domain_row_with_a_held_out_text_is_excluded(role: int) -> None:
    """A pair is excluded if either of its texts is held out."""
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
    settings = Settings(budget=60.0, recipe="adapt")
    found = prepare_domain(given, [], [pairs[7][role].upper()], settings, ignore)
    assert set(found.examples.rows) == set(range(20)) - {7}
    with pytest.raises(DataError, check=about(option="domain")):
        prepare_domain(given, [], [pair[role] for pair in pairs], settings, ignore)


def test_a_failed_adaptation_fails_only_its_rungs(
    tiny_model: Path, few_tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapted rungs give the reason, and the others are not affected."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(UnlabelledRecipe, "run", broken)
    result = adapted(few_tickets, tiny_model, domain=documents(40), first="simcse")
    reasons = {rung.name: rung.reason for rung in result.summary.rungs if rung.reason}
    assert reasons["adapted"] == "no such luck"
    assert "not adapted" in reasons["adapted-linear"]
    assert "`budget`" in reasons["adapted-linear"]
    assert not result.summary.compared


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": "typo"}, "no recipe 'typo'"),
        ({"cross_validate": 3}, "folds and domain adaptation"),
        ({"first": "gpl"}, "choose another `first`"),
        ({"first": "contrastive"}, "contrastive cannot train on texts"),
    ],
)
def test_contradictory_arguments_are_rejected(
    options: dict[str, Any], message: str, tiny_model: Path, few_tickets: Path
) -> None:
    """The error says what to use instead."""
    with pytest.raises(UsageError, match=message):
        adapted(few_tickets, tiny_model, **options)


def test_training_weights_kept_from_both_bases(tmp_path: Path) -> None:
    """Rungs from the adapted base have its name as a prefix."""
    space = Workspace(tmp_path)
    space.write_number("top", 0.5)
    assert all_shares_kept(space) == {"top": 0.5}
    space.part("adapted").write_number("top", 0.25)
    assert all_shares_kept(space) == {"top": 0.5, "adapted-top": 0.25}


def test_unblended_weights_of_either_base(tmp_path: Path) -> None:
    """They are those of the chosen rung, or else of the last rung that trains weights."""
    space = Workspace(tmp_path)
    assert unblended_weights(["base", "map"], "map", space) is None
    ladder = ["base", "map", "adapted", "adapted-map", "top", "adapted-top"]
    found = [unblended_weights(ladder, chosen, space) for chosen in ladder]
    again, domain = tmp_path / "adapted" / "top-trained", tmp_path / "domain"
    assert found == [again, again, domain, domain, tmp_path / "top-trained", again]
