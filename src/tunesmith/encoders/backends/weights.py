"""Check that the weights of a model are those that its configuration describes.

transformers initialises missing weights at random and skips unknown ones. So a folder whose weights
have other names would give random vectors without an error.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from tunesmith.encoders.backends.quiet import no_progress_bars, no_warnings
from tunesmith.encoders.base_notes import note_checked, was_checked
from tunesmith.encoders.model_files.digest import folder_digest, module_folders
from tunesmith.errors import DamagedModel
from tunesmith.version import __version__
from tunesmith.wording import listing, plural

# Weights that do not affect embeddings: heads, poolers and tables that are computed.
_UNUSED = re.compile(
    r"(^|\.)(pooler|lm_head|cls|classifier|predictions|position_ids|inv_freq|vocab_\w+)(\.|$)"
)
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
_SHOWN = 3


def require_weights(folder: Path, model: Any) -> None:
    """Raise an error if weights of a loaded SentenceTransformer are missing or left over.

    Names that match exactly are compared at every load. Otherwise transformers is asked, which
    loads the weights a second time; the result is kept in Tunesmith's home by the model's digest.

    Parameters
    ----------
    folder
        Folder of the model.
    model
        Loaded SentenceTransformer.

    Raises
    ------
    DamagedModel
        A weight is missing, or there are weights of more layers than the configuration has.
    """
    for path, transformer in _transformers(folder, model):
        if _same_names(path, transformer):
            continue
        name = f"{folder_digest(folder)}-weights"
        versions = {"tunesmith": __version__, "transformers": version("transformers")}
        if not was_checked(name, versions):
            _require_loaded(path, transformer)
            with suppress(OSError):  # a home that cannot be written only costs a second comparison
                note_checked(name, versions)


def _transformers(folder: Path, model: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the transformers of a model with their folders, without LoRA adapters and routes."""
    for name, module in zip(module_folders(folder), model, strict=False):
        path, transformer = folder / name, getattr(module, "auto_model", None)
        adapted = (path / "adapter_config.json").is_file()
        if hasattr(type(transformer), "from_pretrained") and not adapted:
            yield path, transformer


def _same_names(path: Path, transformer: Any) -> bool:
    """Return whether the weight files have all names of the model, and no further layers."""
    prefix = f"{transformer.base_model_prefix}."
    try:
        found = {name.removeprefix(prefix) for name in _stored_names(path)}
    except (OSError, SafetensorError):
        return False
    known = transformer.state_dict().keys()
    return found >= known and not _further_layers(known, found - known)


def _stored_names(path: Path) -> Iterator[str]:
    for file in path.glob("*.safetensors"):
        with safe_open(file, "numpy") as opened:
            yield from opened.keys()


def _further_layers(known: Collection[str], others: Collection[str]) -> list[str]:
    """Return the names that differ from a weight of the model only in the number of the layer."""
    patterns = {_NUMBER.sub("#", name) for name in known if _NUMBER.search(name)}
    return sorted(name for name in others if _NUMBER.sub("#", name) in patterns)


def _require_loaded(path: Path, transformer: Any) -> None:
    missing, unexpected = _differing_names(path, transformer)
    needed = sorted(name for name in missing if not _UNUSED.search(name))
    if needed:
        raise _error(path, needed, "missing from the files and would be random")
    further = _further_layers(transformer.state_dict().keys(), unexpected)
    if further:
        raise _error(path, further, "left over, because config.json has fewer layers")


def _differing_names(path: Path, transformer: Any) -> tuple[Collection[str], Collection[str]]:
    """Return the missing and the unexpected weights that transformers reports."""
    try:
        with no_progress_bars(), no_warnings():
            _, report = type(transformer).from_pretrained(
                str(path),
                config=transformer.config,
                local_files_only=True,
                output_loading_info=True,
            )
    except Exception:  # loaded by sentence-transformers with arguments that are not known here
        return (), ()
    return report["missing_keys"], report["unexpected_keys"]


def _error(path: Path, names: list[str], what: str) -> DamagedModel:
    verb = "is" if len(names) == 1 else "are"
    return DamagedModel(
        f"the weights in {path} do not match its config.json: {plural(len(names), 'weight')} "
        f"{verb} {what}: {listing(names, shown=_SHOWN)}",
        hint="download the model again, or correct config.json",
    )


def require_pooled_dimension(folder: Path, model: Any) -> None:
    """Raise an error if the pooling has another dimension than the transformer before it.

    Raises
    ------
    DamagedModel
        The dimensions differ.
    """
    modules = list(model)
    names = module_folders(folder)
    for first, second, name in zip(modules, modules[1:], names[1:], strict=False):
        if type(second).__name__ != "Pooling" or not hasattr(first, "auto_model"):
            continue
        pooled = getattr(second, "embedding_dimension", None)
        width = first.get_embedding_dimension()
        # Some transformers project their output, so the vectors decide.
        if None not in {pooled, width} and pooled != width and pooled != _token_width(model):
            raise DamagedModel(
                f"{folder / name / 'config.json'} has {pooled} dimensions, but the transformer of "
                f"{folder.name} has {width}",
                hint=f"set `embedding_dimension` to {width} in that file, or download the model "
                "again",
            )


def _token_width(model: Any) -> int:
    tokens = model.encode(["a"], output_value="token_embeddings", show_progress_bar=False)
    return int(tokens[0].shape[-1])
