"""Leave out the header where it is repeated among the rows, as in files that were joined."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.loaded import Records
from tunesmith.wording import plural


def repeats_names(table: pa.Table, header: Sequence[str] | None) -> pa.BooleanArray:
    """Return which rows are the header once more, in any case; none if there is none.

    Examples
    --------
    >>> repeats_names(pa.table({"c0": ["my card", "text "]}), ["text"]).to_pylist()
    [False, True]
    """
    if header is None:
        return pa.array([False] * table.num_rows)
    same = pa.array([True] * table.num_rows)
    for column, name in zip(table.columns, header, strict=True):
        cells = pc.utf8_trim_whitespace(pc.fill_null(column, "")).combine_chunks()
        same = pc.and_(same, pc.equal(pc.utf8_lower(cells), name.strip().lower()))
    return same


def without_repeats(records: Records, header: Sequence[str] | None) -> tuple[Records, int]:
    """Return the records without repeats of the header, and the number of repeats."""
    repeated = repeats_names(records.table, header)
    count = pc.sum(repeated).as_py() or 0
    if not count or count == len(records.rows):
        return records, 0
    kept = pc.invert(repeated)
    rows = records.rows[kept.to_numpy(zero_copy_only=False)]
    return replace(records, table=records.table.filter(kept), rows=rows), count


def repeat_notes(count: int) -> list[str]:
    """Return a note on the number of repeats, if there are any."""
    return [f"{plural(count, 'repeated header line')} left out"] if count else []
