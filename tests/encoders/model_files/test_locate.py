"""Models are found by name or folder, and missing ones are reported clearly."""

import shutil
import sys
from pathlib import Path

import pytest

from tunesmith.encoders.model_files import bundled
from tunesmith.encoders.model_files.bundled import BUNDLED, bundled_folder
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import DamagedModel, UnknownModel


@pytest.mark.parametrize("name", [BUNDLED, f"sentence-transformers/{BUNDLED}"])
def test_the_bundled_model_is_found_without_importing_its_package(name: str) -> None:
    """Its files are data; no code of the package runs."""
    assert (locate(name) / "model.safetensors").is_file()
    assert bundled.PACKAGE not in sys.modules


def test_weights_that_are_not_the_official_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A changed file is never used."""
    monkeypatch.setattr(bundled, "WEIGHTS_DIGEST", "0" * 64)
    bundled_folder.cache_clear()
    with pytest.raises(DamagedModel, match=r"model\.safetensors is not the official"):
        bundled_folder()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setattr(bundled, "PACKAGE", "no_such_package_here")
    bundled_folder.cache_clear()
    with pytest.raises(UnknownModel, match="not installed"):
        bundled_folder()


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    bundled_folder.cache_clear()


def test_folders_and_models_at_home_are_found(tiny_model: Path, home: Path) -> None:
    """A path as text or Path, and the bare name of a model in the home."""
    assert locate(tiny_model) == locate(str(tiny_model)) == tiny_model
    kept = shutil.copytree(tiny_model, home / "models" / "tickets")
    assert locate("tickets") == kept


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("./nowhere", "no model folder ./nowhere"),
        (Path("nowhere"), "no model folder nowhere"),
        ("/a/b/c", "no model folder /a/b/c"),
        ("", "name is empty"),
        ("nobody/nothing", "HF_HUB_OFFLINE is set.*bundled all-MiniLM-L6-v2"),
        ("not a name!", "neither a folder nor a valid model name"),
    ],
)
def test_missing_models_are_reported(name: str | Path, message: str) -> None:
    """There is no traceback of a network library, and the message says what to do."""
    with pytest.raises(UnknownModel, match=message):
        locate(name)


def test_folders_without_a_model_are_refused(tmp_path: Path) -> None:
    """An empty folder and a file are not models."""
    with pytest.raises(UnknownModel, match=r"neither modules\.json nor"):
        locate(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnknownModel, match="is a file"):
        locate(tmp_path / "file")


@pytest.mark.parametrize(
    ("config", "base"),
    [('{"base_model_name_or_path": "some/base"}', "some/base"), ("[", "another model")],
)
def test_an_adapter_is_refused_by_name(config: str, base: str, tmp_path: Path) -> None:
    """The message names the base of the adapter, and how to merge both."""
    (tmp_path / "adapter_config.json").write_text(config)
    with pytest.raises(UnknownModel, match=rf"is an adapter .* of {base}.*merge_and_unload"):
        locate(tmp_path)
