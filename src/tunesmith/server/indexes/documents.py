"""The texts of a data set that an index is made of, and their ids."""

from collections.abc import Iterator, Sequence

from tunesmith.datasets.inspection import Inspection
from tunesmith.errors import DataError
from tunesmith.kinds import Retrieval

# Documents before queries: a corpus is searched, not asked.
_ROLES = ("text", "positive", "document", "hypothesis", "text2", "anchor")


def documents_of(inspection: Inspection) -> tuple[list[str], list[str]]:
    """Return ids and texts of the documents of a data set; each text is taken once.

    The ids are those of a corpus; of other data, the number of the first row with the text.

    Raises
    ------
    DataError
        There are no texts.
    """
    found = dict(_documents(inspection))
    firsts = {text: ident for ident, text in reversed(found.items()) if text.strip()}
    kept = [(ident, text) for ident, text in found.items() if firsts.get(text) == ident]
    if not kept:
        raise DataError(f"{inspection.name} has no texts", file=inspection.name)
    return [ident for ident, _ in kept], [text for _, text in kept]


def _documents(inspection: Inspection) -> Iterator[tuple[str, str]]:
    examples = inspection.examples
    if isinstance(examples, Retrieval):
        yield from _pairs(examples.corpus["id"].to_pylist(), examples.corpus["text"].to_pylist())
        return
    role = next(each for each in _ROLES if each in examples.text_roles)
    yield from _pairs(examples.rows.tolist(), examples.table[role].to_pylist())


def _pairs(ids: Sequence[object], texts: Sequence[object]) -> Iterator[tuple[str, str]]:
    known = zip(ids, texts, strict=True)
    return ((str(ident), str(text)) for ident, text in known if text is not None)
