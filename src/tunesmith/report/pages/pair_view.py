"""Report sections for pairs, queries and triplets."""

from dataclasses import dataclass
from itertools import islice

import numpy as np

from tunesmith.phrasing import part_name
from tunesmith.report.charts.pair_charts import (
    LabelledPairsView,
    RankGroup,
    ScoredView,
    labelled_pairs_view,
    scored_view,
    search_view,
)
from tunesmith.report.charts.score_charts import ChangeView, change_views
from tunesmith.report.pages import safeguards
from tunesmith.report.pages.changed_pairs import PairChanges, pair_changes
from tunesmith.results.evidence import PairEvidence
from tunesmith.results.summary import Part, Summary
from tunesmith.wording import plural


@dataclass(frozen=True)
class PartView:
    """A subset of the queries with its metrics."""

    title: str
    items: int
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True)
class SafeguardView:
    """A change measured by a safeguard."""

    title: str
    note: str
    view: ChangeView


@dataclass(frozen=True)
class ShareView:
    """The share of tuned weights in a rung, as a bar width in percent and as text."""

    title: str
    width: float
    text: str


@dataclass(frozen=True)
class PairView:
    """Sections for pair data; one of the three charts is present."""

    form: str
    labelled: LabelledPairsView | None
    scored: ScoredView | None
    search: tuple[RankGroup, ...]
    parts: tuple[PartView, ...]
    safeguards: tuple[SafeguardView, ...]
    shares: tuple[ShareView, ...]
    without_blending: str
    forgetting: str
    label_free: tuple[str, ...]
    changes: PairChanges
    first_places: str

    @classmethod
    def of(cls, summary: Summary, evidence: PairEvidence | None) -> "PairView | None":
        """Return the view, or None if the fit was not on pairs."""
        if summary.pairs is None or evidence is None:
            return None
        form = evidence.form
        return cls(
            form=form,
            labelled=labelled_pairs_view(evidence, summary.seed) if form == "labelled" else None,
            scored=scored_view(evidence, summary.seed) if form == "scored" else None,
            search=search_view(evidence) if form == "search" else (),
            parts=part_views(summary),
            safeguards=_safeguard_views(summary),
            shares=_share_views(summary),
            without_blending=safeguards.without_blending(summary.pairs),
            forgetting=safeguards.forgetting(summary.pairs),
            label_free=tuple(safeguards.label_free(summary.pairs).values()),
            changes=pair_changes(evidence),
            first_places=first_places(evidence) if form == "search" else "",
        )


def first_places(evidence: PairEvidence) -> str:
    """Return for how many queries the relevant document comes first, as a sentence.

    Examples
    --------
    >>> import numpy as np
    >>> ranks = np.array([1.0, 3.0]), np.array([1.0, 1.0])
    >>> first_places(PairEvidence("search", ("a", "b"), ("c", "d"), np.ones(2), *ranks))
    'The relevant document comes first for 1 of 2 queries before, and for 2 after.'
    """
    before, after = (int((ranks == 1).sum()) for ranks in (evidence.before, evidence.after))
    first = f"The relevant document comes first for {before:,} of "
    first += plural(len(evidence.left), "query")
    unchanged = np.array_equal(evidence.before, evidence.after)
    return f"{first}." if unchanged else f"{first} before, and for {after:,} after."


def part_views(summary: Summary) -> tuple[PartView, ...]:
    """Return all queries and each part, on a common axis; empty for fewer than two parts."""
    parts = summary.pairs.parts if summary.pairs else ()
    if len(parts) < 2:
        return ()
    groups = (Part("all", summary.test, summary.changes), *parts)
    views = iter(change_views([change for part in groups for change in part.changes]))
    return tuple(
        PartView(part_name(part.name), part.items, tuple(islice(views, len(part.changes))))
        for part in groups
    )


def _safeguard_views(summary: Summary) -> tuple[SafeguardView, ...]:
    assert summary.pairs is not None
    changes = (
        ("Without blending", "tuned weights only", summary.pairs.unguarded),
        ("Chosen candidate", "with safeguards", summary.verdict.headline),
        ("General English", "300 sentence pairs", summary.pairs.forgetting),
    )
    known = [(title, note, change) for title, note, change in changes if change is not None]
    views = change_views([change for _, _, change in known])
    return tuple(
        SafeguardView(title, note, view)
        for (title, note, _), view in zip(known, views, strict=True)
    )


def _share_views(summary: Summary) -> tuple[ShareView, ...]:
    return tuple(
        ShareView(title, round(100 * part, 1), safeguards.blended_share(part))
        for title, part in safeguards.blended_shares(summary)
    )
