"""Language-model heads that share their weights with an encoder."""

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
    """Return the model with a masked-language-model head; both share all weights.

    Parameters
    ----------
    model
        A ``SentenceTransformer``.

    Raises
    ------
    ModelError
        The architecture has no masked-language-model head.
    """
    transformer = model.transformers_model
    head = _loaded(AutoModelForMaskedLM, transformer, transformer.config)
    setattr(head, str(head.base_model_prefix), transformer)
    _share_table(head, transformer)
    return head


@contextmanager
def only_positions(head: nn.Module, wanted: Tensor) -> Iterator[None]:
    """Limit a head of :func:`masked_head` to these tokens, as one flat sequence.

    The output projection costs as much per token as six layers, and predictions for unmasked
    tokens are not used.

    Parameters
    ----------
    head
        Model with a head.
    wanted
        Mask of the tokens, bool, shape (texts, positions).
    """

    def pick(module: nn.Module, inputs: Any, output: Any) -> Any:
        del module, inputs
        output.last_hidden_state = output.last_hidden_state[wanted][None]
        return output

    base: nn.Module = getattr(head, str(head.base_model_prefix))
    handle = base.register_forward_hook(pick)
    try:
        yield
    finally:
        handle.remove()


def decoder(model: Any) -> nn.Module:
    """Return a decoder that shares all weights except the cross-attention, which is new.

    Parameters
    ----------
    model
        A ``SentenceTransformer``.

    Raises
    ------
    ModelError
        The architecture has no decoder, or a decoder without cross-attention.
    """
    transformer = model.transformers_model
    head = _loaded(AutoModelForCausalLM, transformer, _decoder_config(transformer.config))
    _require_cross_attention(head)
    modules = dict(getattr(head, str(head.base_model_prefix)).named_modules())
    for name, weight in transformer.named_parameters():
        owner, _, attribute = name.rpartition(".")
        if hasattr(modules.get(owner), attribute):
            setattr(modules[owner], attribute, weight)
    _share_table(head, transformer)
    return head


def require_masked_head(folder: Path) -> None:
    """Raise ModelError if the model in ``folder`` has no masked-language-model head."""
    _require(folder, AutoModelForMaskedLM.from_config)


def require_decoder(folder: Path) -> None:
    """Raise ModelError if the model in ``folder`` has no decoder that accepts its vectors."""
    width = describe(folder).dimension

    def make(config: Any) -> None:
        _require_cross_attention(AutoModelForCausalLM.from_config(_decoder_config(config)))
        if width not in {None, config.hidden_size}:
            raise ModelError(
                f"the vectors of {folder} have {width} dimensions but its decoder expects "
                f"{config.hidden_size}",
                hint=(
                    "choose simcse or contrastive_tension, or a base whose last "
                    "module keeps the dimension"
                ),
            )

    _require(folder, make)


def _require(folder: Path, make: Callable[[Any], object]) -> None:
    try:
        config = AutoConfig.from_pretrained(
            folder / module_folders(folder)[0], local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder} is not a transformer model", hint="give one with layers"
        ) from error
    try:
        with torch.device("meta"), no_warnings():
            make(config)
    except ValueError as error:
        raise _no_head(config) from error


def _loaded(family: Any, transformer: Any, config: Any) -> nn.Module:
    root = Path(config._name_or_path)
    try:
        with no_progress_bars(), no_warnings():
            head = family.from_pretrained(
                root / module_folders(root)[0], config=config, local_files_only=True
            )
    except ValueError as error:
        raise _no_head(config) from error
    except OSError as error:
        raise DamagedModel(f"{root} cannot be read: {error}") from error
    on_device: nn.Module = head.float().to(transformer.device)
    return on_device


def _decoder_config(config: Any) -> Any:
    changed = copy.deepcopy(config)
    changed.is_decoder = changed.add_cross_attention = True
    return changed


def _require_cross_attention(head: Any) -> None:
    if not any("crossattention" in name for name, _ in head.named_parameters()):
        raise _no_head(head.config)


def _share_table(head: Any, transformer: Any) -> None:
    output = head.get_output_embeddings()
    if output is not None and head.config.tie_word_embeddings:
        output.weight = transformer.get_input_embeddings().weight


def _no_head(config: Any) -> ModelError:
    return ModelError(
        f"the architecture {config.model_type} has no decoder (for tsdae) or masked-language-model "
        "head (for masked_lm): choose simcse or contrastive_tension"
    )
