"""A fit described by plain values, as a command, a job or a request over HTTP gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.data.reading.read import read as read_rows
from tunesmith.data.splits.time_split import split_by_time
from tunesmith.datasets.dataset import Dataset, read
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE
from tunesmith.errors import UsageError
from tunesmith.events import OnEvent, ignore
from tunesmith.fitting.settings import ADAPT, AUTO, GPL, CrossValidate, Settings, check_settings
from tunesmith.kinds import CorpusType
from tunesmith.recipes.adaptation import Adaptation
from tunesmith.results.fit_result import FitResult
from tunesmith.stop import Stop

if TYPE_CHECKING:
    from tunesmith.recipes.training.recipe import Recipe


@dataclass(frozen=True)
class FitRequest:
    """A fit with every option, as values that JSON can hold; :meth:`run` runs it.

    Parameters
    ----------
    source
        The file, or folder of documents, to learn from.
    budget, goal, base, seed, cross_validate, keep, int8, corpus_type
        As in :class:`~tunesmith.fitting.Settings`.
    kind, columns, encoding, fixes, skip_invalid, strict
        As for :func:`tunesmith.read`.
    documents
        File or folder of all documents, for queries with their relevant documents.
    test, validation
        Separate test and validation files.
    split_by
        Column of dates or numbers; the latest fifth of the rows is the test.
    recipe
        Name of a recipe, ``"auto"`` or ``"adapt"``.
    domain, first
        With ``"adapt"``: a file of texts of the domain, and the objective trained on it.
    judge, generator
        With ``"gpl"``: the cross-encoder, and the model that writes queries.

    Examples
    --------
    >>> request = FitRequest("examples/pairs.csv", test="examples/pairs.csv", split_by="date")
    >>> request.check()
    Traceback (most recent call last):
    tunesmith.errors.UsageError: `split_by` and `test` both choose the test rows: give one of them
    """

    source: str
    budget: float | None = 300.0
    goal: str = "classify"
    base: str = DEFAULT_BASE
    seed: int = 0
    kind: str | None = None
    columns: Mapping[str, str] | None = None
    documents: str | None = None
    test: str | None = None
    split_by: str | None = None
    validation: str | None = None
    cross_validate: CrossValidate = AUTO
    keep: str = AUTO
    int8: bool = False
    recipe: str = AUTO
    domain: str | None = None
    first: str = AUTO
    judge: str = ""
    generator: str = ""
    corpus_type: CorpusType = "open"
    encoding: str | None = None
    fixes: tuple[str, ...] = ()
    skip_invalid: bool = False
    strict: bool = False

    def run(
        self,
        *,
        output: str | Path | None = None,
        overwrite: bool = False,
        on_event: OnEvent = ignore,
        stop: Stop | None = None,
    ) -> FitResult:
        """Read the files and fit, as :func:`tunesmith.fitting.fit_dataset` does.

        Raises
        ------
        DataError
            A file cannot be used.
        UsageError
            Options are invalid or contradict each other.
        OutputError
            The model cannot be written, or the output folder holds a model already.
        ModelError
            The base cannot be loaded.
        Cancelled
            The token was cancelled; the same call resumes the fit.
        """
        self.check()
        data, later = self._read()
        from tunesmith.fitting.run import fit_dataset  # noqa: PLC0415 - it loads torch

        return fit_dataset(
            data,
            self.settings(),
            test=later or self.test,
            validation=self.validation,
            output=output,
            overwrite=overwrite,
            on_event=on_event,
            stop=stop,
        )

    def check(self) -> None:
        """Check the options without reading a file.

        Raises
        ------
        UsageError
            Options are invalid or contradict each other.
        """
        if self.split_by is not None and self.test is not None:
            raise UsageError(
                "`split_by` and `test` both choose the test rows",
                hint="give one of them",
                option="split_by",
            )
        self._check_recipe()
        # gpl with a judge is valid, and to build it would load torch.
        check_settings(self._settings(AUTO if self._judged else self._recipe()))

    def settings(self) -> Settings:
        """Return the settings of the fit."""
        return self._settings(self._recipe())

    def _settings(self, recipe: "str | Recipe | Adaptation") -> Settings:
        return Settings(
            base=self.base,
            budget=self.budget,
            goal=self.goal,
            seed=self.seed,
            cross_validate=self.cross_validate,
            keep=self.keep,
            int8=self.int8,
            recipe=recipe,
            corpus_type=self.corpus_type,
        )

    def _read(self) -> tuple[Dataset, Dataset | None]:
        """Return the data, and the later rows as the test if it is split by time."""
        options: dict[str, Any] = {
            "kind": self.kind,
            "columns": self.columns,
            "skip_invalid": self.skip_invalid,
            "strict": self.strict,
            "encoding": self.encoding,
            "fixes": self.fixes,
            "base": self.base,
            "documents": self.documents,
        }
        if self.split_by is None:
            return read(self.source, **options), None
        earlier, later = split_by_time(
            read_rows(self.source, encoding=self.encoding), self.split_by
        )
        data = read(earlier, **options)
        if data.documents is not None:
            return data, read(later, **options)
        return data, read(later, **{**options, "kind": data.kind, "columns": data.columns})

    def _check_recipe(self) -> None:
        """Raise a UsageError for an option of a recipe that was not chosen."""
        if self.domain is not None and self.recipe != ADAPT:
            raise UsageError(
                "`domain` needs domain adaptation", hint="add `recipe=adapt`", option="domain"
            )
        if self.first != AUTO and self.recipe != ADAPT:
            raise UsageError(
                "`first` is for domain adaptation only",
                hint="add `recipe=adapt`",
                option="first",
            )
        if (self.judge or self.generator) and self.recipe != GPL:
            raise UsageError(
                "`judge` and `generator` are for the recipe gpl only",
                hint="add `recipe=gpl`",
                option="judge",
            )

    @property
    def _judged(self) -> bool:
        return self.recipe == GPL and bool(self.judge)

    def _recipe(self) -> "str | Recipe | Adaptation":
        """Return the recipe that the options describe."""
        if self.recipe == ADAPT:
            return Adaptation(self.domain, self.first)
        if self._judged:
            from tunesmith.recipes.build import build_recipe  # noqa: PLC0415 - it loads torch

            generator = self.generator or None
            return build_recipe(GPL, judge=self.judge, generator=generator, seed=self.seed)
        return self.recipe
