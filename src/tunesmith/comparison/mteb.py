"""Run MTEB tasks (Muennighoff and others 2023, https://aclanthology.org/2023.eacl-main.148).

The library ``mteb`` provides the tasks, their protocols and their data on the Hugging Face Hub. It
is an extra: ``pip install 'tunesmith[mteb]'``. Without access to the Hub, the splits of a task can
be read from local files.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.comparison.compared_models import AnyModel, compared_models, encode_with
from tunesmith.data.detection.detect import detect
from tunesmith.data.reading.read import read
from tunesmith.errors import DataError, MissingExtra, UnreadableFile, UsageError
from tunesmith.evaluation.evaluator import Encode
from tunesmith.kinds import Examples, Kind, Labelled
from tunesmith.vectors.similarity import cosine_similarity, pairwise_similarity

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")


@dataclass(frozen=True)
class TaskScores:
    """Scores of several models on an MTEB task.

    Parameters
    ----------
    task
        Name of the task.
    metric
        Name of its main score.
    splits
        Evaluated splits.
    scores
        Main score of each model, in the order given.
    version
        Version of ``mteb``.
    """

    task: str
    metric: str
    splits: tuple[str, ...]
    scores: dict[str, float]
    version: str


def run_task(
    models: AnyModel | Sequence[AnyModel],
    task: str,
    *,
    data: str | Path | None = None,
    verbose: bool = False,
) -> TaskScores:
    """Run an MTEB task on one or more models; a single fitted model is compared with its base.

    Parameters
    ----------
    models
        Names, ids, folders or encoders.
    task
        Name of the task in ``mteb``, such as ``"Banking77Classification"``.
    data
        Folder with a file for each split, such as ``train.csv`` and ``test.csv``, of labelled
        text or scored pairs; by default the data from the Hub or its local cache.
    verbose
        Show progress bars.

    Returns
    -------
    TaskScores
        The main score of each model.

    Raises
    ------
    UsageError
        ``mteb`` is not installed, does not have this task, or local data is not supported for it.
    DataError
        The task's data cannot be loaded.
    ModelError
        A model cannot be loaded.

    Examples
    --------
    >>> base, task = "all-MiniLM-L6-v2", "Banking77Classification"
    >>> found = run_task(base, task)    # download  # doctest: +SKIP
    >>> found.metric, list(found.scores)    # download  # doctest: +SKIP
    ('accuracy', ['all-MiniLM-L6-v2'])
    """
    if find_spec("mteb") is None:
        raise MissingExtra("mteb is not installed", hint="pip install 'tunesmith[mteb]'")
    import mteb

    try:
        chosen = mteb.get_task(task)
    except KeyError as error:
        raise UsageError(
            f"mteb has no task {task!r}", hint="check the name", option="task"
        ) from error
    compared = compared_models(models)
    _load(chosen, data)
    encoders = {one.title: one.open() for one in compared}
    scores = {
        title: _score(mteb, chosen, encode_with(encoder, title, shown=verbose))
        for title, encoder in encoders.items()
    }
    metadata = chosen.metadata
    return TaskScores(
        metadata.name, metadata.main_score, tuple(chosen.eval_splits), scores, mteb.__version__
    )


class MtebEncoder:
    """An encoder that implements the ``EncoderProtocol`` of ``mteb``.

    Parameters
    ----------
    encode
        Function from texts to vectors.
    meta
        A ``ModelMeta`` of ``mteb``.

    Examples
    --------
    >>> def encode(texts, *, prompt=None):
    ...     return np.array([[len(text)] for text in texts], dtype=np.float32)
    >>> MtebEncoder(encode, meta=None).encode([{"text": ["card", "no"]}]).tolist()
    [[4.0], [2.0]]
    """

    def __init__(self, encode: Encode, meta: object) -> None:
        self.mteb_model_meta = meta
        self._encode = encode

    def encode(
        self, inputs: Iterable[Any], *, prompt_type: Any = None, **rest: object
    ) -> NDArray[np.float32]:
        """Return the vectors of batches with a list of texts under ``"text"``, shape (n, d)."""
        del rest  # models without instructions do not depend on the task
        texts = [str(text) for batch in inputs for text in batch["text"]]
        return self._encode(texts, prompt=None if prompt_type is None else str(prompt_type.value))

    def similarity(self, one: Any, other: Any) -> NDArray[np.float32]:
        """Return the cosine similarity of every pair of vectors, shape (n, m)."""
        return cosine_similarity(one, other)

    def similarity_pairwise(self, one: Any, other: Any) -> NDArray[np.float32]:
        """Return the cosine similarity of corresponding vectors, shape (n,)."""
        return pairwise_similarity(one, other)


def _score(mteb: Any, task: Any, encode: Encode) -> float:
    model = MtebEncoder(encode, mteb.models.ModelMeta.create_empty())
    found = mteb.evaluate(model, task, cache=None, co2_tracker=False, show_progress_bar=False)
    return float(found.task_results[0].get_score())


def _load(task: Any, folder: str | Path | None) -> None:
    name = task.metadata.name
    if folder is not None:
        task.dataset = _local_splits(task, Path(folder))
        task.data_loaded = True
        return
    try:
        task.load_data()
    except Exception as error:  # network failures raise many error types
        raise DataError(
            f"the data of {name} could not be loaded ({type(error).__name__}): it is "
            f"{task.metadata.dataset['path']} on the Hugging Face Hub; without access to the Hub, "
            "give a folder of splits with `data`"
        ) from error


def _local_splits(task: Any, folder: Path) -> Any:
    from datasets import Dataset, DatasetDict

    kind = str(task.metadata.type)
    if kind not in _COLUMNS or task.metadata.is_multilingual:
        raise UsageError(
            f"{task.metadata.name} is of type {kind}: local files are supported only for "
            f"{' and '.join(_COLUMNS)} tasks in one language",
            hint="omit `data`",
            option="data",
        )
    wanted, columns = _COLUMNS[kind]
    names = [*task.eval_splits, *([task.train_split] if wanted is Kind.LABELLED else [])]
    splits = {name: _split(folder, name, wanted) for name in dict.fromkeys(names)}
    return DatasetDict({name: Dataset.from_dict(columns(one)) for name, one in splits.items()})


def _split(folder: Path, name: str, kind: Kind) -> Examples:
    if not folder.is_dir():
        raise UnreadableFile(f"there is no folder {folder}", hint="check the path")
    files = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
    if not files:
        raise UnreadableFile(
            f"{folder} has no file for the split {name}",
            hint=f"add {name}.csv, .tsv, .jsonl or .parquet",
        )
    return detect(read(files[0]), kind=kind).examples


def _labelled(examples: Examples) -> dict[str, list[Any]]:
    assert isinstance(examples, Labelled)
    return {"text": examples.texts(), "label": examples.labels.tolist()}


def _scored(examples: Examples) -> dict[str, list[Any]]:
    names = {"sentence1": "text1", "sentence2": "text2", "score": "score"}
    return {name: examples.table[role].to_pylist() for name, role in names.items()}


_COLUMNS: dict[str, tuple[Kind, Callable[[Examples], dict[str, list[Any]]]]] = {
    "Classification": (Kind.LABELLED, _labelled),
    "STS": (Kind.SCORED_PAIRS, _scored),
}
