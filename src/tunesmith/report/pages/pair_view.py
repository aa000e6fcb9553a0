"""What the report draws of pairs, queries and triplets."""

from dataclasses import dataclass
from itertools import islice

from tunesmith.report.charts.pair_charts import (
    JudgedView,
    RankGroup,
    ScoredView,
    judged_view,
    scored_view,
    search_view,
)
from tunesmith.report.charts.score_charts import ChangeView, change_views
from tunesmith.report.pages import safeguards as guards
from tunesmith.report.pages.changed_pairs import Moves, moves
from tunesmith.results.evidence import PairEvidence
from tunesmith.results.summary import Part, Summary
from tunesmith.wording import part_name


@dataclass(frozen=True)
class PartView:
    """A part of the queries and all its metrics."""

    title: str
    items: int
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True)
class GuardView:
    """A change that a guard is about."""

    title: str
    note: str
    view: ChangeView


@dataclass(frozen=True)
class ShareView:
    """How much of a rung's training was kept: in percent, and in words."""

    title: str
    width: float
    told: str


@dataclass(frozen=True)
class PairView:
    """All sections that only pairs have; of the three pictures one is there."""

    form: str
    judged: JudgedView | None
    scored: ScoredView | None
    search: tuple[RankGroup, ...]
    parts: tuple[PartView, ...]
    guards: tuple[GuardView, ...]
    shares: tuple[ShareView, ...]
    without_guards: str
    forgotten: str
    label_free: tuple[str, ...]
    moves: Moves

    @classmethod
    def of(cls, summary: Summary, evidence: PairEvidence | None) -> "PairView | None":
        """Lay out everything, or return None where no pairs were fitted."""
        if summary.pairs is None or evidence is None:
            return None
        form = evidence.form
        return cls(
            form=form,
            judged=judged_view(evidence, summary.seed) if form == "judged" else None,
            scored=scored_view(evidence, summary.seed) if form == "scored" else None,
            search=search_view(evidence) if form == "search" else (),
            parts=part_views(summary),
            guards=_guard_views(summary),
            shares=_share_views(summary),
            without_guards=guards.without_guards(summary.pairs),
            forgotten=guards.forgotten(summary.pairs),
            label_free=tuple(guards.label_free(summary.pairs).values()),
            moves=moves(evidence),
        )


def part_views(summary: Summary) -> tuple[PartView, ...]:
    """Return all queries and each part of them, on one axis; nothing where there are no two."""
    parts = summary.pairs.parts if summary.pairs else ()
    if len(parts) < 2:
        return ()
    told = (Part("all", summary.test, summary.changes), *parts)
    views = iter(change_views([change for part in told for change in part.changes]))
    return tuple(
        PartView(part_name(part.name), part.items, tuple(islice(views, len(part.changes))))
        for part in told
    )


def _guard_views(summary: Summary) -> tuple[GuardView, ...]:
    assert summary.pairs is not None
    told = (
        ("Training alone", "not mixed, whatever validation said", summary.pairs.unguarded),
        ("The best rung", "with the guards", summary.verdict.headline),
        ("General English", "300 sentence pairs", summary.pairs.forgetting),
    )
    known = [(title, note, change) for title, note, change in told if change is not None]
    views = change_views([change for _, _, change in known])
    return tuple(
        GuardView(title, note, view) for (title, note, _), view in zip(known, views, strict=True)
    )


def _share_views(summary: Summary) -> tuple[ShareView, ...]:
    return tuple(
        ShareView(title, round(100 * part, 1), guards.kept_share(part))
        for title, part in guards.shares_kept(summary)
    )
