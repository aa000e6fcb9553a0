"""Classify texts, by a tuned model or by examples in the request."""

from typing import Literal

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from tunesmith.errors import UsageError
from tunesmith.models.predictor import Prediction, predictions
from tunesmith.server.access import Reader, Served
from tunesmith.server.dialects.cohere.few_shot import Example, check_examples, fit_examples
from tunesmith.server.dialects.cohere.routing import answer_id, cohere_router
from tunesmith.server.dialects.cohere.texts import CohereTruncate, encode, require_texts, side_of
from tunesmith.server.services import Services

router = cohere_router("/v1")


class ClassifyRequest(BaseModel):
    """Texts to classify; null means the same as an absent field."""

    inputs: list[str] | None = None
    examples: list[Example] | None = None
    model: str | None = None
    truncate: CohereTruncate | None = None


class Confidence(BaseModel):
    """The probability of a label."""

    confidence: float


class Classification(BaseModel):
    """The labels of one text; ``prediction`` and ``confidence`` for single-label models only."""

    id: str
    input: str
    prediction: str | None
    predictions: list[str]
    confidence: float | None
    confidences: list[float]
    labels: dict[str, Confidence]
    classification_type: Literal["single-label", "multi-label"]
    familiar: bool | None


class ClassifyAnswer(BaseModel):
    """The labels of each text."""

    id: str
    classifications: list[Classification]


@router.post("/classify")
async def classify(served: Served, _key: Reader, request: ClassifyRequest) -> ClassifyAnswer:
    """Predict the labels of texts.

    Examples decide if there are any: a classifier is fitted on the vectors of the model, which is
    the bundled base if none is named. Otherwise the model is one that was tuned on labelled text.
    """
    inputs = require_texts(request.inputs, "inputs")
    if request.examples:
        multilabel, found = False, await _by_examples(served, request, request.examples, inputs)
    else:
        multilabel, found = await _by_model(served, request, inputs)
    rows = [_row(text, each, multilabel) for text, each in zip(inputs, found, strict=True)]
    return ClassifyAnswer(id=answer_id(), classifications=rows)


async def _by_model(
    served: Services, request: ClassifyRequest, inputs: list[str]
) -> tuple[bool, list[Prediction]]:
    if not request.model:
        raise UsageError(
            "there are neither examples nor a model",
            hint="send examples, or the id of a model tuned on labelled text",
            option="examples",
        )
    side = side_of(request.truncate)
    found = await served.inference.classify(request.model, inputs, truncate=side)
    loaded = await served.inference.loaded(request.model)
    return loaded.require_classifier().multilabel, found


async def _by_examples(
    served: Services, request: ClassifyRequest, examples: list[Example], inputs: list[str]
) -> list[Prediction]:
    check_examples(examples)
    given = require_texts([each.text for each in examples], "examples")
    learned = await encode(served, request.model, given, truncate=request.truncate)
    classifier = await run_in_threadpool(fit_examples, examples, learned)
    found = await encode(served, request.model, inputs, truncate=request.truncate)
    predicted = predictions(classifier, classifier.probabilities(found.vectors))
    return [each for each in predicted if each is not None]  # no text is missing


def _row(text: str, found: Prediction, multilabel: bool) -> Classification:
    return Classification(
        id=answer_id(),
        input=text,
        prediction=None if multilabel else found.label,
        predictions=list(found.labels),
        confidence=None if multilabel else found.probability,
        confidences=[found.probabilities[label] for label in found.labels],
        labels={name: Confidence(confidence=each) for name, each in found.probabilities.items()},
        classification_type="multi-label" if multilabel else "single-label",
        familiar=found.familiar,
    )
