"""``tunesmith show``: what is known about one model."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunesmith.cli.arguments.options import AsJson, FittedModel
from tunesmith.cli.render.describe import write_ladder, write_proof
from tunesmith.cli.render.output import Output, write_json
from tunesmith.models.folder import read_metadata
from tunesmith.models.model import find
from tunesmith.results.from_json import summary_of
from tunesmith.wording import clean, count, duration, kind_name, plural

if TYPE_CHECKING:
    from tunesmith.results.summary import Summary

EXAMPLES = """
tunesmith show tickets-3f2a1c           # verdict, changes, ladder, how it was made
tunesmith show tickets-3f2a1c --json    # all of it, for a script
"""


def show(model: FittedModel, as_json: AsJson = False) -> None:
    """Show what is known about a model.

    The verdict, each change with its interval, the ladder, how it was made and where it lies.
    """
    path = find(model)
    metadata = read_metadata(path)
    if as_json:
        write_json({"id": path.name, "path": path, "report": path / "report.html", **metadata})
    else:
        _write(Output(), summary_of(metadata["summary"], path), path, metadata.get("distilled"))


def _write(
    output: Output, summary: "Summary", path: Path, distilled: Mapping[str, Any] | None
) -> None:
    output.line((path.name, "bold"))
    if distilled is not None:
        output.line(
            f"a static model distilled from {clean(str(distilled['parent']))}, whose fit follows"
        )
    write_proof(output, summary)
    output.heading("Ladder")
    write_ladder(output, summary)
    output.heading("How it was made")
    output.facts(_facts(summary))
    output.heading("Where it lies")
    report = path / "report.html"
    output.facts({"model": str(path), **({"report": str(report)} if report.is_file() else {})})


def _facts(summary: "Summary") -> dict[str, str]:
    sides = f"{count(summary.train)} train, {count(summary.validation)} validation"
    tested = f"{count(summary.test)} test"
    kind = kind_name(summary.kind)
    return {
        "data": f"{clean(summary.source)}, {kind}, {plural(summary.rows, 'row')}",
        "split": f"{sides}, {tested}" + (f" in {summary.folds} folds" if summary.folds else ""),
        "base": clean(summary.base),
        "kept": next(rung.title for rung in summary.rungs if rung.name == summary.kept),
        **_goal(summary),
        "seed": str(summary.seed),
        "budget": "none" if summary.budget is None else duration(summary.budget),
        "took": duration(summary.seconds),
        "made": summary.created,
        "versions": ", ".join(f"{name} {number}" for name, number in summary.versions.items()),
    }


def _goal(summary: "Summary") -> dict[str, str]:
    """Return what the model was made for, or of what sort the collection is that is searched."""
    if summary.pairs is None:
        return {"goal": summary.goal}
    return {"corpus_type": summary.pairs.corpus_type} if summary.pairs.corpus_type else {}
