"""What the terminal says of a fit on pairs and on a search."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import Result

from tunesmith.cli.render.describe import write_guards, write_parts
from tunesmith.cli.render.output import Output
from tunesmith.models import folder as model_folders
from tunesmith.report.pages.snippets import commands
from tunesmith.results.summary import Change, PairFindings, Part, Summary

Run = Callable[..., Result]


@pytest.fixture
def findings() -> PairFindings:
    """What a fit on queries might have found."""
    seen = Change("nDCG@10", 0.6, 0.8, 0.1, 0.3)
    unseen = Change("nDCG@10", 0.61, 0.6, -0.04, 0.02)
    return PairFindings(
        "ranking",
        "What belongs together is said by 90 pairs.",
        "retrieval held out of /srv/my_\x1b[31mdocs",
        chosen_by="nDCG@10",
        corpus_type="open",
        parts=(Part("seen", 40, (seen,)), Part("unseen", 1, (unseen,))),
        shares={"top": 0.25, "whole": 1.0},
        unguarded=Change("nDCG@10", 0.6, 0.5, -0.2, -0.01),
        forgetting=Change("Spearman, cosine", 0.88, 0.87, -0.02, 0.01),
    )


def test_parts_are_tables_of_their_own(
    findings: PairFindings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with how many queries it has and all its metrics."""
    write_parts(Output(), findings)
    lines = capsys.readouterr().out.splitlines()
    assert "Seen: a document was asked for in training (40 queries)" in lines
    assert "Unseen: no document was asked for in training (1 query)" in lines
    assert "nDCG@10      0.600   0.800  +0.200  +0.100 to +0.300  better" in lines


def test_guards_are_told_and_nothing_of_the_data_drives_the_terminal(
    findings: PairFindings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recipe, test, shares, the training alone, what was forgotten; no path, no escape."""
    write_guards(Output(), findings)
    told = capsys.readouterr().out
    for words in (
        "ranking. What belongs together is said by 90 pairs.",
        "kept of top    25% of its training, the rest is the base",
        "kept of whole  all of its training",
        "Unmixed, the trained weights would have taken nDCG@10 from 0.600 to 0.500",
        "(−0.200 to −0.010): worse.",
        "nothing is proven to be forgotten",
    ):
        assert words in told
    assert "\x1b" not in told
    assert "/srv" not in told


def test_show_tells_all_of_it(
    run: Run, home: Path, tiny_encoder: Path, summary: Summary, findings: PairFindings
) -> None:
    """What was stored comes back; the collection stands where labels have a goal."""
    told = replace(summary, kind="retrieval", pairs=findings)
    path = home / "models" / "docs-3f2a1c"
    model_folders.save(
        path,
        encoder=tiny_encoder,
        classifier=None,
        summary=told.to_dict(),
        write_pages=lambda _: None,
    )
    result = run("show", path.name)
    assert result.exit_code == 0, result.stderr
    order = ("sealed test", "Seen:", "Unseen:", "Guards", "validation nDCG@10", "corpus_type")
    places = [result.stdout.index(part) for part in order]
    assert places == sorted(places)
    assert "goal" not in result.stdout


def test_what_to_type_next_fits_the_model(summary: Summary, findings: PairFindings) -> None:
    """Search first where documents are searched, similarity for pairs; no labels, no classify."""
    searched = commands("my model", replace(summary, pairs=findings))
    compared = commands("m", replace(summary, pairs=replace(findings, corpus_type="")))
    assert searched[0].startswith("tunesmith search 'my model' ")
    assert compared[0].startswith("tunesmith similarity m ")
    assert not [line for line in searched + compared if "classify" in line]


def test_a_fit_on_pairs_ends_with_what_fits_it(
    run: Run, examples: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Verdict, guards, where it lies, and commands that the model can answer."""
    out = tmp_path / "model"
    source = str(examples / "labelled_pairs.csv")
    result = run("fit", source, "--base", str(tiny_model), "--budget", "none", "-o", str(out))
    assert result.exit_code == 0, result.stderr
    assert "average precision" in result.stdout
    order = ("Guards", "Where it lies", "Next", "tunesmith similarity")
    places = [result.stdout.index(part) for part in order]
    assert places == sorted(places)
    assert "classify" not in result.stdout
    assert (out / "report.html").is_file()
    assert run("similarity", str(out), "one text", "another").exit_code == 0
