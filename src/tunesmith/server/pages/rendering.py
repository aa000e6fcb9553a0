"""HTML from templates: every text is escaped, and invalid characters are replaced."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tunesmith.phrasing import FILTERS, in_points
from tunesmith.report.pages.page import breakable
from tunesmith.results.notebook import code_spans
from tunesmith.results.summary import Change, Outcome
from tunesmith.server.pages.files import static_folder
from tunesmith.server.pages.sentences import error_sentence
from tunesmith.wording import cut_middle, listing, percent, printable, signed, size

LOOKS: Mapping[str, str] = {
    Outcome.BETTER: "better",
    Outcome.WORSE: "worse",
    Outcome.NO_PROVEN_CHANGE: "same",
    Outcome.UNPROVEN: "same",
}
"""How an outcome looks: the name of a class of the stylesheet."""


def render(template: str, **facts: object) -> str:
    """Return a page, or a piece of one.

    Examples
    --------
    >>> "&lt;script&gt;" in render("message.html.j2", message="<script>")
    True
    """
    return _environment().get_template(template).render(**facts)


def points(change: Change, value: float) -> str:
    """Return a difference with its sign: in percentage points where the metric is a fraction.

    Examples
    --------
    >>> points(Change("accuracy", 0.8, 0.9, 0.04, 0.16), 0.1)
    '+10.0'
    """
    return signed(100 * value, 1) if in_points(change) else signed(value)


def moment(seconds: float) -> str:
    """Return a time such as ``21 November 2026, 02:10 UTC``.

    Examples
    --------
    >>> moment(0.0)
    '1 January 1970, 00:00 UTC'
    """
    time = datetime.fromtimestamp(seconds, UTC)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def clock(seconds: float) -> str:
    """Return the time of day in UTC.

    Examples
    --------
    >>> clock(61.0)
    '00:01:01'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunesmith.server.pages"),
        autoescape=True,
        auto_reload=False,  # an upgrade replaces files while the old code runs
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    own = (
        breakable,
        clock,
        code_spans,
        cut_middle,
        error_sentence,
        listing,
        moment,
        percent,
        points,
        size,
    )
    environment.filters |= FILTERS | {each.__name__: each for each in own}
    environment.globals |= {"looks": LOOKS, "static": static_folder()}
    return environment
