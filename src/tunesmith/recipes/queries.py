"""Synthetic queries for passages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tunesmith.data.reshaping.document_pairs import part_pairs
from tunesmith.encoders.backends.quiet import no_progress_bars, no_warnings
from tunesmith.encoders.backends.torch_model import choose_device
from tunesmith.errors import DamagedModel, UnknownModel
from tunesmith.recipes.training.text_training import Progress

_BATCH = 16
_MAX_INPUT_TOKENS, _MAX_NEW_TOKENS = 350, 64


def first_sentences(passages: Sequence[str]) -> list[tuple[str, str]]:
    """Return the first line or sentence of each passage as its query, and the rest as the answer.

    Examples
    --------
    >>> first_sentences(["A lost card. We send a new one.", "Only one sentence."])
    [('A lost card.', 'We send a new one.')]
    """
    pairs = part_pairs(passages, np.random.default_rng(0), ["title"])
    return [(query, passage) for _, query, passage in pairs]


def generate_queries(
    passages: Sequence[str],
    generator: str | Path,
    *,
    each: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[tuple[str, str]]:
    """Return queries that a text-to-text model writes for passages, each with its passage.

    Tokens are sampled from the top 95% of probability, so that several queries for a passage
    differ (as in doc2query; Nogueira and Lin, 2019).

    Parameters
    ----------
    passages
        Texts to write queries for.
    generator
        Folder of a text-to-text model, such as a T5 trained on questions, or its name in the
        local Hugging Face cache; nothing is downloaded.
    each
        Number of queries per passage; duplicates are dropped.
    seed
        Random seed for sampling.
    progress
        Called with the number of passages done.

    Raises
    ------
    UnknownModel
        The model is not on this machine, or is not a text-to-text model.
    """
    tokenizer, model = _load(generator)
    unique: dict[tuple[str, str], None] = {}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        for start in range(0, len(passages), _BATCH):
            batch = list(passages[start : start + _BATCH])
            inputs = tokenizer(
                batch,
                padding=True,
                truncation=True,
                max_length=_MAX_INPUT_TOKENS,
                return_tensors="pt",
            )
            outputs = model.generate(
                inputs["input_ids"].to(model.device),
                attention_mask=inputs["attention_mask"].to(model.device),
                do_sample=True,
                top_p=0.95,
                num_return_sequences=each,
                max_new_tokens=_MAX_NEW_TOKENS,
            )
            queries = tokenizer.batch_decode(outputs, skip_special_tokens=True)
            for index, query in enumerate(queries):
                if query.strip():
                    unique[query.strip(), batch[index // each]] = None
            if progress is not None:
                progress(len(batch))
    return list(unique)


def require_generator(generator: str | Path) -> None:
    """Check that a model is a text-to-text model, without reading its weights.

    Raises
    ------
    UnknownModel
        The model is not on this machine, or is not a text-to-text model.
    """
    from transformers import AutoConfig  # noqa: PLC0415 - takes seconds

    try:
        config = AutoConfig.from_pretrained(str(generator), local_files_only=True)
    except (OSError, ValueError) as error:
        raise _unknown(generator) from error
    if not config.is_encoder_decoder:
        raise _unknown(generator)


def _unknown(generator: str | Path) -> UnknownModel:
    return UnknownModel(
        f"there is no text-to-text model {str(generator)!r} on this machine: give the folder of "
        "one, or omit it to use first sentences as queries"
    )


def _load(generator: str | Path) -> tuple[Any, Any]:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer  # noqa: PLC0415 - takes seconds

    name = str(generator)
    try:
        with no_progress_bars(), no_warnings():
            tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=True)
            model = AutoModelForSeq2SeqLM.from_pretrained(name, local_files_only=True)
    except (OSError, ValueError) as error:
        raise _unknown(generator) from error
    except Exception as error:  # a damaged file can raise errors from any of three libraries
        raise DamagedModel(f"{name} cannot be loaded as a text-to-text model: {error}") from error
    return tokenizer, model.to(choose_device(None)).eval()
