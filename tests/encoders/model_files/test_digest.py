"""A digest covers only files that affect the vectors."""

import shutil
from pathlib import Path

import pytest

from tunesmith.encoders.model_files.digest import folder_digest, vector_files
from tunesmith.errors import DamagedModel


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    """A writable copy of a model folder."""
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def test_a_copy_has_the_same_digest(tiny_model: Path, copy: Path) -> None:
    """The location of the folder does not matter."""
    assert folder_digest(copy) == folder_digest(tiny_model)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_model_files_change_the_digest(copy: Path, name: str) -> None:
    """Weights, tokenizer and modules each count."""
    before = folder_digest(copy)
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    assert folder_digest(copy) != before


@pytest.mark.parametrize(
    "name",
    ["README.md", "tunesmith.json", "report.html", ".gitattributes", "onnx/model.onnx",
     "classifier.safetensors", "checkpoint-1/model.safetensors"],
)  # fmt: skip
def test_other_files_do_not_change_the_digest(copy: Path, name: str) -> None:
    """Cards, reports, classifiers and exports do not count."""
    before = folder_digest(copy)
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("anything")
    assert folder_digest(copy) == before


def test_a_file_is_read_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is not read again until it changes."""
    folder_digest(copy)
    read: list[str] = []

    def counted(*args: object) -> None:
        read.append("read")
        raise AssertionError

    monkeypatch.setattr("hashlib.file_digest", counted)
    folder_digest(copy)
    assert not read


def test_weights_in_both_forms_count_once(copy: Path) -> None:
    """If both formats exist, only safetensors is read and digested."""
    (copy / "pytorch_model.bin").write_bytes(b"other")
    assert "pytorch_model.bin" not in [path.name for path in vector_files(copy)]
    (copy / "model.safetensors").unlink()
    assert "pytorch_model.bin" in [path.name for path in vector_files(copy)]


def test_a_module_that_is_missing_or_a_broken_list_is_named(copy: Path) -> None:
    """The message names the file."""
    (copy / "modules.json").write_text("[{]")
    with pytest.raises(DamagedModel, match=r"modules\.json is not a valid list"):
        folder_digest(copy)
