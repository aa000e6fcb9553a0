"""Generative pseudo labelling: passages get queries, and a cross-encoder says how well they fit.

Wang et al., 2022, https://arxiv.org/abs/2112.07577.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.encoders.cross_encoder import CrossEncoder
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.encoders.sentence_encoder import SentenceEncoder
from tunesmith.errors import DataError, TunesmithError, UsageError
from tunesmith.kinds import Examples, Texts, Triplets
from tunesmith.progress import progress_bar
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.queries import first_sentences, generated, require_generator
from tunesmith.recipes.training.checkpoint import fingerprint
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.recipes.training.run import BACKWARD_COST, RecipeRun, after_share, require_free
from tunesmith.recipes.training.stages import stages
from tunesmith.recipes.training.text_training import Progress
from tunesmith.vectors.similarity import search


@dataclass(frozen=True)
class GplRecipe:
    """Trains an encoder on passages alone, with a cross-encoder as judge.

    The stages: each passage gets queries; for each query passages that the encoder finds, and that
    are not its own, are drawn as negatives; the judge scores query and passage, and query and
    negative; the encoder learns the difference of the two scores as that of its cosines.

    Parameters
    ----------
    judge
        A cross-encoder that knows what answers a query: its folder, or its name in the local cache.
    generator
        A text-to-text model that writes queries; None takes each passage's first line or sentence
        as the query for the rest.
    each
        Queries that the generator writes for each passage.
    train_layers
        How many upper layers are trained; None for all.
    epochs, learning_rate
        Of the encoder.
    negatives
        How many are drawn for each query.
    depth
        Among how many of the nearest passages.
    seed
        Of all stages.

    Examples
    --------
    >>> GplRecipe("judge", negatives=2).work(n_rows=100)
    400
    """

    judge: str
    generator: str | None = None
    each: int = 1
    train_layers: int | None = 3
    epochs: int = 2
    learning_rate: float | None = None
    negatives: int = 2
    depth: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if not self.judge:
            raise UsageError("gpl needs a cross-encoder that judges: give --judge with its folder")
        if min(self.each, self.negatives, self.depth) < 1:
            raise UsageError(
                f"each is {self.each}, negatives {self.negatives} and depth {self.depth}: give 1 "
                "or more"
            )

    @property
    def digests(self) -> tuple[str, ...]:
        """What tells judge and generator from others of the same name.

        Raises
        ------
        UnknownModel
            There is no such judge on this machine.
        """
        judge = folder_digest(CrossEncoder(self.judge).folder)
        return (judge,) if self.generator is None else (judge, _digest(self.generator))

    def require_models(self) -> None:
        """Raise UnknownModel where judge or generator are not on this machine; nothing is read."""
        CrossEncoder(self.judge)
        if self.generator is not None:
            require_generator(self.generator)

    def work(self, n_rows: int) -> int:
        """Return how many rows :meth:`run` reports to its progress callback, at most."""
        return n_rows * self.each * self.negatives * self.epochs

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return what a run costs in tokens that go through the whole model once.

        Parameters
        ----------
        examples, mean_tokens, layers
            As for :meth:`~tunesmith.recipes.paired.PairedRecipe.cost`. The judge is taken to be as
            large as the model; how long a generator writes is not foreseen.
        """
        rows = len(examples) * self.each * self.negatives
        trained = layers if self.train_layers is None else min(self.train_layers, layers)
        learned = 3 * rows * self.epochs * BACKWARD_COST * trained / layers
        return mean_tokens * (learned + 2 * rows + len(examples))

    def run(
        self,
        folder: Path,
        examples: Examples,
        out: Path,
        *,
        progress: Progress | None = None,
        deadline: float | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write a sentence-transformers folder to ``out``.

        Parameters
        ----------
        folder
            A sentence-transformers folder.
        examples
            Raw texts: the passages.
        out
            Where the trained model goes; written beside it and renamed, so it is whole or absent.
        progress
            Called with the number of rows done, at most :meth:`work` in all.
        deadline
            The value of :func:`time.monotonic` at which the training stops; what comes before it
            may take half of the time.
        options
            What scores the weights on the way, and the folder where what the stages leave is kept:
            ``queries.parquet`` and ``margins.parquet``.

        Raises
        ------
        UsageError
            These are no raw texts, or the stages that lie in the folder are those of another run.
        UnknownModel
            There is no such judge or generator on this machine.
        DataError
            No passage has a query, or there are fewer than two passages to find.
        ModelError
            The model's layers cannot be split, or the judge gives several numbers.
        OutputError
            ``out`` exists or cannot be written.
        TunesmithError
            Queries and margins took half of the time and were not done.
        """
        begun = time.monotonic()
        require_free(out)
        if not isinstance(examples, Texts):
            raise UsageError(
                f"passages are raw texts, not {examples.kind}: give it reshape(examples, 'texts')"
            )
        self.require_models()
        judge = CrossEncoder(self.judge, verbose=True)
        passages = list(dict.fromkeys(examples.texts("text")))
        mark = fingerprint((self, *self.digests), folder, passages, [])
        in_time = _until_half(deadline)
        with stages(options.checkpoint, mark) as kept:
            asked = kept.table("queries", lambda: self._queries(passages, in_time))
            margins = kept.table("margins", lambda: self._margins(asked, folder, judge, in_time))
            found = self._student.run(
                folder,
                Triplets(margins),
                out,
                progress=progress,
                deadline=deadline,
                options=replace(options, checkpoint=kept.folder / "student-state"),
            )
        return replace(found, seconds=time.monotonic() - begun, stages=tuple(kept.done))

    @property
    def _student(self) -> PairedRecipe:
        return PairedRecipe(
            "margins",
            train_layers=self.train_layers,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            seed=self.seed,
        )

    def _queries(self, passages: list[str], in_time: Progress) -> pa.Table:
        if self.generator is None:
            asked = first_sentences(passages)
        else:
            asked = self._written(passages, self.generator, in_time)
        if len({passage for _, passage in asked}) < 2:
            raise DataError(
                f"{len(asked)} queries came from {len(passages)} texts: give documents of several "
                "sentences, or a generator"
            )
        queries, answers = zip(*asked, strict=True)
        return pa.table({"query": pa.array(queries), "passage": pa.array(answers)})

    def _written(
        self, passages: list[str], generator: str, in_time: Progress
    ) -> list[tuple[str, str]]:
        done = 0
        with progress_bar("Writing queries", len(passages)) as advance:

            def progress(more: int) -> None:
                nonlocal done
                advance(more)
                done += more
                if done < len(passages):
                    in_time(done)

            return generated(passages, generator, each=self.each, seed=self.seed, progress=progress)

    def _margins(
        self, asked: pa.Table, folder: Path, judge: CrossEncoder, in_time: Progress
    ) -> pa.Table:
        """Return each query with its passage, a negative, and how much better the passage fits."""
        queries, answers = asked["query"].to_pylist(), asked["passage"].to_pylist()
        rows, negatives = self._drawn(queries, answers, folder)
        asked_again = [queries[row] for row in rows]
        right = judge.score(list(zip(queries, answers, strict=True)), progress=in_time)
        wrong = judge.score(list(zip(asked_again, negatives, strict=True)), progress=in_time)
        return pa.table(
            {
                "anchor": pa.array(asked_again),
                "positive": pa.array([answers[row] for row in rows]),
                "negatives": pa.array([[text] for text in negatives]),
                "margin": pa.array((right[rows] - wrong).astype(np.float64)),
                "row": pa.array(rows + 1),
            }
        )

    def _drawn(
        self, queries: list[str], answers: list[str], folder: Path
    ) -> tuple[NDArray[np.int64], list[str]]:
        encoder, passages = SentenceEncoder(str(folder), verbose=True), list(dict.fromkeys(answers))
        depth = min(self.depth + 1, len(passages))
        vectors = encoder.encode(passages, prompt="document")
        found = search(encoder.encode(queries, prompt="query"), vectors, k=depth).indices
        random, rows, negatives = np.random.default_rng(self.seed), [], []
        for row, (near, own) in enumerate(zip(found, answers, strict=True)):
            others = [int(place) for place in near if passages[place] != own]
            for place in random.choice(others, min(self.negatives, len(others)), replace=False):
                rows.append(row)
                negatives.append(passages[place])
        return np.array(rows, dtype=np.int64), negatives


def _digest(generator: str) -> str:
    """Return what is in a folder; of a name in the cache the name."""
    return folder_digest(generator) if Path(generator).is_dir() else generator


def _until_half(deadline: float | None) -> Progress:
    """Return what raises once half of the time up to a deadline has passed."""
    end = after_share(0.5, deadline)

    def check(_: int) -> None:
        if end is not None and time.monotonic() >= end:
            raise TunesmithError(
                "queries and their margins took half of the time and are not done: give more "
                "--budget, or fewer texts"
            )

    return check
