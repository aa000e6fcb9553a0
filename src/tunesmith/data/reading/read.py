"""Read any supported source into a :class:`~tunesmith.data.Loaded` with one Arrow table."""

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import DocumentFiles, Loaded, Records, Rejected, RetrievalFiles
from tunesmith.data.reading.beir import is_retrieval_folder, read_retrieval, retrieval_paths
from tunesmith.data.reading.delimited import read_delimited
from tunesmith.data.reading.documents.find import is_document
from tunesmith.data.reading.documents.read_documents import (
    documents_digest,
    read_documents,
    read_labelled_documents,
)
from tunesmith.data.reading.formats import Format, file_format, is_named_tsv
from tunesmith.data.reading.hub import load_from_hub, may_be_hub_name
from tunesmith.data.reading.in_memory import (
    as_table,
    memory_name,
    read_parquet,
    refuse_texts_in_index,
    table_digest,
)
from tunesmith.data.reading.json_document import read_json
from tunesmith.data.reading.json_lines import read_json_lines
from tunesmith.data.reading.known_formats import plain_records
from tunesmith.data.reading.missing_paths import missing_file
from tunesmith.data.reading.nested import flat_table
from tunesmith.data.reading.plain_file import plain_file
from tunesmith.data.reading.python_rows import is_matrix, is_series, list_records
from tunesmith.data.reading.query_documents import read_query_documents
from tunesmith.data.reading.saved_dataset import (
    is_saved_dataset,
    read_saved_dataset,
    saved_digest,
)
from tunesmith.data.reading.second_header import without_second_header
from tunesmith.data.reading.text_lines import read_texts
from tunesmith.data.reading.training_examples import example_records
from tunesmith.data.tokens import Tokens
from tunesmith.errors import UnreadableFile
from tunesmith.folders import file_digest

__all__ = ["Loaded", "Rejected", "RetrievalFiles", "read"]


def read(
    source: object,
    *,
    encoding: str | None = None,
    tokens: Tokens | None = None,
    by_folder: bool = False,
) -> Loaded:
    """Read a source of training data.

    Parameters
    ----------
    source
        A path (``str`` or ``Path``) to a CSV, TSV, TXT, JSON, JSON Lines or Parquet file (text
        formats may be gzipped), to a workbook, a BEIR folder, or a folder of documents; a pandas,
        Arrow or Arrow-compatible table; a list of rows; a dictionary of columns; a Hugging Face
        ``Dataset``, or the name of one on the Hub. The network is used only for a dataset name.
    encoding
        The encoding of a text file, such as ``"gb18030"``; detected if None.
    tokens
        The token counter of the model that will read the passages of documents; without it, a
        passage has at most 1,000 characters.
    by_folder
        Whether documents are labelled by their folders: they are not cut into passages, and a
        column ``folder`` names the folder of each one.

    Returns
    -------
    Loaded
        The table, the number of each row, and the rejected lines with reasons.

    Raises
    ------
    UnreadableFile
        The file does not exist or cannot be read.
    UsageError
        The source is neither a path nor a table, or there is no such encoding.

    Examples
    --------
    >>> loaded = read(pa.table({"text": ["where is my card"], "intent": ["card"]}))
    >>> loaded.table.column_names, loaded.rows.tolist()
    (['text', 'intent'], [1])
    """
    if isinstance(source, list | tuple) or is_series(source) or is_matrix(source):
        return _from_list(source)
    if not isinstance(source, str | Path):
        return _from_memory(as_table(source), memory_name(source))
    path = Path(source).expanduser()
    shown = shorten(str(source), 120)
    if source == "":
        raise UnreadableFile("the name of the file is empty", hint="pass the path of a file")
    try:
        if path.is_dir() or path.is_file():
            return _read_path(path, encoding, tokens, by_folder=by_folder)
        if path.exists():
            raise UnreadableFile(
                f"{shown} is not a regular file", hint="copy its content into one", file=shown
            )
    except OSError as error:
        raise UnreadableFile(
            f"{shown} cannot be read: {error.strerror or error}", file=shown
        ) from error
    if not may_be_hub_name(str(source)):
        raise missing_file(shown)
    return _from_memory(as_table(load_from_hub(str(source))), str(source))


def _read_path(
    path: Path, encoding: str | None, tokens: Tokens | None, *, by_folder: bool
) -> Loaded:
    if path.is_dir() and is_retrieval_folder(path):
        return _read_folder(path)
    if is_saved_dataset(path):
        table, notes = read_saved_dataset(path)
        records = replace(_all_rows(table), notes=notes)
        return _loaded(records, path.resolve().name, saved_digest(path))
    if is_document(path) and by_folder:
        return _documents(path, read_labelled_documents(path, encoding=encoding))
    if is_document(path):
        return _documents(path, read_documents(path, encoding=encoding, tokens=tokens))
    return _read_file(path, encoding)


def _read_file(path: Path, encoding: str | None) -> Loaded:
    form = file_format(path)
    if form is Format.PARQUET:
        return _loaded(_all_rows(read_parquet(path)), path.name, file_digest(path))
    with TemporaryDirectory(prefix="tunesmith-") as name:
        folder = Path(name)
        plain = plain_file(path, form, folder, encoding)
        is_json = plain.form is Format.JSON
        found = read_query_documents(plain.text.path, path.name) if is_json else None
        records, texts = found or (_parse(plain.text.path, path, plain.form, folder), None)
    records = replace(records, notes=(*plain.notes, *records.notes))
    loaded = _loaded(records, path.name, file_digest(path), texts)
    text = plain.text
    return replace(loaded, guessed_encoding=text.guessed, guessed_lines=text.guessed_lines)


def _parse(plain: Path, path: Path, form: Format, folder: Path) -> Records:
    match form:
        case Format.JSON:
            return read_json(plain, path.name)
        case Format.JSON_LINES:
            return read_json_lines(plain, path.name)
        case Format.TEXT:
            return read_texts(plain, path.name)
        case _:
            return read_delimited(plain, path.name, folder, tabs=is_named_tsv(path))


def _read_folder(path: Path) -> Loaded:
    paths = retrieval_paths(path)
    records, texts = read_retrieval(paths)
    digest = hashlib.sha256()
    for part in paths:
        digest.update(f"{part.name} {file_digest(part)}\n".encode())
    return _loaded(records, path.resolve().name, digest.hexdigest(), texts)


def _documents(path: Path, found: tuple[Records, DocumentFiles]) -> Loaded:
    records, files = found
    digest = f"{documents_digest(path)} {files.length}"
    return Loaded(
        records.table,
        records.rows,
        notes=records.notes,
        name=path.resolve().name,
        digest=hashlib.sha256(digest.encode()).hexdigest(),
        documents=files,
    )


def _from_memory(table: pa.Table, name: str) -> Loaded:
    return _loaded(_all_rows(table), name, table_digest(table))


def _from_list(source: object) -> Loaded:
    refuse_texts_in_index(source)
    records = example_records(source) or list_records(source)
    return _loaded(records, memory_name(source), table_digest(records.table))


def _all_rows(table: pa.Table) -> Records:
    return Records(table, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _loaded(
    records: Records,
    name: str,
    digest: str,
    retrieval: RetrievalFiles | None = None,
) -> Loaded:
    records = plain_records(without_second_header(records), name)
    return Loaded(
        flat_table(records.table),
        records.rows,
        records.rejected,
        records.notes,
        records.has_header,
        records.second_header,
        name=name,
        digest=digest,
        retrieval=retrieval,
    )
