"""The SBERT learner: full fine-tuning of a sentence-transformers model on pairs of texts."""

import copy
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tunesmith.encoders.backends.quiet import no_progress_bars
from tunesmith.encoders.inputs import as_texts
from tunesmith.encoders.model_files.bundled import BUNDLED
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import DataError, OutputError, UsageError
from tunesmith.folders import replacing
from tunesmith.progress import progress_bar
from tunesmith.tuners.checks import (
    number_array,
    require_at_least,
    require_counts,
    require_one_of,
    require_positive,
)
from tunesmith.tuners.networks.history import Epoch
from tunesmith.vectors.similarity import pairwise_similarity

if TYPE_CHECKING:
    from datasets import Dataset

Loss = Literal["cosent", "cosine"]


class SbertLearner(TransformerMixin, BaseEstimator):
    """Trains all weights of a sentence-transformers model on pairs of texts.

    Training uses the sentence-transformers trainer. By default a copy of the model is trained;
    nothing is written to the working folder.

    Parameters
    ----------
    sent_tfm
        A ``SentenceTransformer``, or the name or folder of a model.
    batch_size
        Pairs per step.
    epochs
        Number of passes over the pairs.
    warmup_steps
        Number of warm-up steps, at most a tenth of all; then the learning rate falls to zero.
    learning_rate
        Peak learning rate of AdamW.
    loss
        ``"cosine"`` fits the cosine to the similarity; ``"cosent"`` learns only the order, so that
        more similar pairs have larger cosines (Su 2022).
    inplace
        Whether to train the given model itself instead of a copy.
    early_stopping
        Whether to hold pairs out, stop when their loss no longer falls, and keep the best weights
        on them.
    validation_fraction
        Share of the pairs to hold out.
    patience
        With early stopping: number of epochs without improvement after which training stops.
    warm_start
        Whether another call of ``fit`` continues with the trained model.
    random_state
        Random seed for batches and dropout.
    device
        Device: ``"cpu"``, ``"cuda"`` or ``"mps"``; by default the best one available.
    verbose
        Whether to show a progress bar if standard error is a terminal.

    Attributes
    ----------
    model_ : SentenceTransformer
        Trained model.
    history_ : tuple of Epoch
        Loss of each epoch.

    Examples
    --------
    >>> learner = SbertLearner("all-MiniLM-L6-v2", random_state=0)
    >>> texts = ["my card is lost", "where is my card?", "cancel my order"]
    >>> learner = learner.fit(texts[:2], texts[1:], [1.0, 0.0])
    >>> learner.transform(texts).shape, learner.predict(texts[:1], texts[:1]).round(3)
    ((3, 384), array([1.], dtype=float32))
    """

    history_: tuple[Epoch, ...]

    def __init__(  # noqa: PLR0913 - an estimator takes its settings one by one
        self,
        sent_tfm: Any = BUNDLED,
        batch_size: int = 16,
        epochs: int = 1,
        warmup_steps: int = 100,
        *,
        learning_rate: float = 2e-5,
        loss: Loss = "cosine",
        inplace: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 2,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        device: str | None = None,
        verbose: bool = False,
    ) -> None:
        self.sent_tfm = sent_tfm
        self.batch_size = batch_size
        self.epochs = epochs
        self.warmup_steps = warmup_steps
        self.learning_rate = learning_rate
        self.loss = loss
        self.inplace = inplace
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    def fit(self, X1: Any, X2: Any, y: ArrayLike) -> Self:
        """Train on pairs of texts.

        Parameters
        ----------
        X1, X2
            First and second texts of the pairs, n of each.
        y
            Similarity of each pair, 0 to 1, shape (n,).

        Raises
        ------
        DataError
            A text is missing, a similarity is not from 0 to 1, or the lengths differ.
        UsageError
            A parameter is out of range.
        UnknownModel
            The model does not exist.
        """
        self._check_parameters()
        rows = _rows(X1, X2, y)
        continues = self.warm_start and hasattr(self, "model_")
        if not continues:
            self.model_ = self._fresh()
        history = self._train(rows, self.epochs)
        self.history_ = (*self.history_, *history) if continues else history
        return self

    def partial_fit(self, X1: Any, X2: Any, y: ArrayLike) -> Self:
        """Continue from the current weights with one pass over these pairs, one or more.

        The parameters are those of :meth:`fit`.

        Raises
        ------
        UsageError, DataError
            As for :meth:`fit`.
        """
        self._check_parameters()
        rows = _rows(X1, X2, y)
        if not hasattr(self, "model_"):
            self.model_, self.history_ = self._fresh(), ()
        self.history_ = (*self.history_, *self._train(rows, 1, steady=True))
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the trained model's embeddings of texts, float32, shape (n, d)."""
        check_is_fitted(self)
        vectors = self.model_.encode(
            as_texts(X), batch_size=64, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vectors, dtype=np.float32)

    def predict(self, X1: Any, X2: Any) -> NDArray[np.float32]:
        """Return the cosine similarity of each pair, float32, shape (n,)."""
        return pairwise_similarity(self.transform(X1), self.transform(X2))

    def to_disk(self, path: str | Path) -> Path:
        """Write the trained model as a plain sentence-transformers folder.

        The folder holds no training text.

        Raises
        ------
        OutputError
            If it cannot be written, or the folder contains something other than a model.
        """
        check_is_fitted(self)
        folder = Path(path)
        _require_model_or_nothing(folder)
        with replacing(folder) as aside, no_progress_bars():
            self.model_.save_pretrained(str(aside), create_model_card=False)
        return folder

    def _check_parameters(self) -> None:
        require_counts(self, "batch_size", "epochs", "patience")
        require_at_least(self, 0, "warmup_steps")
        require_one_of(self, "loss", get_args(Loss))
        require_positive(self, "learning_rate")
        if not 0 < self.validation_fraction < 1:
            raise UsageError(
                f"validation_fraction is {self.validation_fraction}",
                hint="choose between 0 and 1",
                option="validation_fraction",
            )

    def _fresh(self) -> Any:
        """Return the model to train: a copy, the model itself, or one from its folder."""
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds

        if isinstance(self.sent_tfm, SentenceTransformer):
            return self.sent_tfm if self.inplace else copy.deepcopy(self.sent_tfm)
        with no_progress_bars():
            folder = locate(self.sent_tfm)
            return SentenceTransformer(str(folder), device=self.device, local_files_only=True)

    def _train(
        self, rows: Mapping[str, list[Any]], epochs: int, *, steady: bool = False
    ) -> tuple[Epoch, ...]:
        """Train the model, and return a record of each epoch."""
        from datasets import Dataset  # noqa: PLC0415 - takes seconds

        seed = int(check_random_state(self.random_state).randint(2**31))
        data, held_out = Dataset.from_dict(rows), None
        if self.early_stopping and not steady and len(data) > 1:
            parts = data.train_test_split(test_size=self.validation_fraction, seed=seed)
            data, held_out = parts["train"], parts["test"]
        steps = epochs * -(-len(data) // self.batch_size)
        title = f"Training {type(self).__name__}"
        with (
            tempfile.TemporaryDirectory(prefix="tunesmith-") as folder,
            progress_bar(title, steps, shown=self.verbose) as advance,
        ):
            arguments = self._arguments(folder, epochs, steps, seed, held_out, steady=steady)
            trainer = self._trainer(arguments, data, held_out, advance)
            with no_progress_bars():
                trainer.train()
        return _epochs(trainer.state.log_history)

    def _arguments(
        self,
        folder: str,
        epochs: int,
        steps: int,
        seed: int,
        held_out: "Dataset | None",
        *,
        steady: bool,
    ) -> Any:
        from sentence_transformers import SentenceTransformerTrainingArguments  # noqa: PLC0415 - takes seconds

        strategy = "no" if held_out is None else "epoch"
        return SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=epochs,
            per_device_train_batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            lr_scheduler_type="constant" if steady else "linear",
            warmup_steps=0 if steady else min(self.warmup_steps, steps // 10),
            seed=seed,
            use_cpu=str(self.model_.device) == "cpu",
            eval_strategy=strategy,
            save_strategy=strategy,
            save_only_model=True,
            save_total_limit=1,
            load_best_model_at_end=held_out is not None,
            logging_strategy="epoch",
            report_to="none",
            disable_tqdm=True,
        )

    def _trainer(
        self,
        arguments: Any,
        data: "Dataset",
        held_out: "Dataset | None",
        advance: Callable[[int], None],
    ) -> Any:
        from sentence_transformers import SentenceTransformerTrainer  # noqa: PLC0415 - takes seconds
        from sentence_transformers.sentence_transformer import losses  # noqa: PLC0415 - takes seconds
        from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback  # noqa: PLC0415 - takes seconds

        class Advance(TrainerCallback):
            def on_step_end(self, *_: Any, **__: Any) -> None:
                advance(1)

        class CardlessTrainer(SentenceTransformerTrainer):
            def add_model_card_callback(self, *_: Any) -> None:
                """Keep rows of the data out of the model's card."""

        make = losses.CoSENTLoss if self.loss == "cosent" else losses.CosineSimilarityLoss
        trainer = CardlessTrainer(
            model=self.model_,
            args=arguments,
            train_dataset=data,
            eval_dataset=held_out,
            loss=make(self.model_),
            callbacks=[Advance()],
        )
        trainer.remove_callback(PrinterCallback)
        if held_out is not None:
            trainer.add_callback(EarlyStoppingCallback(self.patience))
        return trainer


def _rows(X1: Any, X2: Any, y: ArrayLike) -> dict[str, list[Any]]:
    """Return validated columns for the trainer, which would train on NaN without an error."""
    first, second = as_texts(X1), as_texts(X2)
    scores = number_array(y)
    if scores.ndim != 1 or not len(first) == len(second) == len(scores):
        raise DataError(
            f"there are {len(first)} texts in X1, {len(second)} in X2 and similarities of shape "
            f"{scores.shape}",
            hint="give one similarity for each pair",
        )
    if not len(first):
        raise DataError("there are no pairs", hint="give at least one")
    faulty = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
    if len(faulty):
        raise DataError(
            f"the similarity of pair {faulty[0]} (counted from 0) is {scores[faulty[0]]}",
            hint="give a value from 0 to 1 (divide scores by their maximum), or remove the pair",
        )
    return {"first": first, "second": second, "score": scores.tolist()}


def _epochs(log: list[dict[str, Any]]) -> tuple[Epoch, ...]:
    """Return the epochs from the trainer's log."""
    validation_losses = {
        entry["epoch"]: entry["eval_loss"] for entry in log if "eval_loss" in entry
    }
    return tuple(
        Epoch(entry["loss"], entry["learning_rate"], validation_losses.get(entry["epoch"]))
        for entry in log
        if "loss" in entry
    )


def _require_model_or_nothing(folder: Path) -> None:
    if folder.exists() and not (folder / "modules.json").is_file():
        raise OutputError(f"{folder} exists and is not a model", hint="give a new folder")
