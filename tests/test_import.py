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


def loaded_after(*steps: str) -> list[set[str]]:
    """Run code in a fresh interpreter, and return what heavy modules are there after each step."""
    told = f"\nprint('loaded', *[name for name in {HEAVY!r} if name in sys.modules])\n"
    script = "import sys\n" + "".join(step + told for step in steps)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    lines = [line.split() for line in run.stdout.splitlines()]
    return [set(line[1:]) for line in lines if line[:1] == ["loaded"]]


def test_importing_tunesmith_and_naming_a_tuner_load_no_torch() -> None:
    """`import tunesmith` and `import tunesmith.tuners` load nothing heavy, and names no torch."""
    names = "FeedForwardTuner, ContrastiveTuner, ContrastiveLearner, SbertLearner"
    plain, tuners, *named = loaded_after(
        "import tunesmith",
        "import tunesmith.tuners",
        f"from tunesmith.tuners import {names}",
        f"from tunesmith.compat.embetter import {names}",
    )
    assert plain == tuners == set()
    assert len(named) == 2
    assert not set.union(*named) & {"torch", "sentence_transformers", "transformers"}


def test_embedding_and_classifying_load_nothing_heavy(tiny_encoder: Path, tmp_path: Path) -> None:
    """A saved model gives vectors and labels without torch, scikit-learn or pandas."""
    classifier = LinearClassifier(
        np.eye(2, 32, dtype=np.float32), np.zeros(2, np.float32), ("card", "order")
    )
    model_folders.save(
        tmp_path / "model", encoder=tiny_encoder, classifier=classifier, summary={},
        write_pages=lambda _: None,
    )  # fmt: skip
    words = [str(tmp_path / "model"), "late order"]
    steps = [
        f"try:\n    app({[command, *words]!r})\nexcept SystemExit as end:\n    assert not end.code"
        for command in ("embed", "classify")
    ]
    found = loaded_after("from tunesmith.cli.app import app", *steps)
    assert len(found) == 3
    assert set.union(*found) <= {"pyarrow"}  # the commands name its tables


def test_public_names_are_there() -> None:
    """Every name of a package's stub can be had, and an unknown one is an AttributeError."""
    for package in PACKAGES:
        assert dir(package), package.__name__
        assert all(getattr(package, name) is not None for name in dir(package))
        assert not hasattr(package, "nothing_of_that_name")


def test_public_names_survive_imports_of_submodules() -> None:
    """No submodule of the same name can take the place of a public function."""
    code = "import tunesmith.fitting.run, tunesmith; assert callable(tunesmith.fit)"
    assert len(loaded_after(code)) == 1
