"""Starting is cheap."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

import tunesmith
from tunesmith.models import folder as model_folders
from tunesmith.vectors.linear_classifier import LinearClassifier

SOURCE = Path(tunesmith.__file__).parent
PACKAGES = [
    import_module(".".join(("tunesmith", *stub.parent.relative_to(SOURCE).parts)))
    for stub in sorted(SOURCE.rglob("__init__.pyi"))
]
HEAVY = ("torch", "sklearn", "sentence_transformers", "transformers", "pandas", "pyarrow", "duckdb")


def loaded_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return which heavy modules it has loaded."""
    script = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_tunesmith_loads_nothing_heavy() -> None:
    """`import tunesmith` loads neither torch nor scikit-learn nor sentence_transformers."""
    assert loaded_after("import tunesmith") == set()


def test_naming_a_tuner_does_not_load_torch() -> None:
    """Neither `import tunesmith.tuners` nor the name of a tuner; the old names neither."""
    assert loaded_after("import tunesmith.tuners") == set()
    for home in ("tunesmith.tuners", "tunesmith.compat.embetter"):
        names = "FeedForwardTuner, ContrastiveTuner, ContrastiveLearner, SbertLearner"
        heavy = loaded_after(f"from {home} import {names}")
        assert not heavy & {"torch", "sentence_transformers", "transformers"}, home


def test_embedding_and_classifying_load_nothing_heavy(tiny_encoder: Path, tmp_path: Path) -> None:
    """A saved model gives vectors and labels without torch, scikit-learn or pandas."""
    classifier = LinearClassifier(
        np.eye(2, 32, dtype=np.float32), np.zeros(2, np.float32), ("card", "order")
    )
    model_folders.save(
        tmp_path / "model", encoder=tiny_encoder, classifier=classifier, summary={},
        write_pages=lambda _: None,
    )  # fmt: skip
    for command in ("embed", "classify"):
        code = f"""
from tunesmith.cli.app import app
app([{command!r}, {str(tmp_path / "model")!r}, "late order"], standalone_mode=False)
print()"""
        written = loaded_after(code)
        assert not written & set(HEAVY), command
        assert written, command


def test_public_names_are_there() -> None:
    """Every name of a package's stub can be had, and an unknown one is an AttributeError."""
    for package in PACKAGES:
        assert dir(package), package.__name__
        assert all(getattr(package, name) is not None for name in dir(package))
        assert not hasattr(package, "nothing_of_that_name")


def test_public_names_survive_imports_of_submodules() -> None:
    """No submodule of the same name can take the place of a public function."""
    code = "import tunesmith.fitting.run, tunesmith; assert callable(tunesmith.fit)"
    loaded_after(code)
