"""Files of generated tables in many formats, dialects and encodings, with or without a fault."""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.generated_faults import ABSENT, IN_BYTES, IN_LINES, IN_TABLE, Draft
from tests.data.generated_retrieval import GeneratedRetrieval, generate_retrieval
from tests.data.generated_tables import KINDS, Example, Table, generate_table
from tests.data.generated_texts import LANGUAGES
from tunesmith.kinds import Kind

FORMS = ("csv", "csv", "csv", "csv", "jsonl", "jsonl", "json", "json", "parquet")
FAULTS = (*[None] * 6, *IN_TABLE, *IN_LINES, *IN_BYTES)
_UNICODE = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")


@dataclass(frozen=True)
class GeneratedFile:
    """A file, and what must be read: the table's kind and roles, and the examples of each row.

    ``recipe`` says how it was made; ``says`` and ``refused`` are those of the draft, and
    ``rejected`` is the number of lines that cannot be read.
    """

    name: str
    content: bytes | dict[str, bytes]
    table: Table
    rows: tuple[tuple[int, Example], ...]
    rejected: int
    says: tuple[str, ...]
    may_say: tuple[str, ...]
    refused: str | None
    recipe: dict[str, Any]

    def write(self, folder: Path) -> Path:
        """Write the file, or the files of a folder, into a folder and return the path."""
        path = folder / self.name
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
            return path
        for name, content in self.content.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        return path


def generate(seed: int) -> GeneratedFile:
    """Return the file of a seed; the same seed gives the same file."""
    rng = Random(seed)
    kind, language_name = rng.choice([*KINDS, "retrieval"]), rng.choice(list(LANGUAGES))
    recipe = {"seed": seed, "kind": kind, "language": language_name}
    language, form = LANGUAGES[language_name], rng.choice(FORMS)
    if kind == "retrieval":
        return _retrieval(generate_retrieval(language, rng), recipe)
    table = generate_table(kind, language, rng)
    if kind == "texts" and rng.random() < 0.5:
        form = "txt"
    draft = Draft(table, language, rng, form, f".{form}")
    if form in ("csv", "jsonl", "json", "txt"):
        draft.encoding = rng.choice([*_UNICODE, *language.encodings])
    fault = rng.choice(FAULTS)
    applied = fault is not None and fault in IN_TABLE and IN_TABLE[fault](draft)
    recipe |= _write(draft)
    if fault in IN_LINES:
        applied = IN_LINES[fault](draft)
    content = _content(draft)
    if fault in IN_BYTES and (changed := IN_BYTES[fault](content, draft)) is not None:
        content, applied = changed, True
    recipe |= {"form": draft.form, "encoding": draft.encoding, "fault": fault if applied else None}
    rows, rejected = _numbered(draft)
    return GeneratedFile(
        f"file-{seed}{draft.suffix}",
        content,
        draft.table,
        rows,
        rejected,
        tuple(draft.says),
        tuple(draft.may_say),
        draft.refused,
        recipe,
    )


def _retrieval(made: GeneratedRetrieval, recipe: dict[str, Any]) -> GeneratedFile:
    roles = {"query": "query-id", "document": "corpus-id", "score": "score", "split": "split"}
    table = Table(Kind.RETRIEVAL, {}, roles, [])
    rows = tuple(enumerate(made.judgements, 1))
    content: bytes | dict[str, bytes] = made.files
    name = f"folder-{recipe['seed']}"
    if len(made.files) == 1:
        content, name = next(iter(made.files.values())), f"file-{recipe['seed']}.json"
    recipe |= made.recipe
    return GeneratedFile(name, content, table, rows, 0, tuple(made.says), (), None, recipe)


def _numbered(draft: Draft) -> tuple[tuple[tuple[int, Example], ...], int]:
    """Return the examples with the numbers of their rows, and the number of rejected ones."""
    rows: list[tuple[int, Example]] = []
    rejected = number = 0
    for record in draft.records:
        number += not isinstance(record, str)
        if isinstance(record, str):
            continue
        if record[1] is None:
            rejected += 1
        rows += [(number, example) for example in record[1] or ()]
    return tuple(rows), rejected


def _write(draft: Draft) -> dict[str, Any]:
    """Write the lines of the draft and return the recipe."""
    writers = {"csv": _delimited, "jsonl": _json_lines, "txt": _lines}
    writer = writers.get(draft.form)
    if writer is not None:
        return writer(draft)
    draft.records = [("", examples) for examples in draft.table.examples]
    return {}


def _delimited(draft: Draft) -> dict[str, Any]:
    rng, table = draft.rng, draft.table
    draft.delimiter = rng.choice([",", ",", ",", ";", ";", "\t", "\t", "|", "::", "||"])
    draft.ending = rng.choice(["\n", "\n", "\r\n", "\r"])
    draft.suffix = ".tsv" if draft.delimiter == "\t" and rng.random() < 0.7 else ".csv"
    style = rng.choice(["minimal", "minimal", "minimal", "all", "escape", "single"])
    comma = draft.delimiter == ";" and rng.random() < 0.5
    draft.quote = "'" if style == "single" else '"'
    cells = _Cells(draft.delimiter, draft.quote, style, comma)
    if draft.header:
        draft.head = [cells.line(list(table.columns))]
    rows = zip(*table.columns.values(), strict=True)
    lines = map(cells.line, map(list, rows))
    examples = _as_written(table, cells)
    draft.records = list(zip(lines, examples, strict=True))
    return {"delimiter": draft.delimiter, "ending": draft.ending, "quotes": style}


@dataclass(frozen=True)
class _Cells:
    """How cells are written and joined."""

    delimiter: str
    quote: str
    style: str
    decimal_comma: bool

    def line(self, cells: list[Any]) -> str:
        return self.delimiter.join(map(self._cell, cells))

    def written(self, value: Any) -> str:
        """Return a value as text, with a decimal comma if the file has it."""
        text = _as_cell(value)
        return text.replace(".", ",") if self.decimal_comma and isinstance(value, float) else text

    def _cell(self, value: Any) -> str:
        quote, text = self.quote, self.written(value)
        special = [self.delimiter[0], quote, "\n", "\r", *["\\"] * (self.style == "escape")]
        if self.style in ("minimal", "escape") and not any(each in text for each in special):
            return text
        if self.style == "escape":
            text = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        else:
            text = text.replace(quote, 2 * quote)
        return f"{quote}{text}{quote}"


def _as_written(table: Table, cells: "_Cells") -> list[list[Example]]:
    """Return the examples with labels as texts: a delimited file has no numbers."""
    if table.kind is not Kind.LABELLED:
        return table.examples
    return [[(text, cells.written(label) or None) for text, label in row] for row in table.examples]


def _as_cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _json_lines(draft: Draft) -> dict[str, Any]:
    rows = _objects(draft.table)
    form = draft.rng.choice(["objects", "objects", "nested", "arrays"])
    if form == "arrays" and _may_be_arrays(draft):
        draft.head = [json.dumps(list(draft.table.columns), ensure_ascii=False)]
        values: list[Any] = [list(row.values()) for row in rows]
    else:
        values = [_nested(row) for row in rows] if form == "nested" and _nest(draft) else rows
    ascii_only = draft.rng.random() < 0.3
    lines = [json.dumps(value, ensure_ascii=ascii_only) for value in values]
    draft.records = list(zip(lines, draft.table.examples, strict=True))
    draft.ending = draft.rng.choice(["\n", "\n", "\r\n", "\r"])
    return {"json": form}


def _may_be_arrays(draft: Draft) -> bool:
    cells = [cell for column in draft.table.columns.values() for cell in column]
    flat = not draft.table.nested and ABSENT not in cells
    return draft.table.named and flat and len(draft.table.columns) > 1


def _nest(draft: Draft) -> bool:
    """Say that the columns are within an object, unless they are many that form one role."""
    if any("+" in name for name in draft.table.roles.values()):
        return False
    roles = {role: f"data.{name}" for role, name in draft.table.roles.items()}
    draft.table = replace(draft.table, roles=roles)
    return True


def _nested(row: dict[str, Any]) -> dict[str, Any]:
    return {"data": row, "meta": {"version": 3}}


def _objects(table: Table) -> list[dict[str, Any]]:
    return [
        {name: cell for name, cell in zip(table.columns, row, strict=True) if cell is not ABSENT}
        for row in zip(*table.columns.values(), strict=True)
    ]


def _lines(draft: Draft) -> dict[str, Any]:
    texts = [str(example[0]).replace("\n", " ") for row in draft.table.examples for example in row]
    draft.table = replace(draft.table, roles={"text": "text"})
    draft.records = [(text, [(text,)]) for text in texts]
    draft.ending = draft.rng.choice(["\n", "\n", "\r\n", "\r"])
    return {}


def _content(draft: Draft) -> bytes:
    if draft.form == "parquet":
        return _parquet(draft.table, draft.rng)
    if draft.form == "json":
        return _encoded(_document(draft), draft)
    lines = [*draft.head, *(each if isinstance(each, str) else each[0] for each in draft.records)]
    if draft.ending == "mixed":
        ends = [
            draft.rng.choice(["\n", "\r\n", "\r" if draft.form == "csv" else "\n"]) for _ in lines
        ]
        return _encoded("".join(line + end for line, end in zip(lines, ends, strict=True)), draft)
    return _encoded(draft.ending.join(lines) + draft.ending, draft)


def _encoded(text: str, draft: Draft) -> bytes:
    """Return the bytes of a text, in UTF-8 if the encoding lacks a character."""
    if draft.encoding not in _UNICODE:
        try:
            content = text.encode(draft.encoding)
        except UnicodeEncodeError:
            draft.encoding = "utf-8"
        else:
            draft.says += [] if content.isascii() else ["guessed-encoding"]
            return content
    return text.encode(draft.encoding)


def _document(draft: Draft) -> str:
    table, rng = draft.table, draft.rng
    rows = _objects(table)
    form = rng.choice(["records", "columns", "keyed", "split", "index", "wrapped", "arrays"])
    if form == "arrays" and not _may_be_arrays(draft):
        form = "records"
    keys = [str(key) for key in range(table.height)]
    shuffled = rng.sample(keys, len(keys))
    columns = {
        name: [None if cell is ABSENT else cell for cell in values]
        for name, values in table.columns.items()
    }
    lists = [list(row) for row in zip(*columns.values(), strict=True)]
    documents: dict[str, Any] = {
        "records": rows,
        "columns": columns,
        "keyed": {
            name: {key: values[int(key)] for key in (keys if index == 0 else shuffled)}
            for index, (name, values) in enumerate(columns.items())
        },
        "split": {
            "columns": list(table.columns),
            "index": list(range(table.height)),
            "data": lists,
        },
        "index": dict(zip(keys, rows, strict=True)),
        "wrapped": {"rows": rows},
        "arrays": [list(table.columns), *lists],
    }
    draft.form = f"json {form}"
    return json.dumps(
        documents[form], ensure_ascii=rng.random() < 0.3, indent=rng.choice([None, 2])
    )


def _parquet(table: Table, rng: Random) -> bytes:
    """Return a table, perhaps with the categories of pandas and the long strings of polars."""
    out = io.BytesIO()
    columns = {name: pa.array(values) for name, values in table.columns.items()}
    for name, column in columns.items():
        if pa.types.is_string(column.type) and rng.random() < 0.5:
            long = column.cast(pa.large_string())
            columns[name] = rng.choice([long, column.dictionary_encode()])
    pq.write_table(pa.table(columns), out)
    return out.getvalue()
