"""Tests of `tunesmith export` and `tunesmith push`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def test_export_reports_included_and_excluded_files(run: Run, fitted: Path, tmp_path: Path) -> None:
    """Text and JSON; the report is included only on request."""
    path = tmp_path / "model.zip"
    text = run("export", fitted.name, "-o", str(path)).stdout
    assert text.startswith(f"{path}: ")
    assert text.endswith(f"unzips to {fitted.name}/\nleft out: report.html\n")
    other = tmp_path / "other.zip"
    result = run("export", str(fitted), "-o", str(other), "--with-report", "--json")
    document = json.loads(result.stdout)
    assert document["bytes"] == other.stat().st_size > path.stat().st_size
    assert "report.html" in document["files"]
    assert document["left_out"] == []


EXPORT = [
    (["tickets-3f2a1c"], "missing option '--output'"),
    (["tickets-3f2a1c", "-o"], "requires an argument"),
    (["tickets-3f2a1c", "-o", "model.tar.gz"], "ends in .zip"),
    (["tickets-3f2a1c", "-o", "model"], "ends in .zip"),
    (["tickets-3f2a1c", "-o", ""], "ends in .zip"),
    (["tickets-3f2a1c", "-o", "there.zip"], "there.zip"),
    (["tickets-3f2a1c", "-o", "folder.zip"], "folder.zip"),
    (["tickets-3f2a1c", "-o", "no/such/model.zip"], "no/such"),
    (["tickets-3f2a1c", "-o", "/proc/model.zip"], "/proc/model.zip"),
    (["missing", "-o", "model.zip"], "'missing'"),
    (["../../etc", "-o", "model.zip"], "'../../etc'"),
    (["all-MiniLM-L6-v2", "-o", "model.zip"], "'all-MiniLM-L6-v2'"),
    (["-o", "model.zip"], "missing argument 'MODEL'"),
]
PUSH = [
    (["tickets-3f2a1c"], "missing argument 'NAME'"),
    (["tickets-3f2a1c", "tickets"], "user/name"),
    (["tickets-3f2a1c", "ann/tickets/v2"], "'ann/tickets/v2'"),
    (["tickets-3f2a1c", "ann/my tickets"], "'ann/my tickets'"),
    (["tickets-3f2a1c", "ann/tick--ets"], "'ann/tick--ets'"),
    (["tickets-3f2a1c", "ann/../etc"], "'ann/../etc'"),
    (["tickets-3f2a1c", "ann/tickets.git"], ".git"),
    (["tickets-3f2a1c", "https://huggingface.co/ann/t"], "https://huggingface.co/ann/t"),
    (["tickets-3f2a1c", f"ann/{'t' * 97}"], "96"),
    (["tickets-3f2a1c", "añn/tickets"], "'añn/tickets'"),
    (["tickets-3f2a1c", ""], "''"),
    (["tickets-3f2a1c", "ann/tickets", "-m", " "], "message"),
    (["tickets-3f2a1c", "ann/tickets"], "HF_HUB_OFFLINE"),
    (["tickets-3f2a1c", "ann/tickets", "--secret"], "no such option: --secret"),
]


@pytest.mark.parametrize(
    ("words", "message"),
    [(["export", *words], message) for words, message in EXPORT]
    + [(["push", *words], message) for words, message in PUSH],
)
def test_bad_input_is_one_line_before_the_model_is_read(
    run: Run, fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    words: list[str], message: str,
) -> None:  # fmt: skip
    """The error names the problem; nothing is written, and the model is not even read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (fitted / "config.json").write_text("{}", encoding="utf-8")
    Path("there.zip").touch()
    Path("folder.zip").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = run(*words)
    assert result.exit_code in {1, 2}
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hf_secret" not in result.output
    assert sorted(tmp_path.rglob("*")) == before
