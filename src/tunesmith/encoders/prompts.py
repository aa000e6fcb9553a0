"""From the name of a prompt to the text prepended to every input."""

from collections.abc import Mapping

from tunesmith.errors import UsageError

# The two names that always work, and the names that models use for them.
_ALIASES = {"query": ("query",), "document": ("document", "passage", "corpus")}


def resolve_prompt(prompt: str | None, known: Mapping[str, str], default: str | None) -> str:
    """Return the text to prepend to every input.

    Parameters
    ----------
    prompt
        Name of a known prompt; ``"query"`` or ``"document"``, which are empty for a model
        without such a prompt; or the prompt text itself. None takes the default.
    known
        Known prompts by name.
    default
        Name of the default prompt.

    Raises
    ------
    UsageError
        A single word that is not the name of a prompt, which is probably a mistake.

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
            f"there is no prompt named {prompt!r}, only {names}: to use the word itself as a "
            f"prompt, add a separator, as in {prompt + ': '!r}",
            option="prompt",
        )
    return prompt
