"""Domain adaptation: train the base on unlabelled text of the domain before supervised training.

Gururangan et al., 2020, https://arxiv.org/abs/2004.10964; for sentence embeddings Wang et al.,
2021, https://arxiv.org/abs/2104.06979. Every rung of the ladder runs twice, from the base and from
the adapted base, and validation chooses among all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from tunesmith.data.checks.overlap import rows_with
from tunesmith.data.reshaping.reshape import reshape
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, TunesmithError, UsageError
from tunesmith.evaluation.comparison import Comparison
from tunesmith.evaluation.item_scores import ItemScores
from tunesmith.events import Note, OnEvent
from tunesmith.fitting.ladder import FoundT, LadderResult
from tunesmith.fitting.plans import RungPlan, Speed, encoder_of
from tunesmith.fitting.settings import AUTO, Settings, recipe_name
from tunesmith.fitting.task import Space, Task
from tunesmith.fitting.workspace import TRAINED, Workspace, shares_kept, state_folder, trained_name
from tunesmith.kinds import Examples, Kind, Texts
from tunesmith.progress import progress_bar
from tunesmith.recipes.build import build_recipe
from tunesmith.recipes.choose import choose_recipe
from tunesmith.recipes.registry import RECIPES
from tunesmith.recipes.training.options import RunOptions
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.recipes.unlabelled import UnlabelledRecipe
from tunesmith.results.summary import Compared
from tunesmith.wording import plural

ADAPTED = "adapted"
_DOMAIN = "domain"
_SAMPLE = 64
# This training is not validated as it runs, so the learning rate is low.
_RATE = 5e-5
_Task = TypeVar("_Task", bound=Task)


@dataclass(frozen=True, eq=False)
class Domain:
    """Data and recipe of a domain adaptation.

    Parameters
    ----------
    examples
        Texts of the domain, or pairs of them.
    recipe
        Training recipe.
    """

    examples: Examples
    recipe: Recipe


def prepare_domain(
    given: Examples | None,
    texts: Sequence[str],
    held_out: Sequence[str],
    settings: Settings,
    on_event: OnEvent,
) -> Domain:
    """Return the domain data given by the user, or the training texts, and their recipe.

    Parameters
    ----------
    given
        Domain data given by the user, or None.
    texts
        Training texts.
    held_out
        Texts of validation and test; rows of the domain that contain one are excluded.
    settings
        Settings of the fit.
    on_event
        Function that receives a note with the number of excluded rows.

    Raises
    ------
    DataError
        No row is left.
    UsageError
        The chosen recipe does not accept this kind of data.
    ModelError
        The recipe cannot train this base model.
    """
    examples = given if given is not None else _texts_examples(texts)
    adaptation = settings.adaptation
    recipe, kind = _recipe_and_kind(examples, adaptation.first if adaptation else AUTO, settings)
    if isinstance(recipe, UnlabelledRecipe):
        recipe.require_trainable(locate(settings.base))
    examples = _without_overlap(examples, held_out, on_event)
    shaped = reshape(examples, kind, seed=settings.seed)
    if examples.kind is Kind.TEXTS and shaped.kind is not Kind.TEXTS:
        shaped = _without_overlap(
            shaped, held_out, on_event
        )  # a part may be held out, though the whole is not
    return Domain(shaped, recipe)


def _without_overlap(examples: Examples, held_out: Sequence[str], on_event: OnEvent) -> Examples:
    """Return the rows without a text that equals or nearly equals a held-out text."""
    shared = rows_with(examples, held_out)
    if shared.all():
        raise DataError(
            "every row of the domain data contains a held-out text",
            hint="give other data with `domain`",
            option="domain",
        )
    if shared.any():
        on_event(
            Note(
                f"excluded {plural(int(shared.sum()), 'row')} of the domain data whose texts are "
                "also in validation or test, as exact or near duplicates"
            )
        )
    return examples.take(np.flatnonzero(~shared))


def _recipe_and_kind(
    examples: Examples, first: str | Recipe, settings: Settings
) -> tuple[Recipe, Kind]:
    if first == AUTO:
        choice = choose_recipe(examples)
        return _gentle(choice.name, settings), choice.kind
    name = recipe_name(first)
    if examples.kind not in RECIPES[name].kinds:
        raise UsageError(
            f"{name} cannot train on {examples.kind}", hint="choose another `first`", option="first"
        )
    recipe = _gentle(first, settings) if isinstance(first, str) else first
    return recipe, RECIPES[name].kind_for(examples.kind)


def _gentle(name: str, settings: Settings) -> Recipe:
    return build_recipe(name, seed=settings.seed, learning_rate=_RATE)


def _texts_examples(texts: Sequence[str]) -> Texts:
    rows = pa.array(range(1, len(texts) + 1), pa.int64())
    return Texts(pa.table({"text": pa.array(texts, pa.string()), "row": rows}))


def add_adapted_rungs(
    plans: Sequence[RungPlan], domain: Domain, task: Task
) -> tuple[RungPlan, ...]:
    """Return the rungs from both the base and the adapted base; those that train weights last."""
    cheap = [plan for plan in plans if plan.name not in TRAINED]
    expensive = [plan for plan in plans if plan.name in TRAINED]
    title = "Base adapted to the domain"
    first = RungPlan(ADAPTED, title, _adapted_space(domain), _cost(domain, task))
    again = [_adapted_plan(plan) for plan in cheap[1:]]
    both = [each for plan in expensive for each in (plan, _adapted_plan(plan))]
    return (*cheap, first, *again, *both)


def _cost(domain: Domain, task: Task) -> Callable[[Speed], float]:
    encoder = SentenceEncoder(str(task.base), cache=False)
    texts = domain.examples.all_texts()
    indices = np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(np.int64)
    lengths = encoder.token_lengths([texts[index] for index in indices])
    mean = float(np.minimum(lengths, encoder.max_length).mean())

    def seconds(speed: Speed) -> float:
        cost = domain.recipe.cost(domain.examples, mean, speed.layers)
        return 1.0 + cost / speed.rate + speed.encoding

    return seconds


def _adapted_space(domain: Domain) -> Callable[[Task], Space]:
    def make(task: Task) -> Space:
        folder = _adapted(task, domain)
        return Space(encoder_of(folder, task.texts), folder)

    return make


def _adapted_plan(plan: RungPlan) -> RungPlan:
    def make(task: Task) -> Space:
        return plan.make(_from_adapted_base(task))

    return RungPlan(f"{ADAPTED}-{plan.name}", f"{plan.title}, adapted", make, plan.estimate)


def _from_adapted_base(task: _Task) -> _Task:
    """Return the same task, starting from the adapted base.

    Raises
    ------
    TunesmithError
        The adaptation failed or was skipped for lack of time.
    """
    if task.workspace.seconds(_DOMAIN) is None:
        raise TunesmithError(
            "the base was not adapted",
            hint="see the adapted rung for the reason, or increase `budget`",
        )
    folder = task.workspace.model(_DOMAIN)
    return replace(task, base=folder, workspace=task.workspace.part(ADAPTED))


def _adapted(task: Task, domain: Domain) -> Path:
    """Return the adapted base, training it or resuming its training if it is not complete."""
    folder = task.workspace.model(_DOMAIN)
    if task.workspace.seconds(_DOMAIN) is None:
        work = domain.recipe.work(len(domain.examples))
        with progress_bar("Adapting", work) as advance:
            run = domain.recipe.run(
                task.base,
                domain.examples,
                folder,
                progress=advance,
                stop=task.stop.share(0.5),
                options=RunOptions(checkpoint=state_folder(folder)),
            )
        task.workspace.finish(_DOMAIN, run.seconds)
    return folder


def unblended_weights(names: Sequence[str], chosen: str, space: Workspace) -> Path | None:
    """Return the trained weights behind the chosen rung before blending with the base.

    If the chosen rung trains no weights, those of the last rung that does; None without one.

    Parameters
    ----------
    names
        Names of all finished rungs.
    chosen
        Name of the chosen rung.
    space
        Workspace with their models.
    """
    trained = [name for name in names if name in TRAINED or name.startswith(ADAPTED)]
    if not trained:
        return None
    name = chosen if chosen in trained else trained[-1]
    if name in TRAINED:
        return space.model(trained_name(name))
    rung = name.removeprefix(f"{ADAPTED}-")
    if rung in TRAINED:
        return space.part(ADAPTED).model(trained_name(rung))
    return space.model(_DOMAIN)  # tuners on vectors leave the weights unchanged


def all_shares_kept(space: Workspace) -> dict[str, float]:
    """Return the training weight kept by each trained rung, from the base and the adapted base."""
    again = shares_kept(space.part(ADAPTED))
    return {**shares_kept(space), **{f"{ADAPTED}-{name}": part for name, part in again.items()}}


def compare_adaptation(
    ladder: LadderResult[FoundT],
    evaluate: Callable[[FoundT], ItemScores],
    metrics: Sequence[str],
    seed: int,
) -> tuple[Compared, ...]:
    """Compare the best adapted candidate with the best other one on the held-out test set.

    Parameters
    ----------
    ladder
        The finished ladder.
    evaluate
        Function that evaluates a candidate on the test set.
    metrics
        Metrics to compare.
    seed
        Random seed for resampling.
    """
    adapted = [each for each in ladder.candidates if each.name.startswith(ADAPTED)]
    others = [each for each in ladder.candidates if not each.name.startswith(ADAPTED)]
    if not adapted:
        return ()
    plain, tuned = (
        max(group, key=lambda candidate: candidate.score) for group in (others, adapted)
    )
    comparison = Comparison(evaluate(plain), evaluate(tuned), seed)
    note = f"{tuned.name} vs {plain.name}, the best on validation with and without adaptation"
    return tuple(
        Compared(f"Domain adaptation: {metric}", note, comparison.change(metric))
        for metric in metrics
    )
