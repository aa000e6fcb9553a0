"""The input of every check, and the constructor of its finding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tunesmith.data.loaded import Loaded
from tunesmith.data.splits.near_duplicates import groups, normalise
from tunesmith.data.statistics import label_text
from tunesmith.data.tokens import Tokens
from tunesmith.kinds import Examples, Retrieval, Triplets
from tunesmith.results.finding import FIRST_ROWS, Finding, Severity

if TYPE_CHECKING:
    from tunesmith.data.detection.detect import Detected


class ModelTokens(Tokens, Protocol):
    """The tokenizer of one model, and what its texts should be."""

    @property
    def name(self) -> str:
        """The model's name, for messages."""
        ...

    @property
    def languages(self) -> frozenset[str] | None:
        """The ISO codes of the languages that the model was made for; None if unknown."""
        ...

    def unknown_shares(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of each text's tokens that the model does not know, shape (n,)."""
        ...


@dataclass(frozen=True, eq=False)
class Context:
    """The examples to check, the file they come from, and whether the check is strict.

    A finding lists the first ``listed`` of its rows; None stands for all of them.
    """

    detected: "Detected"
    loaded: Loaded
    tokens: ModelTokens | None = None
    known_groups: NDArray[np.int64] | None = None
    strict: bool = False
    listed: int | None = FIRST_ROWS

    @property
    def lenient_severity(self) -> Severity:
        """The severity of a problem that a fit can work around: an error only if strict."""
        return Severity.ERROR if self.strict else Severity.WARNING

    @property
    def examples(self) -> Examples:
        """The examples to check."""
        return self.detected.examples

    @property
    def name(self) -> str:
        """The file's name."""
        return self.loaded.name

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The texts of each role, ``""`` where missing; for retrieval, queries and documents."""
        if isinstance(self.examples, Retrieval):
            return {role: self.examples.texts(role) for role in ("query", "document")}
        columns = {role: self._strings(role) for role in self.examples.text_roles}
        if isinstance(self.examples, Triplets):
            columns["negatives"] = ["\n".join(row) for row in self.negatives]
        return columns

    @cached_property
    def negatives(self) -> list[list[str]]:
        """The negatives of each triplet, ``""`` where one is missing."""
        lists = self.values("negatives")
        return [["" if text is None else str(text) for text in row or ()] for row in lists]

    @cached_property
    def labels(self) -> list[str | None]:
        """The labels as strings, ``None`` where missing; for kinds with one label per row."""
        return [label_text(label) for label in self.values("label")]

    @cached_property
    def keys(self) -> list[tuple[str, ...]]:
        """The normalised texts of each row; equal keys mean equal texts."""
        columns = [map(normalise, texts) for texts in self.texts.values()]
        return list(zip(*columns, strict=True))

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The near-duplicate group of each text, shape (n,)."""
        if self.known_groups is not None:
            return self.known_groups
        return groups(self.texts[self.examples.text_roles[0]])

    def take(self, positions: NDArray[np.int64]) -> Self:
        """Return the context of the rows at these positions only."""
        detected = replace(self.detected, examples=self.examples.take(positions))
        known = None if self.known_groups is None else self.known_groups[positions]
        return replace(self, detected=detected, known_groups=known)

    def raw_values(self, role: str) -> list[Any]:
        """Return a role's cells as written in the file, or its values if no column holds them."""
        column, table = self.column(role), self.loaded.table
        if column not in table.column_names:
            return self.values(role)
        indices = np.searchsorted(self.loaded.rows, self.examples.rows)
        cells: list[Any] = table[column].take(pa.array(indices)).to_pylist()
        return cells

    def values(self, role: str) -> list[Any]:
        """Return a role's values from the table of examples."""
        values: list[Any] = self.examples.table[role].to_pylist()
        return values

    def finding(
        self,
        code: str,
        severity: Severity,
        positions: Iterable[int],
        message: str,
        advice: str,
        *,
        role: str | None = None,
        drop: bool = False,
        count: int | None = None,
    ) -> Finding:
        """Return a finding about the rows at these positions.

        Set ``drop`` if skipping the rows fixes the problem. ``count`` defaults to the number of
        rows; pass it if something else is counted.
        """
        found = [int(position) for position in positions]
        return Finding(
            code=code,
            severity=severity,
            count=len(found) if count is None else count,
            message=message,
            advice=advice,
            rows=self.row_numbers(found[: self.listed]),
            column=self.column(role),
            faulty=tuple(found) if drop else (),
        )

    def row_numbers(self, positions: Sequence[int]) -> tuple[int, ...]:
        """Return the row numbers in the file of the rows at these positions."""
        return tuple(self.examples.rows[list(positions)].tolist()) if positions else ()

    def column(self, role: str | None) -> str | None:
        """Return the name of a role's column in the file; ``None`` for retrieval data."""
        if role is None or isinstance(self.examples, Retrieval):
            return None
        return self.detected.columns.get(role, role)

    def _strings(self, role: str) -> list[str]:
        return ["" if text is None else str(text) for text in self.values(role)]
