"""Code to copy: the calls of a model on this server, with its id and the server's address."""

import json
import shlex

from tunesmith.report.pages.snippets import SAMPLE_TEXTS, Snippet
from tunesmith.server.stored_model import StoredModel

_KEY = "YOUR-API-KEY"


def uses(model: StoredModel, address: str, needs_key: bool) -> tuple[Snippet, ...]:
    """Return code for each client.

    Parameters
    ----------
    model
        The model.
    address
        The address of the server, without a slash at its end.
    needs_key
        Whether the server needs an API key.

    Examples
    --------
    >>> model = StoredModel("tune-3f2a", "support", "fit", 0.0, {})
    >>> [use.title for use in uses(model, "http://127.0.0.1:8080", needs_key=False)]
    ['Python', 'curl', 'Cohere', 'OpenAI']
    """
    return (
        _python(model, address, needs_key),
        _curl(model, address, needs_key),
        _cohere(model, address, needs_key),
        _openai(model, address, needs_key),
    )


def _python(model: StoredModel, address: str, needs_key: bool) -> Snippet:
    key = f", {_quoted(_KEY)}" if needs_key else ""
    if model.labels:
        used = (
            "for found in client.classify(model, texts):\n"
            "    print(found.label, found.probability)\n"
        )
    else:
        used = "print(client.similarity(model, texts))  # cosine similarities\n"
    code = (
        f"import tunesmith\n\nclient = tunesmith.Client({_quoted(address)}{key})\n"
        f"model = {_quoted(model.id)}\ntexts = {_listed(SAMPLE_TEXTS)}\n"
        f"print(client.embed(model, texts).shape)  # float32, a row per text\n{used}"
    )
    return Snippet("Python", "The client of this project: pip install tunesmith.", "python", code)


def _curl(model: StoredModel, address: str, needs_key: bool) -> Snippet:
    verb = "classify" if model.labels else "embed"
    body = json.dumps({"model": model.id, "texts": SAMPLE_TEXTS}, ensure_ascii=False)
    header = f"  -H {shlex.quote(f'Authorization: Bearer {_KEY}')} \\\n" if needs_key else ""
    code = (
        f"curl {shlex.quote(f'{address}/v1/{verb}')} \\\n{header}"
        f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}\n"
    )
    return Snippet("curl", "Any language that can send HTTP requests.", "bash", code)


def _cohere(model: StoredModel, address: str, needs_key: bool) -> Snippet:
    if model.labels:
        used = (
            f"answer = co.classify(inputs=texts, model={_quoted(model.id)})\n"
            "for found in answer.classifications:\n    print(found.prediction, found.confidence)\n"
        )
    else:
        used = (
            f"answer = co.embed(texts=texts, model={_quoted(model.id)})\n"
            "print(len(answer.embeddings[0]))\n"
        )
    code = (
        f"import cohere\n\nco = cohere.Client(base_url={_quoted(f'{address}/cohere')}, "
        f"api_key={_key(needs_key)})\ntexts = {_listed(SAMPLE_TEXTS)}\n{used}"
    )
    return Snippet("Cohere", "Code written for Cohere needs another URL only.", "python", code)


def _openai(model: StoredModel, address: str, needs_key: bool) -> Snippet:
    code = (
        f"from openai import OpenAI\n\nclient = OpenAI(base_url={_quoted(f'{address}/openai/v1')}, "
        f"api_key={_key(needs_key)})\n"
        f"texts = {_listed(SAMPLE_TEXTS)}\n"
        f"answer = client.embeddings.create(model={_quoted(model.id)}, input=texts)\n"
        "print(len(answer.data[0].embedding))\n"
    )
    return Snippet("OpenAI", "Embeddings for code written for OpenAI.", "python", code)


def _key(needs_key: bool) -> str:
    return _quoted(_KEY if needs_key else "any")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _listed(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"
