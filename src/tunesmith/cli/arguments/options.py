"""Arguments and options that several commands share, said once."""

from typing import Annotated, Literal

import typer

from tunesmith.errors import UsageError

DEFAULT_BASE = "all-MiniLM-L6-v2"
FORMS = "CSV, TSV, JSON, JSONL or Parquet, plain or gzipped"

# The groups that options stand in.
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
        help="A fitted model's id or folder, or the name or folder of a sentence-transformers "
        "model.",
        show_default=False,
    ),
]
FittedModel = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A fitted model's id, as `tunesmith models` lists it, or its folder.",
        show_default=False,
    ),
]
File = Annotated[
    str,
    typer.Argument(metavar="FILE", help=f"{FORMS}, or a BEIR folder.", show_default=False),
]
Words = Annotated[
    list[str],
    typer.Argument(
        metavar="TEXT...|FILE",
        help=f"Texts, or one file: {FORMS}, or lines of text. A dash reads lines from standard "
        "input.",
        show_default=False,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON, for machines.", rich_help_panel=OUTPUT)
]
AsJsonLines = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print a JSON object a line for each text, for machines.",
        rich_help_panel=OUTPUT,
    ),
]
WithReport = Annotated[
    bool,
    typer.Option(
        "--with-report",
        help="With report.html, which shows texts of the test set. It is left out otherwise.",
        rich_help_panel=OUTPUT,
    ),
]
Base = Annotated[
    str,
    typer.Option(
        "--base",
        metavar="MODEL",
        help="The model to start from: a name, a folder or an id.",
        rich_help_panel=METHOD,
    ),
]
AnyKind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"Take the data as this kind: {_KINDS}. Detected when not given.",
        rich_help_panel=DATA,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="ROLE=NAME,…",
        help="Which column plays which role, as in text=query,label=intent.",
        rich_help_panel=DATA,
    ),
]
SkipInvalid = Annotated[
    bool,
    typer.Option(
        "--skip-invalid",
        help="Leave out rows with errors instead of stopping.",
        rich_help_panel=DATA,
    ),
]
TextColumn = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="text=NAME",
        help="The column with the texts. Detected when not given.",
        rich_help_panel=DATA,
    ),
]
Budget = Annotated[
    str,
    typer.Option(
        "--budget",
        metavar="TIME",
        help="The time there is: 90s, 5m or 1h; none for no limit.",
        rich_help_panel=METHOD,
    ),
]
Goal = Annotated[
    Literal["classify", "search"],
    typer.Option(
        "--for",
        metavar="classify|search",
        help="What decides: the classifier over the vectors, or the nearest neighbours.",
        rich_help_panel=METHOD,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="The same seed gives the same result, unless time ran out.",
        rich_help_panel=METHOD,
    ),
]
Queries = Annotated[
    list[str],
    typer.Argument(metavar="QUERY...", help="What to look for.", show_default=False),
]
Corpus = Annotated[
    str,
    typer.Option(
        "--corpus",
        "-c",
        metavar="FILE",
        help=f"The texts to look in: {FORMS}, or lines of text. Required.",
        rich_help_panel=DATA,
    ),
]
HitCount = Annotated[
    int,
    typer.Option(
        "-k",
        metavar="N",
        min=1,
        help="How many to show for each query.",
        rich_help_panel=OUTPUT,
    ),
]


def role_names(columns: str | None) -> dict[str, str] | None:
    """Return the roles and columns of ``text=query,label=intent``.

    Raises
    ------
    UsageError
        When it is not of that form.

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
        raise UsageError(f"--columns {columns!r} is not of the form text=query,label=intent")
    return roles


def named_columns(columns: str | None, *roles: str) -> dict[str, str]:
    """Return the columns of a command's roles; bare names are taken in the order of the roles.

    Raises
    ------
    UsageError
        When a role is unknown, or there are more names than roles.

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
        raise UsageError(f"--columns {columns!r} is not of the form {form}")
    return found
