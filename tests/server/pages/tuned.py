"""A model whose tuned candidate was kept, with held-out texts that show every kind of change."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tunesmith.encoders.model_files.bundled import DEFAULT_BASE, bundled_folder
from tunesmith.encoders.model_files.digest import folder_digest
from tunesmith.models.base_classifier import write_base_classifier
from tunesmith.models.confusions import write_confusions
from tunesmith.models.folder import METADATA
from tunesmith.models.held_out import write_held_out
from tunesmith.models.suspects import write_suspects
from tunesmith.results.calibration import (
    AnsweredShare,
    Calibration,
    Reliability,
    ReliabilityBin,
)
from tunesmith.results.evidence import Evidence, HeldOutText, SuspectedLabel
from tunesmith.vectors.linear_classifier import LinearClassifier

if TYPE_CHECKING:
    from tunesmith.results.fit_result import FitResult

SCRIPT = "<img src=x onerror=alert(1)>"
LABELS = ("card", "login", "order")
FIXED, BROKEN, OTHER = 7, 3, 2
_BINS = tuple(ReliabilityBin(0.3 + place / 10, 0.25 + place / 10, 20) for place in range(7))
CALIBRATION = Calibration(
    "temperature scaling",
    0.8,
    Reliability(0.05, 0.42, _BINS),
    Reliability(0.02, 0.36, _BINS),
    (AnsweredShare(0.5, 0.9, 0.92), AnsweredShare(0.9, 0.4, 0.98), AnsweredShare(0.99, 0.0, None)),
)


def held_out() -> tuple[HeldOutText, ...]:
    """Return 60 texts: seven fixed, three broken, two wrong in another way; one is hostile."""
    texts = []
    for number in range(60):
        label, wrong, third = (LABELS[(number + step) % 3] for step in range(3))
        before = wrong if number < FIXED or number in (10, 11) else label
        after = {7: wrong, 8: wrong, 9: wrong, 10: third, 11: third}.get(number, label)
        text = f"{SCRIPT} {number}" if number == 3 else f"text {number}"
        sure = 0.5 + number / 200
        texts.append(HeldOutText(number + 1, text, label, before, after, sure, sure + 0.1))
    return tuple(texts)


def suspects(table: Path) -> tuple[SuspectedLabel, ...]:
    """Return the first rows of a table of texts and labels as suspects of a wrong label."""
    lines = table.read_text(encoding="utf-8").splitlines()[1:5]
    rows = [line.rsplit(",", 1) for line in lines]
    return tuple(
        SuspectedLabel(row, label, LABELS[(LABELS.index(label) + 1) % 3], 0.97 - row / 100, text)
        for row, (text, label) in enumerate(rows, 1)
    )


def tuned_folder(fit: "FitResult", table: Path, out: Path) -> Path:
    """Write a model of the bundled base: the vectors are those of a fit on the tiny model."""
    shutil.copytree(fit.path, out)
    _rewrite(out)
    texts = held_out()
    nothing = replace(fit.evidence, held_out=texts, pairs=None)
    counts = (_counts(texts, "base"), _counts(texts, "tuned"))
    write_held_out(out, nothing)
    write_confusions(out, replace(nothing, confusion_base=counts[0], confusion_tuned=counts[1]))
    write_suspects(out, suspects(table))
    weight = np.random.default_rng(0).normal(size=(3, 384)).astype(np.float32)
    write_base_classifier(out, LinearClassifier(weight, np.zeros(3, np.float32), LABELS))
    return out


def search_folder(fit: "FitResult", out: Path, evidence: Evidence) -> Path:
    """Write a model with held-out pairs instead of texts."""
    shutil.copytree(fit.path, out)
    _rewrite(out)
    (out / "held_out.parquet").unlink()
    write_held_out(out, evidence)
    return out


def _rewrite(folder: Path) -> None:
    """Let the summary say that another candidate was chosen and kept, on the bundled base."""
    path = folder / METADATA
    metadata: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    summary = metadata["summary"]
    chosen = next(rung["name"] for rung in summary["rungs"] if rung["name"] != "base")
    summary |= {"chosen": chosen, "kept": chosen, "base": DEFAULT_BASE}
    summary["base_digest"] = folder_digest(bundled_folder())
    for change in _changes(summary):
        change |= {"base": 0.8, "tuned": 0.9, "low": 0.04, "high": 0.16}
    summary["verdict"]["outcome"] = "better"
    summary["calibration"] = asdict(CALIBRATION)
    metadata.pop("base_folder", None)
    path.write_text(json.dumps(metadata), encoding="utf-8")


def _changes(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [summary["verdict"]["headline"], *summary["changes"]]


def _counts(texts: tuple[HeldOutText, ...], model: str) -> np.ndarray:
    counts = np.zeros((3, 3), dtype=np.int64)
    for each in texts:
        predicted = each.base if model == "base" else each.tuned
        counts[LABELS.index(each.label), LABELS.index(predicted)] += 1
    return counts
