"""The model card: README.md of a model's folder, without any text of the training data."""

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tunesmith import wording as words
from tunesmith.report.pages import safeguards as guards
from tunesmith.report.pages.front_matter import front_matter, hub_name
from tunesmith.report.pages.snippets import labelled, searched, snippets
from tunesmith.results.summary import Distillation, Summary

TEMPLATE = "card.md.j2"
FOLDER = "path/to/this/folder"
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
            front=front_matter(summary, scored=distilled is None),
            base_on_hub=hub_name(summary.base),
            findings=[finding.without_texts().message for finding in summary.findings],
            headline=words.headline(summary.verdict),
            chosen=titles.get(summary.chosen, summary.chosen),
            kept=titles.get(summary.kept, summary.kept),
            kept_base=summary.kept == "base",
            classes=summary.classes[:MOST_CLASSES],
            pairs=summary.pairs,
            labelled=labelled(summary),
            searched=searched(summary),
            **_guards(summary),
            left_out=len(summary.classes[MOST_CLASSES:]),
            uses=snippets(FOLDER, FOLDER, summary),
        )
    )


def _guards(summary: Summary) -> dict[str, object]:
    """Return what the card tells of the guards; nothing where no pairs were fitted."""
    if summary.pairs is None:
        return {}
    return {
        "shares": [(name, guards.kept_share(part)) for name, part in guards.shares_kept(summary)],
        "without_guards": guards.without_guards(summary.pairs),
        "forgotten": guards.forgotten(summary.pairs),
        "signs": list(guards.label_free(summary.pairs).values()),
    }


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
    environment.filters["code"] = Markup
    return environment
