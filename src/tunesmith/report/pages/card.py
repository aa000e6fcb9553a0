"""The model card: the README.md of a model folder, without texts of the training data."""

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tunesmith.phrasing import FILTERS, headline
from tunesmith.report.pages import safeguards
from tunesmith.report.pages.front_matter import LICENCES, front_matter, hub_name
from tunesmith.report.pages.metric_notes import metric_notes
from tunesmith.report.pages.snippets import labelled, searched, snippets
from tunesmith.results.distillation import Distillation
from tunesmith.results.summary import Summary
from tunesmith.wording import clean

TEMPLATE = "card.md.j2"
STATIC_TEMPLATE = "static_card.md.j2"
FOLDER = "path/to/this/folder"
MAX_CLASSES = 100

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")


def model_card(summary: Summary, distilled: Distillation | None = None) -> str:
    """Return the model card as Markdown with YAML front matter.

    It contains names, labels, counts and scores, but no texts of the data and no paths.

    Parameters
    ----------
    summary
        Results of the fit.
    distilled
        Results of the distillation, if the model is a static version of the fitted one.

    Examples
    --------
    >>> model_card(result.summary).splitlines()[0]
    '---'
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
            base_licence=LICENCES.get(summary.base, ""),
            metric_notes=metric_notes(summary.changes),
            findings=[finding.without_texts().message for finding in summary.findings],
            headline=headline(summary.verdict),
            chosen=titles.get(summary.chosen, summary.chosen),
            kept=titles.get(summary.kept, summary.kept),
            kept_base=summary.kept == "base",
            classes=summary.classes[:MAX_CLASSES],
            pairs=summary.pairs,
            labelled=labelled(summary),
            searched=searched(summary),
            **_safeguards(summary),
            left_out=len(summary.classes[MAX_CLASSES:]),
            uses=snippets(FOLDER, FOLDER, summary),
        )
    )


def static_card(distilled: Distillation) -> str:
    """Return the model card of a static model whose original was not fitted here, as Markdown.

    Parameters
    ----------
    distilled
        Results of the distillation.

    Examples
    --------
    >>> from pathlib import Path
    >>> result = Distillation("cards", 1000, 100, 0.93, 0.97, 20_000.0, 400.0, 0, Path("fast"))
    >>> static_card(result).splitlines()[0]
    '# fast'
    """
    template = _environment().get_template(STATIC_TEMPLATE)
    return template.render(title=distilled.path.name, distilled=distilled, folder=FOLDER)


def _safeguards(summary: Summary) -> dict[str, object]:
    """Return the safeguards section; empty for labelled data."""
    if summary.pairs is None:
        return {}
    return {
        "shares": [
            (name, safeguards.blended_share(part))
            for name, part in safeguards.blended_shares(summary)
        ],
        "without_blending": safeguards.without_blending(summary.pairs),
        "forgetting": safeguards.forgetting(summary.pairs),
        "label_free": list(safeguards.label_free(summary.pairs).values()),
    }


def escaped(value: object) -> object:
    r"""Escape a text for Markdown and HTML, on one line, so that it is safe in tables.

    Examples
    --------
    >>> escaped("a|b\n`c` <i>")
    'a\\|b \\`c\\` &lt;i&gt;'
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _escape(clean(value))


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", text)


def code_spans(text: str) -> Markup:
    r"""Escape a sentence, except for the parameters in backticks.

    Examples
    --------
    >>> print(code_spans("set `corpus_type` for a_file"))
    set `corpus_type` for a\_file
    """
    parts = re.split("(`[^`<>&]+`)", clean(text))
    safe = "".join(part if n % 2 else _escape(part) for n, part in enumerate(parts))
    return Markup(safe)  # noqa: S704 - escaped for Markdown, and code has no tags


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return an environment that escapes values for Markdown unless marked safe."""
    environment = Environment(  # noqa: S701 - HTML escaping would be wrong here; `finalize` escapes
        loader=PackageLoader("tunesmith.report"),
        undefined=StrictUndefined,
        finalize=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    environment.filters |= {"code": Markup, "code_spans": code_spans}
    return environment
