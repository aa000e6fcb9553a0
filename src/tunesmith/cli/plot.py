"""``tunesmith plot``: texts in the plane, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tunesmith.cli.options import DATA, METHOD, OUTPUT, Column, Seed
from tunesmith.errors import UnreadableFile, UsageError

if TYPE_CHECKING:
    from tunesmith.data.loaded import Loaded

SUFFIXES = (".png", ".svg", ".pdf")
MOST_MODELS = 4
EXAMPLES = """
tunesmith plot tickets-3f2a1c tickets.csv -o map.png          # its base and the model, side by side
tunesmith plot all-MiniLM-L6-v2 tickets.csv -o map.svg        # one model
tunesmith plot model-a model-b model-c new.csv -o three.pdf   # several models
tunesmith plot tickets-3f2a1c t.csv -o map.png --method tsne  # neighbours instead of distances
tunesmith plot tickets-3f2a1c log.txt -o map.png --clusters 6    # texts without labels, in groups
"""


def plot(  # noqa: PLR0917 - typer calls it, and by names
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="One model, or up to four to compare. A fitted model alone stands beside its "
            "base.",
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
        Literal["pca", "tsne", "umap"],
        typer.Option(
            "--method",
            metavar="pca|tsne|umap",
            help="Keep distances (PCA) or neighbours (t-SNE, and UMAP where umap-learn is "
            "installed).",
            rich_help_panel=METHOD,
        ),
    ] = "pca",
    clusters: Annotated[
        int | None,
        typer.Option(
            "--clusters",
            metavar="K",
            min=1,
            max=20,
            help="Colour K groups found by k-means in the last model's vectors, not the labels. "
            "Without labels, when not given, as many as fit best.",
            rich_help_panel=METHOD,
        ),
    ] = None,
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

    Each text is a point, near to those that the model finds alike, coloured by its label, or by
    the group of texts it lies in. Up to 30 texts are written beside their points.
    """
    from tunesmith.cli.files import output_path, require_folder
    from tunesmith.cli.output import Output
    from tunesmith.cli.texts import existing_file
    from tunesmith.evaluation.projection import check_method
    from tunesmith.models import open_encoder
    from tunesmith.report.plots import plot_map
    from tunesmith.report.words import plural

    source = existing_file(file)
    path = output_path(output, SUFFIXES, source=source)
    require_folder(path)
    check_method(method)
    if clusters is not None and label_column is not None:
        raise UsageError("--clusters and --label-column both colour the texts: give one of them")
    panels = _panels(models)
    texts = _texts(source, column, label_column, limit)
    _check_clusters(clusters, texts.texts)
    encoders = {panel.title: open_encoder(panel.model, verbose=True) for panel in panels}
    plot_map(
        {title: encoder.encode(texts.texts) for title, encoder in encoders.items()},
        path,
        labels=texts.labels if clusters is None else None,
        clusters=clusters,
        texts=texts.texts,
        method=method,
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
    """Return what to draw, all of it there: a fitted model alone stands beside its base."""
    from tunesmith.encoders.locate import locate
    from tunesmith.errors import UnknownModel
    from tunesmith.report.words import name_only

    if len(models) > MOST_MODELS:
        raise UsageError(f"a picture shows at most {MOST_MODELS} models, not {len(models)}")
    if len(set(models)) < len(models):
        raise UsageError("a model is named twice: name each once")
    bases = [_base(name) for name in models]
    names = [name_only(name) for name in models]
    if len(models) > 1 or bases[0] is None:
        alike = len(set(names)) < len(names)
        return [
            _Panel(name, name if alike else short)
            for name, short in zip(models, names, strict=True)
        ]
    after = _Panel(models[0], f"After: {names[0]}")
    try:
        locate(bases[0])
    except UnknownModel:  # it was fitted on another machine, on a base that only lies there
        return [after]
    return [_Panel(bases[0], f"Before: {name_only(bases[0])}"), after]


def _base(name: str) -> str | None:
    """Return the base of a fitted model, None for a model that is there and was not fitted."""
    from tunesmith.encoders.locate import locate
    from tunesmith.errors import UnknownModel
    from tunesmith.model_folders import read_metadata
    from tunesmith.models import find

    try:
        return str(read_metadata(find(name))["summary"]["base"])
    except UnknownModel:
        locate(name)
        return None


def _texts(source: Path, column: str | None, label_column: str | None, limit: int) -> _Texts:
    import numpy as np

    from tunesmith.data.read import read

    loaded = read(source)
    if column is None:
        column, label_column = _detected(loaded, label_column)
    every = _cells(loaded, column)
    labels = None if label_column is None else _cells(loaded, label_column)
    filled = [place for place, text in enumerate(every) if text.strip()]
    if not filled:
        raise UnreadableFile(f"column {column!r} of {loaded.name} holds no texts")
    spread = np.linspace(0, len(filled) - 1, min(limit, len(filled))).round().astype(int)
    places = [filled[place] for place in spread]
    return _Texts(
        [every[place] for place in places],
        None if labels is None else [labels[place] for place in places],
        len(filled),
    )


def _check_clusters(clusters: int | None, texts: Sequence[str]) -> None:
    distinct = len(set(texts))
    if clusters is not None and clusters > distinct:
        raise UsageError(f"--clusters {clusters} is more than the {distinct} different texts")


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
