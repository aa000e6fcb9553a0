"""Arguments and options shared by several commands."""

from typing import Annotated, Literal

import typer

from tunesmith.errors import UsageError

FORMATS = "CSV, TSV, JSON, JSONL or Parquet, plain or gzipped"

# Panels of the help.
DATA = "Data"
METHOD = "Method"
OUTPUT = "Output"

_KINDS = (
    "labelled, multilabel, pairs, labelled_pairs, scored_pairs, nli, triplets, retrieval or texts"
)

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="ID or folder of a fitted model, or name or folder of a sentence-transformers model.",
        show_default=False,
    ),
]
FittedModel = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="ID of a fitted model, as listed by `tunesmith models`, or its folder.",
        show_default=False,
    ),
]
File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help=f"Data file: {FORMATS}; or a folder of documents or in BEIR format.",
        show_default=False,
    ),
]
Words = Annotated[
    list[str],
    typer.Argument(
        metavar="TEXT...|FILE",
        help=f"Texts, or one file: {FORMATS}, lines of text, or a folder of documents. Use - to "
        "read lines from standard input.",
        show_default=False,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=OUTPUT)
]
AsJsonLines = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON object per text.",
        rich_help_panel=OUTPUT,
    ),
]
WithReport = Annotated[
    bool,
    typer.Option(
        "--with-report",
        help="Include report.html, which shows texts of the data. Excluded by default.",
        rich_help_panel=OUTPUT,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace the model in the output directory.",
        rich_help_panel=OUTPUT,
    ),
]
Base = Annotated[
    str,
    typer.Option(
        "--base",
        metavar="MODEL",
        help="Base model: a name, folder or model ID.",
        rich_help_panel=METHOD,
    ),
]
AnyKind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"Kind of data: {_KINDS}. Detected by default.",
        rich_help_panel=DATA,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="ROLE=NAME,…",
        help="Column for each role, such as text=query,label=intent. A plus joins columns of "
        "texts, as in text=subject+body. Detected by default.",
        rich_help_panel=DATA,
    ),
]
Documents = Annotated[
    str | None,
    typer.Option(
        "--documents",
        metavar="PATH",
        help="All documents, if the data file has queries and their clicked or relevant documents "
        "as ids, paths or texts: a folder, or a file with ids and texts.",
        rich_help_panel=DATA,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of text files, such as cp1252 or gb18030. Detected by default.",
        rich_help_panel=DATA,
    ),
]
Fix = Annotated[
    list[str] | None,
    typer.Option(
        "--fix",
        metavar="label-spelling",
        help="Merge labels that differ in case, spaces, invisible characters, Unicode form or .0 "
        "only.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
SkipInvalid = Annotated[
    bool,
    typer.Option(
        "--skip-invalid",
        help="Skip invalid rows instead of stopping.",
        rich_help_panel=DATA,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Stop at rows without a text or label, and at classes with a single text. Default: "
        "skip such rows; use such classes for training only.",
        rich_help_panel=DATA,
    ),
]
TextColumn = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="text=NAME",
        help="Column with the texts. Detected by default.",
        rich_help_panel=DATA,
    ),
]
Budget = Annotated[
    str,
    typer.Option(
        "--budget",
        metavar="TIME",
        help="Time budget, such as 90s, 5m or 1h; none for no limit.",
        rich_help_panel=METHOD,
    ),
]
Goal = Annotated[
    Literal["classify", "search"],
    typer.Option(
        "--for",
        metavar="classify|search",
        help="Metric to optimise: classification or retrieval.",
        rich_help_panel=METHOD,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="Random seed for reproducible results.",
        rich_help_panel=METHOD,
    ),
]
Queries = Annotated[
    list[str],
    typer.Argument(metavar="QUERY...", help="Search queries.", show_default=False),
]
Corpus = Annotated[
    str,
    typer.Option(
        "--corpus",
        "-c",
        metavar="FILE",
        help=f"Texts to search: {FORMATS}, lines of text, or a folder of documents. Required.",
        rich_help_panel=DATA,
    ),
]
HitCount = Annotated[
    int,
    typer.Option(
        "-k",
        metavar="N",
        min=1,
        help="Number of results per query.",
        rich_help_panel=OUTPUT,
    ),
]


def role_names(columns: str | None) -> dict[str, str] | None:
    """Parse roles and column names, such as ``text=query,label=intent``.

    Raises
    ------
    UsageError
        The value does not have that form.

    Examples
    --------
    >>> role_names("text=query,label=intent")
    {'text': 'query', 'label': 'intent'}
    """
    if columns is None:
        return None
    parts = [part.partition("=") for part in columns.split(",")]
    roles = {role.strip(): name.strip() for role, _, name in parts}
    if not all(roles.values()) or not all(roles) or len(roles) < len(parts):
        raise UsageError(
            f"--columns {columns!r} is not of the form text=query,label=intent",
            hint="join columns of texts with a plus, such as text=subject+body",
            option="columns",
        )
    return roles


def named_columns(columns: str | None, *roles: str) -> dict[str, str]:
    """Return the column for each role; bare names are assigned in the order of the roles.

    Raises
    ------
    UsageError
        A role is unknown, or there are more names than roles.

    Examples
    --------
    >>> named_columns("text2=answer", "text1", "text2"), named_columns("body", "text")
    ({'text2': 'answer'}, {'text': 'body'})
    """
    if columns is None:
        return {}
    names = [name.strip() for name in columns.split(",")]
    bare = all(name and "=" not in name for name in names)
    if bare and len(names) <= len(roles):
        return dict(zip(roles, names, strict=False))
    form = ",".join(f"{role}=NAME" for role in roles)
    found = {} if bare else role_names(columns) or {}
    if bare or not set(found) <= set(roles):
        raise UsageError(f"--columns {columns!r} is not of the form {form}", option="columns")
    return found
