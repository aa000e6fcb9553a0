"""A data set: a file or table as it was read, its kind and its columns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from markupsafe import Markup

from tunesmith.data.checks.check import check, rows_of_finding
from tunesmith.data.checks.fixes import apply_fixes, checked_fixes
from tunesmith.data.detection.detect import Detected, detect
from tunesmith.data.detection.given_columns import checked_columns
from tunesmith.data.reading.documents.find import is_document
from tunesmith.data.reading.documents.read_documents import FOLDER
from tunesmith.data.reading.hugging_face import is_split, several_splits
from tunesmith.data.reading.lists_of_rows import holds_splits
from tunesmith.data.reading.python_rows import holds_columns
from tunesmith.data.reading.read import Loaded
from tunesmith.data.reading.read import read as read_rows
from tunesmith.data.statistics import class_counts
from tunesmith.data.tokens import Tokens
from tunesmith.datasets.collection import Documents, read_documents
from tunesmith.datasets.judgements import judged
from tunesmith.datasets.mappings import loaded_mapping
from tunesmith.datasets.squad import with_contexts
from tunesmith.encoders.backends.tokenizer import FolderTokens
from tunesmith.encoders.model_files.bundled import DEFAULT_BASE, PACKAGE
from tunesmith.encoders.model_files.locate import locate
from tunesmith.errors import UsageError
from tunesmith.kinds import Examples, Kind
from tunesmith.results.finding import Finding
from tunesmith.results.notebook import counts_html, findings_html
from tunesmith.results.summary import ClassCount
from tunesmith.wording import clean, plural


@dataclass(frozen=True, eq=False)
class Dataset:
    """A file or table that was read once, for any number of fits, evaluations and checks.

    Every function that takes a file also takes a data set.

    Parameters
    ----------
    loaded
        The rows as read, including rejected lines.
    detected
        The kind, the columns and the examples.
    skip_invalid
        Whether rows with errors are skipped instead of raising an error.
    strict
        Whether rows without a text or label, and classes that cannot be tested, are errors.
    frame
        The pandas table that was read, if it was one.
    encoding
        The encoding that was given for the file, or None.
    documents
        All documents, if they were given with a file of queries.
    fixes
        The fixes that were applied to the examples.
    given_columns
        The columns that were given when it was read, or None.

    Examples
    --------
    >>> data = read("examples/tickets.csv")
    >>> data
    Dataset(tickets.csv: labelled, 647 rows, text = text, label = intent)
    >>> data.counts[0].label, len(data)
    ('delivery_late', 647)
    """

    loaded: Loaded
    detected: Detected
    skip_invalid: bool = False
    strict: bool = False
    frame: Any = None
    encoding: str | None = None
    documents: Documents | None = None
    fixes: tuple[str, ...] = ()
    given_columns: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.loaded.name

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, or of the table, hexadecimal."""
        return self.loaded.digest

    @property
    def kind(self) -> Kind:
        """The kind of training data."""
        return self.detected.kind

    @property
    def columns(self) -> Mapping[str, str]:
        """The column of each role."""
        return self.detected.columns

    @property
    def examples(self) -> Examples:
        """The rows in the schema of their kind."""
        return self.detected.examples

    @cached_property
    def counts(self) -> tuple[ClassCount, ...]:
        """The number of examples for each label; empty for kinds without labels."""
        return class_counts(self.examples)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the checks, errors first, for the default base model."""
        return self._check(DEFAULT_BASE)

    def findings_for(self, base: str | Path) -> tuple[Finding, ...]:
        """Return the findings for a base model, whose maximum length decides what is truncated."""
        return self.findings if base == DEFAULT_BASE else self._check(base)

    def rows_with(self, finding: Finding) -> Any:
        """Return the rows of a finding: of a pandas table with its index, else an Arrow table.

        These are all rows that are skipped, always or with ``skip_invalid``; for other findings,
        the first ones.

        Examples
        --------
        >>> data = read("examples/tickets.csv")
        >>> data.rows_with(data.findings[0]).column_names
        ['text', 'intent']
        """
        listed = np.searchsorted(self.loaded.rows, np.array(finding.rows, dtype=np.int64))
        positions = np.array(finding.faulty, dtype=np.int64) if finding.faulty else listed
        if self.frame is not None:
            return self.frame.iloc[self.loaded.rows[positions] - 1]
        return self.loaded.table.take(pa.array(positions))

    def row_numbers(self, code: str) -> tuple[int, ...]:
        """Return the numbers of all rows of a finding, which itself lists only the first ones.

        Parameters
        ----------
        code
            The code of the finding, such as ``"duplicate"``.

        Examples
        --------
        >>> data = read("examples/tickets.csv")
        >>> len(data.row_numbers("duplicate"))
        6
        """
        tokens = FolderTokens(locate(DEFAULT_BASE), name=DEFAULT_BASE)
        return rows_of_finding(code, self.detected, self.loaded, tokens=tokens, strict=self.strict)

    def _check(self, base: str | Path) -> tuple[Finding, ...]:
        tokens = FolderTokens(locate(base), name=_base_name(base))
        return check(self.detected, self.loaded, tokens=tokens, strict=self.strict)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.examples)

    def _repr_html_(self) -> str:
        head = Markup("<p><b>{}</b></p><p>{}</p>").format(repr(self), clean(self.detected.reason))
        return str(head + counts_html(self.counts) + findings_html(self.findings))

    def __repr__(self) -> str:
        """Return name, kind, size and columns, without any text of the data."""
        columns = ", ".join(f"{role} = {name}" for role, name in self.columns.items())
        return f"Dataset({self.name}: {self.kind}, {plural(len(self), 'row')}, {columns})"


def read(  # noqa: PLR0913 - one parameter for each way in which sources differ
    source: object,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
    skip_invalid: bool = False,
    strict: bool = False,
    encoding: str | None = None,
    base: str | Path = DEFAULT_BASE,
    documents: object | None = None,
    fixes: Collection[str] = (),
) -> Dataset:
    """Read a file or table and detect its kind; no model is loaded.

    Parameters
    ----------
    source
        A file, a BEIR folder, a folder of documents, a pandas, polars or Arrow table, a list of
        rows, a dictionary of columns, a Hugging Face dataset or its name, a mapping (of query to
        document ids, or with ``queries``, ``corpus`` and ``qrels``), rows as read, or a
        :class:`Dataset`, whose kind and columns are detected again if they are given here.
    kind, columns
        Overrides for detection, such as ``columns={"text": "body", "label": "queue"}``. The
        documents of a folder are labelled by ``columns={"label": "folder"}``.
    skip_invalid
        Whether a fit or an evaluation skips rows with errors instead of raising an error.
    strict
        Whether rows without a text or label, and classes with a single text, are errors. By
        default such rows are skipped, and such classes are used for training but not tested.
    encoding
        The encoding of a text file, such as ``"gb18030"``; detected if None.
    base
        The model that will read the passages of documents: they are cut at its maximum length.
    documents
        All documents, for a source of queries with their clicked or relevant documents: a folder,
        a file or table, or a mapping of id to text. The source names documents by id, path or text.
    fixes
        Fixes to apply to the examples: ``"label-spelling"`` merges labels that differ in case,
        spaces, invisible characters, Unicode form or ``.0`` only. A note lists the changes.

    Returns
    -------
    The data set. Its findings are computed when they are first asked for.

    Raises
    ------
    DataError
        The file cannot be read, or no kind fits.
    UsageError
        A column, the encoding or a fix does not exist, a role does not belong to the kind, or a
        data set with documents would get another kind or other columns.

    Examples
    --------
    >>> read("examples/pairs.csv").kind
    <Kind.PAIRS: 'pairs'>
    """
    checked_columns(columns)
    if isinstance(source, Dataset):
        skip_invalid, strict = skip_invalid or source.skip_invalid, strict or source.strict
        if documents is None and _was_read_as(source, kind, columns):
            return with_fixes(_with_options(source, skip_invalid, strict), fixes)
        fixes = (*source.fixes, *checked_fixes(fixes))
        loaded, frame, encoding = source.loaded, source.frame, source.encoding
    else:
        frame = source if hasattr(source, "iloc") else None
        loaded = _loaded(source, encoding, base, columns, kind, of_documents=documents is not None)
    given, found = columns, None
    if documents is not None:
        found = read_documents(documents, encoding=encoding, tokens=_tokens(documents, base))
        loaded, frame, columns = judged(loaded, found, columns), None, None
    else:
        loaded = with_contexts(loaded, kind, columns)
    detected = detect(loaded, kind=kind, columns=columns)
    data = Dataset(loaded, detected, skip_invalid, strict, frame, encoding, found, (), given)
    return with_fixes(data, fixes)


def with_fixes(data: Dataset, fixes: Collection[str], labels: Collection[str] = ()) -> Dataset:
    """Return the data set after fixes, which prefer these labels; notes list the changes."""
    names = tuple(dict.fromkeys((*data.fixes, *checked_fixes(fixes))))
    if names == data.fixes and not labels:
        return data
    fixed = apply_fixes(data.examples, names, labels)
    notes = tuple(note for note in fixed.notes if note not in data.loaded.notes)
    loaded = replace(data.loaded, notes=(*data.loaded.notes, *notes))
    fewer = f"; after the fixes {plural(fixed.labels, 'label')}" if notes else ""
    detected = replace(data.detected, examples=fixed.examples, reason=data.detected.reason + fewer)
    return replace(data, loaded=loaded, detected=detected, fixes=names)


def _loaded(
    source: object,
    encoding: str | None,
    base: str | Path,
    columns: Mapping[str, str] | None,
    kind: Kind | str | None,
    *,
    of_documents: bool,
) -> Loaded:
    if isinstance(source, Loaded):
        return source
    if isinstance(source, Mapping) and not is_split(source) and holds_splits(source):
        raise several_splits(source)
    if isinstance(source, Mapping) and not _is_table(source, columns, of_documents):
        return loaded_mapping(source, of_documents=of_documents)
    tokens, by_folder = _tokens(source, base), _is_by_folder(columns, kind)
    return read_rows(source, encoding=encoding, tokens=tokens, by_folder=by_folder)


def _is_by_folder(columns: Mapping[str, str] | None, kind: Kind | str | None) -> bool:
    """Return whether the folders of documents are labels: they have no other labels."""
    return FOLDER in columns.values() if columns else kind == Kind.LABELLED


def _is_table(
    source: Mapping[Any, Any], columns: Mapping[str, str] | None, of_documents: bool
) -> bool:
    if is_split(source):
        return "corpus" not in source
    return holds_columns(source, (columns or {}).values(), of_queries=of_documents)


def with_positives(data: Dataset) -> Dataset:
    """Return a folder of documents as pairs of title and text; other data unchanged.

    A folder has no queries, so its titles and headings take their place, for mining.

    Raises
    ------
    UsageError
        The data set was read with all documents of a collection.

    Examples
    --------
    >>> with_positives(read("examples/pairs.csv")).kind
    <Kind.PAIRS: 'pairs'>
    """
    if data.loaded.documents is None or data.kind is not Kind.TEXTS:
        return data
    return read(data, kind=Kind.PAIRS, columns={"anchor": "title", "positive": "text"})


def _tokens(source: object, base: str | Path) -> Tokens | None:
    """Return a token counter if the source may be a folder of documents."""
    if not isinstance(source, str | Path) or not is_document(Path(source).expanduser()):
        return None
    return FolderTokens(locate(base))


def _was_read_as(data: Dataset, kind: Kind | str | None, columns: Mapping[str, str] | None) -> bool:
    """Return whether a data set already has this kind and was read with these columns.

    Raises
    ------
    UsageError
        It has not, and its rows were joined with all documents, so it cannot be read again.
    """
    if kind in {None, data.kind} and columns in (None, data.given_columns):
        return True
    if data.documents is None:
        return False
    raise UsageError(
        f"{data.name} was read with documents, so its kind and columns cannot be changed",
        hint="read the file again",
        option="columns",
    )


def _base_name(base: str | Path) -> str:
    """Return a base's name for messages: that of a folder, which the bundled one has not."""
    path = Path(base)
    if not path.is_dir():
        return str(base)
    return DEFAULT_BASE if path.parent.name == PACKAGE else path.name


def _with_options(data: Dataset, skip_invalid: bool, strict: bool) -> Dataset:
    """Return the data set with these options; itself if nothing changes, to keep its findings."""
    if (skip_invalid, strict) == (data.skip_invalid, data.strict):
        return data
    return replace(data, skip_invalid=skip_invalid, strict=strict)
