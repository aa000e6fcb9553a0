"""What the routes of text-embeddings-inference compute, with the times that its headers report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from fastapi.concurrency import run_in_threadpool
from numpy.typing import NDArray

from tunesmith.encoders.model_files.description import pooling_mode
from tunesmith.errors import UsageError
from tunesmith.models.serving import LoadedModel
from tunesmith.server.dialects.payloads import texts_or_ids
from tunesmith.server.dialects.tei_faults import Empty, WrongModel
from tunesmith.server.dialects.tei_payloads import (
    EmbedRequest,
    Info,
    LabelScore,
    Options,
    PredictRequest,
    Rank,
    RerankRequest,
)
from tunesmith.server.dialects.tei_tokens import decoded
from tunesmith.server.inference import Encoded
from tunesmith.server.reranking import rank
from tunesmith.server.services import Services
from tunesmith.vectors.linear_classifier import LinearClassifier
from tunesmith.version import __version__


@dataclass(frozen=True, eq=False)
class Work:
    """The vectors of a request.

    Parameters
    ----------
    found
        Vectors and tokens.
    seconds
        Time from the request's arrival until they were computed.
    """

    found: Encoded
    seconds: float

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that text-embeddings-inference sends: tokens, and times in milliseconds."""
        waited = self.found.waited
        times = {"total": self.seconds, "queue": waited, "inference": self.seconds - waited}
        rounded = {f"x-{name}-time": str(round(1000 * each)) for name, each in times.items()}
        return {"x-compute-tokens": str(int(self.found.tokens.sum())), **rounded}


async def encode(served: Services, model: str, texts: Sequence[str], options: Options) -> Work:
    """Return the vectors of texts.

    Raises
    ------
    Empty
        There are no texts.
    """
    _require(texts)
    started = perf_counter()
    found = await served.inference.encode(
        model, texts, prompt=options.prompt_name or None, truncate=options.how
    )
    return Work(found, perf_counter() - started)


async def embed(served: Services, model: str, request: EmbedRequest) -> Work:
    """Return the vectors of a request's texts or token ids.

    Raises
    ------
    Empty
        There are no texts.
    UsageError
        Vectors of other lengths than 1 are asked for.
    """
    if not request.normalize:
        raise UsageError(
            "normalize is false, and all vectors of this server have length 1",
            hint="leave normalize out",
            option="normalize",
        )
    return await encode(served, model, await _texts(served, model, request.inputs), request)


async def rerank(served: Services, model: str, request: RerankRequest) -> tuple[list[Rank], Work]:
    """Return the texts of a request by their similarity to its query, most similar first."""
    _require(request.texts)
    started = perf_counter()
    found = await rank(
        served.inference,
        model,
        request.query,
        request.texts,
        prompt=request.prompt_name,
        truncate=request.how,
    )
    work = Work(found.documents, perf_counter() - started)
    scores = found.cosines if request.raw_scores else (1 + found.cosines) / 2
    ranks = [
        Rank(
            index=index,
            score=float(scores[index]),
            text=request.texts[index] if request.return_text else None,
        )
        for index in found.order()
    ]
    return ranks, work


async def predict(
    served: Services, model: str, request: PredictRequest
) -> tuple[list[list[LabelScore]], Work]:
    """Return the labels of each text, most probable first; a pair is one text, joined by a blank.

    Raises
    ------
    WrongModel
        The model has no classifier.
    """
    loaded = await served.inference.loaded(model)
    if loaded.classifier is None:
        raise WrongModel(
            f"model {loaded.id} has no classifier", hint="use a model fitted on labelled text"
        )
    work = await encode(served, model, _sequences(request.inputs), request)
    scores = _scores(loaded.classifier, work.found.vectors, raw=request.raw_scores)
    return [_ranked(loaded.labels, row) for row in scores], work


def info(served: Services, model: LoadedModel, name: str) -> Info:
    """Return the description of a model, with the limits of the server."""
    limits, files = served.inference.limits, model.encoder.files
    labels = {str(index): label for index, label in enumerate(model.labels)}
    ids = {label: index for index, label in enumerate(model.labels)}
    classifier = {"classifier": {"id2label": labels, "label2id": ids}} if labels else {}
    longest = model.encoder.max_length
    return Info(
        model_id=model.id,
        model_sha=model.digest,
        model_dtype=str(model.metadata.get("precision", "float32")),
        model_type={"embedding": {"pooling": pooling_mode(files.folder)}, **classifier},
        max_concurrent_requests=limits.queue_tokens // min(longest, limits.max_tokens),
        max_input_length=longest if longest < 2**31 else None,
        max_batch_tokens=limits.batch_tokens,
        max_client_batch_size=limits.max_texts,
        tokenization_workers=limits.workers,
        served_model_name=name,
        version=__version__,
        prompts=sorted(files.description.prompts),
        default_prompt_name=files.description.default_prompt,
    )


def _require(texts: Sequence[str]) -> None:
    if not texts:
        raise Empty("`inputs` is empty", hint="send at least one text")


async def _texts(
    served: Services, model: str, inputs: str | list[str] | list[int] | list[list[int]]
) -> list[str]:
    texts, ids = texts_or_ids(inputs)
    if texts or not ids:
        return texts
    loaded = await served.inference.loaded(model)
    return await run_in_threadpool(decoded, loaded, ids)


def _sequences(inputs: str | list[str] | list[list[str]]) -> list[str]:
    if isinstance(inputs, str):
        return [inputs]
    single = [each for each in inputs if isinstance(each, str)]
    lists = [single] if single else [each for each in inputs if isinstance(each, list)]
    return [" ".join(each) for each in lists]


def _scores(
    classifier: LinearClassifier, vectors: NDArray[np.float32], *, raw: bool
) -> NDArray[np.float32]:
    return classifier.logits(vectors) if raw else classifier.probabilities(vectors)


def _ranked(labels: Sequence[str], scores: NDArray[np.float32]) -> list[LabelScore]:
    order = np.argsort(-scores, kind="stable").tolist()
    return [LabelScore(label=labels[index], score=float(scores[index])) for index in order]
