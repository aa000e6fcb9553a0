"""Terminal output of fits on pairs and retrieval data."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.cli.render.describe import write_query_parts, write_safeguards
from tunesmith.cli.render.output import Output
from tunesmith.models import folder as model_folders
from tunesmith.report.pages.snippets import commands
from tunesmith.results.summary import Change, PairFindings, Part, Summary

Run = Callable[..., Result]


@pytest.fixture
def findings() -> PairFindings:
    """Findings of a fit on queries."""
    seen = Change("nDCG@10", 0.6, 0.8, 0.1, 0.3)
    unseen = Change("nDCG@10", 0.61, 0.6, -0.04, 0.02)
    return PairFindings(
        "ranking",
        "90 positive pairs.",
        "retrieval held out of /srv/my_\x1b[31mdocs",
        chosen_by="nDCG@10",
        corpus_type="open",
        parts=(Part("seen", 40, (seen,)), Part("unseen", 1, (unseen,))),
        shares={"top": 0.25, "whole": 1.0},
        unguarded=Change("nDCG@10", 0.6, 0.5, -0.2, -0.01),
        forgetting=Change("Spearman, cosine", 0.88, 0.87, -0.02, 0.01),
    )


def test_query_parts_have_their_own_tables(
    findings: PairFindings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each table has its number of queries and all metrics."""
    write_query_parts(Output(), findings)
    lines = capsys.readouterr().out.splitlines()
    assert "Queries with documents seen in training (40 queries)" in lines
    assert "Queries with unseen documents (1 query)" in lines
    rows = [line.split() for line in lines]
    assert ["nDCG@10", "0.600", "0.800", "+0.200", "+0.100", "to", "+0.300", "better"] in rows


def test_a_single_query_part_is_named(
    findings: PairFindings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its metrics are those of all queries."""
    write_query_parts(Output(), replace(findings, parts=findings.parts[1:]))
    assert capsys.readouterr().out == "All 1 are queries with unseen documents.\n"


def test_safeguards_are_shown_without_paths_or_escapes(
    findings: PairFindings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recipe, test data, blending and forgetting."""
    write_safeguards(Output(), findings)
    text = capsys.readouterr().out
    for words in (
        "ranking. 90 positive pairs.",
        "(top)    25% tuned weights, 75% base weights",
        "(whole)  tuned weights only",
        "nDCG@10 from 0.600 to 0.500",
        "−20.0 to −1.0): worse.",
        "no proven forgetting",
    ):
        assert words in text
    assert "\x1b" not in text
    assert "/srv" not in text


def test_show_prints_all_sections(
    run: Run, home: Path, tiny_encoder: Path, summary: Summary, findings: PairFindings
) -> None:
    """Stored results are shown, with the corpus type instead of a goal."""
    stored = replace(summary, kind="retrieval", pairs=findings)
    path = home / "models" / "docs-3f2a1c"
    model_folders.save(
        path,
        encoder=tiny_encoder,
        classifier=None,
        summary=stored.to_dict(),
        write_pages=lambda _: None,
    )
    result = run("show", path.name)
    assert result.exit_code == 0, result.stderr
    order = (
        "held-out test",
        "seen in",
        "unseen",
        "Safeguards",
        "validation nDCG@10",
        "corpus type",
    )
    positions = [result.stdout.index(part) for part in order]
    assert positions == sorted(positions)
    assert "goal" not in result.stdout


def test_next_steps_suit_the_model(summary: Summary, findings: PairFindings) -> None:
    """Search for retrieval models, similarity for pairs, and no classify without labels."""
    searched = commands("my model", replace(summary, pairs=findings))
    compared = commands("m", replace(summary, pairs=replace(findings, corpus_type="")))
    assert searched[0].startswith("tunesmith search 'my model' ")
    assert compared[0].startswith("tunesmith similarity m ")
    assert not [line for line in searched + compared if "classify" in line]


def test_a_fit_on_pairs_prints_its_sections(
    run: Run, examples: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Safeguards, output paths and suitable commands."""
    out = tmp_path / "model"
    source = str(examples / "labelled_pairs.csv")
    words = ["fit", source, "--base", str(tiny_model), "--cross-validate", "2", "-o", str(out)]
    result = run(*words, "--budget", "none")
    assert result.exit_code == 0, result.stderr
    assert "average precision" in result.stdout
    order = ("Safeguards", "Output", "Next steps", "tunesmith similarity")
    positions = [result.stdout.index(part) for part in order]
    assert positions == sorted(positions)
    assert "classify" not in result.stdout
    assert (out / "report.html").is_file()
    assert run("similarity", str(out), "one text", "another").exit_code == 0
