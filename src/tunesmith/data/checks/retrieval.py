"""Checks of a retrieval folder: ids, and the judgements that name them."""

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa

from tunesmith.data.checks.context import Context
from tunesmith.kinds import Retrieval
from tunesmith.results.summary import Finding, Severity
from tunesmith.wording import listing, plural


def repeated_ids(context: Context) -> Finding | None:
    """Find ids that two queries, or two documents, have."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    for table, what in ((examples.queries, "query"), (examples.corpus, "document")):
        ids = _ids(table)
        twice = [name for name, times in Counter(ids).items() if times > 1]
        if twice:
            return context.finding(
                "repeated-id",
                Severity.ERROR,
                [],
                f"The id of a {what} comes more than once: {listing(twice, quoted=True)}.",
                f"Give each {what} an id of its own, or drop the copies: a judgement must mean one "
                "text.",
                count=len(twice),
            )
    return None


def unknown_judgements(context: Context) -> Finding | None:
    """Find judgements that name a query or a document that is not there."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    queries, documents = set(_ids(examples.queries)), set(_ids(examples.corpus))
    found, unknown, exchanged = [], [], 0
    for position, (query, document) in enumerate(_judged(context)):
        if query not in queries or document not in documents:
            found.append(position)
            unknown.append(query if query not in queries else document)
            exchanged += query in documents and document in queries
    if not found:
        return None
    return context.finding(
        "unknown-judgement",
        Severity.ERROR,
        found,
        f"A query or document that is not there in {plural(len(found), 'judgement')}: "
        f"{listing(dict.fromkeys(unknown), quoted=True)}.",
        "The query comes first and the document second: exchange the columns."
        if 2 * exchanged > len(found)
        else "Add it to the queries or the corpus, or drop the judgement.",
        drop=True,
    )


def missing_relevance(context: Context) -> Finding | None:
    """Find judgements whose score is missing or no number."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    # Where the ids are unknown, too, the columns stand in another order: found as that.
    known = set(_ids(examples.queries))
    scores = zip(_judged(context), _relevance(context), strict=True)
    found = [
        row
        for row, ((query, _), score) in enumerate(scores)
        if query in known and not np.isfinite(score)
    ]
    if not found:
        return None
    return context.finding(
        "missing-score",
        Severity.ERROR,
        found,
        f"No score, or one that is no number, in {plural(len(found), 'judgement')}.",
        "Write 1 for a document that answers the query, 0 for one that does not, or drop the row.",
        drop=True,
    )


def nothing_relevant(context: Context) -> Finding | None:
    """Find queries that no document answers: nothing is learned from them, nor measured."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    scores, judged = _relevance(context), _judged(context)
    names = dict.fromkeys(_ids(examples.queries))
    # What a missing score would say is not known.
    answered = {
        query for (query, _), score in zip(judged, scores, strict=True) if not score <= 0
    } & names.keys()
    refused = ({query for query, _ in judged} & names.keys()) - answered
    without = [name for name in names if name not in answered]
    if not without or not (answered or refused):
        return None
    found = [row for row, (query, _) in enumerate(judged) if query in refused]
    return context.finding(
        "nothing-relevant",
        _severity(answered=len(answered), refused=len(refused)),
        found,
        f"No relevant document for {plural(len(without), 'query')}: "
        f"{listing(without, quoted=True)}.",
        "Judge at least one document with 1 or more for each; till then they count for nothing.",
        count=len(without),
    )


def _severity(*, answered: int, refused: int) -> Severity:
    if not answered:
        return Severity.ERROR
    # Many collections hold queries that none of their judgement files uses.
    return Severity.WARNING if refused else Severity.NOTE


def repeated_judgements(context: Context) -> Finding | None:
    """Find judgements of one query and document that come again in a file, equal or not."""
    if not isinstance(context.examples, Retrieval):
        return None
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, (pair, split) in enumerate(
        zip(_judged(context), context.values("split"), strict=True)
    ):
        rows[(*pair, str(split))].append(position)
    scores = _relevance(context)
    twice = [found for found in rows.values() if len(found) > 1]
    disputed = [found for found in twice if len(set(scores[found].tolist())) > 1]
    chosen = disputed or [found[1:] for found in twice]
    if not chosen:
        return None
    what = "judged with different scores" if disputed else "judged again with the same score"
    return context.finding(
        "conflict" if disputed else "duplicate",
        Severity.WARNING,
        sorted(row for found in chosen for row in found),
        f"A query and a document are {what} in {plural(len(chosen), 'case')}.",
        "Decide which score is right and drop the other." if disputed else "Drop the copies.",
    )


def shared_queries(context: Context) -> Finding | None:
    """Find queries that are judged in more than one file: what is measured was learned."""
    if not isinstance(context.examples, Retrieval):
        return None
    splits: dict[str, set[str]] = defaultdict(set)
    for (query, _), split in zip(_judged(context), context.values("split"), strict=True):
        splits[query].add(str(split))
    shared = [query for query, names in splits.items() if len(names) > 1]
    if not shared:
        return None
    names = sorted(set().union(*(splits[query] for query in shared)))
    return context.finding(
        "overlap",
        Severity.WARNING,
        [],
        f"{plural(len(shared), 'query')} judged in more than one of {listing(names)}: "
        f"{listing(shared, quoted=True)}.",
        "Keep a query in one file: what a model has learned from cannot measure it.",
        count=len(shared),
    )


def _ids(table: pa.Table) -> list[str]:
    return [str(name) for name in table["id"].to_pylist()]


def _judged(context: Context) -> list[tuple[str, str]]:
    columns = (map(str, context.values(role)) for role in ("query", "document"))
    return list(zip(*columns, strict=True))


def _relevance(context: Context) -> np.ndarray:
    scores = [np.nan if score is None else score for score in context.values("score")]
    return np.asarray(scores, dtype=np.float64)
