"""The model card: README.md of a model's folder, without any text of the training data."""

import json
import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tunesmith.report import words
from tunesmith.report.snippets import labelled, snippets
from tunesmith.results import Distillation, Summary

TEMPLATE = "card.md.j2"
FOLDER = "path/to/this/folder"
BUNDLED_ON_HUB = {"all-MiniLM-L6-v2": "sentence-transformers/all-MiniLM-L6-v2"}
MOST_CLASSES = 100

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")


def model_card(summary: Summary, distilled: Distillation | None = None) -> str:
    """Return the model card as Markdown with YAML front matter.

    It holds no text of the data and no path: names, label names, counts and scores only.

    Parameters
    ----------
    summary
        What the fit found.
    distilled
        How the model was made, where it is a static model of the one that was fitted.
    """
    titles = {rung.name: rung.title for rung in summary.rungs}
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            summary=summary,
            distilled=distilled,
            front=_front_matter(summary),
            headline=words.headline(summary.verdict),
            recipe=titles.get(summary.chosen, summary.chosen),
            kept_base=summary.kept == "base",
            classes=summary.classes[:MOST_CLASSES],
            left_out=len(summary.classes[MOST_CLASSES:]),
            uses=snippets(FOLDER, FOLDER, summary),
        )
    )


def _front_matter(summary: Summary) -> dict[str, str | list[str]]:
    """Return the fields that model hubs read; the base only where a hub can know its name."""
    tags = ["sentence-transformers", "sentence-similarity", "feature-extraction", "tunesmith"]
    base = BUNDLED_ON_HUB.get(summary.base, summary.base)
    front: dict[str, str | list[str]] = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": [*tags, "text-classification"] if labelled(summary) else tags,
    }
    return {**front, "base_model": base} if words.is_hub_name(base) else front


def yaml_value(value: str | list[str]) -> Markup:
    r"""Return a value as YAML on one line: a JSON string is one, whatever stands in it.

    Examples
    --------
    >>> str(yaml_value(["a: b", 'say "x"']))
    '["a: b", "say \\"x\\""]'
    """
    safe = [words.clean(part) for part in value] if isinstance(value, list) else words.clean(value)
    return Markup(json.dumps(safe, ensure_ascii=False))  # noqa: S704 - JSON, in YAML, not HTML


def escaped(value: object) -> object:
    r"""Return a text so that Markdown and HTML show it as it is, on one line, also in a table.

    Examples
    --------
    >>> escaped("a|b\n`c` <i>")
    'a\\|b \\`c\\` &lt;i&gt;'
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = words.clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", text)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return an environment that escapes for Markdown whatever a template does not mark safe."""
    environment = Environment(  # noqa: S701 - HTML escaping would be wrong here; `finalize` escapes
        loader=PackageLoader("tunesmith.report"),
        undefined=StrictUndefined,
        finalize=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(words.FILTERS)
    environment.filters["yaml"] = yaml_value
    environment.filters["code"] = Markup
    return environment
