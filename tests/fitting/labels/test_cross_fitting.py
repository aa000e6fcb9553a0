"""Every row is predicted by models that were not trained on it, and the best is trained on all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tunesmith
from tests.fitting.fits import BASE_ONLY, BRIEF, fit
from tunesmith.events import CandidateFinished, Event, Note, Split
from tunesmith.fitting.labels.out_of_fold import OutOfFold, read_fold, write_fold
from tunesmith.fitting.settings import Settings
from tunesmith.fitting.summary import keeps_likely
from tunesmith.home import current_home
from tunesmith.recipes.contrastive import ContrastiveRecipe
from tunesmith.results.fit_result import FitResult
from tunesmith.results.summary import Outcome, PairFindings, RungStatus
from tunesmith.stop import Stop


@pytest.fixture(scope="module")
def fitted(
    toy_tickets: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[FitResult, list[Event]]:
    events: list[Event] = []
    folder = tmp_path_factory.mktemp("cross-fitted") / "model"
    result = fit(toy_tickets, tiny_model, cross_validate=3, output=folder, on_event=events.append)
    return result, events


def test_every_row_is_tested_and_trained_on(fitted: tuple[FitResult, list[Event]]) -> None:
    """No row is held out in the end, and each is tested once."""
    result, events = fitted
    summary = result.summary
    assert (summary.train, summary.validation, summary.test, summary.folds) == (150, 0, 150, 3)
    assert len(set(result.evidence.texts)) == 150
    assert next(event for event in events if isinstance(event, Split)).folds == 3
    assert any("3 folds" in event.text for event in events if isinstance(event, Note))


def test_every_candidate_has_a_score_out_of_fold(fitted: tuple[FitResult, list[Event]]) -> None:
    """The best one is chosen; a candidate that was dropped has no score."""
    rungs = {rung.name: rung for rung in fitted[0].summary.rungs}
    assert [*rungs] == ["base", "linear", "network", "top", "whole"]
    done = [rung for rung in rungs.values() if rung.status is RungStatus.DONE]
    best = max(done, key=lambda rung: rung.score or 0)
    assert best.name == fitted[0].summary.chosen
    notes = [event.text for event in fitted[1] if isinstance(event, Note)]
    assert f"{best.title} is chosen and trained on all rows" in notes
    assert {rung.status for rung in rungs.values()} <= {RungStatus.DONE, RungStatus.DROPPED}
    assert all(rung.score is None for rung in rungs.values() if rung.status is RungStatus.DROPPED)


def test_the_verdict_and_its_probability_are_of_the_choice(
    fitted: tuple[FitResult, list[Event]],
) -> None:
    """The toy tickets are learnt by training, so a gain is proven."""
    verdict = fitted[0].verdict
    assert verdict.outcome is Outcome.BETTER
    assert verdict.probability is not None
    assert verdict.probability > 0.97
    assert "models that were not trained on it" in verdict.sentence


def test_the_saved_model_knows_all_rows(
    fitted: tuple[FitResult, list[Event]], toy_tickets: Path
) -> None:
    """It is trained once more on all of them, and its report, card and labels are whole."""
    model = tunesmith.load(fitted[0].path)
    lines = toy_tickets.read_text("utf-8").splitlines()[1:]
    texts, labels = zip(*(line.split(",") for line in lines), strict=True)
    assert np.mean(model.predict(list(texts)) == np.array(labels)) > 0.95
    assert "out of fold" in fitted[0].report.read_text("utf-8")
    assert "trained again on all rows" in (fitted[0].path / "README.md").read_text("utf-8")


def test_the_saved_model_tells_which_texts_are_familiar(
    fitted: tuple[FitResult, list[Event]], toy_tickets: Path
) -> None:
    """By the vectors of all rows and a threshold from the folds; training texts are familiar."""
    model = tunesmith.load(fitted[0].path)
    known = model.familiar_texts
    assert known is not None
    assert known.vectors.shape == (150, 32)
    assert -1 < known.threshold < 1
    texts = [line.split(",")[0] for line in toy_tickets.read_text("utf-8").splitlines()[1:]]
    np.testing.assert_allclose(known.vectors, model.encode(texts), atol=1e-3)
    assert all(each.familiar for each in model.classify(texts))
    others = [*"%{^~@", "refund", "日本語", "late " * 30]
    nearest = (model.encode(others) @ known.vectors.T).max(axis=1)
    expected = (nearest >= known.threshold).tolist()
    assert [each.familiar for each in model.classify(others)] == expected


def test_the_same_seed_gives_the_same_verdict_and_similarities(
    fitted: tuple[FitResult, list[Event]], toy_tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Nothing depends on time without a limit."""
    again = fit(toy_tickets, tiny_model, cross_validate=3, output=tmp_path / "again")
    assert again.verdict == fitted[0].verdict
    texts = ["ba card", "an order is late", "login broken"]
    first, second = (tunesmith.load(each.path).encode(texts) for each in (fitted[0], again))
    # Cached vectors of the base may differ in the last digits, which may turn a linear map.
    np.testing.assert_allclose(first @ first.T, second @ second.T, atol=1e-4)


def test_a_killed_fit_keeps_its_folds(few_tickets: Path, tiny_model: Path) -> None:
    """The next fit does not train them again, and comes to the same result."""

    class Killed(BaseException):
        pass

    def kill(event: Event) -> None:
        if isinstance(event, CandidateFinished) and event.candidate.name == "top":
            raise Killed

    with pytest.raises(Killed):
        fit(few_tickets, tiny_model, cross_validate=2, recipe=BRIEF, on_event=kill)
    (work,) = (path for path in current_home().work.iterdir() if path.is_dir())
    assert len([*work.rglob("top.safetensors")]) == 2
    assert not [*work.rglob("*.unfinished")]
    resumed = fit(few_tickets, tiny_model, cross_validate=2, recipe=BRIEF)
    rungs = {rung.name: rung for rung in resumed.summary.rungs}
    assert rungs["top"].reason == "trained by an earlier run"


def test_a_test_file_is_never_trained_on(
    few_tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The folds choose the candidate, and the verdict is about the file."""
    lines = few_tickets.read_text("utf-8").splitlines()
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("\n".join(lines[:56]) + "\n", "utf-8")
    test.write_text("\n".join([lines[0], *lines[56:]]) + "\n", "utf-8")
    result = fit(train, tiny_model, cross_validate=2, recipe=BRIEF, test=test)
    assert (result.summary.train, result.summary.test, result.summary.folds) == (55, 20, 0)
    assert "chosen in 2 folds" in result.summary.folds_reason
    assert "held-out test" in result.verdict.sentence
    assert not set(result.evidence.texts) & {line.split(",")[0] for line in lines[1:56]}


def test_shuffled_labels_are_not_better(
    few_tickets: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """What cannot be learnt is not proven, and the base is kept."""
    header, *lines = few_tickets.read_text("utf-8").splitlines()
    texts, labels = zip(*(line.split(",") for line in lines), strict=True)
    shuffled = np.random.default_rng(0).permutation(labels)
    source = tmp_path / "shuffled.csv"
    rows = [f"{text},{label}" for text, label in zip(texts, shuffled, strict=True)]
    source.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    result = fit(source, tiny_model, cross_validate=2)
    assert result.verdict.outcome is not Outcome.BETTER


def test_multilabel_thresholds_come_from_other_folds(
    examples: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Unknown entries stay unknown, and each label has a threshold of its own."""
    lines = (examples / "multilabel.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "few.jsonl").write_text("".join(lines[:60]), "utf-8")
    result = fit(tmp_path / "few.jsonl", tiny_model, cross_validate=2, recipe=BRIEF)
    assert result.verdict.headline.metric == "macro F1"
    classifier = tunesmith.load(result.path).classifier
    assert classifier is not None
    assert classifier.thresholds is not None
    assert len(classifier.thresholds) == 4


def test_little_time_gives_fewer_folds_or_none(toy_tickets: Path, tiny_model: Path) -> None:
    """Candidates that do not fit are skipped with the reason; the base is always tested."""
    result = fit(toy_tickets, tiny_model, cross_validate="auto", budget=BASE_ONLY)
    rungs = {rung.name: rung for rung in result.summary.rungs}
    assert rungs["base"].status is RungStatus.DONE
    assert rungs["whole"].status is RungStatus.SKIPPED
    assert "budget" in rungs["whole"].reason
    assert result.summary.kept == "base"


def test_predictions_survive_a_file(tmp_path: Path) -> None:
    """All arrays are read back, and an unfinished file does not count."""
    fold = OutOfFold(
        np.array([3, 1]),
        np.array([0, 0]),
        np.arange(12, dtype=np.float32).reshape(2, 2, 3),
        np.eye(2, 3, dtype=np.bool_),
        np.array([[0, 2], [2, 0]]),
        np.array([0.5, 0.25], dtype=np.float32),
    )
    write_fold(tmp_path / "top.safetensors", fold)
    read = read_fold(tmp_path / "top.safetensors")
    assert read is not None
    for name, array in vars(fold).items():
        np.testing.assert_array_equal(getattr(read, name), array)
    assert read_fold(tmp_path / "whole.safetensors") is None
    joined = OutOfFold.join([fold, replace(fold, rows=np.array([0, 2]))])
    assert joined.rows.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(joined.logits[:, 3], fold.logits[:, 0])
    assert joined.similarities.tolist() == [0.5, 0.25, 0.25, 0.5]


def test_a_stop_still_trains_the_chosen_candidate(few_tickets: Path, tiny_model: Path) -> None:
    """The search ends, and the best of the finished candidates is trained on all rows."""
    stop = Stop()

    def end(event: Event) -> None:
        if isinstance(event, CandidateFinished) and event.candidate.name == "whole":
            stop.set()

    recipe = ContrastiveRecipe(train_layers=None, epochs=20, learning_rate=1e-3)
    result = fit(few_tickets, tiny_model, cross_validate=2, recipe=recipe, stop=stop, on_event=end)
    assert result.summary.chosen == "whole"
    assert result.summary.kept == "whole"


def test_a_likely_gain_is_kept_for_classification_only() -> None:
    """Vectors for search may be stored elsewhere: only a proven gain is worth the work."""
    classify, search = (Settings(goal=goal) for goal in ("classify", "search"))
    pairs = PairFindings("cosent", "", "")
    assert keeps_likely(classify, None)
    assert not keeps_likely(search, None)
    assert not keeps_likely(classify, pairs)
    assert keeps_likely(Settings(keep="likely"), pairs)
    assert not keeps_likely(Settings(keep="proven"), None)
