"""Errors as sentences for people."""

from collections.abc import Mapping
from typing import Any

from tunesmith.errors import TunesmithError, join_hint


def error_sentence(error: TunesmithError | Mapping[str, Any]) -> str:
    """Return what is wrong and what to do; a hint that names a request of the API is left out.

    Examples
    --------
    >>> error_sentence({"message": "a.csv is empty", "hint": "add rows"})
    'a.csv is empty: add rows.'
    >>> error_sentence({"message": "Only 1 row", "hint": "Add rows: at least 10 are needed."})
    'Only 1 row. Add rows: at least 10 are needed.'
    >>> error_sentence({"message": "there is no model 'a'", "hint": "see GET /v1/models"})
    "there is no model 'a'."
    """
    facts = error.to_dict() if isinstance(error, TunesmithError) else error
    message, hint = str(facts["message"]).removesuffix("."), str(facts.get("hint") or "")
    hint = "" if "/v1/" in hint else hint
    # The advice of a finding is a sentence of its own.
    apart = hint[:1].isupper()
    sentence = f"{message}. {hint}" if apart else join_hint(message, hint)
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."
