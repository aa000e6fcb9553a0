"""Order documents by their similarity to a query."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunesmith.server.inference import Encoded, Inference, Truncate


@dataclass(frozen=True, eq=False)
class Ranking:
    """Documents and their similarity to a query.

    Parameters
    ----------
    query, documents
        Vectors and tokens.
    """

    query: Encoded
    documents: Encoded

    @property
    def cosines(self) -> NDArray[np.float32]:
        """The cosine similarity of each document, in the order of the request."""
        found: NDArray[np.float32] = self.documents.vectors @ self.query.vectors[0]
        return found

    def order(self, top: int | None = None) -> list[int]:
        """Return the indices of the most similar documents, the most similar first."""
        found: list[int] = np.argsort(-self.cosines, kind="stable")[:top].tolist()
        return found


async def rank(
    inference: Inference,
    model: str,
    query: str,
    documents: Sequence[str],
    *,
    prompt: str | None = None,
    truncate: Truncate = "end",
) -> Ranking:
    """Return the similarity of documents to a query.

    Parameters
    ----------
    inference
        The loaded models.
    model
        Name of the model.
    query, documents
        The texts.
    prompt
        Prompt for all texts; by default the model's prompts for queries and for documents.
    truncate
        What is removed of a text that is longer than the model's maximum.
    """
    asked = await inference.encode(model, [query], prompt=prompt or "query", truncate=truncate)
    found = await inference.encode(model, documents, prompt=prompt or "document", truncate=truncate)
    return Ranking(asked, found)
