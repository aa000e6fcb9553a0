"""Convert columns as read to the fixed Arrow schema of a kind."""

import re
from collections.abc import Callable, Mapping, Sequence
from textwrap import shorten
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.detection.cell_values import (
    as_numbers,
    as_strings,
    is_list,
    is_string,
    parsed,
    relation,
    yes_or_no,
)
from tunesmith.data.detection.column_profile import Profile, Shape
from tunesmith.data.loaded import Loaded
from tunesmith.data.reading.missing import is_missing
from tunesmith.errors import DataError, UnknownKind
from tunesmith.kinds import KINDS, LABEL_MAP, Examples, Kind, Retrieval, Texts

_TEXT_LISTS = pa.list_(pa.string())
_ONE = frozenset(["1", "1.0", "True", "true"])
_ZERO = frozenset(["0", "0.0", "False", "false"])
_MAX_KNOWN_LABELS = 50_000_000
_SCORES = ("score", "relevance", "grade", "label", "is_relevant", "is_selected", "is_correct")
_LISTED = re.compile(r"\s*\[\s*['\"]")


def convert(kind: Kind, columns: Mapping[str, Profile], loaded: Loaded) -> Examples:
    """Return the examples of a kind, given a column for each role.

    Texts and missing values are unchanged. Labels are stripped strings, or null if blank. A list
    of positives becomes one row for each positive.

    Raises
    ------
    DataError
        A multi-label value is neither 1, 0 nor empty, or a list of texts contains something else;
        the message names the row.
    """
    made = {
        role: _MAKERS.get((kind, role), _texts)(column, loaded) for role, column in columns.items()
    }
    made["row"] = pa.chunked_array([pa.array(loaded.rows, pa.int64())])
    roles = KINDS[kind].roles
    table = pa.table({name: made[name] for name in (*roles, "row")})
    if "positive" in roles and is_list(table["positive"].type):
        table = _explode_positives(table)
    return KINDS[kind](table)


def convert_retrieval(loaded: Loaded) -> Retrieval:
    """Return the examples of a BEIR folder, with each title prepended to its document's text.

    BEIR's published results are computed in the same way.

    Raises
    ------
    UnknownKind
        The source is not a BEIR folder.
    """
    if loaded.retrieval is None:
        raise UnknownKind(
            f"{loaded.name} is not a BEIR folder (corpus, queries and qrels)", file=loaded.name
        )
    found = loaded.table
    table = pa.table(
        {
            "query": found["query-id"],
            "document": found["corpus-id"],
            "score": as_numbers(found["score"]),
            "split": found["split"],
            "row": pa.array(loaded.rows, pa.int64()),
        }
    )
    corpus = loaded.retrieval.corpus
    title, text = (pc.fill_null(corpus[name], "") for name in ("title", "text"))
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(title, text, " "))
    documents = pa.table({"id": corpus["id"], "text": joined})
    queries = loaded.retrieval.queries
    filled = pa.table({"id": queries["id"], "text": pc.fill_null(queries["text"], "")})
    return Retrieval(table, queries=filled, corpus=documents)


def convert_documents(loaded: Loaded) -> Texts:
    """Return the passages of a folder of documents as raw texts.

    The title is a line of its own, so that training on parts can pair it with the text below.
    """
    titles, texts = (loaded.table[name].to_pylist() for name in ("title", "text"))
    joined = [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)]
    columns = {"text": pa.array(joined, pa.string()), "row": pa.array(loaded.rows, pa.int64())}
    return Texts(pa.table(columns))


def _column(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    joined = column.name in loaded.table.column_names
    cells = loaded.table[column.name if joined else column.members[0]]
    if column.shape is Shape.EMPTY and not is_string(cells.type):  # empty lists
        return pa.chunked_array([pa.nulls(len(cells), pa.string())])
    return cells


def _texts(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    return as_strings(_column(column, loaded))


def _labels(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(as_strings(_column(column, loaded)))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _scores(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    return as_numbers(_column(column, loaded))


def _answers(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    values = [yes_or_no(value) for value in as_strings(_column(column, loaded)).to_pylist()]
    return pa.chunked_array([pa.array(values, pa.int8())])


def _relations(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    values = [relation(value) for value in as_strings(_column(column, loaded)).to_pylist()]
    return pa.chunked_array([pa.array(values, pa.string())])


def _positives(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    if column.shape is not Shape.LIST:
        return _texts(column, loaded)
    # A row without a positive is kept, so that the check can report it.
    rows = _lists(column, loaded, keep=_is_positive)
    return pa.chunked_array([pa.array([row or [None] for row in rows], _TEXT_LISTS)])


def left_out_positives(column: Profile, loaded: Loaded) -> int:
    """Return the number of listed positives that are left out, as their score is 0 or less."""
    if column.shape is not Shape.LIST:
        return 0
    listed = (parsed(cell) for cell in _column(column, loaded).to_pylist())
    items = (item for cell in listed if isinstance(cell, list) for item in cell)
    return sum(not _is_positive(item) for item in items)


def _is_positive(item: object) -> bool:
    """Return whether an item may be a positive: it has no score of 0 or less."""
    scores = [item.get(name) for name in _SCORES] if isinstance(item, dict) else []
    return not any(isinstance(score, int | float) and score <= 0 for score in scores)


def _negatives(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    if len(column.members) == 1:
        return pa.chunked_array([pa.array(_lists(column, loaded), _TEXT_LISTS)])
    members = [as_strings(loaded.table[name]).to_pylist() for name in column.members]
    # An empty cell means that the row has one negative fewer.
    rows = [[text for text in row if text] for row in zip(*members, strict=True)]
    return pa.chunked_array([pa.array(rows, _TEXT_LISTS)])


def _lists(
    column: Profile, loaded: Loaded, keep: Callable[[object], bool] = lambda _: True
) -> list[list[str | None]]:
    """Return the texts of each cell, which holds either a list of texts or a single text."""
    cells = enumerate(_column(column, loaded).to_pylist())
    return [_listed_texts(cell, column, loaded, position, keep) for position, cell in cells]


def _listed_texts(
    cell: object, column: Profile, loaded: Loaded, position: int, keep: Callable[[object], bool]
) -> list[str | None]:
    where = f"row {loaded.rows[position]} of {loaded.name}, column {column.name!r}"
    listed = parsed(cell)
    if not isinstance(listed, list):
        if isinstance(cell, str) and _LISTED.match(cell):
            raise DataError(
                f"{where}: the list is not valid JSON",
                hint='use double quotes, such as ["one text", "another"]',
            )
        return [None if cell is None else str(cell)]
    texts = [_passage(item) for item in listed if keep(item)]
    wrong = next((item for item in texts if not isinstance(item, str | None)), None)
    if wrong is not None:
        raise DataError(
            f"{where}: the list contains {shorten(repr(wrong), 60)}, which is not a text",
            hint="list the texts themselves",
        )
    return texts


def _passage(item: Any) -> Any:
    """Return the text of an object with ``text`` and perhaps ``title``; other items unchanged."""
    if not isinstance(item, dict) or not isinstance(item.get("text"), str | None):
        return item
    if "text" not in item or not isinstance(item.get("title"), str | None):
        return item
    return " ".join(filter(None, (item.get("title"), item["text"])))


def _explode_positives(table: pa.Table) -> pa.Table:
    positives = table["positive"].combine_chunks()
    parents = pc.list_parent_indices(positives)
    return table.take(parents).set_column(
        table.column_names.index("positive"), "positive", pc.list_flatten(positives)
    )


def _label_maps(column: Profile, loaded: Loaded) -> pa.ChunkedArray:
    makers = {Shape.GROUP: _from_indicators, Shape.OBJECT: _from_objects}
    rows = makers.get(column.shape, _from_lists)(column, loaded)
    return pa.chunked_array([pa.array(rows, LABEL_MAP)])


_Known = list[tuple[str, int]]


def _from_indicators(column: Profile, loaded: Loaded) -> list[_Known | None]:
    members = [as_strings(loaded.table[name]).to_pylist() for name in column.members]
    rows: list[_Known | None] = []
    for position, values in enumerate(zip(*members, strict=True)):
        cells = zip(column.members, values, strict=True)
        rows.append([_known(*cell, loaded, position) for cell in cells if cell[1] is not None])
    return rows


def _from_objects(column: Profile, loaded: Loaded) -> list[_Known | None]:
    rows: list[_Known | None] = []
    for position, value in enumerate(_column(column, loaded).to_pylist()):
        cells = parsed(value)
        if cells is None:
            rows.append(None)
            continue
        if not isinstance(cells, dict) and not all(isinstance(cell, tuple) for cell in cells):
            raise _not_labels(loaded, position, column, "an object", '{"lift": 1, "water": 0}')
        known = {str(name): cell for name, cell in dict(cells).items() if cell is not None}
        rows.append([_known(name, cell, loaded, position) for name, cell in known.items()])
    return rows


def _known(label: str, value: object, loaded: Loaded, position: int) -> tuple[str, int]:
    answer = yes_or_no(value)
    if answer is None:
        raise DataError(
            f"row {loaded.rows[position]} of {loaded.name} has {value!r} for label {label!r}",
            hint="use 1 for yes and 0 for no, and leave unknown labels out",
            file=loaded.name,
            row=loaded.rows[position],
        )
    return label, answer


def _from_lists(column: Profile, loaded: Loaded) -> list[_Known | None]:
    """Return label maps for rows that list their labels; labels not listed are 0."""
    cells = enumerate(_column(column, loaded).to_pylist())
    lists = [_listed(cell, column, loaded, position) for position, cell in cells]
    if _multi_hot_width(lists):
        return [
            None
            if row is None
            else [(str(index), int(flag in _ONE)) for index, flag in enumerate(row)]
            for row in lists
        ]
    classes = sorted({label for row in lists for label in row or ()})
    if len(classes) * len(lists) > _MAX_KNOWN_LABELS:
        raise DataError(
            f"{loaded.name} has {len(classes):,} labels for {len(lists):,} rows, too many for a"
            " dense label matrix",
            hint="keep only the labels you need",
            file=loaded.name,
        )
    return [None if row is None else _indicators(set(row), classes) for row in lists]


def _indicators(present: set[str], classes: Sequence[str]) -> _Known:
    return [(label, int(label in present)) for label in classes]


def _listed(cell: object, column: Profile, loaded: Loaded, position: int) -> list[str] | None:
    """Return one cell's labels: ``None`` if all are missing, ``[]`` for an empty list."""
    if cell is None:
        return None
    listed = parsed(cell) if column.shape is Shape.LIST and not _is_single(cell) else cell
    if listed == {}:  # PostgreSQL's empty array
        return []
    if isinstance(listed, str):
        separator = None if column.shape is Shape.LIST else column.separator
        pieces = listed.split(separator) if separator else [listed]
        named = [piece.strip() for piece in pieces if piece.strip()]
        return named or None
    if not isinstance(listed, list) or any(isinstance(item, dict | list) for item in listed):
        raise _not_labels(loaded, position, column, "a list", '["one label", "another"]')
    labels = [str(label).strip() for label in listed if not is_missing(label)]
    return labels if labels or not listed else None


def _is_single(cell: object) -> bool:
    """Return whether a cell of a column of lists is a label without a list around it."""
    return isinstance(cell, str) and not cell.lstrip().startswith(("[", "{"))


def _not_labels(
    loaded: Loaded, position: int, column: Profile, what: str, example: str
) -> DataError:
    row = loaded.rows[position]
    return DataError(
        f"row {row} of {loaded.name}, column {column.name!r}: the cell is not {what} of labels",
        hint=f"give the labels as {what}, such as {example}",
        file=loaded.name,
        row=row,
        column=column.name,
    )


def _multi_hot_width(lists: Sequence[Sequence[str] | None]) -> int:
    """Return the number of labels if every list is a multi-hot vector of 0s and 1s, else 0."""
    widths = {len(row) for row in lists if row is not None}
    flags = {flag for row in lists for flag in row or ()}
    width = max(widths, default=0)
    hot = flags <= {*_ONE, *_ZERO} and not flags.isdisjoint(_ONE) and not flags.isdisjoint(_ZERO)
    return width if len(widths) == 1 and width > 1 and hot else 0


_Maker = Callable[[Profile, Loaded], pa.ChunkedArray]
_MAKERS: dict[tuple[Kind, str], _Maker] = {
    (Kind.LABELLED, "label"): _labels,
    (Kind.MULTILABEL, "labels"): _label_maps,
    (Kind.LABELLED_PAIRS, "label"): _answers,
    (Kind.SCORED_PAIRS, "score"): _scores,
    (Kind.NLI, "label"): _relations,
    (Kind.PAIRS, "positive"): _positives,
    (Kind.TRIPLETS, "positive"): _positives,
    (Kind.TRIPLETS, "negatives"): _negatives,
}
