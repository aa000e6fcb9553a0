"""The models of a comparison: their titles, their sources and their encoders."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.encoders.model_files.locate import locate
from tunesmith.encoders.protocol import Encoder
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.evaluation.evaluator import Encode
from tunesmith.models.base import base_of
from tunesmith.models.model import find, metadata_of, open_encoder
from tunesmith.models.seen import SeenTexts, read_seen
from tunesmith.progress import progress_bar

AnyModel: TypeAlias = str | Path | Encoder


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """One model of a comparison.

    Parameters
    ----------
    title
        Display name.
    model
        Name, folder or encoder.
    training_file
        Name of the file it was fitted on, or None if unknown.
    """

    title: str
    model: AnyModel
    training_file: str | None = None

    @property
    def tokenizer_source(self) -> str | Path:
        """The model whose tokenizer to use: the default model for the user's own encoder."""
        return self.model if isinstance(self.model, str | Path) else DEFAULT_BASE

    def open(self) -> Encoder:
        """Return its encoder.

        Raises
        ------
        ModelError
            The model does not exist, or is damaged.
        """
        if not isinstance(self.model, str | Path):
            return self.model
        locate(self.model)
        return open_encoder(self.model)


def compared_models(models: AnyModel | Sequence[AnyModel]) -> list[ComparedModel]:
    """Return the models to compare; a single fitted model is compared with its base.

    Raises
    ------
    UsageError
        There is no model, or one is given twice.
    DamagedModel
        The base of a single fitted model has changed since the fit.
    """
    is_sequence = isinstance(models, Sequence) and not isinstance(models, str)
    given: list[AnyModel] = [*models] if is_sequence else [models]  # type: ignore[list-item, misc]  # `is_sequence` decides between them
    if not given:
        raise UsageError("there is no model to evaluate", hint="give at least one", option="models")
    summaries = [_summary(model) for model in given]
    if len(given) == 1 and summaries[0]:
        given, summaries = [_base(given[0]), given[0]], [{}, summaries[0]]
    names = [_name(model) for model in given]
    shown = [Path(name).name for name in names]
    titles = shown if len(set(shown)) == len(shown) else names
    twice = next((title for index, title in enumerate(titles) if title in titles[:index]), None)
    if twice is not None:
        raise UsageError(f"{twice} is given twice", hint="give different models", option="models")
    sources = [str(one["source"]) if "source" in one else None for one in summaries]
    return [ComparedModel(*each) for each in zip(titles, given, sources, strict=True)]


def seen_texts(models: Sequence[ComparedModel]) -> SeenTexts | None:
    """Return the texts that any of the models was fitted on, or None if none is known."""
    found: SeenTexts | None = None
    for one in models:
        own = None
        if isinstance(one.model, str | Path):
            with suppress(UnknownModel):
                own = read_seen(find(one.model))
        if own is not None:
            found = own if found is None else found.join(own)
    return found


def encode_with(encoder: Encoder, title: str, *, shown: bool) -> Encode:
    """Return a function from texts to vectors that shows a progress bar."""

    def encode(texts: Sequence[str], *, prompt: str | None = None) -> NDArray[np.float32]:
        with progress_bar(encoding_title(title), len(texts), shown=shown) as advance:
            if isinstance(encoder, TextEncoder):
                return encoder.encode(texts, prompt=prompt, advance=advance)
            return encoder.encode(texts, prompt=prompt)

    return encode


def encoding_title(title: str) -> str:
    """Return the title of the progress of encoding with a model.

    Examples
    --------
    >>> encoding_title("all-MiniLM-L6-v2")
    'Encoding with all-MiniLM-L6-v2'
    """
    return f"Encoding with {title}"


def _name(model: AnyModel) -> str:
    return str(model) if isinstance(model, str | Path) else model.name


def _base(model: AnyModel) -> str:
    assert isinstance(model, str | Path)  # only a folder has a summary
    return str(base_of(metadata_of(model)))


def _summary(model: AnyModel) -> dict[str, Any]:
    if not isinstance(model, str | Path):
        return {}
    metadata = metadata_of(model)
    return dict(metadata.get("summary") or metadata.get("attached", {}))
