"""``distill``: distil a model into a static one, about 100 times as fast."""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tunesmith.distillation.student import Student, Teacher, teach
from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.text_encoder import TextEncoder
from tunesmith.errors import UnknownModel, UsageError
from tunesmith.folders import replacing
from tunesmith.home import current_home
from tunesmith.models import folder as model_folders
from tunesmith.models.model import Model, find, load
from tunesmith.progress import progress_bar
from tunesmith.recipes.static_model import training_steps
from tunesmith.report.pages.card import model_card, static_card
from tunesmith.results.distillation import Distillation

MOST_TEXTS = 100_000
_TIMED_SECONDS = 0.25


def distill(
    model: str | Path,
    texts: Iterable[str],
    *,
    output: str | Path | None = None,
    overwrite: bool = False,
    seed: int = 0,
    verbose: bool = False,
) -> Distillation:
    """Distil a model into a static model, which looks up a vector for each token and sums them.

    The static model is trained on the model's vectors of the texts, and its classifier on the
    labels that the model predicts, so no labels are needed. Vectors are cached, so an interrupted
    distillation can resume.

    Parameters
    ----------
    model
        Id or folder of a fitted model, or name or folder of a sentence-transformers model.
    texts
        Texts similar to those in later use, ideally thousands; at most 100,000 distinct ones are
        used, drawn at random.
    output
        Output folder; for a fitted model, by default a new folder in the model store.
    overwrite
        Whether a model in the output folder may be replaced.
    seed
        Random seed for sampling, holding out and shuffling texts.
    verbose
        Show progress bars.

    Returns
    -------
    The output folder, the agreement with the original model, and the speed of both.

    Raises
    ------
    DataError
        There are fewer than 20 distinct texts.
    UsageError
        The model is already static, has no fast tokenizer, or no output folder was given.
    UnknownModel, DamagedModel
        The model cannot be loaded.
    OutputError
        The folder cannot be written.

    Examples
    --------
    >>> texts = Path("examples/texts.txt").read_text("utf-8").splitlines()
    >>> distilled = distill("tickets-3f2a1c", texts)
    >>> distilled.texts, distilled.path.name
    (60, 'tickets-3f2a1c-static')
    """
    fitted = _find_fitted(model)
    path = _output_folder(fitted, model, output, overwrite)
    precision = fitted.precision if fitted else "float32"
    encoder = TextEncoder(fitted.path if fitted else model, precision=precision, verbose=verbose)
    classifier = fitted.classifier if fitted else None
    teacher = Teacher.of(encoder.folder, encoder.encode, classifier)
    chosen = _sample_texts(texts, seed)
    vectors = encoder.encode(chosen)
    with progress_bar("Distilling", training_steps(len(chosen)), shown=verbose) as advance:
        student = teach(teacher, chosen, vectors, seed=seed, advance=advance)
    uncached = TextEncoder(encoder.model, precision=precision, cache=False)
    result = Distillation(
        parent=encoder.name,
        texts=len(chosen),
        held_out=student.held_out,
        cosine=student.cosine,
        same=student.same,
        rate=_rate(student.encode, chosen[:4096]),
        parent_rate=_rate(uncached.encode, chosen[:256]),
        seed=seed,
        path=path,
    )
    _save(path, fitted, student, result)
    return result


def _find_fitted(model: str | Path) -> Model | None:
    try:
        return load(find(model))
    except UnknownModel:
        return None


def _output_folder(
    fitted: Model | None, model: str | Path, output: str | Path | None, overwrite: bool
) -> Path:
    """Return the output folder; raise an error early if it cannot be written."""
    if output is None and fitted is None:
        raise UsageError(
            f"{model} is not a fitted model, so there is no default output folder",
            hint="set `output` to a new folder",
            option="output",
        )
    path = (
        current_home().models / f"{fitted.id}-static"
        if fitted and output is None
        else Path(str(output))
    )
    path = path.expanduser().resolve()
    if fitted is not None and path == fitted.path.resolve():
        raise UsageError(
            f"{path} is the folder of the model itself", hint="give another folder", option="output"
        )
    model_folders.check_writable(path, overwrite=overwrite)
    return path


def _sample_texts(texts: Iterable[str], seed: int) -> list[str]:
    distinct = list(dict.fromkeys(as_texts(list(texts))))
    if len(distinct) <= MOST_TEXTS:
        return distinct
    drawn = np.random.default_rng(seed).choice(len(distinct), MOST_TEXTS, replace=False)
    return [distinct[position] for position in np.sort(drawn)]


def _rate(encode: Callable[[list[str]], Any], texts: list[str]) -> float:
    """Return texts per second, measured for at least a quarter of a second."""
    encode(texts[:8])
    start, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < _TIMED_SECONDS:
        encode(texts)
        done += len(texts)
    return done / elapsed


def _save(path: Path, fitted: Model | None, student: Student, result: Distillation) -> None:
    if fitted is None:
        with replacing(path) as temporary:
            student.model.save(temporary)
        return
    metadata, summary = fitted.metadata, fitted.summary
    card = static_card(result) if summary is None else model_card(summary, result)

    def write_pages(folder: Path) -> None:
        (folder / "README.md").write_text(card, encoding="utf-8")

    details = {name: value for name, value in asdict(result).items() if name != "path"}
    kept = {name: metadata[name] for name in ("columns", "attached") if name in metadata}
    with TemporaryDirectory(prefix="tunesmith-") as folder:
        student.model.save(Path(folder))
        model_folders.save(
            path,
            encoder=Path(folder),
            classifier=student.classifier,
            summary=metadata["summary"],
            write_pages=write_pages,
            details={"distilled": details, **kept},
        )
