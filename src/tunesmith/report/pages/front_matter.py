"""YAML front matter of a model card, as read by the Hugging Face Hub."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunesmith import wording as words
from tunesmith.report.pages.snippets import labelled
from tunesmith.results.summary import Change, Summary

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

LICENCES = {"all-MiniLM-L6-v2": "apache-2.0"}
BUNDLED_ON_HUB = {"all-MiniLM-L6-v2": "sentence-transformers/all-MiniLM-L6-v2"}
TAGS = ("sentence-transformers", "sentence-similarity", "feature-extraction", "tunesmith")
CLASSIFICATION = "text-classification"
SIMILARITY = "sentence-similarity"


def front_matter(summary: Summary, *, scored: bool = True) -> str:
    """Return the fields as YAML, without the enclosing dashes.

    Parameters
    ----------
    summary
        Results of the fit. The base model is included only if it has a hub name.
    scored
        Whether to include the test scores: they must be those of this model. The base model's
        scores are added unless the base itself was kept.
    """
    from huggingface_hub import ModelCardData  # noqa: PLC0415 - slow to load

    results = list(_results(summary)) if scored else []
    metrics = list(dict.fromkeys(result.metric_type for result in results))
    base = hub_name(summary.base)
    fields = ModelCardData(
        license=LICENCES.get(summary.base),
        library_name="sentence-transformers",
        pipeline_tag=SIMILARITY,
        tags=[*TAGS, CLASSIFICATION] if labelled(summary) else list(TAGS),
        base_model=base,
        metrics=metrics or None,
        model_name=f"A model for {_source(summary)}" if results else None,
        eval_results=results or None,
    )
    return fields.to_yaml()


def hub_name(base: str) -> str | None:
    """Return the hub name of the base model, or None for a local model.

    Examples
    --------
    >>> hub_name("all-MiniLM-L6-v2"), hub_name("/srv/models/mine")
    ('sentence-transformers/all-MiniLM-L6-v2', None)
    """
    name = BUNDLED_ON_HUB.get(base, base)
    return name if words.is_hub_name(name) else None


def _results(summary: Summary) -> Iterator["EvalResult"]:
    kept_base = summary.kept == "base"
    for change in summary.changes:
        if not (math.isfinite(change.base) and math.isfinite(change.tuned)):
            continue
        yield _result(summary, change, change.base if kept_base else change.tuned, "")
        if not kept_base:
            suffix = f" of the base model, {words.name_only(summary.base)}"
            yield _result(summary, change, change.base, suffix)


def _result(summary: Summary, change: Change, value: float, suffix: str) -> "EvalResult":
    from huggingface_hub import EvalResult  # noqa: PLC0415 - slow to load

    return EvalResult(
        task_type=CLASSIFICATION if labelled(summary) else SIMILARITY,
        dataset_type="unknown",
        dataset_name=_source(summary),
        dataset_split="test",
        metric_type=_identifier(change.metric),
        metric_name=f"{change.metric}{suffix}",
        metric_value=round(value, 4),
    )


def _source(summary: Summary) -> str:
    return words.cut(words.name_only(summary.source), 80)


def _identifier(metric: str) -> str:
    """Return the hub identifier of a metric, such as ``f1`` for macro F1 or ``log_loss``."""
    return re.sub(r"[^a-z0-9@]+", "_", metric.lower().removeprefix("macro "))
