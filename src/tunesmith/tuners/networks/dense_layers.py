"""Export of fitted layers as a torch module."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tunesmith.vectors.layers import Layer

_ACTIVATIONS = {"identity": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


class UnitLength(nn.Module):
    """L2-normalises each vector."""

    def forward(self, vectors: Tensor) -> Tensor:
        """Return unit vectors (n, d)."""
        return nn.functional.normalize(vectors, dim=-1)


def layers_module(layers: Sequence[Layer]) -> nn.Sequential:
    """Return a module that applies dense layers and L2-normalises each vector.

    Examples
    --------
    >>> swap = Layer(torch.eye(2).flip(0).numpy(), torch.zeros(2).numpy())
    >>> layers_module([swap])(torch.tensor([[3.0, 4.0]])).detach().numpy().round(2)
    array([[0.8, 0.6]], dtype=float32)
    """
    modules: list[nn.Module] = []
    for layer in layers:
        modules += [_linear(layer), _ACTIVATIONS[layer.activation]()]
    return nn.Sequential(*modules, UnitLength())


def _linear(layer: Layer) -> nn.Linear:
    module = nn.Linear(layer.weight.shape[1], layer.weight.shape[0])
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(layer.weight))
        module.bias.copy_(torch.from_numpy(layer.bias))
    return module
