"""``tunesmith plot``: plot a 2-D map of embeddings."""

from typing import Annotated, Literal

import typer

from tunesmith import evaluation, report
from tunesmith.bulk.source import existing_file
from tunesmith.bulk.stream import announce_guess
from tunesmith.bulk.writers import output_path, require_folder
from tunesmith.cli.arguments.options import (
    DATA,
    METHOD,
    OUTPUT,
    Encoding,
    Seed,
    named_columns,
)
from tunesmith.cli.render.notes import write_note
from tunesmith.cli.render.output import Output
from tunesmith.errors import UsageError
from tunesmith.models.model import open_encoder
from tunesmith.report.charts.map_data import check_clusters, map_panels, map_texts
from tunesmith.wording import plural

SUFFIXES = (".png", ".svg", ".pdf")
EXAMPLES = """
tunesmith plot tickets-3f2a1c tickets.csv -o map.png          # base and tuned model side by side
tunesmith plot all-MiniLM-L6-v2 tickets.csv -o map.svg        # one model
tunesmith plot model-a model-b model-c new.csv -o three.pdf   # several models
tunesmith plot tickets-3f2a1c t.csv -o map.png --method pca   # preserve distances
tunesmith plot tickets-3f2a1c log.txt -o map.png --clusters 6    # clusters
"""


def plot(  # noqa: PLR0917 - typer calls it, and by names
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="One model, or up to four to compare. A single fitted model is shown next to its "
            "base.",
            show_default=False,
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="File with texts and, optionally, labels.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Output file: .png, .svg or .pdf. Required.",
            rich_help_panel=OUTPUT,
        ),
    ],
    method: Annotated[
        Literal["aligned", "pca", "tsne", "umap"],
        typer.Option(
            "--method",
            metavar="aligned|pca|tsne|umap",
            help="Projection. aligned: UMAP, with each text in the same place in all panels unless "
            "its neighbours changed. Otherwise each panel has its own layout: PCA preserves global "
            "structure; t-SNE and UMAP (needs umap-learn) preserve neighbours.",
            rich_help_panel=METHOD,
        ),
    ] = "aligned",
    clusters: Annotated[
        int | None,
        typer.Option(
            "--clusters",
            metavar="K",
            min=1,
            max=20,
            help="Colour by K k-means clusters of the last model's embeddings instead of by label. "
            "Without labels, K is chosen automatically.",
            rich_help_panel=METHOD,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="ROLE=NAME,…",
            help="Columns with texts and labels, such as text=body,label=topic. Detected by "
            "default.",
            rich_help_panel=DATA,
        ),
    ] = None,
    encoding: Encoding = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help="Maximum number of rows to plot, evenly sampled.",
            rich_help_panel=DATA,
        ),
    ] = 3000,
    seed: Seed = 0,
) -> None:
    """Plot a 2-D map of embeddings before and after tuning.

    Each point is a text, coloured by its label or cluster; the model considers nearby texts
    similar. With up to 30 texts, the points are annotated.
    """
    source = existing_file(file)
    path = output_path(output, SUFFIXES, source=source)
    require_folder(path)
    if method != "aligned":
        evaluation.check_method(method)
    roles = named_columns(columns, "text", "label")
    if clusters is not None and "label" in roles:
        raise UsageError(
            "--clusters and --columns label=… both colour the texts",
            hint="give one of them",
            option="clusters",
        )
    panels = map_panels(models)
    texts = map_texts(source, roles.get("text"), roles.get("label"), limit, encoding)
    announce_guess(source.name, texts.guessed_encoding, write_note)
    check_clusters(clusters, texts.texts)
    encoders = {panel.title: open_encoder(panel.model, verbose=True) for panel in panels}
    report.plot_map(
        {title: encoder.encode(texts.texts) for title, encoder in encoders.items()},
        path,
        labels=texts.labels if clusters is None else None,
        clusters=clusters,
        texts=texts.texts,
        method=method,
        seed=seed,
    )
    plotted = plural(len(texts.texts), "text")
    Output().line(f"{path}: {plotted}" + (f" of {texts.of:,}" if texts.of > limit else ""))
