"""Checks for BEIR folders: ids, and the relevance judgements (qrels) that refer to them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from tunesmith.data.checks.context import Context
from tunesmith.kinds import Examples, Pairs, Retrieval
from tunesmith.results.finding import FIRST_ROWS, Finding, Severity
from tunesmith.wording import listing, plural


def repeated_ids(context: Context) -> Finding | None:
    """Find ids shared by two queries or by two documents."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    for table, what in ((examples.queries, "query"), (examples.corpus, "document")):
        ids = _ids(table)
        repeated = [name for name, times in Counter(ids).items() if times > 1]
        if repeated:
            return context.finding(
                "repeated-id",
                Severity.ERROR,
                [],
                f"The id of a {what} is not unique: {listing(repeated, quoted=True)}.",
                f"Give each {what} a unique id or drop the duplicates.",
                count=len(repeated),
            )
    return None


def unknown_judgements(context: Context) -> Finding | None:
    """Find judgements that refer to a missing query or document."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    queries, documents = set(_ids(examples.queries)), set(_ids(examples.corpus))
    found, unknown, swapped = [], [], 0
    for position, (query, document) in enumerate(_judged_ids(context)):
        if query not in queries or document not in documents:
            found.append(position)
            unknown.append(query if query not in queries else document)
            swapped += query in documents and document in queries
    if not found:
        return None
    return context.finding(
        "unknown-judgement",
        Severity.ERROR,
        found,
        f"Unknown query or document in {plural(len(found), 'judgement')}: "
        f"{listing(dict.fromkeys(unknown), quoted=True)}.",
        "The query id must come first and the document id second: swap the columns."
        if 2 * swapped > len(found)
        else "Add it to the queries or the corpus, or drop the judgement.",
        drop=True,
    )


def missing_relevance(context: Context) -> Finding | None:
    """Find judgements whose score is missing or not a number."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    # If the ids are unknown too, the columns are in the wrong order, which is reported instead.
    known = set(_ids(examples.queries))
    scores = zip(_judged_ids(context), _relevance(context), strict=True)
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
        f"The score is missing or not a number in {plural(len(found), 'judgement')}.",
        "Use 1 for a relevant document and 0 for an irrelevant one, or drop the row.",
        drop=True,
    )


def nothing_relevant(context: Context) -> Finding | None:
    """Find queries without a relevant document, which are useless for training and testing."""
    examples = context.examples
    if not isinstance(examples, Retrieval):
        return None
    scores, judged = _relevance(context), _judged_ids(context)
    names = dict.fromkeys(_ids(examples.queries))
    # A missing score could mean either, so it does not count as irrelevant.
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
        "Give each at least one document with a score of 1 or more; otherwise they are not used.",
        count=len(without),
    )


def _severity(*, answered: int, refused: int) -> Severity:
    if not answered:
        return Severity.ERROR
    # Many collections contain queries that none of their judgement files uses.
    return Severity.WARNING if refused else Severity.NOTE


def incomplete_rows(context: Context) -> Finding | None:
    """Find rows of a file with queries that lack the query or the document."""
    rows = () if context.loaded.retrieval is None else context.loaded.retrieval.incomplete
    if not rows:
        return None
    words = f"{plural(len(rows), 'row')} without a query or a document left out."
    return _left_out(context, "incomplete-row", rows, words, "Fill them in to use them.")


def unanswered_questions(context: Context) -> Finding | None:
    """Find questions that no context answers."""
    rows = () if context.loaded.retrieval is None else context.loaded.retrieval.unanswered
    if not rows:
        return None
    words = f"{plural(len(rows), 'question')} without an answer in the context left out."
    advice = "The contexts stay among the documents."
    return _left_out(context, "unanswered-question", rows, words, advice)


def _left_out(
    context: Context, code: str, rows: tuple[int, ...], words: str, advice: str
) -> Finding:
    """Return a finding about rows of the file, which are no longer in the table."""
    found = context.finding(code, Severity.WARNING, [], words, advice, count=len(rows))
    return replace(found, rows=rows[:FIRST_ROWS])


def unused_negatives(context: Context) -> Finding | None:
    """Find columns of negatives in a file that was read with all documents."""
    found = context.loaded.retrieval
    if found is None or not found.unused_negatives:
        return None
    columns = found.unused_negatives
    return context.finding(
        "unused-negatives",
        Severity.WARNING,
        [],
        f"{listing(columns, quoted=True)} {'is' if len(columns) == 1 else 'are'} not used: with "
        "`documents`, all documents of the collection that are not relevant are negatives.",
        "To train with these negatives, omit `documents` and give the texts of the documents.",
        count=len(columns),
    )


def added_documents(context: Context) -> Finding | None:
    """Find texts that are judged but are not in the collection."""
    added = 0 if context.loaded.retrieval is None else context.loaded.retrieval.added
    if not added:
        return None
    return context.finding(
        "added-document",
        Severity.WARNING,
        [],
        f"{plural(added, 'text')} that a query refers to not among the documents, and therefore "
        "added to them.",
        "Check that the documents are complete, and that both were exported in the same way.",
        count=added,
    )


def own_positives(examples: Examples) -> tuple[Finding, ...]:
    """Return a note that pairs are searched among their own positives; nothing for other kinds.

    This is not a problem of the data, so it is not among the checks.
    """
    if not isinstance(examples, Pairs) or not len(examples):
        return ()
    count = len(set(examples.texts("positive")))
    message = (
        f"Anchors are searched among the {plural(count, 'positive')} of this file only, which is "
        "easier than among all documents."
    )
    advice = "If there are more documents, give all of them as `documents`."
    return (Finding("own-positives", Severity.NOTE, count, message, advice),)


def own_copies(context: Context) -> Finding | None:
    """Find queries that share their id with a document."""
    if not isinstance(context.examples, Retrieval):
        return None
    shared = sorted(context.examples.own_copies())
    if not shared:
        return None
    return context.finding(
        "own-id",
        Severity.NOTE,
        [],
        describe_own_copies(shared),
        "Give the documents other ids if they are not the queries themselves.",
        count=len(shared),
    )


def describe_own_copies(ids: Sequence[str]) -> str:
    """Return the sentence about queries that share their id with a document.

    Examples
    --------
    >>> describe_own_copies(["7"])
    '1 document has the id of a query: “7”. It is not a result for that query, as in BEIR.'
    """
    if len(ids) == 1:
        return (
            f"1 document has the id of a query: {listing(ids, quoted=True)}. It is not a result "
            "for that query, as in BEIR."
        )
    return (
        f"{len(ids):,} documents have the ids of queries: {listing(ids, quoted=True)}. None of "
        "them is a result for the query with its id, as in BEIR."
    )


def repeated_texts(context: Context) -> Finding | None:
    """Find queries and documents with the text of an earlier one."""
    if not isinstance(context.examples, Retrieval):
        return None
    message = describe_repeated_texts(context.examples)
    if not message:
        return None
    return context.finding(
        "repeated-text",
        Severity.NOTE,
        [],
        message,
        "Drop the copies, or let their judgements refer to the first one.",
        count=sum(context.examples.repeated(role) for role in ("query", "document")),
    )


def describe_repeated_texts(examples: Retrieval) -> str:
    """Return the sentence about queries and documents with equal texts; empty without any."""
    found = {what: examples.repeated(what) for what in ("query", "document")}
    counts = [plural(count, what) for what, count in found.items() if count]
    if not counts:
        return ""
    what = " or ".join(what for what, count in found.items() if count)
    verb = "repeats" if sum(found.values()) == 1 else "repeat"
    rule = f"Equal texts count as one {what}, unlike in BEIR."
    return f"{listing(counts)} {verb} an earlier text. {rule}"


def repeated_judgements(context: Context) -> Finding | None:
    """Find repeated judgements of one query and document in a file, with equal scores or not."""
    if not isinstance(context.examples, Retrieval):
        return None
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, (pair, split) in enumerate(
        zip(_judged_ids(context), context.values("split"), strict=True)
    ):
        rows[(*pair, str(split))].append(position)
    scores = _relevance(context)
    repeated = [found for found in rows.values() if len(found) > 1]
    conflicting = [found for found in repeated if len(set(scores[found].tolist())) > 1]
    chosen = conflicting or [found[1:] for found in repeated]
    if not chosen:
        return None
    count, what = len(chosen), "different scores" if conflicting else "the same score"
    return context.finding(
        "conflict" if conflicting else "duplicate",
        Severity.WARNING,
        sorted(row for found in chosen for row in found),
        f"{plural(count, 'query–document pair')} judged more than once with {what}.",
        "Keep the correct score and drop the other." if conflicting else "Drop the duplicates.",
    )


def shared_queries(context: Context) -> Finding | None:
    """Find queries with judgements in more than one file, which would leak into the test set."""
    if not isinstance(context.examples, Retrieval):
        return None
    splits: dict[str, set[str]] = defaultdict(set)
    for (query, _), split in zip(_judged_ids(context), context.values("split"), strict=True):
        splits[query].add(str(split))
    shared = [query for query, names in splits.items() if len(names) > 1]
    if not shared:
        return None
    names = sorted(set().union(*(splits[query] for query in shared)))
    return context.finding(
        "overlap",
        Severity.WARNING,
        [],
        f"{plural(len(shared), 'query')} with judgements in more than one of {listing(names)}: "
        f"{listing(shared, quoted=True)}.",
        "Keep each query in one file, so that no test query is used for training.",
        count=len(shared),
    )


def _ids(table: pa.Table) -> list[str]:
    return [str(name) for name in table["id"].to_pylist()]


def _judged_ids(context: Context) -> list[tuple[str, str]]:
    columns = (map(str, context.values(role)) for role in ("query", "document"))
    return list(zip(*columns, strict=True))


def _relevance(context: Context) -> np.ndarray:
    scores = [np.nan if score is None else score for score in context.values("score")]
    return np.asarray(scores, dtype=np.float64)
