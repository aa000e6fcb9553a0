"""``tunesmith plot``: texts in the plane, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tunesmith.cli.options import DATA, METHOD, OUTPUT, Column, Seed
from tunesmith.errors import UsageError

if TYPE_CHECKING:
    from tunesmith.data.loaded import Loaded

SUFFIXES = (".png", ".svg", ".pdf")
EXAMPLES = """
tunesmith plot tickets-3f2a1c tickets.csv -o map.png          # its base and the model, side by side
tunesmith plot all-MiniLM-L6-v2 tickets.csv -o map.svg        # one model
tunesmith plot model-a model-b new.csv -o two.pdf             # two models
tunesmith plot tickets-3f2a1c t.csv -o map.png --method tsne  # neighbours instead of distances
"""


def plot(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="One model, or two to compare. A fitted model is drawn beside its base.",
            show_default=False,
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The texts, and their labels where there are some.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The picture: .png, .svg or .pdf. Required.",
            rich_help_panel=OUTPUT,
        ),
    ],
    method: Annotated[
        Literal["pca", "tsne"],
        typer.Option(
            "--method",
            metavar="pca|tsne",
            help="Keep distances (PCA) or neighbours (t-SNE).",
            rich_help_panel=METHOD,
        ),
    ] = "pca",
    column: Column = None,
    label_column: Annotated[
        str | None,
        typer.Option(
            "--label-column",
            metavar="NAME",
            help="The column that colours the texts. Detected when not given.",
            rich_help_panel=DATA,
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help="Draw at most this many rows, evenly spread.",
            rich_help_panel=DATA,
        ),
    ] = 3000,
    seed: Seed = 0,
) -> None:
    """Draw texts in the plane, before and after.

    Each text is a point, near to those that the model finds alike, coloured by its label.
    """
    from tunesmith.cli.files import output_path
    from tunesmith.cli.output import Output
    from tunesmith.cli.texts import existing_file
    from tunesmith.models import open_encoder
    from tunesmith.report.plots import plot_map
    from tunesmith.report.words import plural

    source = existing_file(file)
    path = output_path(output, SUFFIXES, source=source)
    panels = _panels(models)
    texts = _texts(source, column, label_column, limit)
    vectors = [open_encoder(panel.model, verbose=True).encode(texts.texts) for panel in panels]
    plot_map(
        vectors[0],
        texts.labels,
        path,
        tuned=vectors[1] if len(vectors) > 1 else None,
        texts=texts.texts,
        method=method,
        titles=(panels[0].title, panels[-1].title),
        seed=seed,
    )
    shown = plural(len(texts.texts), "text")
    Output().line(f"{path}: {shown}" + (f" of {texts.of:,}" if texts.of > limit else ""))


@dataclass(frozen=True)
class _Panel:
    model: str
    title: str


@dataclass(frozen=True)
class _Texts:
    texts: list[str]
    labels: list[str] | None
    of: int


def _panels(models: Sequence[str]) -> list[_Panel]:
    """Return what to draw: a fitted model alone stands beside its base."""
    from tunesmith.errors import UnknownModel
    from tunesmith.model_folders import read_metadata
    from tunesmith.models import find
    from tunesmith.report.words import name_only

    if len(models) > 2:
        raise UsageError(f"a picture shows one model or two, not {len(models)}")
    panels = [_Panel(name, name_only(name)) for name in models]
    if len(panels) == 2:
        return panels
    try:
        summary = read_metadata(find(models[0]))["summary"]
    except UnknownModel:
        return panels
    base = str(summary["base"])
    return [_Panel(base, f"Before: {name_only(base)}"), _Panel(models[0], "After")]


def _texts(source: Path, column: str | None, label_column: str | None, limit: int) -> _Texts:
    import numpy as np

    from tunesmith.data.read import read

    loaded = read(source)
    if column is None:
        column, label_column = _detected(loaded, label_column)
    every = _cells(loaded, column)
    labels = None if label_column is None else _cells(loaded, label_column)
    filled = [place for place, text in enumerate(every) if text.strip()]
    spread = np.linspace(0, len(filled) - 1, min(limit, len(filled))).round().astype(int)
    places = [filled[place] for place in spread]
    return _Texts(
        [every[place] for place in places],
        None if labels is None else [labels[place] for place in places],
        len(filled),
    )


def _detected(loaded: "Loaded", label_column: str | None) -> tuple[str, str | None]:
    from tunesmith.data.detect import detect
    from tunesmith.kinds import KINDS, Kind

    detected = detect(loaded)
    roles = KINDS[detected.kind].text_roles
    if not roles:
        raise UsageError(f"{loaded.name} is a {detected.kind} folder: give a file of texts")
    found = detected.columns.get("label") if detected.kind is Kind.LABELLED else None
    return detected.columns[roles[0]], label_column or found


def _cells(loaded: "Loaded", column: str) -> list[str]:
    names = loaded.table.column_names
    if column not in names:
        raise UsageError(f"{loaded.name} has no column {column!r}: it has {', '.join(names)}")
    values = loaded.table[column].to_pylist()
    return ["" if value is None else str(value) for value in values]
