"""Low-rank adapters: the update of a weight matrix is learned as a product of two small ones.

The original matrices are frozen. Adapters are created and merged by peft, which is imported only
when adapters are requested.
"""

from importlib.util import find_spec
from typing import Any

from torch import nn

from tunesmith.errors import MissingExtra, ModelError, UsageError
from tunesmith.recipes.training.trunk import Trunk

LORA_SPEED = 10.0
"""Learning rate of adapters, as a multiple of the rate for full fine-tuning."""


def require_lora(rank: int | None) -> None:
    """Check that a rank is at least 1 and that peft is installed.

    Raises
    ------
    UsageError
        If the rank is below 1 or peft is not installed.

    Examples
    --------
    >>> require_lora(None)
    """
    if rank is None:
        return
    if rank < 1:
        raise UsageError(
            f"lora is {rank}",
            hint="give a rank of 1 or more, or None for no adapters",
            option="lora",
        )
    if find_spec("peft") is None:
        raise MissingExtra("peft is not installed", hint="pip install 'tunesmith[lora]'")


def adapt(trunk: Trunk, rank: int) -> Any:
    """Add adapters to the linear layers to be trained, and freeze everything else.

    Untrained adapters do not change the vectors (Hu et al., 2021,
    https://arxiv.org/abs/2106.09685).

    Parameters
    ----------
    trunk
        Split model, whose upper layers get the adapters.
    rank
        Rank of each adapter.

    Returns
    -------
    A ``peft.LoraModel`` around the transformer, whose ``merge_and_unload()`` adds the products to
    the matrices, in the model of ``trunk`` itself.

    Raises
    ------
    UsageError
        The rank exceeds the width of a layer.
    ModelError
        The trained layers contain no linear layer.
    """
    from peft import LoraConfig, LoraModel  # noqa: PLC0415 - an extra

    transformer = trunk.model.transformers_model
    linear = _linear_layers(trunk)
    if not linear:
        raise ModelError(
            f"the trained layers of {type(transformer).__name__} contain no linear layer for an "
            "adapter",
            hint="train them without lora",
        )
    width = min(side for layer in linear.values() for side in layer.weight.shape)
    if rank > width:
        raise UsageError(
            f"lora is {rank}, but the model's layers have width {width}",
            hint=f"give {width} or less",
            option="lora",
        )
    trunk.model.requires_grad_(False)
    settings = LoraConfig(r=rank, lora_alpha=rank, target_modules=[*linear])
    return LoraModel(transformer, settings, "default")


def _linear_layers(trunk: Trunk) -> dict[str, nn.Linear]:
    """Return the linear layers to be trained, by name in the transformer."""
    trained = {module for layer in trunk.layers[trunk.frozen :] for module in layer.modules()}
    named = trunk.model.transformers_model.named_modules()
    return {
        name: module
        for name, module in named
        if isinstance(module, nn.Linear) and module in trained
    }
