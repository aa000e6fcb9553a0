"""Queries that nobody asked, for passages that somebody will look for."""

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
_MOST_TOKENS, _MOST_WRITTEN = 350, 64


def first_sentences(passages: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each passage its first line or sentence, and the rest that answers it.

    Examples
    --------
    >>> first_sentences(["A lost card. We send a new one.", "Only one sentence."])
    [('A lost card.', 'We send a new one.')]
    """
    found = part_pairs(passages, np.random.default_rng(0), ["title"])
    return [(query, passage) for _, query, passage in found]


def generated(
    passages: Sequence[str],
    generator: str | Path,
    *,
    each: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[tuple[str, str]]:
    """Return queries that a text-to-text model writes for passages, each with its passage.

    The words are drawn, so that several queries for a passage differ (top 95% of probability, as in
    doc2query; Nogueira and Lin, 2019).

    Parameters
    ----------
    passages
        The texts.
    generator
        The folder of a text-to-text model such as a T5 trained on questions, or its name in the
        local Hugging Face cache; nothing is downloaded.
    each
        Queries for each passage; equal ones count once.
    seed
        Of what is drawn.
    progress
        Called with the number of passages done.

    Raises
    ------
    UnknownModel
        There is no such model on this machine, or it does not turn text into text.
    """
    tokenizer, model = _load(generator)
    found: dict[tuple[str, str], None] = {}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        for start in range(0, len(passages), _BATCH):
            part = list(passages[start : start + _BATCH])
            given = tokenizer(
                part, padding=True, truncation=True, max_length=_MOST_TOKENS, return_tensors="pt"
            )
            written = model.generate(
                given["input_ids"].to(model.device),
                attention_mask=given["attention_mask"].to(model.device),
                do_sample=True,
                top_p=0.95,
                num_return_sequences=each,
                max_new_tokens=_MOST_WRITTEN,
            )
            queries = tokenizer.batch_decode(written, skip_special_tokens=True)
            for place, query in enumerate(queries):
                if query.strip():
                    found[query.strip(), part[place // each]] = None
            if progress is not None:
                progress(len(part))
    return list(found)


def require_generator(generator: str | Path) -> None:
    """Refuse what is no text-to-text model, before its weights are read.

    Raises
    ------
    UnknownModel
        There is no such model on this machine, or it does not turn text into text.
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
        "one, or leave it out, and first sentences are the queries"
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
    except Exception as error:  # a damaged file can fail in any of three libraries
        raise DamagedModel(f"{name} cannot be loaded as a text-to-text model: {error}") from error
    return tokenizer, model.to(choose_device(None)).eval()
