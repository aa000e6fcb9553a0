"""What changed: fixed and broken texts, and for search the queries whose rank moved."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.server.pages.sites import Site, check_sound
from tests.server.pages.tuned import BROKEN, FIXED, OTHER, SCRIPT, held_out, search_folder
from tunesmith.results.evidence import Evidence, PairEvidence

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

pytestmark = pytest.mark.slow


def test_each_turn_has_its_count_and_its_texts(site: Site, tuned: str) -> None:
    page = site.page(f"/models/{tuned}/changes")
    pills = {str(link["href"]): int(link.b.get_text()) for link in page.select(".pill")}  # type: ignore[union-attr]
    assert pills == {"?show=fixed": FIXED, "?show=broken": BROKEN, "?show=other": OTHER}
    for address, count in pills.items():
        opened = site.page(f"/models/{tuned}/changes{address}")
        check_sound(opened)
        assert len(opened.select("table.rows tbody tr")) == count


def test_the_surest_come_first_and_fixed_ones_are_now_correct(site: Site, tuned: str) -> None:
    rows = site.page(f"/models/{tuned}/changes").select("table.rows tbody tr")
    texts = [row.select_one("td.long").get_text() for row in rows]  # type: ignore[union-attr]
    fixed = [each for each in held_out() if each.tuned_correct and not each.base_correct]
    assert texts == [each.text for each in sorted(fixed, key=lambda each: -each.tuned_probability)]
    assert all(row.select(".wrong-label") and row.select(".right-label") for row in rows)


def test_a_base_that_was_chosen_changed_nothing(site: Site, fitted: str) -> None:
    assert "nothing changed" in site.words(f"/models/{fitted}/changes")
    assert site.browser.get(f"/models/{fitted}/changes?show=all").status_code == 422


def test_queries_show_their_rank_before_and_after(
    site: Site, tickets: str, toy_fit: "FitResult", tmp_path: Path
) -> None:
    ranks = np.array([[1.0, 1, 0, 1], [9, 1, 4, 2], [1, 1, 8, 2]])
    queries = (f"where is it? {SCRIPT}", "same", "worse one", "also same")
    pairs = PairEvidence("search", queries, ("here", "a", "there", "b"), *ranks)
    folder = search_folder(toy_fit, tmp_path / "model", Evidence.of_pairs(pairs))
    site.model("tune-search", folder, tickets)
    page = site.page("/models/tune-search/changes")
    check_sound(page)
    assert page.select("img") == []
    better, worse = page.select("table.rows")
    assert [cell.get_text() for cell in better.select("td.number")] == ["9", "1"]
    assert [cell.get_text() for cell in worse.select("td.number")] == ["4", "8"]
    assert "2 queries did not change" in site.words("/models/tune-search/changes")
