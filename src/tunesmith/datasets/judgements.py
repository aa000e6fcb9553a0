"""Queries and their clicked or relevant documents, joined with all documents of a collection."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.column_names import (
    ANCHOR,
    ASKED,
    POSITIVE,
    TEXT,
    names_negatives,
    plain_name,
)
from tunesmith.data.detection.cell_values import (
    as_numbers,
    as_strings,
    is_list,
    is_number,
    is_string,
    parsed,
    yes_or_no,
)
from tunesmith.data.loaded import Loaded, RetrievalFiles
from tunesmith.datasets.collection import Documents
from tunesmith.errors import DataError, UsageError
from tunesmith.wording import listing

_QUERY: Final = (*ASKED, "keyword", "keywords", *ANCHOR, "prompt", "phrase", "utterance", *TEXT)
_DOCUMENT: Final = frozenset(
    [
        "corpus_id", "doc_id", "docid", "did", "document_id", "docno", "passage_id", "pid",
        "corpus", "doc", "docs", "page", "article", "article_id", "articles", "clicked",
        "clicked_id", "clicked_url", "url", "path", "file", "filename", "relevant", "relevant_id",
        "relevant_ids",
        "relevant_doc", "result", "target", "item", "item_id", "product_id", *POSITIVE,
    ]
)  # fmt: skip
_COUNTS: Final = frozenset(
    ["clicks", "click_count", "count", "counts", "n", "weight", "weights", "votes", "hits", "times"]
)
_GRADES: Final = frozenset(
    [
        "score", "relevance", "rel", "relevance_score", "label", "grade", "gain", "judgment",
        "judgement", "rating", "relevance_grade", "is_relevant", "relevant", "is_answer",
        "correct", "is_correct", "match", "is_match",
    ]
)  # fmt: skip
_CLICKED: Final = frozenset(["clicked", "is_clicked", "click", "selected", "is_selected"])
_GRADED: Final = re.compile(r"label|relevan|grade|rating|score|click|judge?ment|select")
_FEW: Final = 6  # distinct grades
_NUMBERS: Final = frozenset(["id", "row", "index", "query_id", "qid", "session_id", "user_id"])
_SPLIT: Final = "split"
_ROLES: Final = ("query", "document", "score", _SPLIT)
_SEPARATORS: Final = (";", "|", ",")
_ALL: Final = "all"
_SAMPLE: Final = 500
_HALF: Final = 0.5
_PROSE: Final = 3  # words of a text that is no id or path


@dataclass(frozen=True)
class _Columns:
    query: str
    document: str
    score: str | None
    split: str | None

    @property
    def counted(self) -> bool:
        """Whether repeated rows are clicks, which add up; grades do not."""
        return self.score is None or plain_name(self.score) in _COUNTS | _CLICKED

    @property
    def note(self) -> str:
        used = [f"queries from {self.query!r}", f"documents from {self.document!r}"]
        used += [f"grades from {self.score!r}"] if self.score else []
        used += [f"splits from {self.split!r}"] if self.split else []
        return ", ".join(used)


@dataclass
class _Judged:
    """The judgements so far; one for each query and document if they are counted."""

    rows: list[tuple[str, str, float | None, str, int]] = field(default_factory=list)
    queries: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    incomplete: list[int] = field(default_factory=list)


def judged(
    loaded: Loaded, documents: Documents, columns: Mapping[str, str] | None = None
) -> Loaded:
    """Return queries with their documents as retrieval data with the whole collection.

    Parameters
    ----------
    loaded
        A file or table with a column of queries and one of ids, paths, texts or titles of
        documents; a cell may list several. Optionally a column of counts or grades, and of splits.
    documents
        All documents.
    columns
        The columns of the roles ``query``, ``document``, ``score`` and ``split``; others are
        detected.

    Raises
    ------
    UsageError
        The source has its own documents, or a column or role does not exist.
    DataError
        No column holds documents of the collection, or it is not clear which one does.

    Examples
    --------
    >>> from tunesmith.data import detect, read
    >>> from tunesmith.datasets.collection import read_documents
    >>> clicks = pa.table({"query": ["lost it", "lost it"], "doc": ["d1", "d1"]})
    >>> documents = read_documents({"d1": "Call us.", "d2": "Wait."})
    >>> examples = detect(judged(read(clicks), documents)).examples
    >>> examples.corpus.num_rows, examples.table["score"].to_pylist()
    (2, [2.0])
    """
    if loaded.retrieval is not None:
        raise UsageError(
            f"{loaded.name} has its own documents", hint="omit `documents`", option="documents"
        )
    chosen = _columns(loaded, documents, columns or {})
    found = _judgements(loaded, documents, chosen)
    if not found.rows:
        raise DataError(f"no row of {loaded.name} has a query and a document", file=loaded.name)
    names = ("query-id", "corpus-id", "score", "split")
    *cells, rows = zip(*found.rows, strict=True)
    table = pa.table(dict(zip(names, cells, strict=True)))
    digest = hashlib.sha256(f"{loaded.digest} {documents.digest} {chosen}".encode()).hexdigest()
    unused = [name for name in loaded.table.column_names if name not in vars(chosen).values()]
    grades = tuple(name for name in unused if _may_grade(loaded.table, name))
    notes = [chosen.note, *([f"not used: {', '.join(unused)}"] if unused else [])]
    if documents.files is not None and documents.files.passages > len(documents.files.paths):
        notes.append("a file stands for all of its passages")
    return replace(
        loaded,
        table=table,
        rows=np.array(rows, dtype=np.int64),
        notes=(*loaded.notes, *notes),
        digest=digest,
        retrieval=replace(
            _files(found, documents, tuple(filter(names_negatives, unused))), unused_grades=grades
        ),
        documents=documents.files,
    )


def _files(found: _Judged, documents: Documents, negatives: tuple[str, ...]) -> RetrievalFiles:
    size = len(found.added)
    queries = _strings(id=[*found.queries.values()], text=[*found.queries])
    added = _strings(id=[*found.added.values()], title=[None] * size, text=[*found.added])
    return RetrievalFiles(
        queries,
        pa.concat_tables([documents.corpus, added]),
        f"queries, searched in {documents.name},",
        added=size,
        incomplete=tuple(found.incomplete),
        unused_negatives=negatives,
    )


def _strings(**columns: Sequence[str | None]) -> pa.Table:
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


def _judgements(loaded: Loaded, documents: Documents, columns: _Columns) -> _Judged:
    table, size = loaded.table, loaded.table.num_rows
    queries = as_strings(table[columns.query]).to_pylist()
    cells = _cells(table[columns.document])
    splits = as_strings(table[columns.split]).to_pylist() if columns.split else [_ALL] * size
    scores = _scores(table[columns.score]) if columns.score else [1.0] * size
    by_text = _holds_texts(cells, documents)
    found = _Judged()
    for row, query, cell, score, split in zip(
        loaded.rows.tolist(), queries, cells, scores, splits, strict=True
    ):
        ids = list(dict.fromkeys(_ids(cell, row, documents, found, by_text=by_text)))
        if not query or not query.strip() or not ids:
            found.incomplete.append(row)
            continue
        name = found.queries.setdefault(query.strip(), f"row {row}")
        found.rows += [(name, document, score, split or _ALL, row) for document in ids]
    return replace(found, rows=_added_up(found.rows)) if columns.counted else found


def _ids(
    cell: Any, row: int, documents: Documents, found: _Judged, *, by_text: bool
) -> Iterator[str]:
    """Yield the ids that a cell names; a text that no document has becomes one."""
    for reference in _references(cell, documents):
        if ids := documents.find(reference):
            yield from ids
        elif by_text and len(reference.split()) >= _PROSE:
            yield found.added.setdefault(reference.strip(), f"row {row}")
        else:
            yield reference.strip()


def _added_up(
    rows: Sequence[tuple[str, str, float | None, str, int]],
) -> list[tuple[str, str, float | None, str, int]]:
    """Return one judgement for each query, document and split, with the sum of their counts."""
    sums: dict[tuple[str, str, str], tuple[float | None, int]] = {}
    for query, document, score, split, row in rows:
        before, first = sums.get((query, document, split), (0.0, row))
        total = None if score is None or before is None else before + score
        sums[query, document, split] = (total, first)
    return [
        (query, document, total, split, row)
        for (query, document, split), (total, row) in sums.items()
    ]


def _references(cell: Any, documents: Documents) -> list[str]:
    """Return the references in a cell: a list, as a list or as text, or a single one."""
    if isinstance(cell, list):
        return [str(item) for item in cell if item not in (None, "")]
    if cell is None or not str(cell).strip():
        return []
    text = str(cell)
    if documents.find(text):
        return [text]
    listed = parsed(text)
    if isinstance(listed, list):
        return [str(item) for item in listed]
    for separator in _SEPARATORS:
        parts = [part for part in text.split(separator) if part.strip()]
        if len(parts) > 1 and all(map(documents.find, parts)):
            return parts
    return [text]


def _cells(column: pa.ChunkedArray) -> list[Any]:
    cells: list[Any] = (column if is_list(column.type) else as_strings(column)).to_pylist()
    return cells


def _holds_texts(cells: Sequence[Any], documents: Documents) -> bool:
    """Return whether most known documents in a column are named by their texts."""
    references = [each for cell in cells[:_SAMPLE] for each in _references(cell, documents)]
    known = [each for each in references if documents.find(each)]
    return sum(map(documents.names, known)) < _HALF * len(known)


def _columns(loaded: Loaded, documents: Documents, given: Mapping[str, str]) -> _Columns:
    names = loaded.table.column_names
    for role, name in given.items():
        if role not in _ROLES:
            raise UsageError(
                f"there is no role {role!r}; with documents, the roles are {', '.join(_ROLES)}",
                option="columns",
            )
        if name not in names:
            raise UsageError(
                f"{loaded.name} has no column {name!r}; it has {', '.join(names)}",
                file=loaded.name,
                column=name,
            )
    rest = [name for name in names if name not in given.values()]
    score = given.get("score") or next((n for n in rest if _is_score(loaded.table, n)), None)
    split = given.get(_SPLIT) or next((n for n in rest if plain_name(n) == _SPLIT), None)
    rest = [name for name in rest if name not in (score, split)]
    document = given.get("document") or _document_column(loaded, documents, rest)
    query = given.get("query") or _query_column(loaded, [n for n in rest if n != document])
    return _Columns(query, document, score, split)


def _is_score(table: pa.Table, name: str) -> bool:
    plain = plain_name(name)
    if plain in _DOCUMENT | _CLICKED:  # "clicked" and "relevant" may also name the documents
        return plain in _GRADES | _CLICKED and _says_yes_or_no(table[name])
    if plain not in _COUNTS | _GRADES:
        return False
    unknown: int = _scores(table[name]).count(None)
    return unknown <= _HALF * len(table)


def _scores(column: pa.ChunkedArray) -> list[float | None]:
    """Return grades, with 1 and 0 for yes and no."""
    if not _says_yes_or_no(column):
        numbers: list[float | None] = as_numbers(column).to_pylist()
        return numbers
    answers = map(yes_or_no, as_strings(column).to_pylist())
    return [None if answer is None else float(answer) for answer in answers]


def _says_yes_or_no(column: pa.ChunkedArray) -> bool:
    """Return whether all values of a column mean yes or no."""
    if not (is_string(column.type) or is_number(column.type)) or column.null_count == len(column):
        return False
    distinct = pc.unique(as_strings(column.drop_null())).to_pylist()
    return all(yes_or_no(value) is not None for value in distinct)


def _may_grade(table: pa.Table, name: str) -> bool:
    """Return whether an unused column may say which documents are relevant."""
    column = table[name]
    if not (is_string(column.type) or is_number(column.type)):
        return False
    distinct = pc.count_distinct(as_strings(column)).as_py()
    named = bool(_GRADED.search(plain_name(name)))
    return distinct > 1 and ((named and distinct <= _FEW) or _says_yes_or_no(column))


def _document_column(loaded: Loaded, documents: Documents, names: Sequence[str]) -> str:
    """Return the column with the ids, paths or texts of documents.

    A column that is named like one is preferred, and one that numbers the rows comes last.
    """
    shares = {name: _share(loaded.table[name], documents) for name in names}
    ranked = sorted(names, key=lambda name: (_rank(name), shares[name]), reverse=True)
    likely = [name for name in ranked if shares[name] >= _HALF]
    known = likely or [name for name in ranked if shares[name] > 0]
    if not known:
        raise _unknown_documents(loaded, documents, names)
    first, *others = known
    if others and (_rank(others[0]), shares[others[0]]) == (_rank(first), shares[first]):
        raise DataError(
            f"both {first!r} and {others[0]!r} of {loaded.name} name documents of {documents.name}",
            hint=f'choose one, such as `columns={{"document": "{first}"}}`',
            file=loaded.name,
            option="columns",
        )
    return first


def _rank(name: str) -> int:
    plain = plain_name(name)
    if plain in _DOCUMENT:
        return 2
    return 0 if plain in _NUMBERS or plain in ASKED else 1


def _share(column: pa.ChunkedArray, documents: Documents) -> float:
    """Return the share of the distinct references in a column that name a document."""
    cells = (each for cell in _cells(column) for each in _references(cell, documents))
    distinct = list(islice(dict.fromkeys(cells), _SAMPLE))
    return sum(bool(documents.find(each)) for each in distinct) / max(len(distinct), 1)


def _unknown_documents(loaded: Loaded, documents: Documents, names: Sequence[str]) -> DataError:
    table = loaded.table
    values = {name: next((c for c in _cells(table[name]) if c), None) for name in names}
    shown = listing([f"{name} ({str(value)[:60]!r})" for name, value in values.items() if value])
    ids = listing(documents.ids, shown=3, quoted=True)
    return DataError(
        f"no column of {loaded.name} names documents of {documents.name}: its columns are {shown}; "
        f"the documents are {ids}",
        hint="give the ids, paths or texts of the documents",
        file=loaded.name,
        option="documents",
    )


def _query_column(loaded: Loaded, names: Sequence[str]) -> str:
    known = {plain_name(name): name for name in reversed(names)}
    named = next((known[name] for name in _QUERY if name in known), None)
    texts = [name for name in names if is_string(loaded.table[name].type)]
    if named is None and len(texts) != 1:
        raise DataError(
            f"it is not clear which column of {loaded.name} holds the queries: {', '.join(names)}",
            hint='name it, such as `columns={"query": "…"}`',
            file=loaded.name,
            option="columns",
        )
    return str(named or texts[0])
