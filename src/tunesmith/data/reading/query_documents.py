"""Read queries, a corpus and relevant documents from one JSON document, as LlamaIndex writes them.

``{"queries": {id: text}, "corpus": {id: text}, "relevant_docs": {query id: [document id]}}``.
BEIR's ``qrels``, objects of document id and score, are read as well.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records, RetrievalFiles
from tunesmith.errors import UnreadableFile

_JUDGED: Final = ("relevant_docs", "qrels")
_SPLIT: Final = "all"


def read_query_documents(path: Path, name: str) -> tuple[Records, RetrievalFiles] | None:
    """Return the judgements and the texts, or None if the document is of another form.

    Raises
    ------
    UnreadableFile
        A text or a list of relevant documents is something else.
    """
    document = _document(path)
    if document is None:
        return None
    judged = next(document[key] for key in _JUDGED if key in document)
    rows = [row for query in judged for row in judgements_of(query, judged[query], name)]
    if not rows:
        raise UnreadableFile(f"{name} has no relevant documents", file=name)
    columns = zip(*rows, strict=True)
    names = ("query-id", "corpus-id", "score")
    table = pa.table(dict(zip(names, map(_strings, columns), strict=True)))
    table = table.append_column("split", _strings([_SPLIT] * len(rows)))
    queries = texts_by_id(document["queries"], "queries", name).drop_columns(["title"])
    corpus = texts_by_id(document["corpus"], "corpus", name)
    note = f"queries, corpus and {'relevant_docs' if 'relevant_docs' in document else 'qrels'}"
    records = Records(table, np.arange(1, len(rows) + 1, dtype=np.int64), notes=(note,))
    return records, RetrievalFiles(queries, corpus, f"a JSON document with {note}")


def _document(path: Path) -> Mapping[str, Any] | None:
    content = path.read_bytes()
    if b'"corpus"' not in content or not any(f'"{key}"'.encode() in content for key in _JUDGED):
        return None
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None  # the reader of JSON says where the error is
    parts = ("queries", "corpus", next((key for key in _JUDGED if key in document), ""))
    is_one = isinstance(document, dict) and all(
        isinstance(document.get(part), dict) for part in parts
    )
    return document if is_one else None


def judgements_of(query: str, found: Any, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield query, document and score for each document in an object, a list, or a single id.

    Raises
    ------
    UnreadableFile
        The documents are something else.
    """
    if isinstance(found, Mapping):
        yield from ((query, str(document), str(score)) for document, score in found.items())
    elif isinstance(found, list | str | int):
        documents = found if isinstance(found, list) else [found]
        yield from ((query, str(document), "1") for document in documents)
    else:
        raise UnreadableFile(
            f"the relevant documents of query {query!r} in {name} are not a list of ids",
            hint='list the ids, such as ["d1", "d2"]',
            file=name,
        )


def texts_by_id(entries: Mapping[Any, Any], part: str, name: str) -> pa.Table:
    """Return texts by id as the columns ``id``, ``title`` and ``text``.

    Raises
    ------
    UnreadableFile
        A value is neither a text nor an object with ``text`` and perhaps ``title``.
    """
    titles: list[str | None] = []
    texts: list[str | None] = []
    for key, value in entries.items():
        entry = value if isinstance(value, Mapping) else {"text": value}
        title, text = entry.get("title"), entry.get("text")
        if not isinstance(text, str | None) or not isinstance(title, str | None):
            raise UnreadableFile(
                f"{key!r} of {part!r} in {name} is not a text", hint="write one", file=name
            )
        titles.append(title)
        texts.append(text)
    ids = _strings(map(str, entries))
    return pa.table({"id": ids, "title": _strings(titles), "text": _strings(texts)})


def _strings(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())
