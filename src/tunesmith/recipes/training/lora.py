"""Low-rank adapters: the change of a weight matrix is learnt as a product of two narrow ones.

The matrices themselves stay as they are. Made and merged by peft, which is imported only where
adapters are asked for.
"""

from importlib.util import find_spec
from typing import Any

from torch import nn

from tunesmith.errors import ModelError, UsageError
from tunesmith.recipes.training.trunk import Trunk

LORA_SPEED = 10.0
"""Adapters are trained at so many times the rate that suits the weights themselves."""


def require_lora(rank: int | None) -> None:
    """Refuse a rank below 1, and any where peft is not installed.

    Raises
    ------
    UsageError
        Naming the rank, or the package to install.

    Examples
    --------
    >>> require_lora(None)
    """
    if rank is None:
        return
    if rank < 1:
        raise UsageError(f"lora is {rank}: give a rank of 1 or more, or None for no adapters")
    if find_spec("peft") is None:
        raise UsageError("peft is not installed: pip install 'tunesmith[lora]'")


def adapt(trunk: Trunk, rank: int) -> Any:
    """Put adapters beside the linear layers that are trained, and freeze all else.

    The vectors stay what they were until the adapters learn (Hu et al., 2021,
    https://arxiv.org/abs/2106.09685).

    Parameters
    ----------
    trunk
        The adapters go into its upper layers.
    rank
        The inner width of each product.

    Returns
    -------
    A ``peft.LoraModel`` around the transformer, whose ``merge_and_unload()`` adds the products to
    the matrices, in the model of ``trunk`` itself.

    Raises
    ------
    UsageError
        The rank is more than the width of a layer.
    ModelError
        The trained layers hold no linear layer.
    """
    from peft import LoraConfig, LoraModel  # noqa: PLC0415 - an extra

    transformer = trunk.model.transformers_model
    linear = _linear_layers(trunk)
    if not linear:
        raise ModelError(
            f"the trained layers of {type(transformer).__name__} hold no linear layer for an "
            "adapter: train them without lora"
        )
    width = min(side for layer in linear.values() for side in layer.weight.shape)
    if rank > width:
        raise UsageError(f"lora is {rank}, but the model's layers are {width} wide: give less")
    trunk.model.requires_grad_(False)
    settings = LoraConfig(r=rank, lora_alpha=rank, target_modules=[*linear])
    return LoraModel(transformer, settings, "default")


def _linear_layers(trunk: Trunk) -> dict[str, nn.Linear]:
    """Return the linear layers among those that are trained, by their name in the transformer."""
    trained = {module for layer in trunk.layers[trunk.frozen :] for module in layer.modules()}
    named = trunk.model.transformers_model.named_modules()
    return {
        name: module
        for name, module in named
        if isinstance(module, nn.Linear) and module in trained
    }
