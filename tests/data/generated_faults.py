"""What is wrong or unusual with a generated file, and how a reader must name it.

A fault changes a draft before it is written (``IN_TABLE``), its lines (``IN_LINES``, of delimited
files and JSON Lines), or its bytes (``IN_BYTES``).
"""

import gzip
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.data.generated_tables import Example, Table
from tests.data.generated_texts import Language
from tunesmith.kinds import Kind

ABSENT = object()
"""A value that is left out of its object in JSON."""

LABELLED_KINDS = (Kind.LABELLED, Kind.NLI, Kind.LABELLED_PAIRS, Kind.SCORED_PAIRS)


@dataclass
class Draft:
    """A file in the making.

    ``records`` are its lines or cells in order, each with the examples that must be read from it:
    None for what is rejected, and no record for what is not a row. ``says`` are the codes of
    findings, or parts of notes, that must be there, and ``may_say`` those that may. ``refused`` is
    a part of the error if the file must be refused.
    """

    table: Table
    language: Language
    rng: Random
    form: str
    suffix: str
    encoding: str = "utf-8"
    header: bool = True
    delimiter: str = ","
    quote: str = '"'
    ending: str = "\n"
    head: list[str] = field(default_factory=list)
    records: list[tuple[str, list[Example] | None] | str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    may_say: list[str] = field(default_factory=list)
    refused: str | None = None

    @property
    def label(self) -> str | None:
        """The column of the label or score, if there is one."""
        return self.table.roles.get("label") or self.table.roles.get("score")

    def pick(self, count: int) -> list[int]:
        """Return the positions of some rows in order, not the first ones."""
        return sorted(self.rng.sample(range(4, self.table.height), count))

    def column(self, name: str, values: list[Any], *, front: bool = False) -> None:
        """Add a column to the table."""
        own = self.table.columns
        columns = {name: values, **own} if front else {**own, name: values}
        self.table = replace(self.table, columns=columns)


Fault = Callable[[Draft], bool]
"""Changes a draft, and returns whether it could."""


def missing_texts(draft: Draft) -> bool:
    """Leave some texts out."""
    role, column = next(iter(draft.table.roles.items()))
    if draft.table.kind is Kind.TEXTS:
        return False  # a blank line or cell of the only column is no row in some formats
    index = list(draft.table.roles).index(role)
    _replace(draft, column, index, dict.fromkeys(draft.pick(3)))
    draft.says.append("empty-text")
    return True


def missing_labels(draft: Draft) -> bool:
    """Leave some labels out."""
    if draft.label is None or draft.table.kind not in LABELLED_KINDS:
        return False
    _replace(draft, draft.label, _last(draft), dict.fromkeys(draft.pick(3)))
    is_score = draft.table.kind is Kind.SCORED_PAIRS
    draft.says.append("missing-score" if is_score else "missing-label")
    return True


def nan_labels(draft: Draft) -> bool:
    """Write NaN for some labels, as pandas writes JSON."""
    if draft.label is None or draft.table.kind is not Kind.LABELLED or "json" not in draft.form:
        return False
    nan = float("nan")
    _replace(draft, draft.label, _last(draft), dict.fromkeys(draft.pick(3), nan), read_as=None)
    draft.says.append("missing-label")
    return True


def absent_labels(draft: Draft) -> bool:
    """Leave the label out of some objects."""
    if draft.label is None or draft.table.kind is not Kind.LABELLED or "json" not in draft.form:
        return False
    _replace(draft, draft.label, _last(draft), dict.fromkeys(draft.pick(3), ABSENT), read_as=None)
    draft.says.append("missing-label")
    return True


def other_spellings(draft: Draft) -> bool:
    """Spell some labels otherwise: case, spaces, invisible characters, Unicode form."""
    if draft.table.kind is not Kind.LABELLED or not isinstance(draft.table.examples[0][0][1], str):
        return False
    ways: list[Callable[[str], str]] = [
        lambda label: f"{label}\u200b",
        lambda label: f"{label[:1]}\u00ad{label[1:]}",
        lambda label: f"\ufeff{label}",
        lambda label: f"{label}\u200e",
        lambda label: unicodedata.normalize("NFD", label),
        str.upper,
        str.title,
    ]
    way, position = draft.rng.choice(ways), draft.pick(1)[0]
    label = draft.table.examples[position][0][1]
    if way(label) == label:
        return False
    if draft.encoding not in ("utf-8", "utf-16", "utf-8-sig"):
        return False
    _replace(draft, draft.label or "", 1, {position: way(label)})
    draft.says.append("label-spelling")
    return True


def ids(draft: Draft) -> bool:
    """Add a column that identifies rows."""
    name, start = draft.rng.choice([("id", 1), ("ticket_id", 1001), ("", 0), ("Nr", 1), ("uid", 7)])
    if not name and draft.form != "csv":
        return False
    codes = draft.rng.random() < 0.3
    values = [f"T-{start + row}" if codes else start + row for row in range(draft.table.height)]
    draft.column(name, values, front=True)
    return True


def metadata(draft: Draft) -> bool:
    """Add columns that say something about a row, as exports have."""
    height, rng = draft.table.height, draft.rng
    columns: dict[str, list[Any]] = {
        "created_at": [f"2024-03-{row % 28 + 1:02d} 09:{row % 60:02d}" for row in range(height)],
        "channel": ["mail"] * height,
        "empty": [None] * height,
        "customer": [f"C{rng.randint(10_000, 99_999)}" for _ in range(height)],
        "length": [round(rng.uniform(1, 900), 2) for _ in range(height)],
        "url": [f"https://example.org/{row}" for row in range(height)],
    }
    for name in rng.sample(list(columns), rng.randint(1, 4)):
        draft.column(name, columns[name], front=rng.random() < 0.3)
    return True


def constant_label(draft: Draft) -> bool:
    """Add a column that is named like a label and says the same in every row."""
    name = draft.rng.choice(["language", "type", "source", "product", "class"])
    if name in draft.table.columns:
        return False
    draft.column(name, ["de"] * draft.table.height, front=draft.rng.random() < 0.5)
    draft.may_say.append("left-aside")
    return True


def repeated_header(draft: Draft) -> bool:
    """Name two columns alike."""
    if draft.form != "csv" or not draft.header:
        return False
    first = next(iter(draft.table.columns))
    draft.column(f"{first} ", ["x"] * draft.table.height)
    draft.refused = "two columns named"
    return True


def unknown_names(draft: Draft) -> bool:
    """Give the columns names that say nothing."""
    renamed = {name: f"spalte_{number}" for number, name in enumerate(draft.table.columns, 7)}
    return _rename(draft, renamed)


def no_header(draft: Draft) -> bool:
    """Leave the header out."""
    if draft.form != "csv":
        return False
    renamed = {name: f"column{number}" for number, name in enumerate(draft.table.columns, 1)}
    if not _rename(draft, renamed):
        return False
    draft.header = False
    draft.says.append("no header line")
    return True


def _rename(draft: Draft, names: dict[str, str]) -> bool:
    if draft.table.kind in (Kind.TRIPLETS, Kind.MULTILABEL) or draft.table.nested:
        return False  # these are known by names only
    values = draft.table.examples[0][0]
    if draft.table.kind is Kind.NLI and draft.table.columns[draft.table.roles["label"]][0] in (
        0,
        1,
        2,
    ):
        return False
    del values
    columns = {names[name]: column for name, column in draft.table.columns.items()}
    roles = {role: names[name] for role, name in draft.table.roles.items()}
    draft.table = replace(draft.table, columns=columns, roles=roles, named=False)
    draft.may_say.append("left-aside")
    return True


IN_TABLE: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        missing_texts, missing_labels, nan_labels, absent_labels, other_spellings, ids,
        metadata, constant_label, repeated_header, unknown_names, no_header,
    )
}  # fmt: skip


def short_row(draft: Draft) -> bool:
    """Leave the last cells of a row out."""
    if len(draft.table.columns) < 2 or draft.form != "csv":
        return False
    position = draft.pick(1)[0]
    draft.records[position] = ("lonely", None)
    draft.says.append("rejected-line")
    return True


def long_row(draft: Draft) -> bool:
    """Write a row with more cells than the header."""
    if len(draft.table.columns) < 2 or draft.form != "csv":
        return False
    position = draft.pick(1)[0]
    line = draft.records[position][0]
    draft.records[position] = (f"{line}{draft.delimiter}x{draft.delimiter}y", None)
    draft.says.append("rejected-line")
    return True


def open_quote(draft: Draft) -> bool:
    """Open a quote in a row and do not close it."""
    if len(draft.table.columns) < 2 or draft.form != "csv":
        return False
    if draft.delimiter == "\t" and draft.quote not in "".join(row[0] for row in draft.records):
        return False  # in tab-separated files without other quotes, it is an ordinary character
    position = draft.pick(1)[0]
    cells = ["some words"] * (len(draft.table.columns) - 1)
    line = draft.delimiter.join([f"{draft.quote}never closed", *cells])
    draft.records[position] = (line, None)
    draft.says.append("rejected-line")
    return True


def broken_json(draft: Draft) -> bool:
    """Cut a line of JSON."""
    if draft.form != "jsonl":
        return False
    position = draft.pick(1)[0]
    draft.records[position] = (draft.records[position][0][:-3], None)
    draft.says.append("rejected-line")
    return True


def blank_lines(draft: Draft) -> bool:
    """Write blank lines between rows and at the end."""
    if draft.form not in ("csv", "jsonl"):
        return False
    blank: Any = ""
    if draft.form == "csv" and len(draft.table.columns) == 1:
        blank = ("", [(None,)])  # a row without a text
        draft.says.append("empty-text")
    for position in reversed(draft.pick(2)):
        draft.records.insert(position, blank)
    draft.records += [blank, blank]
    return True


def titles(draft: Draft) -> bool:
    """Write a title above the header, as spreadsheets have."""
    if draft.form != "csv" or not draft.header or len(draft.table.columns) < 2:
        return False
    fill = draft.delimiter * draft.rng.choice([0, len(draft.table.columns) - 1])
    blank = draft.rng.choice([[], [fill]])
    draft.head = [f"Report of all messages{fill}", *blank, *draft.head]
    draft.says.append("above the header")
    return True


def declared_delimiter(draft: Draft) -> bool:
    """Write Excel's line with the delimiter."""
    if draft.form != "csv":
        return False
    draft.head = [f"sep={draft.delimiter}", *draft.head]
    return True


def trailing_delimiter(draft: Draft) -> bool:
    """End the header, or every row, with the delimiter."""
    if draft.form != "csv" or not draft.header:
        return False
    draft.head = [f"{line}{draft.delimiter}" for line in draft.head]
    if draft.rng.random() < 0.6:
        rows = [(each, None) if isinstance(each, str) else each for each in draft.records]
        draft.records = [(f"{line}{draft.delimiter}", examples) for line, examples in rows]
    return True


def mixed_endings(draft: Draft) -> bool:
    """End some lines in another way."""
    draft.ending = "mixed"
    return draft.form in ("csv", "jsonl")


IN_LINES: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        short_row, long_row, open_quote, broken_json, blank_lines, titles, declared_delimiter,
        trailing_delimiter, mixed_endings,
    )
}  # fmt: skip

ByteFault = Callable[[bytes, Draft], bytes | None]
"""Returns the changed bytes, or None if the fault cannot be made."""


def mark(content: bytes, draft: Draft) -> bytes | None:
    """Begin with a byte-order mark."""
    fits = draft.encoding == "utf-8" and draft.form != "parquet"
    return b"\xef\xbb\xbf" + content if fits else None


def nul_byte(content: bytes, draft: Draft) -> bytes | None:
    """Put a NUL byte in the middle."""
    if draft.encoding != "utf-8" or draft.form == "parquet":
        return None
    draft.refused = "NUL byte"
    return content[: len(content) // 2] + b"\0" + content[len(content) // 2 :]


def broken_byte(content: bytes, draft: Draft) -> bytes | None:
    """Put a byte that is not UTF-8 into the text of one row."""
    if draft.encoding != "utf-8" or draft.form not in ("csv", "jsonl", "txt"):
        return None
    if content.isascii() or draft.ending == "mixed":
        return None
    position = draft.pick(1)[0]
    line = draft.records[position]
    needle = line[0].encode()
    if content.count(needle) != 1 or len(needle) < 12:
        return None
    middle = next(
        (
            index
            for index in range(len(needle) // 3, len(needle) - 1)
            if needle[index : index + 1].isalpha() and needle[index + 1 : index + 2].isalpha()
        ),
        None,
    )
    if middle is None:
        return None
    draft.records[position] = (line[0], None)
    draft.says.append("rejected-line")
    return content.replace(needle, needle[: middle + 1] + b"\xff" + needle[middle + 1 :])


def packed(content: bytes, draft: Draft) -> bytes | None:
    """Compress the file."""
    if draft.form == "parquet":
        return None
    draft.suffix += draft.rng.choice([".gz", ""])
    return gzip.compress(content, mtime=0)


def cut_packed(content: bytes, draft: Draft) -> bytes | None:
    """Compress the file and lose its end."""
    if draft.form == "parquet":
        return None
    draft.refused = "gzip"
    return gzip.compress(content, mtime=0)[:-20]


def other_suffix(content: bytes, draft: Draft) -> bytes | None:
    """Name the file after another format, or after none."""
    endings = {
        "csv": [".txt", ".dat", ".tsv", ".data", ""],
        "jsonl": [".json", ".txt", ".csv", ".log"],
        "json": [".jsonl", ".dat", ""],
        "parquet": [".bin", ".csv", ""],
    }
    if draft.form not in endings:
        return None
    draft.suffix = draft.rng.choice(endings[draft.form])
    if draft.suffix == ".txt":
        if draft.form == "csv" and (not draft.table.named or len(draft.table.columns) < 2):
            return None  # lines of text then
        draft.says.append("despite the name")
    return content


IN_BYTES: dict[str, ByteFault] = {
    fault.__name__: fault
    for fault in (mark, nul_byte, broken_byte, packed, cut_packed, other_suffix)
}


def _last(draft: Draft) -> int:
    return len(draft.table.examples[0][0]) - 1


_UNSET = object()


def _replace(
    draft: Draft, column: str, index: int, cells: dict[int, Any], read_as: Any = _UNSET
) -> None:
    """Replace cells of a column, and what must be read from them."""
    table = draft.table
    values, examples = list(table.columns[column]), list(table.examples)
    for row, cell in cells.items():
        values[row] = cell
        new = cell if read_as is _UNSET else read_as
        examples[row] = [(*old[:index], new, *old[index + 1 :]) for old in examples[row]]
    draft.table = replace(table, columns={**table.columns, column: values}, examples=examples)
