"""How metrics, changes and verdicts are phrased for the terminal, the report and the model card."""

from tunesmith.results.summary import Change, Outcome, Summary, Verdict
from tunesmith.wording import (
    clean,
    count,
    cut,
    duration,
    format_timestamp,
    name_only,
    number,
    plural,
    pluralise,
    share,
    signed,
    time_spent,
)

_CORRELATIONS = ("Spearman", "Pearson")
_PART_NAMES = {
    "all": "All queries",
    "seen": "Queries with documents seen in training",
    "unseen": "Queries with unseen documents",
}
_ITEM_NAMES = {"nDCG@10": "query", "triplet accuracy": "triplet"}
_OUTCOME_NAMES = {
    Outcome.BETTER: "Better",
    Outcome.NO_PROVEN_CHANGE: "No proven change",
    Outcome.WORSE: "Worse",
    Outcome.UNPROVEN: "Unproven",
}


def holdout_item(summary: Summary) -> str:
    """Return the noun for one held-out test item: text, pair, query or triplet."""
    return _item(summary, summary.verdict.headline.metric)


def selection_metric(summary: Summary) -> str:
    """Return the validation metric by which the candidate was selected."""
    own = summary.pairs.chosen_by if summary.pairs else ""
    return own or summary.verdict.headline.metric


def selection_set(summary: Summary) -> str:
    """Return where the scores that chose the candidate come from."""
    return "validation" if summary.validation or not summary.folds_reason else "out-of-fold"


def score_note(summary: Summary) -> str:
    """Return how the scores of the candidates relate to the verdict's; empty if they are equal."""
    if selection_set(summary) == "validation":
        where = "out of fold" if summary.folds else "on the held-out test set"
        return f"These scores chose the candidate. Those of the verdict were measured {where}."
    metric, verdict = selection_metric(summary), summary.verdict.headline
    chosen = next((rung for rung in summary.rungs if rung.chosen), None)
    if chosen is None or chosen.score is None or metric != verdict.metric:
        return ""
    own, corrected = number(chosen.score), number(verdict.tuned)
    if own == corrected:
        return ""
    return (
        f"The verdict has {corrected} instead of {own} for the chosen candidate: it is corrected "
        "for the choice, because the best of several scores is on average too high."
    )


def validation_item(summary: Summary) -> str:
    """Return the noun for one validation item: text, pair, query or triplet."""
    return _item(summary, selection_metric(summary))


def _item(summary: Summary, metric: str) -> str:
    return "text" if summary.pairs is None else _ITEM_NAMES.get(metric, "pair")


def part_name(name: str) -> str:
    """Return the title of a part of the test queries.

    Examples
    --------
    >>> part_name("seen")
    'Queries with documents seen in training'
    """
    return _PART_NAMES.get(name, name)


def kind_name(kind: str) -> str:
    """Return the name of a kind of data for readers.

    Examples
    --------
    >>> kind_name("scored_pairs"), kind_name("nli")
    ('scored pairs', 'NLI')
    """
    return "NLI" if kind == "nli" else kind.replace("_", " ")


def format_test_source(source: str) -> str:
    """Return the kind and origin of a test set, without paths.

    Examples
    --------
    >>> format_test_source("scored_pairs held out of /srv/my_pairs.csv")
    'scored pairs held out of my_pairs.csv'
    """
    kind, _, rest = clean(source).partition(" ")
    start, held_out, path = rest.partition("held out of ")
    return f"{kind_name(kind)} {start}{held_out}{name_only(path) if held_out else path}".strip()


def in_points(change: Change) -> bool:
    """Whether changes of a metric are given in percentage points: it is a fraction of 1."""
    if not change.higher_is_better or change.metric.startswith(_CORRELATIONS):
        return False
    return all(0 <= value <= 1 for value in (change.base, change.tuned))


def _size(change: Change, value: float) -> str:
    return signed(100 * value, 1) if in_points(change) else signed(value)


def capitalise_metric(metric: str) -> str:
    """Return a metric's name with a capital first letter, unless it has its own spelling.

    Examples
    --------
    >>> capitalise_metric("best F1"), capitalise_metric("nDCG@10")
    ('Best F1', 'nDCG@10')
    """
    return metric if metric[1:2].isupper() else metric[:1].upper() + metric[1:]


def format_metric(metric: str) -> str:
    """Return a metric's name for use in a sentence.

    Examples
    --------
    >>> format_metric("Spearman, cosine"), format_metric("nDCG@10")
    ('Spearman (cosine)', 'nDCG@10')
    """
    name, comma, measure = metric.partition(", ")
    return f"{name} ({measure})" if comma else metric


def format_values(change: Change) -> str:
    """Return both values of a metric, such as ``0.874 to 0.905``."""
    return f"{number(change.base)} to {number(change.tuned)}"


def format_size(change: Change) -> str:
    """Return the size of a change with its unit.

    Examples
    --------
    >>> format_size(Change("accuracy", 0.874, 0.905, 0.012, 0.05))
    '+3.1 points'
    >>> format_size(Change("log loss", 0.5, 0.387, -0.2, -0.05, higher_is_better=False))
    '−0.113'
    """
    return format_difference(change) + (" points" if in_points(change) else "")


def format_difference(change: Change) -> str:
    """Return the size of a change without its unit, for tables: ``+3.1`` or ``−0.113``."""
    return _size(change, change.difference)


def format_bounds(change: Change) -> str:
    """Return the confidence interval of a change, ``+1.2 to +5.0``, in the same unit."""
    return f"{_size(change, change.low)} to {_size(change, change.high)}"


def format_change(change: Change) -> str:
    """Return a change, such as ``+3.1 points of accuracy`` or ``−0.113 log loss``."""
    link = " points of " if in_points(change) else " "
    return f"{format_difference(change)}{link}{format_metric(change.metric)}"


def format_interval(change: Change) -> str:
    """Return ``95% CI +1.2 to +5.0``, in the unit of :func:`format_change`."""
    return f"95% CI {format_bounds(change)}"


def format_chance(probability: float) -> str:
    """Return a probability as a percentage that never claims certainty.

    Examples
    --------
    >>> format_chance(0.914), format_chance(0.9999)
    ('91%', 'over 99%')
    """
    return "over 99%" if probability > 0.99 else f"{100 * probability:.0f}%"


def outcome_name(outcome: Outcome) -> str:
    """Return the outcome as a heading, such as ``Better`` or ``No proven change``."""
    return _OUTCOME_NAMES[Outcome(outcome)]


def verdict_name(verdict: Verdict) -> str:
    """Return the outcome as a heading, with the probability of a gain that is only likely.

    Examples
    --------
    >>> change = Change("accuracy", 0.87, 0.89, -0.004, 0.05)
    >>> verdict_name(Verdict(Outcome.NO_PROVEN_CHANGE, change, "It may be.", probability=0.91))
    'No proven change, probably better (91%)'
    """
    name = outcome_name(verdict.outcome)
    if not verdict.likely or verdict.probability is None:
        return name
    return f"{name}, probably better ({format_chance(verdict.probability)})"


def headline(verdict: Verdict) -> str:
    """Return the verdict in one line.

    Examples
    --------
    >>> change = Change("accuracy", 0.874, 0.905, 0.012, 0.05)
    >>> headline(Verdict(Outcome.BETTER, change, "It is better."))
    'Better: +3.1 points of accuracy (95% CI +1.2 to +5.0)'
    """
    change = verdict.headline
    name = verdict_name(verdict)
    return f"{name}: {format_change(change)} ({format_interval(change)})"


# Filters of both templates.
FILTERS = {
    function.__name__: function
    for function in (
        number,
        signed,
        share,
        count,
        plural,
        pluralise,
        kind_name,
        part_name,
        format_test_source,
        duration,
        time_spent,
        format_timestamp,
        clean,
        cut,
        name_only,
        capitalise_metric,
        format_metric,
        format_bounds,
        format_change,
        format_difference,
        format_interval,
        format_size,
        outcome_name,
        verdict_name,
        holdout_item,
        validation_item,
        selection_metric,
        selection_set,
        score_note,
    )
}
