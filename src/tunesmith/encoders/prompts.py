"""From the name of a prompt to the words that are put before every text."""

from collections.abc import Mapping

from tunesmith.errors import UsageError

# The two names that always work, and what models call them.
_ALIASES = {"query": ("query",), "document": ("document", "passage", "corpus")}


def resolve_prompt(prompt: str | None, known: Mapping[str, str], default: str | None) -> str:
    """Return the words to put before every text.

    Parameters
    ----------
    prompt
        The name of a known prompt; ``"query"`` or ``"document"``, which are empty for a model
        that has no such prompt; or the words themselves. None takes the default.
    known
        The prompts by name.
    default
        The name of the prompt that is used where none is asked for.

    Raises
    ------
    UsageError
        A single bare word that names no prompt, which is more likely a slip than a prompt.

    Examples
    --------
    >>> resolve_prompt("query", {"query": "query: "}, None)
    'query: '
    >>> resolve_prompt("Find what answers this: ", {}, None)
    'Find what answers this: '
    """
    if prompt is None:
        return known.get(default, "") if default else ""
    if prompt in known:
        return known[prompt]
    if prompt in _ALIASES:
        return next((known[name] for name in _ALIASES[prompt] if name in known), "")
    if prompt.isidentifier():
        names = ", ".join(sorted({*known, *_ALIASES}))
        raise UsageError(
            f"there is no prompt named {prompt!r}, only {names}: for the word itself end it as "
            f"it should stand before the text, as in {prompt + ': '!r}"
        )
    return prompt
