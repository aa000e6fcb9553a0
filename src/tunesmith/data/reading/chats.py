"""Turn chats for fine-tuning into prompts and completions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from tunesmith.data.loaded import Records
from tunesmith.data.reading.annotations import Row, other_columns, with_columns

_CHATS: Final = ("messages", "conversations", "conversation")
_SYSTEM: Final = frozenset(["system", "developer"])
_ANSWERS: Final = frozenset(["assistant", "chatbot", "gpt", "model", "bot"])


def chats(records: Records, name: str) -> Records | None:
    """Turn chats with one answer into ``prompt`` and ``completion``, without system messages."""
    del name
    column = next((each for each in _CHATS if each in records.table.column_names), None)
    cells = None if column is None else _cells(records.table[column])
    if column is None or cells is None:
        return None
    turns = [_turns(cell) for cell in cells]
    if any(chat is None for chat in turns):
        return None
    columns = {
        "prompt": [_prompt(chat or ()) for chat in turns],
        "completion": [_completion(chat or ()) for chat in turns],
    }
    others = other_columns(records.table, [column])
    left_out = "system messages" + " and parts that are not text" * any(map(_has_media, cells))
    note = f"{column!r}: the last answer is the completion, {left_out} are left out"
    return with_columns(records, columns | others, note)


def _cells(column: pa.ChunkedArray) -> list[list[Row] | None] | None:
    """Return the messages of each chat; None if the cells are something else.

    Messages of different types are JSON here, since Arrow has no type for them.
    """
    cells = column.to_pylist()
    if pa.types.is_string(column.type):
        cells = [_parsed(cell) for cell in cells]
    filled = [cell for cell in cells if cell is not None]
    are_chats = all(isinstance(cell, list) and all(map(_is_object, cell)) for cell in filled)
    return cells if filled and are_chats and any(filled) else None


def _parsed(cell: str | None) -> Any:
    try:
        return None if cell is None else json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def _is_object(message: object) -> bool:
    return isinstance(message, Mapping)


def _turns(chat: Sequence[Row] | None) -> list[tuple[str, str]] | None:
    turns = []
    for message in chat or ():
        role = message.get("role", message.get("from"))
        text = _text(message.get("content", message.get("value")))
        if not isinstance(role, str) or text is None:
            return None
        turns.append((role.lower(), text))
    return [turn for turn in turns if turn[0] not in _SYSTEM]


def _text(content: Any) -> str | None:
    """Return a message's text, which may be a list of parts; None if it has another form."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(map(_is_object, content)):
        return None
    texts = [part.get("text") for part in content]
    return "\n".join(text for text in texts if isinstance(text, str))


def _has_media(chat: Iterable[Row] | None) -> bool:
    contents = (message.get("content") for message in chat or ())
    parts = (part for content in contents if isinstance(content, list) for part in content)
    return any(not isinstance(part.get("text"), str) for part in parts)


def _prompt(turns: Sequence[tuple[str, str]]) -> str | None:
    asked = turns[:-1] if _completion(turns) is not None else turns
    return "\n".join(text for _, text in asked) or None


def _completion(turns: Sequence[tuple[str, str]]) -> str | None:
    return turns[-1][1].strip() if turns and turns[-1][0] in _ANSWERS else None
