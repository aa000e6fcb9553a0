"""Detect which kind of training data a table contains, and explain why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tunesmith.data.column_names import DOCUMENT, names_negatives
from tunesmith.data.detection.column_groups import profiles
from tunesmith.data.detection.column_profile import Profile, Shape, repeats_often
from tunesmith.data.detection.convert import (
    convert,
    convert_documents,
    convert_retrieval,
    left_out_positives,
)
from tunesmith.data.detection.doubts import Doubt, doubts
from tunesmith.data.detection.given_columns import (
    checked_columns,
    given_column,
    with_joined_texts,
)
from tunesmith.data.detection.rule import Rule, Step
from tunesmith.data.detection.rules import RULES
from tunesmith.data.loaded import Loaded
from tunesmith.errors import TunesmithError, UnknownKind, UsageError
from tunesmith.kinds import KINDS, Examples, Kind
from tunesmith.wording import plural

_SHOWN = 12
_FEWEST_CLASSES = 2
_WORDS = frozenset(["tokens", "words", "token", "tokenized_text", "sentence", "text"])


@dataclass(frozen=True, eq=False)
class Detected:
    """The detected kind of a table, with the evidence for it.

    Parameters
    ----------
    kind
        The kind of training data.
    columns
        Role to column name in the file; several columns for one role are joined by ``+``.
    reason
        An explanation of the decision.
    examples
        The rows, in the schema of the kind.
    overridden
        Whether the caller specified the kind or a column.
    doubts
        The columns whose use is doubtful, with the reason; mostly unused ones that may matter.

    Examples
    --------
    >>> from tunesmith.data import read
    >>> detected = detect(read("examples/pairs.csv"))
    >>> detected.kind, detected.columns
    (<Kind.PAIRS: 'pairs'>, {'anchor': 'anchor', 'positive': 'positive'})
    """

    kind: Kind
    columns: Mapping[str, str]
    reason: str
    examples: Examples
    overridden: bool = False
    doubts: tuple[Doubt, ...] = ()


def detect(
    loaded: Loaded,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Detected:
    """Detect the kind of a table from the names, types and values of its columns.

    Parameters
    ----------
    loaded
        A source as returned by :func:`tunesmith.data.read`.
    kind
        The kind of the data; detected if None.
    columns
        The column of some or all roles, such as ``{"text": "query", "label": "intent"}``. Join
        several columns for one role with ``+``: texts become one text, as in
        ``{"text": "subject+body"}``. Roles not given are detected.

    Returns
    -------
    Detected
        The kind, the column of each role, the reason and the examples.

    Raises
    ------
    UnknownKind
        No kind fits; the message lists the columns and the kinds tried.
    UsageError
        The given kind or columns do not fit the table, or a column or role does not exist.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data import read
    >>> table = pa.table({"query": ["my card is late", "refund me"], "intent": ["card", "money"]})
    >>> print(detect(read(table)).reason)
    labelled: column 'query' holds texts (2 distinct of 2), column 'intent' holds 2 distinct values
    """
    wanted, wished = None if kind is None else _checked_kind(kind), checked_columns(columns)
    if loaded.retrieval is not None or wanted is Kind.RETRIEVAL:
        return _retrieval(loaded, wanted, columns)
    if loaded.documents is not None and wanted in (None, Kind.TEXTS) and not columns:
        return _documents(loaded)
    seen = profiles(loaded.table)
    loaded = with_joined_texts(loaded, wished)
    given = {role: given_column(role, name, seen, loaded) for role, name in wished.items()}
    overridden = wanted is not None or bool(given)
    tried: dict[Kind, list[str]] = {}
    for rule in _possible_rules(wanted, given):
        found = rule.find(seen, given)
        if not isinstance(found, Step):
            detected = _detected(rule.kind, found, seen, given, loaded)
            return replace(detected, overridden=overridden)
        tried.setdefault(rule.kind, []).append(found.needs)
    raise _no_kind_fits(loaded, seen, tried, overridden=overridden)


def _checked_kind(kind: Kind | str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise UsageError(
            f"there is no kind {kind!r}; the kinds are {', '.join(Kind)}", option="kind"
        ) from error


def _retrieval(loaded: Loaded, wanted: Kind | None, columns: Mapping[str, str] | None) -> Detected:
    if loaded.retrieval is None:
        raise UsageError(
            f"{loaded.name} is not a BEIR folder: it must contain corpus.jsonl, queries.jsonl and"
            " qrels/*.tsv",
            file=loaded.name,
        )
    if columns or wanted not in (None, Kind.RETRIEVAL):
        raise UsageError(
            f"{loaded.name} is {loaded.retrieval.form}; `kind` and `columns` cannot override it. To"
            " use its texts as another kind, pass a file with these texts",
            file=loaded.name,
            option="columns" if columns else "kind",
        )
    examples = convert_retrieval(loaded)
    reason = (
        f"retrieval: {loaded.retrieval.form} with {examples.queries.num_rows:,} queries,"
        f" {examples.corpus.num_rows:,} documents and {len(examples):,} judgements"
    )
    roles = {"query": "query-id", "document": "corpus-id", "score": "score", "split": "split"}
    why = "it may say which documents are relevant: numbers, or yes and no, can be used"
    doubtful = tuple(Doubt(name, why, "score") for name in loaded.retrieval.unused_grades)
    return Detected(Kind.RETRIEVAL, roles, reason, examples, doubts=doubtful)


def _documents(loaded: Loaded) -> Detected:
    assert loaded.documents is not None
    reason = f"texts: {loaded.documents.description}, title and text"
    return Detected(Kind.TEXTS, {"text": DOCUMENT}, reason, convert_documents(loaded))


def _possible_rules(wanted: Kind | None, given: Mapping[str, Profile]) -> list[Rule]:
    rules = [rule for rule in RULES if wanted in (None, rule.kind)]
    possible = [rule for rule in rules if set(given) <= set(KINDS[rule.kind].roles)]
    if possible:
        return possible
    if wanted is None:
        raise UsageError(f"no kind has all of the roles {', '.join(given)}", option="columns")
    roles = ", ".join(KINDS[wanted].roles)
    unknown = ", ".join(role for role in given if role not in KINDS[wanted].roles)
    raise UsageError(f"{wanted} has no role {unknown}; its roles are {roles}", option="columns")


def _detected(
    kind: Kind,
    found: Mapping[str, Profile],
    seen: Sequence[Profile],
    given: Mapping[str, Profile],
    loaded: Loaded,
) -> Detected:
    in_order = {role: found[role] for role in KINDS[kind].roles}
    parts = [_describe(kind, role, column) for role, column in in_order.items()]
    reason = f"{kind}: {', '.join(parts)}{_describe_ignored(in_order.values(), seen)}"
    if given:
        reason += f"; as specified: {', '.join(f'{role}={given[role].name}' for role in given)}"
    names = {role: column.name for role, column in in_order.items()}
    doubtful = doubts(kind, found, seen, loaded.table) + _irrelevant(found, loaded)
    return Detected(kind, names, reason, convert(kind, in_order, loaded), doubts=doubtful)


def _irrelevant(found: Mapping[str, Profile], loaded: Loaded) -> tuple[Doubt, ...]:
    column = found.get("positive")
    count = 0 if column is None else left_out_positives(column, loaded)
    if column is None or not count:
        return ()
    reason = f"{plural(count, 'text')} with a score of 0 or less left out: not positives"
    return (Doubt(column.name, reason, None),)


def _describe(kind: Kind, role: str, column: Profile) -> str:
    names = f"column{'s' * (len(column.members) > 1)} {', '.join(map(repr, column.members))}"
    if column.shape is Shape.EMPTY:
        return f"{names} {'are' if len(column.members) > 1 else 'is'} empty"
    verb = "hold" if len(column.members) > 1 else "holds"
    return f"{names} {verb} {_describe_values(kind, role, column)}"


def _describe_values(kind: Kind, role: str, column: Profile) -> str:
    if role == "score" and column.shape is not Shape.NUMBER:
        return "values that are not all numbers"
    if role == "score":
        return f"numbers from {column.lowest:g} to {column.highest:g}"
    if role == "label":
        return _describe_label(kind, column)
    return _describe_labels(column) if role == "labels" else _describe_texts(column)


def _describe_texts(column: Profile) -> str:
    if column.shape in (Shape.LIST, Shape.GROUP):
        return "lists of texts" if column.shape is Shape.LIST else "texts"
    return f"texts ({column.distinct:,} distinct of {column.filled:,})"


def _describe_label(kind: Kind, column: Profile) -> str:
    if kind is Kind.NLI:
        relations = "entailment, neutral and contradiction"
        return relations if column.is_relation else f"0, 1 and 2 for {relations}"
    if kind is Kind.LABELLED_PAIRS:
        return "yes and no" if column.shape is Shape.TEXT else "1 and 0"
    return f"{column.distinct:,} distinct value{'s' * (column.distinct != 1)}"


def _describe_labels(column: Profile) -> str:
    if column.shape is Shape.GROUP:
        return "1 or 0 for one label each"
    if column.shape is Shape.OBJECT:
        return "objects with 1 or 0 for each known label"
    if column.shape is Shape.LIST:
        return "lists of labels"
    return f"labels separated by {column.separator!r}" if column.separator else "one label per row"


def _describe_ignored(used: Iterable[Profile], seen: Sequence[Profile]) -> str:
    taken = {name for column in used for name in column.members}
    rest = [
        f"{column.name!r} ({_ignored_because(column)})"
        for column in seen
        if column.shape is not Shape.GROUP and column.name not in taken
    ]
    more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
    return f"; ignored: {', '.join(rest[:_SHOWN])}{more}" if rest else ""


def _ignored_because(column: Profile) -> str:
    if column.shape is Shape.EMPTY:
        return "empty"
    unique = column.identifier and not repeats_often(column.distinct, column.filled)
    return "identifies rows" if unique else "not needed"


def _no_kind_fits(
    loaded: Loaded,
    seen: Sequence[Profile],
    tried: Mapping[Kind, Sequence[str]],
    *,
    overridden: bool,
) -> TunesmithError:
    columns = [column for column in seen if column.shape is not Shape.GROUP]
    shown = "; ".join(map(_column_summary, columns[:_SHOWN]))
    more = f"; and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    attempts = [f"{kind} ({', '.join(dict.fromkeys(needs))})" for kind, needs in tried.items()]
    details = (
        f"Columns: {shown}{more}. Tried: {'; '.join(attempts)}.{_describe_negatives(columns)}"
        f"{_describe_classes(columns)}{_describe_words(columns)}"
        f" Specify the kind and columns with {_example_options(list(tried))}"
    )
    if overridden:
        return UsageError(f"the specified kind or columns do not fit {loaded.name}. {details}")
    return UnknownKind(f"cannot detect the kind of {loaded.name}. {details}")


def _describe_negatives(columns: Sequence[Profile]) -> str:
    """Say which columns of a triplet are missing, if there are negatives."""
    negatives = [column for column in columns if names_negatives(column.name)]
    if not negatives:
        return ""
    names = ", ".join(repr(column.name) for column in negatives)
    return (
        f" {names} {'is' if len(negatives) == 1 else 'are'} named like the negatives of triplets,"
        " which also need an anchor, such as a column named 'prompt', and a positive."
    )


def _describe_words(columns: Sequence[Profile]) -> str:
    """Say how to use texts that are split into words."""
    words = [each.name for each in columns if each.shape is Shape.LIST and each.plain in _WORDS]
    return f" Join the words of {words[0]!r} to texts." if words else ""


def _describe_classes(columns: Sequence[Profile]) -> str:
    """Say how to read texts whose columns are labels, if all columns hold texts."""
    if len(columns) < _FEWEST_CLASSES or not all(column.is_wordy for column in columns):
        return ""
    return (
        " If the names of the columns are labels, pass a row for each text, with the columns text"
        " and label."
    )


def _example_options(tried: Sequence[Kind]) -> str:
    kind = tried[0] if len(tried) == 1 else Kind.LABELLED
    columns = ", ".join(f'"{role}": "COLUMN"' for role in KINDS[kind].roles)
    return f'`kind="{kind}"` and `columns={{{columns}}}`'


def _column_summary(column: Profile) -> str:
    shape = "identifies rows" if column.identifier else column.shape
    sample = f", such as {column.sample!r}" if column.sample else ""
    return f"{column.name!r} ({shape}{sample})"
