"""Open a file to read its rows in batches, so that memory use is independent of its length.

Rows and their numbers are those of :func:`tunesmith.data.read`, which uses the same parsers. Only
rejected records differ: a command that needs a result for each row cannot skip them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tunesmith.data.reading.beir import is_retrieval_folder
from tunesmith.data.reading.delimited import open_delimited
from tunesmith.data.reading.documents.find import is_document
from tunesmith.data.reading.documents.read_documents import read_documents
from tunesmith.data.reading.formats import Format, file_format, is_named_tsv
from tunesmith.data.reading.in_memory import damaged_parquet, plain_table
from tunesmith.data.reading.json_document import read_json
from tunesmith.data.reading.json_lines import open_json_lines, read_json_lines
from tunesmith.data.reading.known_formats import begins_with_known_format, plain_records
from tunesmith.data.reading.plain_file import PlainFile, plain_file
from tunesmith.data.reading.query_documents import read_query_documents
from tunesmith.data.reading.rows import BATCH, Row, Rows, cells_of, raise_on_rejected, table_rows
from tunesmith.data.reading.saved_dataset import is_saved_dataset, read_saved_dataset
from tunesmith.data.reading.text_lines import open_texts, read_texts
from tunesmith.data.tokens import Tokens
from tunesmith.errors import UnreadableFile


def open_rows(
    path: Path, folder: Path, encoding: str | None = None, tokens: Tokens | None = None
) -> Rows:
    """Open a file, or a folder of documents.

    Parameters
    ----------
    path
        The file or folder.
    folder
        A folder for temporary copies, needed as long as rows are read.
    encoding
        The file's encoding; detected if None.
    tokens
        The token counter of the model that will read the passages of documents.

    Raises
    ------
    UnreadableFile
        The file does not exist or cannot be read, or a record is rejected.
    UsageError
        There is no such encoding.
    """
    if is_saved_dataset(path):
        table, notes = read_saved_dataset(path)
        return table_rows(table, path.resolve().name, notes)
    if is_document(path) and path.exists():
        return _document_rows(path, encoding, tokens)
    if not path.is_file():
        raise UnreadableFile(f"there is no file {path}", hint="check the path", file=path.name)
    form = file_format(path)
    if form is Format.PARQUET:
        return _parquet_rows(path)
    plain = plain_file(path, form, folder, encoding)
    rows = _text_rows(plain, path, folder)
    return replace(rows, notes=(*plain.notes, *rows.notes), guessed_encoding=plain.text.guessed)


def _document_rows(path: Path, encoding: str | None, tokens: Tokens | None) -> Rows:
    if path.is_dir() and is_retrieval_folder(path):
        raise UnreadableFile(
            f"{path.name} is a BEIR folder",
            hint=f"pass one of its files, such as {path / 'corpus.jsonl'}",
            file=path.name,
        )
    records, files = read_documents(path, encoding=encoding, tokens=tokens)
    return replace(table_rows(records.table, path.resolve().name, records.notes), documents=files)


def _text_rows(plain: PlainFile, path: Path, folder: Path) -> Rows:
    if plain.form is not Format.DELIMITED and begins_with_known_format(plain.text.path):
        return _whole(plain, path)
    match plain.form:
        case Format.JSON:
            return _whole(plain, path)
        case Format.JSON_LINES:
            return open_json_lines(plain.text.path, path.name)
        case Format.TEXT:
            return open_texts(plain.text.path, path.name)
        case _:
            return open_delimited(plain.text.path, path.name, folder, tabs=is_named_tsv(path))


def _whole(plain: PlainFile, path: Path) -> Rows:
    """Read a file whole, as JSON documents and the files of other tools must be."""
    found = read_query_documents(plain.text.path, path.name)
    if found is not None:
        raise UnreadableFile(
            f"{path.name} is {found[1].form}",
            hint="pass a file with the texts of the queries or of the corpus",
            file=path.name,
        )
    readers = {Format.JSON: read_json, Format.JSON_LINES: read_json_lines, Format.TEXT: read_texts}
    records = plain_records(readers[plain.form](plain.text.path, path.name), path.name)
    raise_on_rejected(records.rejected, path.name)
    return table_rows(records.table, path.name, records.notes)


def _parquet_rows(path: Path) -> Rows:
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            first = next(file.iter_batches(1), None)
    except (pa.ArrowException, OSError) as error:
        raise damaged_parquet(path, error) from error
    some = pa.Table.from_batches([] if first is None else [first], schema)
    return Rows(path.name, tuple(plain_table(some, path.name).column_names), lambda: _cells(path))


def _cells(path: Path) -> Iterator[Row]:
    with pq.ParquetFile(path) as file:
        for part in file.iter_batches(BATCH, use_threads=False):
            yield from cells_of(plain_table(pa.Table.from_batches([part]), path.name))
