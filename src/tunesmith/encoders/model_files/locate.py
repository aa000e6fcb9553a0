"""From the name of a model to its folder."""

import json
from pathlib import Path

from tunesmith.encoders.model_files.bundled import BUNDLED, bundled_folder
from tunesmith.errors import HubUnavailable, UnknownModel
from tunesmith.home import current_home

_HINT = f"check the name, give a folder, or use the bundled {BUNDLED}"
_ADAPTER = "adapter_config.json"
# Weights in other formats, which sentence-transformers does not read.
_NOT_NEEDED = ["*.h5", "*.onnx", "*.ot", "*.msgpack", "coreml/*", "onnx/*", "openvino/*", "*.gguf"]


def locate(name: str | Path) -> Path:
    """Return the folder of a model.

    These are tried in order: the bundled model's name, a folder, a model in Tunesmith's home, the
    local Hugging Face cache, and the Hugging Face Hub (unless ``HF_HUB_OFFLINE`` is set).

    Parameters
    ----------
    name
        ``"all-MiniLM-L6-v2"``, a folder, the name of a fitted model, or a hub name such as
        ``"BAAI/bge-small-en-v1.5"``.

    Raises
    ------
    UnknownModel
        The model does not exist, or the hub is needed and ``HF_HUB_OFFLINE`` is set.
    HubUnavailable
        The hub is needed and cannot be reached.
    DamagedModel
        The bundled model's weights are not the official ones.
    """
    if str(name) in {BUNDLED, f"sentence-transformers/{BUNDLED}"}:
        return bundled_folder()
    if not str(name):
        raise UnknownModel("the model's name is empty", hint="give a name or a folder")
    for folder in (Path(name).expanduser(), current_home().models / name):
        if folder.exists():
            return _check_folder(folder)
    if isinstance(name, Path) or _looks_like_a_path(name):
        raise UnknownModel(f"there is no model folder {name}", hint="check the path")
    return _check_folder(_from_hub(name))


def _check_folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise UnknownModel(
            f"{folder} is a file", hint="give the folder of a sentence-transformers model"
        )
    if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
        if (folder / _ADAPTER).is_file():
            raise _adapter_error(folder)
        raise UnknownModel(
            f"{folder} is not a sentence-transformers model: it has neither modules.json nor "
            "config.json"
        )
    return folder


def _adapter_error(folder: Path) -> UnknownModel:
    try:
        base = json.loads((folder / _ADAPTER).read_text("utf-8")).get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError):
        base = None
    return UnknownModel(
        f"{folder} is an adapter ({_ADAPTER}) of {base or 'another model'}, not a whole model",
        hint="merge it into that model with peft's `merge_and_unload()`, save the result with its "
        "tokenizer, and give the new folder",
    )


def _looks_like_a_path(name: str) -> bool:
    return name[0] in "./\\~" or "\\" in name or name.count("/") > 1


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    full = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(snapshot_download(full, local_files_only=True))
    except LocalEntryNotFoundError:
        return _download(name, full)
    except HFValidationError as error:
        raise UnknownModel(f"{name!r} is neither a folder nor a valid model name") from error


def _download(name: str, full: str) -> Path:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    if constants.HF_HUB_OFFLINE:
        raise UnknownModel(_not_found_message(name, "HF_HUB_OFFLINE is set"), hint=_HINT)
    try:
        return Path(snapshot_download(full, ignore_patterns=_NOT_NEEDED))
    except RepositoryNotFoundError as error:
        raise UnknownModel(
            _not_found_message(name, f"the Hugging Face Hub has no {full}"), hint=_HINT
        ) from error
    except Exception as error:  # any network error needs the same message
        raise HubUnavailable(
            _not_found_message(
                name, f"the Hugging Face Hub could not be reached ({type(error).__name__})"
            ),
            hint=_HINT,
        ) from error


def _not_found_message(name: str, reason: str) -> str:
    return f"there is no model {name!r} on this machine, and {reason}"
