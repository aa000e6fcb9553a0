"""The documents of a collection, and how judgements refer to them: by id, path, text or title."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from tunesmith.data.column_names import TEXT, document_text, names_identifier, plain_name
from tunesmith.data.detection.cell_values import as_strings, is_string
from tunesmith.data.loaded import DocumentFiles, Loaded
from tunesmith.data.reading.beir import is_retrieval_folder
from tunesmith.data.reading.in_memory import table_digest
from tunesmith.data.reading.query_documents import texts_by_id
from tunesmith.data.reading.read import read
from tunesmith.data.splits.near_duplicates import normalise
from tunesmith.data.tokens import Tokens
from tunesmith.errors import UnreadableFile

_ID: Final = (
    "id", "doc_id", "docid", "did", "document_id", "corpus_id", "docno", "pid", "passage_id",
    "article_id", "key", "slug", "path", "file", "filename", "url",
)  # fmt: skip
_TITLE: Final = ("title", "headline", "subject", "heading", "name")
_TEXT: Final = tuple(name for name in TEXT if name not in _TITLE)
_COLUMNS: Final = ("id", "title", "text")
_HOST: Final = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
_AFTER_PATH: Final = re.compile(r"[?#].*$", re.DOTALL)
_PAGES: Final = frozenset([".html", ".htm", ".php", ".aspx"])


@dataclass(frozen=True, eq=False)
class Documents:
    """The documents of a collection.

    Parameters
    ----------
    name
        The name of their folder, file or table, for messages.
    corpus
        Columns ``id``, ``title`` and ``text``, all strings; the title may be null.
    digest
        SHA-256 of the source, hexadecimal.
    source
        What was read, for later files with judgements of the same documents.
    files
        The files of a folder, whose ids are paths with the number of the passage after ``#``; else
        None.

    Examples
    --------
    >>> documents = read_documents({"d1": {"title": "Cards", "text": "Free."}, "d2": "A fee."})
    >>> documents.find("d2"), documents.find("cards"), documents.find("a fee")
    (('d2',), ('d1',), ('d2',))
    """

    name: str
    corpus: pa.Table
    digest: str
    source: object
    files: DocumentFiles | None = None

    def __len__(self) -> int:
        return int(self.corpus.num_rows)

    def find(self, reference: str) -> tuple[str, ...]:
        """Return the ids of the documents that a reference names; all passages of a file."""
        return tuple(self._named(reference) or self._by_text.get(normalise(reference), []))

    def names(self, reference: str) -> bool:
        """Return whether a reference is an id, a path or an address, not a text."""
        return bool(self._named(reference))

    def _named(self, reference: str) -> list[str]:
        return (
            self._by_name.get(reference.strip())
            or self._by_name.get(_plain_path(reference))
            or self._by_address(reference)
        )

    def _by_address(self, reference: str) -> list[str]:
        """Return the file of a longer path or an address that contains the name of the folder."""
        if self.files is None:
            return []
        *folders, last = _address(reference)
        paths = (
            "/".join((*folders[place + 1 :], last))
            for place, folder in enumerate(folders)
            if folder == self.name
        )
        found = [ids for path in paths if (ids := self._by_path.get(_page(path)))]
        if len(found) != 1:
            return []
        passage = f"{_file(found[0][0])}#{reference.rpartition('#')[2]}"
        return self._by_name.get(passage, found[0])

    @cached_property
    def _by_path(self) -> dict[str, list[str]]:
        """The ids of each file by its path, and by its path without suffix if one file has it."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.ids:
            found[_file(name)].append(name)
        _add(found, _unambiguous((_without_suffix(_file(name)), name) for name in self.ids))
        return dict(found)

    @cached_property
    def ids(self) -> list[str]:
        """The id of each document."""
        return [str(name) for name in self.corpus["id"].to_pylist()]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.ids:
            found[name].append(name)
        if self.files is not None:
            _add(found, ((path, name) for name in self.ids for path in self._paths_of(name)))
            for short in (_without_suffix, _base_name, _stem):
                _add(found, _unambiguous((short(_file(name)), name) for name in self.ids))
        return dict(found)

    def _paths_of(self, name: str) -> Iterator[str]:
        path = _file(name)
        if path != name:
            yield path
        yield f"{self.name}/{path}"
        if isinstance(self.source, str | Path):
            yield (Path(self.source).expanduser().resolve() / path).as_posix().lstrip("/")

    @cached_property
    def _by_text(self) -> dict[str, list[str]]:
        titles, texts = (self.corpus[name].to_pylist() for name in ("title", "text"))
        found: dict[str, list[str]] = defaultdict(list)
        rows = list(zip(self.ids, titles, texts, strict=True))
        for name, title, text in rows:
            for key in {normalise(text or ""), normalise(document_text(title, text))} - {""}:
                found[key].append(name)
        _add(found, _unambiguous((normalise(title or ""), name) for name, title, _ in rows))
        return dict(found)


def read_documents(
    source: object, *, encoding: str | None = None, tokens: Tokens | None = None
) -> Documents:
    """Read the documents of a collection.

    Parameters
    ----------
    source
        A folder of documents, a BEIR folder, a file or table with a column of texts and perhaps of
        ids and titles, or a mapping of id to text or to an object with ``title`` and ``text``.
    encoding
        The encoding of text files; detected if None.
    tokens
        The token counter of the model that will read the passages of a folder.

    Raises
    ------
    DataError
        The source cannot be read, or has no column of texts.
    """
    if isinstance(source, Documents):
        return source
    if isinstance(source, Mapping):
        corpus = texts_by_id(source, "documents", "the documents")
        return Documents("the documents", corpus, table_digest(corpus), source)
    loaded = read(source, encoding=encoding, tokens=tokens)
    corpus = _corpus(loaded).select(_COLUMNS)
    return Documents(loaded.name, corpus, loaded.digest, source, loaded.documents)


def is_collection(source: object) -> bool:
    """Return whether a source is a BEIR folder, which has documents of its own."""
    if not isinstance(source, str | Path):
        return False
    path = Path(source).expanduser()
    return path.is_dir() and is_retrieval_folder(path)


def _corpus(loaded: Loaded) -> pa.Table:
    if loaded.retrieval is not None:
        return loaded.retrieval.corpus
    if loaded.documents is not None:
        return loaded.table
    table = loaded.table
    text = _column(table, _TEXT) or _longest(table)
    if text is None:
        raise UnreadableFile(
            f"{loaded.name} has no column of texts: it has {', '.join(table.column_names)}",
            hint="name the column of the documents' texts “text”",
            file=loaded.name,
            option="documents",
        )
    others = [name for name in table.column_names if name != text]
    identifier = _column(table.select(others), _ID) or next(filter(names_identifier, others), None)
    title = _column(table.select(others), _TITLE)
    rows = [str(row) for row in loaded.rows.tolist()]
    return pa.table(
        {
            "id": _ids(table, identifier, rows),
            "title": pa.nulls(len(rows), pa.string())
            if title is None
            else as_strings(table[title]),
            "text": as_strings(table[text]),
        }
    )


def _ids(table: pa.Table, column: str | None, rows: list[str]) -> pa.ChunkedArray:
    """Return ids as strings; the row number where one is missing."""
    numbers = pa.chunked_array([pa.array(rows, pa.string())])
    return numbers if column is None else pc.coalesce(as_strings(table[column]), numbers)


def _column(table: pa.Table, names: Iterable[str]) -> str | None:
    known = {plain_name(name): name for name in reversed(table.column_names)}
    return next((str(known[name]) for name in names if name in known), None)


def _longest(table: pa.Table) -> str | None:
    """Return the column with the longest strings on average."""
    lengths: dict[str, float] = {
        name: pc.mean(pc.utf8_length(table[name])).as_py() or 0.0
        for name in table.column_names
        if is_string(table[name].type)
    }
    return max(lengths, key=lambda name: lengths[name]) if lengths else None


def _add(found: dict[str, list[str]], more: Iterable[tuple[str, str]]) -> None:
    """Add keys that are not known yet; the ids of one key stay together."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for key, name in more:
        grouped[key].append(name)
    for key, names in grouped.items():
        if key:
            found.setdefault(key, list(dict.fromkeys(names)))


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the pairs whose key belongs to the passages of one file, or to one document."""
    listed = list(pairs)
    files: dict[str, set[str]] = defaultdict(set)
    for key, name in listed:
        files[key].add(_file(name))
    yield from ((key, name) for key, name in listed if len(files[key]) == 1)


def _file(name: str) -> str:
    """Return the path of the file that a passage is from."""
    path, mark, number = name.rpartition("#")
    return path if mark and number.isdecimal() else name


def _without_suffix(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix()


def _base_name(path: str) -> str:
    return PurePosixPath(path).name


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


def _address(reference: str) -> list[str]:
    """Return the parts of the path in a path or an address.

    Examples
    --------
    >>> _address("https://example.com/help/the%20fee.html?lang=en#top")
    ['help', 'the fee.html']
    """
    plain = _HOST.sub("", reference.strip().replace("\\", "/"))
    parts = [unquote(part) for part in _AFTER_PATH.sub("", plain).split("/")]
    return [part for part in parts if part not in ("", ".")] or [""]


def _page(path: str) -> str:
    """Return a path without the suffix of a page of a web site, which may be made of another file.

    Examples
    --------
    >>> _page("guide/cards.html"), _page("guide/cards.md")
    ('guide/cards', 'guide/cards.md')
    """
    return _without_suffix(path) if PurePosixPath(path).suffix.lower() in _PAGES else path


def _plain_path(reference: str) -> str:
    return reference.strip().replace("\\", "/").removeprefix("./").lstrip("/")
