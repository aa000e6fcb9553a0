"""Read a folder in BEIR format: corpus, queries and relevance judgements (qrels)."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.column_names import plain_name
from tunesmith.data.loaded import Records, RetrievalFiles
from tunesmith.data.reading.delimited import read_delimited
from tunesmith.data.reading.encoding import plain_text
from tunesmith.data.reading.formats import file_format
from tunesmith.data.reading.json_lines import read_json_lines
from tunesmith.errors import UnreadableFile

_ID = ("id", "doc_id", "docid", "query_id", "qid", "corpus_id", "pid")
_JUDGEMENT = ("query-id", "corpus-id", "score")
_QUERY = (
    "query_id",
    "qid",
    "q_id",
    "queryid",
    "topic_id",
    "topic",
    "question_id",
    "query",
    "question",
)
_DOCUMENT = (
    "corpus_id", "doc_id", "docid", "did", "document_id", "docno", "passage_id", "pid", "corpusid",
    "corpus", "doc", "document", "passage",
)  # fmt: skip
_SCORE = (
    "score", "relevance", "rel", "relevance_score", "label", "grade", "gain", "judgment",
    "judgement", "rating", "relevant",
)  # fmt: skip
_SPACED = range(3, 5)  # columns of a TREC file, with or without the unused one
_ENDINGS = ("tsv", "txt", "qrels", "qrel", "trec")


def is_retrieval_folder(folder: Path) -> bool:
    """Return whether a folder has any part of a BEIR folder, which is perhaps incomplete."""
    names = ("queries.jsonl", "queries.jsonl.gz", "corpus.jsonl", "corpus.jsonl.gz")
    return _one_of(folder, *names) is not None or (folder / "qrels").is_dir()


def retrieval_paths(folder: Path) -> tuple[Path, ...]:
    """Return the files of a BEIR folder: queries, corpus, then judgement files by name.

    Raises
    ------
    UnreadableFile
        Not a BEIR folder; the message lists the missing files.
    """
    queries = _one_of(folder, "queries.jsonl", "queries.jsonl.gz")
    corpus = _one_of(folder, "corpus.jsonl", "corpus.jsonl.gz")
    judgements = next(filter(None, (_judgement_files(folder, ending) for ending in _ENDINGS)), [])
    if queries and corpus and judgements:
        return (queries, corpus, *judgements)
    parts = {"corpus.jsonl": corpus, "queries.jsonl": queries, "qrels/*.tsv": judgements}
    missing = " and ".join(name for name, found in parts.items() if not found)
    present = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    shown = f"contains {', '.join(present[:8])}" if present else "is empty"
    raise UnreadableFile(
        f"{folder.name} is not a BEIR folder (corpus.jsonl, queries.jsonl and qrels/*.tsv): it"
        f" lacks {missing} and {shown}. Add the missing files, or pass a single file",
        file=folder.name,
    )


def read_retrieval(paths: tuple[Path, ...]) -> tuple[Records, RetrievalFiles]:
    """Read the judgements and texts from the files listed by :func:`retrieval_paths`.

    The judgements have the string columns ``query-id``, ``corpus-id``, ``score`` and ``split``
    (the name of the file). Rows are numbered within each file.
    """
    queries = _texts(paths[0])
    corpus = _texts(paths[1])
    parts = [_judgements(path) for path in paths[2:]]
    merged = Records(
        pa.concat_tables([part.table for part in parts]),
        np.concatenate([part.rows for part in parts]),
        tuple(rejected for part in parts for rejected in part.rejected),
        tuple(note for part in parts for note in part.notes),
    )
    return merged, RetrievalFiles(queries.drop_columns(["title"]), corpus)


def _judgement_files(folder: Path, ending: str) -> list[Path]:
    return sorted([*folder.glob(f"qrels/*.{ending}"), *folder.glob(f"qrels/*.{ending}.gz")])


def _one_of(folder: Path, *names: str) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _texts(path: Path) -> pa.Table:
    file_format(path)  # rejects empty and binary files
    with TemporaryDirectory() as folder:
        records = read_json_lines(_utf8(path, Path(folder)), path.name)
    if records.rejected:
        first = records.rejected[0]
        raise UnreadableFile(
            f"line {first.line} of {path.name} cannot be read: {first.reason}",
            hint="fix or delete it",
            file=path.name,
            line=first.line,
        )
    columns = {plain_name(column): column for column in records.table.column_names}
    identifier = next((columns[name] for name in _ID if name in columns), None)
    if identifier is None or "text" not in columns:
        raise UnreadableFile(
            f"{path.name} must have the fields '_id' and 'text' on every line; it has"
            f" {', '.join(records.table.column_names)}",
            hint="rename the fields",
            file=path.name,
        )
    _require_ids(records, identifier, path.name)
    title = columns.get("title")
    return pa.table(
        {
            "id": _strings(records.table[identifier]),
            "title": _strings(records.table[title])
            if title
            else pa.nulls(len(records.rows), pa.string()),
            "text": _strings(records.table[columns["text"]]),
        }
    )


def _utf8(path: Path, folder: Path) -> Path:
    plain = plain_text(path, folder)
    if plain.guessed is not None:
        raise UnreadableFile(
            f"{path.name} is not UTF-8, but perhaps {plain.guessed}",
            hint="save it as UTF-8",
            file=path.name,
        )
    return plain.path


def _require_ids(records: Records, identifier: str, name: str) -> None:
    missing = pc.index(pc.is_null(records.table[identifier]), True).as_py()
    if missing >= 0:
        raise UnreadableFile(
            f"row {records.rows[missing]} of {name} has no {identifier!r}",
            hint="give it a unique one",
            file=name,
            row=records.rows[missing],
        )


def _strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(column, pa.string())


def _judgements(path: Path) -> Records:
    file_format(path)
    with TemporaryDirectory() as folder:
        plain = _with_tabs(_utf8(path, Path(folder)), Path(folder) / "tabs")
        records = read_delimited(plain, path.name, Path(folder), tabs=True)
    columns = _judgement_columns(records, path.name)
    table = records.table.select(columns).rename_columns(list(_JUDGEMENT))
    split = pa.array([path.name.partition(".")[0]] * table.num_rows, pa.string())
    notes = tuple(f"{path.name}: {note}" for note in records.notes if "delimiter" not in note)
    return Records(table.append_column("split", split), records.rows, records.rejected, notes)


def _with_tabs(path: Path, out: Path) -> Path:
    """Return a file whose columns are separated by spaces, as TREC's are, with tabs instead."""
    with path.open(encoding="utf-8") as lines:
        width = None
        for line in lines:
            cells = line.split()
            if cells and (
                "\t" in line or len(cells) not in _SPACED or len(cells) != (width or len(cells))
            ):
                return path
            width = len(cells) or width
    with path.open(encoding="utf-8") as lines, out.open("w", encoding="utf-8") as tabbed:
        tabbed.writelines("\t".join(line.split()) + "\n" for line in lines)
    return out


def _judgement_columns(records: Records, name: str) -> list[str]:
    """Return the columns for query, document and score: by name, or by place without a header."""
    names: list[str] = records.table.column_names
    if not records.has_header and len(names) in _SPACED:
        # The TREC format has an unused column between the two ids.
        return [names[index] for index in ((0, 1, 2) if len(names) == 3 else (0, 2, 3))]
    if len(names) < _SPACED.start:
        raise UnreadableFile(
            f"{name} has {len(names)} column{'s' * (len(names) != 1)}: it must have query-id,"
            " corpus-id and score, separated by tabs",
            file=name,
        )
    return judgement_columns(names, name)


def judgement_columns(names: list[str], name: str) -> list[str]:
    """Return the columns for query, document and score by their names.

    Raises
    ------
    UnreadableFile
        It is not clear which columns they are.
    """
    known = {plain_name(column): column for column in reversed(names)}
    found = [
        next((known[each] for each in role if each in known), None)
        for role in (_QUERY, _DOCUMENT, _SCORE)
    ]
    left = [column for column in names if plain_name(column) not in {*_QUERY, *_DOCUMENT, *_SCORE}]
    if found.count(None) == 1 and len(left) == 1:
        found[found.index(None)] = left[0]
    if None in found:
        raise UnreadableFile(
            f"{name} has the columns {', '.join(names)}: it is not clear which of them are the"
            " query's id, the document's id and the score",
            hint="name the columns query-id, corpus-id and score",
            file=name,
        )
    return [str(column) for column in found]
