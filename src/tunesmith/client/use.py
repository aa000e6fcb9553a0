"""Use a model of a server: embed, classify, compare, search, rerank."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tunesmith.client.indexes import Indexes
from tunesmith.client.resources import Match, RemoteIndex, RemoteModel
from tunesmith.client.verbs import name_of
from tunesmith.encoders.inputs import as_texts
from tunesmith.errors import UsageError
from tunesmith.models.predictor import Prediction
from tunesmith.vectors.similarity import Hits, cosine_similarity, search

# A server takes 2,048 texts in a request; smaller ones leave room for other clients.
_TEXTS = 256
_CHARACTERS = 4_000_000


class Use(Indexes):
    """Verbs that use a model."""

    def embed(
        self,
        model: str | RemoteModel,
        texts: Any,
        *,
        prompt: Literal["query", "document"] | None = None,
        truncate: Literal["end", "start", "none"] = "end",
    ) -> NDArray[np.float32]:
        """Return the L2-normalised vectors of texts, float32, shape (n, d).

        Parameters
        ----------
        model
            A model, its id or an alias.
        texts
            A list, array or column of any number of texts.
        prompt
            The prompt for queries or for documents; by default the model's default prompt.
        truncate
            Where a text is cut that is longer than the model reads; ``"none"`` refuses it.

        Raises
        ------
        UnknownModel
            There is no such model.
        DataError
            A value is not a text.
        """
        request = {"model": name_of(model), "prompt": prompt, "truncate": truncate}
        parts = [
            _vectors(
                self._connection.post("/embed", {**request, "texts": batch, "encoding": "base64"})
            )
            for batch in _batches(as_texts(texts))
        ]
        if parts:
            return np.concatenate(parts)
        width = self.embed(model, ["-"], prompt=prompt).shape[1]
        return np.empty((0, width), np.float32)

    def classify(
        self, model: str | RemoteModel, texts: Any, *, min_probability: float = 0.0
    ) -> list[Prediction]:
        """Return the predicted labels of texts.

        Parameters
        ----------
        model
            A model that was fitted on labels, its id or an alias.
        texts
            A list, array or column of any number of texts.
        min_probability
            Minimum probability, 0 to 1. If no label reaches it, the model abstains.

        Raises
        ------
        UsageError
            The model has no classifier, or the minimum is not between 0 and 1.
        DataError
            A value is not a text.
        """
        request = {"model": name_of(model), "min_probability": min_probability}
        batches = _batches(as_texts(texts))
        answers = (
            self._connection.post("/classify", {**request, "texts": each}) for each in batches
        )
        return [_prediction(each) for answer in answers for each in answer]

    def similarity(
        self, model: str | RemoteModel, texts: Any, others: Any = None
    ) -> NDArray[np.float32]:
        """Return the cosine similarity of all pairs of texts, float32, shape (n, m).

        Parameters
        ----------
        model
            A model, its id or an alias.
        texts, others
            The texts to compare; without ``others`` with each other.
        """
        left = self.embed(model, texts)
        right = left if others is None else self.embed(model, others)
        return cosine_similarity(left, right)

    def search(
        self,
        queries: Sequence[str],
        *,
        index: str | RemoteIndex | None = None,
        model: str | RemoteModel | None = None,
        texts: Any = None,
        k: int = 10,
    ) -> list[list[Match]]:
        """Return the k texts most similar to each query, best first.

        Parameters
        ----------
        queries
            The queries.
        index
            A search index, its id or its name.
        model, texts
            In place of an index: a model, and the texts to search.
        k
            Number of texts for each query.

        Raises
        ------
        UsageError
            There is neither an index nor a model with texts, or both.
        """
        given = as_texts(queries)
        if (index is None) == (model is None or texts is None):
            raise UsageError("search needs an index, or a model and texts", hint="give one of them")
        if index is not None:
            return self._search_index(index, given, k)
        assert model is not None
        documents = as_texts(texts)
        vectors = self.embed(model, documents, prompt="document")
        hits = search(self.embed(model, given, prompt="query"), vectors, k)
        return [_matches(hits, row, documents) for row in range(len(given))]

    def rerank(
        self, model: str | RemoteModel, query: str, documents: Any, *, top: int | None = None
    ) -> list[Match]:
        """Order documents by their similarity to a query, the most similar first.

        Parameters
        ----------
        model
            A model, its id or an alias.
        query, documents
            The query, and the texts to order.
        top
            Number of texts to return; None for all.
        """
        texts = as_texts(documents)
        request = {"model": name_of(model), "query": query, "documents": texts, "top": top}
        found = self._connection.post("/rerank", request)
        return [Match(str(each["index"]), each["score"], texts[each["index"]]) for each in found]


def _vectors(answer: dict[str, Any]) -> NDArray[np.float32]:
    joined = b"".join(b64decode(each) for each in answer["vectors"])
    return np.frombuffer(joined, "<f4").astype(np.float32).reshape(-1, answer["dimension"])


def _prediction(values: dict[str, Any]) -> Prediction:
    # Several labels may be predicted or none; a model abstains only with a minimum.
    abstained = values["label"] is None
    return Prediction(
        tuple(values["labels"]), values["probabilities"], abstained, values["familiar"]
    )


def _matches(hits: Hits, row: int, texts: Sequence[str]) -> list[Match]:
    pairs = zip(hits.indices[row].tolist(), hits.scores[row].tolist(), strict=True)
    return [Match(str(index), score, texts[index]) for index, score in pairs]


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in requests of a limited size, in order."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) == _TEXTS or characters + len(text) > _CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
