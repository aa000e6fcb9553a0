"""Prompts are found by name, and a misspelt name is not used as a prompt."""

import pytest

from tunesmith.encoders.prompts import resolve_prompt
from tunesmith.errors import UsageError


@pytest.mark.parametrize(
    ("prompt", "known", "default", "words"),
    [
        (None, {}, None, ""),
        (None, {"sts": "sts: "}, "sts", "sts: "),
        ("", {"sts": "sts: "}, "sts", ""),
        ("query", {"query": "q: "}, None, "q: "),
        ("query", {}, None, ""),
        ("document", {"passage": "p: "}, None, "p: "),
        ("document", {"document": "", "passage": "p: "}, None, ""),
        ("title", {"title": "t: "}, None, "t: "),
        ("classify: ", {}, None, "classify: "),
    ],
)
def test_prompts_resolve(
    prompt: str | None, known: dict[str, str], default: str | None, words: str
) -> None:
    """Known names come first, then the two standard ones, then literal text."""
    assert resolve_prompt(prompt, known, default) == words


def test_an_unknown_name_is_refused() -> None:
    """A misspelt name would otherwise be prepended to every text."""
    with pytest.raises(UsageError, match="no prompt named 'qeury', only document, query, title"):
        resolve_prompt("qeury", {"title": "t: "}, None)
