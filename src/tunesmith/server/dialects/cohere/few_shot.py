"""A classifier from a few examples in a request, on the vectors of a model."""

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel

from tunesmith import evaluation
from tunesmith.errors import UsageError
from tunesmith.kinds import labelled_examples
from tunesmith.server.inference import Encoded
from tunesmith.vectors.linear_classifier import LinearClassifier
from tunesmith.wording import plural

_PER_LABEL = 2
# Weak regularisation suits few examples: see the table of strengths in docs/architecture.md.
_C = 10.0


class Example(BaseModel):
    """A text and its label."""

    text: str
    label: str


def check_examples(examples: Sequence[Example]) -> None:
    """Refuse examples with fewer than two labels, or with a label that has a single text.

    Examples
    --------
    >>> check_examples([Example(text="a", label="card"), Example(text="b", label="order")])
    Traceback (most recent call last):
    tunesmith.errors.UsageError: label 'card' has 1 example, and 2 are needed: add examples
    """
    counts = Counter(each.label for each in examples)
    rare, number = min(counts.items(), key=lambda each: each[1])
    if number < _PER_LABEL:
        raise UsageError(
            f"label {rare!r} has {plural(number, 'example')}, and {_PER_LABEL} are needed",
            hint="add examples",
            option="examples",
        )
    if len(counts) == 1:
        raise UsageError("all examples have one label", hint="add another", option="examples")


def fit_examples(examples: Sequence[Example], found: Encoded) -> LinearClassifier:
    """Return a logistic regression on the vectors of the examples."""
    texts, labels = [each.text for each in examples], [each.label for each in examples]
    targets = evaluation.Targets.of(labelled_examples(texts, labels))
    return evaluation.fit_probe(found.vectors, targets, _C).classifier
