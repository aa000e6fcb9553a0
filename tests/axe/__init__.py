"""axe-core, which finds faults of accessibility in an open page."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = {"serious", "critical"}


def faults(page: "Page") -> list[str]:
    """Return what axe-core finds serious or critical, with the elements at fault."""
    # Not as a script of the page, which its security policy would forbid.
    page.evaluate(_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


@lru_cache(maxsize=1)
def _source() -> str:
    source: Any = Path(__file__).parent / "axe.min.js"
    return str(source.read_text(encoding="utf-8"))
