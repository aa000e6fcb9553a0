"""Code examples for the report and the model card."""

import json
import shlex
from dataclasses import dataclass

from tunesmith.results.summary import Summary
from tunesmith.wording import clean

SAMPLE_TEXTS = ("where is my card?", "cancel my order")
SAMPLE_DOCUMENTS = ("A new card takes five working days.", "An order can be cancelled until noon.")


@dataclass(frozen=True)
class Snippet:
    """A code example with title, purpose and language."""

    title: str
    purpose: str
    language: str
    lines: str


def snippets(folder: str, model: str, summary: Summary) -> tuple[Snippet, ...]:
    """Return code examples for a model.

    Parameters
    ----------
    folder
        Model folder as written in Python code.
    model
        Model ID or folder as written on the command line.
    """
    usual = (_tunesmith(folder, summary), _plain(folder, summary), _command_line(model, summary))
    return (*usual, _two_folders(folder, model, _base(summary))) if query_route(summary) else usual


def labelled(summary: Summary) -> bool:
    """Whether the model can classify."""
    return summary.pairs is None and bool(summary.counts)


def searched(summary: Summary) -> bool:
    """Whether the model was fitted for retrieval."""
    return summary.pairs is not None and bool(summary.pairs.corpus_type)


def query_route(summary: Summary) -> bool:
    """Whether the model encodes queries and documents differently."""
    return searched(summary) and summary.kept.endswith("map")  # also of an adapted base


def _base(summary: Summary) -> str:
    """Return whose vectors documents have, if queries have a map."""
    return "the base" if summary.kept == "map" else "the adapted base"


def commands(
    model: str,
    summary: Summary,
    *,
    texts: tuple[str, str] = SAMPLE_TEXTS,
    file: str = "texts.csv",
) -> list[str]:
    """Return commands that use the model, the most relevant first.

    Parameters
    ----------
    model
        Model ID or folder.
    texts
        Two texts to use in the commands.
    file
        A file to use in the commands.
    """
    name, source = shlex.quote(clean(model)), shlex.quote(clean(file))
    text, other = (shlex.quote(clean(each)) for each in texts)
    embed = f"tunesmith embed {name} {source} -o vectors.parquet"
    if labelled(summary):
        return [f"tunesmith classify {name} {text}", embed]
    found = f"tunesmith search {name} {text} --corpus {source}"
    compared = f"tunesmith similarity {name} {text} {other}"
    return [*((found, compared) if searched(summary) else (compared, found)), embed]


def _quoted(text: str) -> str:
    return json.dumps(clean(text), ensure_ascii=False)


def _texts() -> str:
    return ", ".join(_quoted(text) for text in SAMPLE_TEXTS)


def _tunesmith(folder: str, summary: Summary) -> Snippet:
    start = f"import tunesmith\n\nmodel = tunesmith.load({_quoted(folder)})\n"
    if searched(summary):
        return Snippet("Python", "Search documents with a query.", "python", start + _searching())
    lines = (
        f"{start}texts = [{_texts()}]\n"
        "vectors = model.encode(texts)          # float32, one row per text\n"
    )
    if labelled(summary):
        lines += "print(model.classify(texts))           # labels with probabilities\n"
    lines += "print(model.similarity(texts, texts))  # cosine similarities"
    purpose = (
        "Embeddings, labels and similarities."
        if labelled(summary)
        else "Embeddings and similarities."
    )
    return Snippet("Python", purpose, "python", lines)


def _searching() -> str:
    return (
        f"documents = [{', '.join(_quoted(text) for text in SAMPLE_DOCUMENTS)}]\n"
        f"hits = model.search([{_quoted(SAMPLE_TEXTS[0])}], documents, k=1)\n"
        "print(documents[hits.indices[0, 0]], hits.scores[0, 0])"
    )


def _plain(folder: str, summary: Summary) -> Snippet:
    start = (
        "from sentence_transformers import SentenceTransformer\n\n"
        f"model = SentenceTransformer({_quoted(folder)})\n"
    )
    purpose = "The folder is a plain Sentence Transformers model and works without Tunesmith."
    if not searched(summary):
        lines = f"{start}vectors = model.encode([{_texts()}])"
        return Snippet("Sentence Transformers", purpose, "python", lines)
    lines = (
        f"{start}queries = model.encode_query([{_quoted(SAMPLE_TEXTS[0])}])\n"
        f"documents = model.encode_document([{_quoted(SAMPLE_DOCUMENTS[0])}])\n"
        "print(model.similarity(queries, documents))"
    )
    if query_route(summary):
        purpose += (
            f" Queries use a tuned encoder; document embeddings are those of {_base(summary)}."
        )
    return Snippet("Sentence Transformers", purpose, "python", lines)


def _command_line(model: str, summary: Summary) -> Snippet:
    lines = "\n".join(commands(model, summary))
    return Snippet("Command line", "For single texts or a whole file.", "shell", lines)


def _two_folders(folder: str, model: str, base: str) -> Snippet:
    """Return how to keep the query map in tools that only call ``encode``."""
    documents = _quoted(folder)
    lines = (
        f"# first: tunesmith export {shlex.quote(clean(model))} --queries queries\n\n"
        "# LangChain: store.similarity_search_by_vector(queries.embed_query(text))\n"
        "from langchain_huggingface import HuggingFaceEmbeddings\n\n"
        f"documents = HuggingFaceEmbeddings(model_name={documents})  # for the vector store\n"
        'queries = HuggingFaceEmbeddings(model_name="queries")\n\n'
        "# LlamaIndex, with nodes of the documents\n"
        "from llama_index.core import VectorStoreIndex\n"
        "from llama_index.embeddings.huggingface import HuggingFaceEmbedding\n\n"
        f"index = VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding({documents}))\n"
        'retriever = index.as_retriever(embed_model=HuggingFaceEmbedding("queries"))\n\n'
        "# Haystack 3: pip install sentence-transformers-haystack\n"
        "from haystack_integrations.components.embedders.sentence_transformers import (\n"
        "    SentenceTransformersDocumentEmbedder, SentenceTransformersTextEmbedder,\n"
        ")\n\n"
        f"document_embedder = SentenceTransformersDocumentEmbedder(model={documents})\n"
        'text_embedder = SentenceTransformersTextEmbedder(model="queries")\n\n'
        "# Vector databases: store model.encode_document(texts), search with\n"
        "# model.encode_query(texts), or with encode of the folder for queries"
    )
    purpose = (
        f"Warning: plain encode gives the vectors of documents, those of {base}, for queries too. "
        "Tools that call it for queries lose the tuned map unless they get a folder for queries."
    )
    return Snippet("Other tools", purpose, "python", lines)
