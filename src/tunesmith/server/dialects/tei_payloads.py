"""What clients of text-embeddings-inference send, and what they read."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from tunesmith.server.dialects.payloads import Payload
from tunesmith.server.inference import Truncate

Id = Annotated[int, Field(ge=0, lt=2**32)]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Direction = Annotated[Literal["left", "right"], BeforeValidator(_lower)]


class Options(Payload):
    """How long texts are truncated, and with which prompt texts are read."""

    truncate: bool = Field(True, description="false: a text that is too long is an error")
    truncation_direction: Direction = "right"
    prompt_name: str | None = None

    @property
    def how(self) -> Truncate:
        """What is removed of a text that is too long."""
        if not self.truncate:
            return "none"
        return "start" if self.truncation_direction == "left" else "end"


class EmbedRequest(Options):
    """Texts to embed, or token ids of the model's own vocabulary."""

    inputs: str | list[str] | list[Id] | list[list[Id]]
    normalize: bool = True
    dimensions: int | None = None


class Sentences(Payload):
    """A text, and texts to compare with it."""

    source_sentence: str
    sentences: list[str]


class SimilarityRequest(Payload):
    """A text, and texts to compare with it."""

    inputs: Sentences
    parameters: Options = Field(default_factory=lambda: Options.model_validate({}))


class RerankRequest(Options):
    """Texts to order by their similarity to a query."""

    query: str
    texts: list[str]
    raw_scores: bool = Field(False, description="cosines instead of scores from 0 to 1")
    return_text: bool = False


class PredictRequest(Options):
    """A text, a pair of texts, or a batch of lists of one or two texts."""

    inputs: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=2)]
        | list[Annotated[list[str], Field(min_length=1, max_length=2)]]
    )
    raw_scores: bool = Field(False, description="logits instead of probabilities")


class TokenizeRequest(Payload):
    """Texts to tokenize."""

    inputs: str | list[str]
    add_special_tokens: bool = True


class DecodeRequest(Payload):
    """Token ids of the model's vocabulary."""

    ids: list[Id] | list[list[Id]]
    skip_special_tokens: bool = True


class Rank(BaseModel):
    """A text's position in the request, and its score."""

    index: int
    score: float
    text: str | None = None


class LabelScore(BaseModel):
    """A label and its probability."""

    label: str
    score: float


class Token(BaseModel):
    """A token, with its range of characters in the text; special tokens have none."""

    id: int
    text: str
    special: bool
    start: int | None
    stop: int | None


class Info(BaseModel):
    """A model, and the limits of the server."""

    model_id: str
    model_sha: str
    model_dtype: str
    model_type: dict[str, Any]
    max_concurrent_requests: int
    max_input_length: int | None
    max_batch_tokens: int
    max_client_batch_size: int
    auto_truncate: bool = True
    tokenization_workers: int
    served_model_name: str
    version: str
    normalize: bool = True
    prompts: list[str]
    default_prompt_name: str | None
