"""How scores and the files of a collection look in a terminal."""

from collections.abc import Sequence

from tunesmith.cli.output import Cell, Column, Output
from tunesmith.data.figures import ScoreSpread, SplitSize
from tunesmith.report.words import clean, count, number

QUARTILES = ("lowest", "first quarter", "half", "three quarters", "highest")


def write_scores(output: Output, spread: ScoreSpread) -> None:
    """Write the quartiles, then how many pairs have which score, with a bar each."""
    said = zip(QUARTILES, spread.quartiles, strict=True)
    output.line("  " + ", ".join(f"{name} {number(value, 2)}" for name, value in said))
    columns = [Column("from", right=True), Column("to", right=True), Column("pairs", right=True)]
    most = max(spread.counts)
    rows: list[list[Cell]] = [
        [number(low, 2), number(high, 2), count(pairs), output.bar(pairs / most)]
        for low, high, pairs in zip(spread.edges, spread.edges[1:], spread.counts, strict=False)
    ]
    output.table([*columns, Column("")], rows)


def write_splits(output: Output, splits: Sequence[SplitSize]) -> None:
    """Write how many queries, documents and judgements each judgement file has."""
    names = ("queries", "documents", "judgements")
    columns = [Column("file", fold=True), *(Column(name, right=True) for name in names)]
    rows: list[list[Cell]] = [
        [clean(part.name), count(part.queries), count(part.documents), count(part.judgements)]
        for part in splits
    ]
    output.table(columns, rows)
