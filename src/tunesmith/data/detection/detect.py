"""Which kind of training data a table holds, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tunesmith.data.detection.column_profile import Profile, Shape, profiles
from tunesmith.data.detection.convert import convert, convert_retrieval
from tunesmith.data.detection.rule import Rule, Step
from tunesmith.data.detection.rules import RULES
from tunesmith.data.loaded import Loaded
from tunesmith.errors import TunesmithError, UnknownKind, UsageError
from tunesmith.kinds import KINDS, Examples, Kind

_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Detected:
    """What a table was taken for.

    Parameters
    ----------
    kind
        The kind of training data.
    columns
        The column that plays each role, by the name it has in the file; where several play one
        role together, their names joined by ``+``.
    reason
        What was decided and why, in words.
    examples
        The rows, in the schema of the kind.
    as_said
        Whether the caller named the kind or a column.
    """

    kind: Kind
    columns: Mapping[str, str]
    reason: str
    examples: Examples
    as_said: bool = False


def detect(
    loaded: Loaded,
    *,
    kind: Kind | str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Detected:
    """Tell the kind of a table by its columns' names, types and values.

    Parameters
    ----------
    loaded
        What :func:`tunesmith.data.read` returned.
    kind
        The kind it must be, if that is known.
    columns
        The column for some or all roles, as ``{"text": "query", "label": "intent"}``. Several
        columns for one role are joined by ``+``.

    Raises
    ------
    UnknownKind
        No kind fits; the message lists what was tried and what was seen.
    UsageError
        What the caller said fits no kind, or names a column or role that there is not.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from tunesmith.data import read
    >>> table = pa.table({"query": ["my card is late", "refund me"], "intent": ["card", "money"]})
    >>> print(detect(read(table)).reason)
    labelled: column 'query' holds texts (2 distinct of 2), column 'intent' holds 2 distinct values
    """
    wanted = None if kind is None else _checked_kind(kind)
    if loaded.retrieval is not None or wanted is Kind.RETRIEVAL:
        return _retrieval(loaded, wanted, columns)
    seen = profiles(loaded.table)
    said = {role: _said_column(role, name, seen, loaded) for role, name in (columns or {}).items()}
    rules = _possible_rules(wanted, said)
    tried: dict[Kind, list[str]] = {}
    for rule in rules:
        found = rule.find(seen, said)
        if not isinstance(found, Step):
            as_said = wanted is not None or bool(said)
            return replace(_detected(rule.kind, found, seen, said, loaded), as_said=as_said)
        tried.setdefault(rule.kind, []).append(found.needs)
    raise _nothing_fits(loaded, seen, tried, overridden=wanted is not None or bool(said))


def _checked_kind(kind: Kind | str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as error:
        raise UsageError(f"there is no kind {kind!r}; the kinds are {', '.join(Kind)}") from error


def _retrieval(loaded: Loaded, wanted: Kind | None, columns: Mapping[str, str] | None) -> Detected:
    if loaded.retrieval is None:
        raise UsageError(
            f"{loaded.name} is not a retrieval folder: that holds corpus.jsonl, queries.jsonl and"
            " qrels/*.tsv"
        )
    if columns or wanted not in (None, Kind.RETRIEVAL):
        raise UsageError(
            f"{loaded.name} is a retrieval folder, and can be nothing else; to use its texts in"
            " another way, give one of its files"
        )
    examples = convert_retrieval(loaded)
    reason = (
        f"retrieval: a folder with {examples.queries.num_rows:,} queries,"
        f" {examples.corpus.num_rows:,} documents and {len(examples):,} judgements"
    )
    roles = {"query": "query-id", "document": "corpus-id", "score": "score", "split": "split"}
    return Detected(Kind.RETRIEVAL, roles, reason, examples)


def _said_column(role: str, name: str, seen: Sequence[Profile], loaded: Loaded) -> Profile:
    roles = sorted({known for kind in KINDS.values() for known in kind.roles})
    if role not in roles:
        raise UsageError(f"there is no role {role!r}; the roles are {', '.join(roles)}")
    by_name = {column.name: column for column in seen if column.shape is not Shape.GROUP}
    if name in by_name:
        return by_name[name]
    members = [part.strip() for part in name.split("+")]
    for member in members:
        if member not in by_name:
            names = ", ".join(map(repr, by_name))
            raise UsageError(f"{loaded.name} has no column {member!r}; it has {names}")
    if len(members) == 1:
        return by_name[members[0]]
    filled = max(by_name[member].filled for member in members)
    return Profile("+".join(members), tuple(members), Shape.GROUP, filled)


def _possible_rules(wanted: Kind | None, said: Mapping[str, Profile]) -> list[Rule]:
    rules = [rule for rule in RULES if wanted in (None, rule.kind)]
    possible = [rule for rule in rules if set(said) <= set(KINDS[rule.kind].roles)]
    if possible:
        return possible
    if wanted is None:
        raise UsageError(f"no kind has the roles {', '.join(said)} together")
    needed = ", ".join(KINDS[wanted].roles)
    raise UsageError(f"{wanted} has the roles {needed}, and not all of {', '.join(said)}")


def _detected(
    kind: Kind,
    found: Mapping[str, Profile],
    seen: Sequence[Profile],
    said: Mapping[str, Profile],
    loaded: Loaded,
) -> Detected:
    in_order = {role: found[role] for role in KINDS[kind].roles}
    parts = [_part(kind, role, column) for role, column in in_order.items()]
    reason = f"{kind}: {', '.join(parts)}{_left_aside(in_order.values(), seen)}"
    if said:
        reason += f"; as you said: {', '.join(f'{role}={said[role].name}' for role in said)}"
    names = {role: column.name for role, column in in_order.items()}
    return Detected(kind, names, reason, convert(kind, in_order, loaded))


def _part(kind: Kind, role: str, column: Profile) -> str:
    named = f"column{'s' * (len(column.members) > 1)} {', '.join(map(repr, column.members))}"
    verb = "hold" if len(column.members) > 1 else "holds"
    return f"{named} {verb} {_holdings(kind, role, column)}"


def _holdings(kind: Kind, role: str, column: Profile) -> str:
    if column.shape is Shape.EMPTY:
        return "nothing"
    if role == "score":
        return f"numbers from {column.lowest:g} to {column.highest:g}"
    if role == "label":
        return _label_held(kind, column)
    return _labels_held(column) if role == "labels" else _texts_held(column)


def _texts_held(column: Profile) -> str:
    if column.shape in (Shape.LIST, Shape.GROUP):
        return "lists of texts" if column.shape is Shape.LIST else "texts"
    return f"texts ({column.distinct:,} distinct of {column.filled:,})"


def _label_held(kind: Kind, column: Profile) -> str:
    if kind is Kind.NLI:
        words = "entailment, neutral and contradiction"
        return words if column.is_relation else f"0, 1 and 2 for {words}"
    if kind is Kind.LABELLED_PAIRS:
        return "yes and no" if column.shape is Shape.TEXT else "1 and 0"
    return f"{column.distinct:,} distinct value{'s' * (column.distinct != 1)}"


def _labels_held(column: Profile) -> str:
    if column.shape is Shape.GROUP:
        return "1 or 0 for a label each"
    if column.shape is Shape.OBJECT:
        return "objects that say 1 or 0 for each label they know"
    if column.shape is Shape.LIST:
        return "lists of labels"
    return f"labels separated by {column.separator!r}" if column.separator else "one label a row"


def _left_aside(used: Iterable[Profile], seen: Sequence[Profile]) -> str:
    taken = {name for column in used for name in column.members}
    rest = [
        f"{column.name!r} ({_why_aside(column)})"
        for column in seen
        if column.shape is not Shape.GROUP and column.name not in taken
    ]
    more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
    return f"; left aside: {', '.join(rest[:_SHOWN])}{more}" if rest else ""


def _why_aside(column: Profile) -> str:
    if column.shape is Shape.EMPTY:
        return "empty"
    return "identifies rows" if column.identifier else "not needed"


def _nothing_fits(
    loaded: Loaded,
    seen: Sequence[Profile],
    tried: Mapping[Kind, Sequence[str]],
    *,
    overridden: bool,
) -> TunesmithError:
    columns = [column for column in seen if column.shape is not Shape.GROUP]
    shown = "; ".join(map(_as_seen, columns[:_SHOWN]))
    more = f"; and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    attempts = [f"{kind} ({', '.join(dict.fromkeys(needs))})" for kind, needs in tried.items()]
    message = (
        f"cannot tell what {loaded.name} holds. Seen: {shown}{more}."
        f" Tried: {'; '.join(attempts)}."
        f" Say it: {_how_to_say(list(tried))}"
    )
    if overridden:
        return UsageError(message.replace("cannot tell what", "what you said does not fit what", 1))
    return UnknownKind(message)


def _how_to_say(tried: Sequence[Kind]) -> str:
    kind = tried[0] if len(tried) == 1 else Kind.LABELLED
    return f"--kind {kind} --columns {','.join(f'{role}=COLUMN' for role in KINDS[kind].roles)}"


def _as_seen(column: Profile) -> str:
    shape = "identifies rows" if column.identifier else column.shape
    sample = f", such as {column.sample!r}" if column.sample else ""
    return f"{column.name!r} ({shape}{sample})"
