"""The files of a model as they were read once: digest, description and tokenizer."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tunesmith.encoders.backends.parts import Settings
from tunesmith.encoders.backends.tokenizer import FolderTokens, require_tokenizer
from tunesmith.encoders.model_files.description import Description, describe
from tunesmith.encoders.prompts import resolve_prompt


@dataclass(frozen=True)
class ModelFiles:
    """The description of a model's files, valid until they change.

    Parameters
    ----------
    folder
        A sentence-transformers folder.
    digest
        Digest of the folder.
    description
        Properties from its configuration files.
    tokens
        Token counts by its tokenizer.
    """

    folder: Path
    digest: str
    description: Description
    tokens: FolderTokens

    def settings(
        self,
        prompt: str | None,
        *,
        prompts: Mapping[str, str] | None,
        max_length: int | None,
        normalize: bool,
    ) -> Settings:
        """Return the settings for texts with a prompt; see :class:`~tunesmith.SentenceEncoder`."""
        description = self.description
        known = {**description.prompts, **(prompts or {})}
        return Settings(
            prompt=resolve_prompt(prompt, known, description.default_prompt),
            task=prompt if description.routed and prompt in {"query", "document"} else None,
            # The towers of a Router have lengths of their own.
            max_length=max_length or (None if description.routed else description.max_length),
            normalize=normalize,
        )


@lru_cache(maxsize=64)
def model_files(folder: Path, digest: str) -> ModelFiles:
    """Return the files of a model; a changed digest reads them again.

    A folder without ``modules.json`` gives a warning when it is first read.

    Raises
    ------
    DamagedModel
        A configuration file cannot be read, or the tokenizer is missing.
    """
    description = describe(folder)
    require_tokenizer(description.tokenizer_folder)
    if not (folder / "modules.json").is_file():
        warnings.warn(
            f"{folder.name} has no modules.json, so mean pooling is assumed, without "
            "normalisation: if the model was trained with another pooling, its vectors are wrong",
            RuntimeWarning,
            stacklevel=2,
        )
    return ModelFiles(folder, digest, description, FolderTokens(folder))
