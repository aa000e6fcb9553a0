"""Heads that write or guess words, over the weights of a model that gives vectors."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

from tunesmith.encoders.backends.quiet import no_progress_bars, no_warnings
from tunesmith.encoders.model_files.description import describe
from tunesmith.encoders.model_files.digest import module_folders
from tunesmith.errors import DamagedModel, ModelError


def masked_head(model: Any) -> nn.Module:
    """Return the model with a head that guesses covered words; both share all weights.

    Parameters
    ----------
    model
        A ``SentenceTransformer``.

    Raises
    ------
    ModelError
        The architecture has no such head.
    """
    transformer = model.transformers_model
    head = _loaded(AutoModelForMaskedLM, transformer, transformer.config)
    setattr(head, str(head.base_model_prefix), transformer)
    _share_table(head, transformer)
    return head


@contextmanager
def looking_at(head: nn.Module, wanted: Tensor) -> Iterator[None]:
    """Let a head of :func:`masked_head` guess these tokens alone, in a row.

    The matrix of the vocabulary costs as much for a token as six layers, and what it makes of
    uncovered ones is thrown away.

    Parameters
    ----------
    head
        A model with a head.
    wanted
        Which tokens, bool, texts by places.
    """

    def pick(module: nn.Module, given: Any, found: Any) -> Any:
        del module, given
        found.last_hidden_state = found.last_hidden_state[wanted][None]
        return found

    base: nn.Module = getattr(head, str(head.base_model_prefix))
    handle = base.register_forward_hook(pick)
    try:
        yield
    finally:
        handle.remove()


def decoder(model: Any) -> nn.Module:
    """Return a decoder that shares all weights but those that look at a vector, which are new.

    Parameters
    ----------
    model
        A ``SentenceTransformer``.

    Raises
    ------
    ModelError
        The architecture has no decoder, or none that can look at a vector.
    """
    transformer = model.transformers_model
    made = _loaded(AutoModelForCausalLM, transformer, _that_decodes(transformer.config))
    _require_cross_attention(made)
    modules = dict(getattr(made, str(made.base_model_prefix)).named_modules())
    for name, weight in transformer.named_parameters():
        place, _, attribute = name.rpartition(".")
        if hasattr(modules.get(place), attribute):
            setattr(modules[place], attribute, weight)
    _share_table(made, transformer)
    return made


def require_masked_head(folder: Path) -> None:
    """Raise ModelError where what lies in ``folder`` has no head for covered words."""
    _require(folder, AutoModelForMaskedLM.from_config)


def require_decoder(folder: Path) -> None:
    """Raise ModelError where what lies in ``folder`` has no decoder that looks at its vectors."""
    width = describe(folder).dimension

    def made(config: Any) -> None:
        _require_cross_attention(AutoModelForCausalLM.from_config(_that_decodes(config)))
        if width not in {None, config.hidden_size}:
            raise ModelError(
                f"the vectors of {folder} have {width} numbers and its decoder looks at "
                f"{config.hidden_size}: choose simcse or contrastive_tension, or a base whose last "
                "module keeps the width"
            )

    _require(folder, made)


def _require(folder: Path, make: Callable[[Any], object]) -> None:
    try:
        config = AutoConfig.from_pretrained(
            folder / module_folders(folder)[0], local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} holds no transformer: give a model that has layers") from error
    try:
        with torch.device("meta"), no_warnings():
            make(config)
    except ValueError as error:
        raise _no_head(config) from error


def _loaded(family: Any, transformer: Any, config: Any) -> nn.Module:
    root = Path(config._name_or_path)
    try:
        with no_progress_bars(), no_warnings():
            made = family.from_pretrained(
                root / module_folders(root)[0], config=config, local_files_only=True
            )
    except ValueError as error:
        raise _no_head(config) from error
    except OSError as error:
        raise DamagedModel(f"{root} cannot be read again: {error}") from error
    on_device: nn.Module = made.float().to(transformer.device)
    return on_device


def _that_decodes(config: Any) -> Any:
    changed = copy.deepcopy(config)
    changed.is_decoder = changed.add_cross_attention = True
    return changed


def _require_cross_attention(made: Any) -> None:
    if not any("crossattention" in name for name, _ in made.named_parameters()):
        raise _no_head(made.config)


def _share_table(head: Any, transformer: Any) -> None:
    output = head.get_output_embeddings()
    if output is not None and head.config.tie_word_embeddings:
        output.weight = transformer.get_input_embeddings().weight


def _no_head(config: Any) -> ModelError:
    return ModelError(
        f"the architecture {config.model_type} has no head that writes words from a vector or "
        "guesses them, as tsdae or masked_lm need: choose simcse or contrastive_tension"
    )
