"""The texts of a table in memory by the columns that a model was trained on."""

from collections.abc import Mapping
from typing import Any

from tunesmith.data.text_column import missing_part, source_columns, text_reader
from tunesmith.errors import UsageError


def trained_texts(texts: Any, metadata: Mapping[str, Any]) -> Any:
    """Return the texts of a table with several columns; anything else as it is.

    Parameters
    ----------
    texts
        A pandas, polars or Arrow table, or any collection of texts.
    metadata
        The content of ``tunesmith.json``, with the columns that the model was trained on.

    Raises
    ------
    UsageError
        The table lacks a column that the model was trained on.

    Examples
    --------
    >>> import pandas as pd
    >>> mails = pd.DataFrame({"subject": ["Refund"], "body": ["Where is it?"], "day": [3]})
    >>> trained_texts(mails, {"columns": {"text": "body"}})
    ['Where is it?']
    """
    column = metadata.get("columns", {}).get("text")
    if column is None or not _has_several_columns(texts):
        return texts
    from tunesmith.data.reading.in_memory import as_table  # noqa: PLC0415 - Arrow takes 0.1 s
    from tunesmith.data.reading.rows import cells_of  # noqa: PLC0415 - the same

    table = as_table(texts)
    if (missing := missing_part(table.column_names, column)) is not None:
        raise UsageError(
            f"the table has no column {missing!r}, which the model was trained on",
            hint="rename the column, or give the texts alone, as in table['text']",
            column=missing,
            option="texts",
        )
    names = source_columns(table.column_names, column)
    return list(map(text_reader(names, column), cells_of(table.select(names))))


def _has_several_columns(texts: Any) -> bool:
    return hasattr(texts, "columns") and hasattr(texts, "shape") and texts.shape[1] > 1
