"""The base of a fitted model is found where it was, and compared with what it was."""

import shutil
from pathlib import Path

import pytest

from tunesmith.comparison.compared_models import compared_models
from tunesmith.errors import DamagedModel
from tunesmith.fitting import fit
from tunesmith.models.base import base_of
from tunesmith.models.folder import read_metadata
from tunesmith.models.package import pack


@pytest.fixture(scope="module")
def fitted(tiny_model: Path, few_tickets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a base and a model that was fitted there, the base named by a relative path."""
    folder = tmp_path_factory.mktemp("one")
    shutil.copytree(tiny_model, folder / "base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_HOME", str(folder / "home"))
        patch.chdir(folder)
        fit(few_tickets, base="base", budget=0.01, test="off", output="made")
    return folder


def test_the_base_is_found_from_another_folder(
    fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the name means another folder there."""
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    given = [one.model for one in compared_models(str(fitted / "made"))]
    assert given == [str((fitted / "base").resolve()), str(fitted / "made")]


def test_a_base_that_has_changed_is_refused(
    fitted: Path, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its place, or another folder of its name in the current one."""
    copy = tmp_path / "made"
    shutil.copytree(fitted / "made", copy)
    metadata = read_metadata(copy)
    other = tmp_path / "other"
    shutil.copytree(tiny_encoder, other)
    (other / "tokenizer_config.json").write_text("{}")
    with pytest.raises(DamagedModel, match="is not the base that the model was fitted on"):
        base_of(
            {**metadata, "base_folder": str(other)}
            | {"summary": {**metadata["summary"], "base": str(other)}}
        )
    shutil.copytree(other, tmp_path / "base")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DamagedModel, match="base is not the base"):
        base_of({**metadata, "base_folder": str(tmp_path / "gone")})


def test_a_base_that_is_gone_is_named_by_its_place(
    fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name alone would be looked for on the hub."""
    monkeypatch.chdir(tmp_path)
    gone = str(tmp_path / "gone")
    assert base_of({**read_metadata(fitted / "made"), "base_folder": gone}) == gone


def test_the_place_of_the_base_is_not_published(fitted: Path) -> None:
    """It is a path of the user's machine."""
    content = pack(fitted / "made").files["tunesmith.json"]
    assert isinstance(content, bytes)
    assert str(fitted).encode() not in content
