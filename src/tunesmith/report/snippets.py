"""How to use a model: lines to copy, for the report and the model card."""

import json
import shlex
from dataclasses import dataclass

from tunesmith.report.words import clean
from tunesmith.results import Summary

SAMPLE_TEXTS = ("where is my card?", "cancel my order")


@dataclass(frozen=True)
class Snippet:
    """A heading, what it is for, the language, and the lines."""

    title: str
    purpose: str
    language: str
    lines: str


def snippets(folder: str, model: str, summary: Summary) -> tuple[Snippet, ...]:
    """Return the ways to use a model.

    Parameters
    ----------
    folder
        The model's folder as Python code is to name it.
    model
        The model as the command line is to name it: its id or its folder.
    """
    return (_tunesmith(folder, summary), _plain(folder), _command_line(model, summary))


def labelled(summary: Summary) -> bool:
    """Whether the model can also give labels."""
    return bool(summary.counts)


def _quoted(text: str) -> str:
    return json.dumps(clean(text), ensure_ascii=False)


def _texts() -> str:
    return ", ".join(_quoted(text) for text in SAMPLE_TEXTS)


def _tunesmith(folder: str, summary: Summary) -> Snippet:
    classify = "print(model.classify(texts))           # labels with their probabilities\n"
    lines = (
        "import tunesmith\n\n"
        f"model = tunesmith.load({_quoted(folder)})\n"
        f"texts = [{_texts()}]\n"
        "vectors = model.encode(texts)          # float32, one row a text\n"
        + (classify if labelled(summary) else "")
        + "print(model.similarity(texts, texts))  # cosine similarities"
    )
    return Snippet("Python", "Vectors, labels and similarities.", "python", lines)


def _plain(folder: str) -> Snippet:
    lines = (
        "from sentence_transformers import SentenceTransformer\n\n"
        f"model = SentenceTransformer({_quoted(folder)})\n"
        f"vectors = model.encode([{_texts()}])"
    )
    purpose = "The folder is a plain Sentence Transformers model: Tunesmith need not be installed."
    return Snippet("Sentence Transformers", purpose, "python", lines)


def _command_line(model: str, summary: Summary) -> Snippet:
    name, text = shlex.quote(clean(model)), shlex.quote(SAMPLE_TEXTS[0])
    classify = f"tunesmith classify {name} {text}\n" if labelled(summary) else ""
    lines = f"{classify}tunesmith embed {name} texts.csv -o vectors.parquet"
    return Snippet("Command line", "For one text, or for a whole file.", "shell", lines)
