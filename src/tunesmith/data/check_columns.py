"""Checks of the columns that no role was found for."""

from tunesmith.data.check_context import Context, listing
from tunesmith.data.names import HALVES, NEGATIVES, plain_name
from tunesmith.data.profile import Shape, profile
from tunesmith.kinds import Labelled, Multilabel, Pairs, Texts
from tunesmith.results import Finding, Severity


def left_aside(context: Context) -> Finding | None:
    """Find columns named for pairs or triplets in data that was taken for something less."""
    if context.detected.as_said:
        return None
    if isinstance(context.examples, Labelled | Multilabel | Texts):
        telling, what = HALVES, "one of several texts in a row"
    elif isinstance(context.examples, Pairs):
        telling, what = frozenset(NEGATIVES), "negatives"
    else:
        return None
    table = context.loaded.table
    found = [
        name
        for name in table.column_names
        if plain_name(name) in telling and profile(name, table[name]).shape is not Shape.NUMBER
    ]
    if not found:
        return None
    return context.finding(
        "left-aside",
        Severity.WARNING,
        [],
        f"The file was taken for {context.examples.kind}, but a column is named for {what}: "
        f"{listing(found, quoted=True)}.",
        "Add or mend the column that goes with it, or say what it is with --kind and --columns.",
        count=len(found),
    )
