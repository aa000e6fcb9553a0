"""Cut documents into passages that fit a model: by headings, then by paragraphs and sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tunesmith.data.column_names import document_text
from tunesmith.data.reading.documents.document import Document, Section
from tunesmith.data.tokens import Tokens

MAX_TOKENS: Final = 512
"""The longest passage, for models that read more: a vector of many subjects is of none."""
OVERLAP: Final = 1 / 8
_FILLED: Final = 0.9  # tokens are not spread evenly, so a passage of average length must leave room
_ROUNDS: Final = 4


@dataclass(frozen=True)
class Passage:
    """A part of a document: its title with the heading above it, and its text."""

    title: str
    text: str

    @property
    def whole(self) -> str:
        """Title and text, as they are embedded."""
        return document_text(self.title, self.text)


def passage_length(tokens: Tokens) -> int:
    """Return the maximum length of a passage in tokens."""
    return min(tokens.max_length, MAX_TOKENS)


def passages(documents: Sequence[Document], tokens: Tokens) -> list[list[Passage]]:
    """Return the passages of each document; a document that fits is one passage.

    Parameters
    ----------
    documents
        Documents with text.
    tokens
        Counts the tokens of the model that will read the passages.
    """
    whole = [Passage(each.title, each.text) for each in documents]
    lengths = tokens.token_lengths([each.whole for each in whole]).tolist()
    limit = passage_length(tokens)
    return [
        [one] if length <= limit else _fitting(_cut(document, length, limit), tokens, limit)
        for document, one, length in zip(documents, whole, lengths, strict=True)
    ]


def _cut(document: Document, length: int, limit: int) -> list[Passage]:
    """Cut a document at its headings, and long sections within; a heading joins the title."""
    titles = [_title(document, each.heading) for each in document.sections]
    per_token = max(len(document.title) + len(document.text), 1) / length
    room = max(limit * _FILLED * per_token - max(map(len, titles)), limit * per_token / 4)
    found = []
    for first, *rest in _groups(document.sections, room):
        text = Document("", (replace(first, heading=""), *rest)).text
        title = _title(document, first.heading)
        found += [Passage(title, part) for part in _split(text, room)]
    return found


def _groups(sections: Sequence[Section], room: float) -> Iterator[list[Section]]:
    """Yield successive sections that fit into a passage together, or one that does not fit."""
    group: list[Section] = []
    for section in sections:
        if group and len(Document("", (*group, section)).text) > room:
            yield group
            group = []
        group.append(section)
    yield group


def _title(document: Document, heading: str) -> str:
    return f"{document.title}: {heading}" if heading else document.title


def _split(text: str, room: float) -> list[str]:
    """Return parts of a text that are at most ``room`` characters long, cut at sentences."""
    if len(text) <= room:
        return [text] if text else []
    from semantic_text_splitter import TextSplitter

    size = max(int(room), 2)
    return TextSplitter(size, int(size * OVERLAP)).chunks(text)


def _fitting(found: list[Passage], tokens: Tokens, limit: int) -> list[Passage]:
    """Cut the passages that are still too long, such as those with many numbers."""
    for _ in range(_ROUNDS):
        lengths = tokens.token_lengths([each.whole for each in found]).tolist()
        if max(lengths) <= limit:
            break
        found = [
            part
            for each, length in zip(found, lengths, strict=True)
            for part in ([each] if length <= limit else _halves(each, limit / length))
        ]
    return found


def _halves(passage: Passage, share: float) -> list[Passage]:
    room = min(len(passage.text) * share * _FILLED, len(passage.text) * 2 / 3)
    return [Passage(passage.title, text) for text in _split(passage.text, room)]
