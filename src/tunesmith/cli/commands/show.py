"""``tunesmith show``: show a model's results and settings."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.cli.arguments.options import AsJson, FittedModel
from tunesmith.cli.render.describe import write_ladder, write_test_results
from tunesmith.cli.render.output import Output, write_json
from tunesmith.cli.server import server
from tunesmith.models.folder import read_metadata
from tunesmith.models.model import find
from tunesmith.phrasing import kind_name
from tunesmith.results.from_json import summary_of
from tunesmith.wording import clean, count, duration, plural

if TYPE_CHECKING:
    from tunesmith.client.client import Client
    from tunesmith.client.resources import RemoteModel
    from tunesmith.results.summary import Summary

EXAMPLES = """
tunesmith show tickets-3f2a1c           # verdict, scores, candidates, settings
tunesmith show tickets-3f2a1c --json    # everything, as JSON
"""


def show(model: FittedModel, as_json: AsJson = False) -> None:
    """Show a model's verdict, scores and settings.

    Shows the verdict, each metric with the confidence interval of its change, the candidates that
    were tried, the training settings and the output paths.
    """
    if (client := server()) is not None:
        _show_remote(client, client.model(model), as_json=as_json)
        return
    path = find(model)
    metadata = read_metadata(path)
    if as_json:
        write_json({"id": path.name, "path": path, "report": path / "report.html", **metadata})
    elif metadata["summary"]:
        report = path / "report.html"
        where = {"model": str(path), **({"report": str(report)} if report.is_file() else {})}
        summary = summary_of(metadata["summary"], path)
        _write(Output(), summary, path.name, where, metadata.get("distilled"))
    else:
        _write_attached(Output(), metadata, path)


def _show_remote(client: "Client", model: "RemoteModel", *, as_json: bool) -> None:
    report = f"{client.url}/v1/models/{model.id}/report"
    summary = model.summary
    if as_json:
        write_json({**asdict(model), "report": report})
    elif summary is None:
        Output().line((model.id, "bold"))
        Output().line("it was not evaluated")
    else:
        _write(Output(), summary, model.id, {"model": client.url, "report": report}, None)


def _write_attached(output: Output, metadata: Mapping[str, Any], path: Path) -> None:
    attached = metadata.get("attached", {})
    output.line((path.name, "bold"))
    labels = metadata.get("classifier", {}).get("labels", ())
    saved = "a scikit-learn pipeline" if labels else "an encoder and a tuner"
    origin = f"saved from {saved}; it was not evaluated"
    if "distilled" in metadata:
        parent = clean(str(metadata["distilled"]["parent"]))
        origin = f"static model distilled from {parent}, which was {origin}"
    output.line(origin)
    facts = {
        "base": clean(str(attached.get("base", ""))),
        "steps": clean(", ".join(map(str, attached.get("steps", ())))),
        **({"labels": plural(len(labels), "label")} if labels else {}),
        "model": str(path),
    }
    output.facts(facts)


def _write(
    output: Output,
    summary: "Summary",
    name: str,
    where: Mapping[str, str],
    distilled: Mapping[str, Any] | None,
) -> None:
    output.line((name, "bold"))
    if distilled is not None:
        output.line(
            f"static model distilled from {clean(str(distilled['parent']))}; its results follow"
        )
    write_test_results(output, summary)
    output.heading("Candidates")
    write_ladder(output, summary)
    output.heading("Settings")
    output.facts(_facts(summary))
    output.heading("Output")
    output.facts(dict(where))


def _facts(summary: "Summary") -> dict[str, str]:
    split = f"{count(summary.train)} training, {count(summary.validation)} validation"
    split += f", {count(summary.test)} test"
    kind = kind_name(summary.kind)
    return {
        "data": f"{clean(summary.source)}, {kind}, {plural(summary.rows, 'row')}",
        "split": split + (f" in {summary.folds} folds" if summary.folds else ""),
        "base": clean(summary.base),
        "kept": next(rung.title for rung in summary.rungs if rung.name == summary.kept),
        **_goal(summary),
        "seed": str(summary.seed),
        "budget": "none" if summary.budget is None else duration(summary.budget),
        "time": duration(summary.seconds),
        "created": summary.created,
        "versions": ", ".join(f"{name} {version}" for name, version in summary.versions.items()),
    }


def _goal(summary: "Summary") -> dict[str, str]:
    """Return the goal of the fit, or the corpus type for retrieval."""
    if summary.pairs is None:
        return {"goal": summary.goal}
    return {"corpus type": summary.pairs.corpus_type} if summary.pairs.corpus_type else {}
