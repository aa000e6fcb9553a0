"""Generative pseudo-labelling: synthetic queries for passages, scored by a cross-encoder.

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
from tunesmith.errors import BudgetExhausted, DataError, UsageError
from tunesmith.kinds import Examples, Texts, Triplets
from tunesmith.progress import progress_bar
from tunesmith.recipes.paired import PairedRecipe
from tunesmith.recipes.queries import first_sentences, generate_queries, require_generator
from tunesmith.recipes.training.checkpoint import fingerprint
from tunesmith.recipes.training.options import PLAIN, RunOptions
from tunesmith.recipes.training.recipe import Recipe
from tunesmith.recipes.training.run import BACKWARD_COST, RecipeRun, require_free
from tunesmith.recipes.training.stages import stages
from tunesmith.recipes.training.text_training import Progress
from tunesmith.stop import Stop
from tunesmith.vectors.similarity import search


@dataclass(frozen=True)
class GplRecipe(Recipe):
    """Trains an encoder on passages alone, with a cross-encoder as teacher.

    The stages: (1) queries are generated for each passage; (2) negatives for each query are drawn
    from the other passages that the encoder retrieves; (3) the cross-encoder scores each query with
    its passage and with its negative; (4) the encoder learns to reproduce the difference of the two
    scores as the difference of its cosines.

    Parameters
    ----------
    judge
        Cross-encoder that scores query–passage pairs: its folder, or its name in the local cache.
    generator
        Text-to-text model that writes queries; None takes each passage's first line or sentence as
        the query for the rest.
    each
        Number of queries that the generator writes per passage.
    train_layers
        Number of upper layers to train; None for all.
    epochs, learning_rate
        Number of epochs and peak learning rate of the encoder.
    negatives
        Number of negatives per query.
    depth
        Number of nearest passages from which negatives are drawn.
    seed
        Random seed for all stages.

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
        """Validate the parameters."""
        if not self.judge:
            raise UsageError(
                "gpl needs a cross-encoder", hint="give its folder with `judge`", option="judge"
            )
        if min(self.each, self.negatives, self.depth) < 1:
            raise UsageError(
                f"each is {self.each}, negatives {self.negatives} and depth {self.depth}",
                hint="give 1 or more",
                option="each",
            )

    @property
    def digests(self) -> tuple[str, ...]:
        """Digests of the judge and generator, to recognise other models of the same name.

        Raises
        ------
        UnknownModel
            The judge is not on this machine.
        """
        judge = folder_digest(CrossEncoder(self.judge).folder)
        return (judge,) if self.generator is None else (judge, _digest(self.generator))

    def require_models(self) -> None:
        """Raise UnknownModel if judge or generator is not on this machine; no weights are read."""
        CrossEncoder(self.judge)
        if self.generator is not None:
            require_generator(self.generator)

    @property
    def name(self) -> str:
        """The recipe's name."""
        return "gpl"

    def work(self, n_rows: int) -> int:
        """Return the maximum number of rows that :meth:`run` reports to its progress callback."""
        return n_rows * self.each * self.negatives * self.epochs

    def cost(self, examples: Examples, mean_tokens: float, layers: int) -> float:
        """Return the cost of a run in tokens of one forward pass through the whole model.

        Parameters
        ----------
        examples, mean_tokens, layers
            As for :meth:`~tunesmith.recipes.paired.PairedRecipe.cost`. The judge is assumed to be
            as large as the model; the time of a generator is not included.
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
        stop: Stop | None = None,
        options: RunOptions = PLAIN,
    ) -> RecipeRun:
        """Train the model of ``folder`` and write a sentence-transformers folder to ``out``.

        Parameters
        ----------
        folder
            A sentence-transformers folder to start from.
        examples
            Raw texts: the passages.
        out
            Output folder; written under a temporary name and renamed, so it is complete or absent.
        progress
            Called with the number of rows done, at most :meth:`work` in total.
        stop
            Token that ends the run; the stages before training may take half of its time limit.
        options
            Validation during training, and the folder for the stages' outputs:
            ``queries.parquet`` and ``margins.parquet``.

        Raises
        ------
        UsageError
            The examples are not raw texts, or the folder holds the stages of another run.
        UnknownModel
            The judge or generator is not on this machine.
        DataError
            No passage has a query, or there are fewer than two passages with a query.
        ModelError
            The model's layers cannot be split, or the judge has several outputs.
        OutputError
            ``out`` exists or cannot be written.
        BudgetExhausted
            Queries and margins were not finished within half of the time.
        """
        begun = time.monotonic()
        require_free(out)
        if not isinstance(examples, Texts):
            raise UsageError(
                f"gpl needs raw texts, not {examples.kind}",
                hint="give it reshape(examples, 'texts')",
                option="examples",
            )
        self.require_models()
        judge = CrossEncoder(self.judge, verbose=True)
        passages = list(dict.fromkeys(examples.texts("text")))
        key = fingerprint((self, *self.digests), folder, passages, [])
        in_time = _until_half(stop or Stop())
        with stages(options.checkpoint, key) as kept:
            pairs = kept.table("queries", lambda: self._queries(passages, in_time))
            margins = kept.table("margins", lambda: self._margins(pairs, folder, judge, in_time))
            found = self._student.run(
                folder,
                Triplets(margins),
                out,
                progress=progress,
                stop=stop,
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
            pairs = first_sentences(passages)
        else:
            pairs = self._generate(passages, self.generator, in_time)
        if len({passage for _, passage in pairs}) < 2:
            raise DataError(
                f"only {len(pairs)} queries were found for {len(passages)} texts",
                hint="give documents with several sentences, or a generator",
            )
        queries, answers = zip(*pairs, strict=True)
        return pa.table({"query": pa.array(queries), "passage": pa.array(answers)})

    def _generate(
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

            return generate_queries(
                passages, generator, each=self.each, seed=self.seed, progress=progress
            )

    def _margins(
        self, pairs: pa.Table, folder: Path, judge: CrossEncoder, in_time: Progress
    ) -> pa.Table:
        """Return each query with its passage, a negative, and the difference of their scores."""
        queries, answers = pairs["query"].to_pylist(), pairs["passage"].to_pylist()
        rows, negatives = self._draw_negatives(queries, answers, folder)
        repeated_queries = [queries[row] for row in rows]
        positive_scores = judge.score(list(zip(queries, answers, strict=True)), progress=in_time)
        negative_scores = judge.score(
            list(zip(repeated_queries, negatives, strict=True)), progress=in_time
        )
        return pa.table(
            {
                "anchor": pa.array(repeated_queries),
                "positive": pa.array([answers[row] for row in rows]),
                "negatives": pa.array([[text] for text in negatives]),
                "margin": pa.array((positive_scores[rows] - negative_scores).astype(np.float64)),
                "row": pa.array(rows + 1),
            }
        )

    def _draw_negatives(
        self, queries: list[str], answers: list[str], folder: Path
    ) -> tuple[NDArray[np.int64], list[str]]:
        encoder, passages = SentenceEncoder(str(folder), verbose=True), list(dict.fromkeys(answers))
        depth = min(self.depth + 1, len(passages))
        vectors = encoder.encode(passages, prompt="document")
        found = search(encoder.encode(queries, prompt="query"), vectors, k=depth).indices
        rng, rows, negatives = np.random.default_rng(self.seed), [], []
        for row, (near, own) in enumerate(zip(found, answers, strict=True)):
            others = [int(index) for index in near if passages[index] != own]
            for index in rng.choice(others, min(self.negatives, len(others)), replace=False):
                rows.append(row)
                negatives.append(passages[index])
        return np.array(rows, dtype=np.int64), negatives


def _digest(generator: str) -> str:
    """Return the digest of a folder, or the name itself for a model in the cache."""
    return folder_digest(generator) if Path(generator).is_dir() else generator


def _until_half(stop: Stop) -> Progress:
    """Return a callback that raises once half of the time has passed."""
    half = stop.share(0.5)

    def check(_: int) -> None:
        if half.late:
            raise BudgetExhausted(
                "queries and margins were not finished within half of the time budget",
                hint="increase `budget`, or give fewer texts",
                option="budget",
            )

    return check
