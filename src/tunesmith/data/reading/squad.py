"""Read SQuAD's JSON, in which passages hold their questions, as a row for each question."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tunesmith.data.loaded import Records
from tunesmith.data.reading.json_rows import arrow_column
from tunesmith.data.reading.missing import known
from tunesmith.errors import UnreadableFile

_COLUMNS: Final = ("id", "title", "context", "question", "answers")
_Row = tuple[Any, ...]


def squad_records(document: Any, name: str) -> Records | None:
    """Return a row for each question, as Hugging Face has them; None for another document.

    A question without an answer has an empty list of answers.

    Raises
    ------
    UnreadableFile
        There is no question, or the questions of a passage are something else.
    """
    articles = document.get("data") if isinstance(document, Mapping) else document
    if not isinstance(articles, list) or not articles or not all(map(_is_article, articles)):
        return None
    rows = [row for article in articles for row in _article_rows(article, name)]
    if not rows:
        raise UnreadableFile(f"{name} is SQuAD's JSON without a question", file=name)
    columns = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    answers = pa.array(columns.pop("answers"), pa.list_(pa.string()))
    table = pa.table({key: arrow_column(known(cells)) for key, cells in columns.items()})
    note = "SQuAD: a row for each question"
    numbers = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Records(table.append_column("answers", answers), numbers, notes=(note,))


def _is_article(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    passages = value.get("paragraphs")
    if isinstance(passages, list):
        return all(isinstance(each, Mapping) and "qas" in each for each in passages)
    return "context" in value and isinstance(value.get("qas"), list)


def _article_rows(article: Mapping[str, Any], name: str) -> Iterator[_Row]:
    title = article.get("title")
    for number, passage in enumerate(article.get("paragraphs", [article]), start=1):
        questions = passage["qas"]
        if not isinstance(questions, list) or not all(isinstance(q, Mapping) for q in questions):
            raise UnreadableFile(
                f"the questions of paragraph {number} of {title!r} in {name} are not objects",
                hint='list them in `qas`, such as [{"question": "...", "answers": [...]}]',
                file=name,
            )
        for question in questions:
            yield _row(question, title, passage.get("context"))


def _row(question: Mapping[str, Any], title: Any, context: Any) -> _Row:
    answers = [] if question.get("is_impossible") else _answers(question)
    return (
        _text(question.get("id")),
        title,
        _text(context),
        _text(question.get("question")),
        answers,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _answers(question: Mapping[str, Any]) -> list[str] | None:
    """Return the texts of the answers; None if the file says nothing about them."""
    given = question.get("answers", question.get("answer"))
    if given is None:
        return None
    listed = given if isinstance(given, list) else [given]
    texts = (each.get("text") if isinstance(each, Mapping) else each for each in listed)
    return [str(text) for text in texts if text is not None]
